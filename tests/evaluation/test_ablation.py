"""What the hybrid loses without an ingredient is its difference from a hybrid made without it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.data.splits import Protocol, Split, make_split
from movierec.evaluation.ablation import ablate
from movierec.evaluation.evaluate import K, evaluate
from movierec.models.registry import TARGET, build_models

KINDS = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(30) % 2])


@pytest.fixture
def split() -> Split:
    """Sixty users who each rated a third of thirty movies, mostly of their kind."""
    rng = np.random.default_rng(0)
    same = (np.arange(60)[:, None] + np.arange(30)) % 2 == 0
    rated = rng.random((60, 30)) < np.where(same, 0.5, 0.15)
    matrix = sparse.csr_array(np.where(rated, 4.0, 0).astype(np.float32))
    times = np.zeros(matrix.nnz, dtype=np.int32)
    return make_split(Interactions(np.arange(60), np.arange(30), matrix, times), Protocol())


def ndcg(settings, split) -> np.ndarray:
    models = build_models(settings, KINDS, KINDS, TARGET, split.training)
    return evaluate([models[TARGET]], split, cutoffs=(K,)).per_user[TARGET, "NDCG", K].to_numpy()


def test_a_loss_is_the_difference_from_a_hybrid_made_without(settings, split):
    models = build_models(settings, KINDS, KINDS, TARGET, split.training)
    evaluation = evaluate([models[TARGET]], split, cutoffs=(K,))

    lost = ablate(evaluation, settings, KINDS, KINDS)

    for name, without in (("EASE", "ease_weight"), ("what is rated lately", "recency_weight")):
        expected = (ndcg(settings, split) - ndcg(replace(settings, **{without: 0}), split)).mean()
        assert lost.loc[name, "mean"] == pytest.approx(expected)


def test_what_the_hybrid_does_not_have_is_not_taken_away(settings, split):
    settings = replace(settings, positive_threshold=0.5, recency_weight=0)
    models = build_models(settings, KINDS, KINDS, TARGET, split.training)
    evaluation = evaluate([models[TARGET]], split, cutoffs=(K,))

    found = set(ablate(evaluation, settings, KINDS, KINDS).index)

    assert "EASE" in found
    assert not found & {"leaving low ratings out", "what is rated lately"}


@pytest.mark.parametrize(("protocol", "there"), [("user-random", False), ("global-time", True)])
def test_what_is_rated_lately_stands_alone_only_where_time_is_cut(settings, split, protocol, there):
    training = replace(split.training, timestamps=np.arange(split.train.nnz, dtype=np.int32))
    cut_again = make_split(training, Protocol(protocol))
    models = build_models(settings, KINDS, KINDS, TARGET, cut_again.training)
    evaluation = evaluate([models[TARGET]], cut_again, cutoffs=(K,))

    found = ablate(evaluation, settings, KINDS, KINDS).index

    assert ("all but what is rated lately" in found) == there
