"""The loss of a variant is its difference from a hybrid that is built and evaluated as such."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.data.interactions import Interactions
from movierec.data.splits import Split, make_split
from movierec.evaluation.ablation import ablate
from movierec.evaluation.evaluate import Evaluation, K, evaluate
from movierec.models.hybrid import Hybrid
from movierec.models.registry import TARGET, WITHOUT_FACTS, build_hybrid, build_models
from movierec.settings import ModelSettings, ProtocolSettings

_KINDS = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(30) % 2])
FEATURES = ItemFeatures(_KINDS, _KINDS)


@pytest.fixture
def split() -> Split:
    """Sixty users who each rated a third of thirty movies, mostly of their kind."""
    rng = np.random.default_rng(0)
    same = (np.arange(60)[:, None] + np.arange(30)) % 2 == 0
    rated = rng.random((60, 30)) < np.where(same, 0.5, 0.15)
    matrix = sparse.csr_array(np.where(rated, 4.0, 0).astype(np.float32))
    times = np.zeros(matrix.nnz, dtype=np.int32)
    return make_split(Interactions(np.arange(60), np.arange(30), matrix, times), ProtocolSettings())


def evaluated(settings: ModelSettings, split: Split) -> tuple[Evaluation, Hybrid]:
    hybrid = build_hybrid(settings, settings, FEATURES, split.training)
    return evaluate([hybrid], split, cutoffs=(K,)), hybrid


def losses(settings: ModelSettings, split: Split) -> pd.DataFrame:
    evaluation, hybrid = evaluated(settings, split)
    return ablate(evaluation, hybrid, settings, FEATURES)


def mean_ndcg(settings: ModelSettings, split: Split) -> float:
    return evaluated(settings, split)[0].values("NDCG")[TARGET].mean()


def test_a_loss_is_the_difference_from_a_hybrid_of_other_settings(settings, split):
    found = losses(settings, split)["mean"]

    for name, changes in {
        "without EASE": {"ease_weight": 0.0},
        "without recent popularity": {"recency_weight": 0.0},
        "without terms": {"als_term_weight": 0.0, "ease_term_weight": 0.0},
    }.items():
        expected = mean_ndcg(settings, split) - mean_ndcg(settings.replace(**changes), split)
        assert found[name] == pytest.approx(expected)


def test_what_the_hybrid_does_not_have_is_not_taken_away(settings, split):
    found = losses(settings.replace(positive_threshold=0.5, recency_weight=0.0), split).index

    assert "without EASE" in found
    assert not {"without the positive threshold", "without recent popularity"} & {*found}


def test_the_hybrid_without_facts_is_a_variant_where_it_was_evaluated(settings, split):
    nothing = sparse.csr_array((30, 1), dtype=np.float32)
    plain = ItemFeatures(nothing, nothing)
    models = build_models(settings, FEATURES, split.training, TARGET, without_facts=plain)
    evaluation = evaluate(models.values(), split, cutoffs=(K,))
    means = evaluation.values("NDCG").mean()

    found = ablate(evaluation, models[TARGET], settings, FEATURES)

    expected = means[TARGET] - means[WITHOUT_FACTS]
    assert found.loc["without film facts", "mean"] == pytest.approx(expected)
    assert expected > 0
    assert "without film facts" not in losses(settings, split).index


@pytest.mark.parametrize(("protocol", "there"), [("user-random", False), ("global-time", True)])
def test_recent_popularity_alone_is_a_variant_of_temporal_splits(settings, split, protocol, there):
    training = replace(split.training, timestamps=np.arange(split.train.nnz, dtype=np.int32))

    found = losses(settings, make_split(training, ProtocolSettings(protocol=protocol))).index

    assert ("recent popularity alone" in found) == there
