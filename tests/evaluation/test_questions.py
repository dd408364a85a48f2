"""What people will rate, and what they will like, counted by hand."""

import numpy as np
import pytest
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.metrics import ndcg
from movierec.evaluation.questions import listed_stars, per_user_answers, two_questions
from movierec.evaluation.ranking import RankedLists
from movierec.models.registry import build_hybrid
from movierec.settings import ModelSettings

# User 0 will give movies 1 and 3 five and two stars, user 1 movie 0 three; nobody likes all.
HELD_OUT = sparse.csr_array(
    np.array([[0, 5, 0, 2, 0], [3, 0, 0, 0, 0], [0, 0, 4, 0, 0]], dtype=np.float32)
)
ITEMS = np.array([[3, 0, 1], [0, 4, -1], [4, 1, -1]], dtype=np.int32)


@pytest.fixture
def lists() -> dict[str, RankedLists]:
    nothing = np.zeros(ITEMS.shape)
    return {"model": RankedLists(ITEMS, nothing, nothing.astype(bool), np.zeros(3, dtype=bool))}


@pytest.fixture
def values(lists):
    return per_user_answers(lists, HELD_OUT)["model"].droplevel("k", axis=1)


def test_listed_movies_have_the_stars_of_their_user():
    assert listed_stars(ITEMS, HELD_OUT).tolist() == [[2, 0, 5], [3, 0, 0], [0, 0, 0]]


def test_what_will_be_rated_is_relevant_whatever_its_stars(values):
    hits = np.array([[1, 0, 1], [1, 0, 0], [0, 0, 0]], dtype=bool)
    expected = ndcg(hits, np.array([2, 1, 1]), 10)
    assert values["NDCG"].tolist() == pytest.approx(expected.tolist())


def test_what_will_be_liked_has_four_stars_and_more(values):
    # Movie 1 stands third: 1 / log2(4).
    assert values["LikedNDCG"].tolist() == pytest.approx([0.5, np.nan, 0], nan_ok=True)


def test_hits_that_were_disliked_are_a_share_of_the_hits(values):
    assert values["DislikedHits"].tolist() == pytest.approx([0.5, 0, np.nan], nan_ok=True)


def test_ratings_without_stars_cannot_be_asked(lists):
    unknown = HELD_OUT.copy()
    unknown.data[:] = np.nan
    with pytest.raises(ValueError, match="have no stars"):
        per_user_answers(lists, unknown)


def test_the_hybrid_is_asked_as_it_was_evaluated_and_as_it_is_served(split):
    n_items = split.train.shape[1]
    kinds = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(n_items) % 2])
    settings = ModelSettings(factors=4)
    features = ItemFeatures(kinds, kinds)
    hybrid = build_hybrid(settings, settings, features, split.training)
    evaluation = evaluate([hybrid], split, cutoffs=(10,))

    answers = two_questions(evaluation, hybrid)

    means = answers.metrics.set_index(["model", "metric"])["mean"]
    assert means["hybrid", "NDCG"] == pytest.approx(evaluation.values("NDCG")["hybrid"].mean())
    difference = answers.gains.loc["hybrid", "mean"]
    expected = means["hybrid_served", "LikedNDCG"] - means["hybrid", "LikedNDCG"]
    assert difference == pytest.approx(expected)
