"""What people will like, and what they will not, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.data.splits import Split
from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.evaluation.questions import LIKED, liked_and_disliked, listed_stars
from movierec.models.base import Model
from movierec.models.popularity import Popularity
from movierec.models.registry import SERVED, TARGET, build_models
from movierec.settings import ModelSettings

# User 0 will give movies 1 and 3 five and two stars, user 1 movie 0 three; nobody likes all.
HELD_OUT = sparse.csr_array(
    np.array([[0, 5, 0, 2, 0], [3, 0, 0, 0, 0], [0, 0, 4, 0, 0]], dtype=np.float32)
)
ITEMS = np.array([[3, 0, 1], [0, 4, -1], [4, 1, -1]], dtype=np.int32)


@pytest.fixture
def values() -> dict[str, np.ndarray]:
    return {name: found for (name, _), found in liked_and_disliked(ITEMS, HELD_OUT, 10).items()}


def test_listed_movies_have_the_stars_of_their_user():
    assert listed_stars(ITEMS, HELD_OUT).tolist() == [[2, 0, 5], [3, 0, 0], [0, 0, 0]]


def test_what_will_be_liked_has_four_stars_and_more(values):
    # Movie 1 stands third: 1 / log2(4).
    assert values["LikedNDCG"].tolist() == pytest.approx([0.5, np.nan, 0], nan_ok=True)


def test_hits_that_were_disliked_are_a_share_of_the_hits(values):
    assert values["DislikedHits"].tolist() == pytest.approx([0.5, 0, np.nan], nan_ok=True)


def test_only_so_many_movies_are_looked_at():
    found = liked_and_disliked(ITEMS, HELD_OUT, 1)

    assert found["DislikedHits", 1].tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert found["LikedNDCG", 1].tolist() == pytest.approx([0, np.nan, 0], nan_ok=True)


def build_hybrids(split: Split) -> list[Model]:
    """The hybrid, and as it recommends to people."""
    n_items = split.train.shape[1]
    kinds = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(n_items) % 2])
    features = ItemFeatures(kinds, kinds)
    models = build_models(ModelSettings(factors=4), features, split.training, TARGET)
    return [models[SERVED], models[TARGET]]


@pytest.fixture
def hybrids(split) -> Evaluation:
    return evaluate(build_hybrids(split), split, cutoffs=(10,))


def test_where_nothing_was_liked_there_is_no_such_question(split):
    low = split.test.copy()
    low.data = np.minimum(low.data, LIKED - 1)
    values = evaluate(build_hybrids(split), replace(split, test=low), cutoffs=(10,)).per_user
    metrics = set(values.columns.get_level_values("metric"))
    assert {"NDCG", "DislikedHits"} < metrics
    assert "LikedNDCG" not in metrics


def test_every_model_is_asked_what_people_will_like(hybrids, split):
    models = build_hybrids(split)
    liked = evaluate(models, split, LIKED, cutoffs=(10,))
    some = np.isin(hybrids.users, liked.users)
    for model in models:
        found = hybrids.values("LikedNDCG")[model.name]
        assert found[some].tolist() == pytest.approx(liked.values("NDCG")[model.name].tolist())
        assert found[~some].isna().all()


def test_ratings_without_stars_leave_the_second_question_out(hybrids, split):
    unknown = split.test.copy()
    unknown.data[:] = np.nan
    found = evaluate([Popularity()], replace(split, test=unknown), cutoffs=(10,))

    assert "LikedNDCG" in hybrids.per_user.columns.get_level_values("metric")
    assert "LikedNDCG" not in found.per_user.columns.get_level_values("metric")
