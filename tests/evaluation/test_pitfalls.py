"""Each pitfall, against what a correct evaluation of the same factors gives."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

from movierec.data.splits import Split
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.pitfalls import pitfall_effects
from movierec.models.original import OriginalMean, original_als

CORRECT = "correct: user factors, all test users"
LEAKY = "trained on the test ratings too"
ITEM_MEANS = "item factor means as user factors"
FIRST_USERS = "first 100 users only"
EMPTY_USERS = "users without test ratings counted"
ALL = "all pitfalls, as first reported"


@pytest.fixture(scope="module")
def effects(split) -> pd.DataFrame:
    return pitfall_effects(split, OriginalMean(original_als(0)))


@pytest.fixture(scope="module")
def crowd(split_of) -> Split:
    """Of 145 users 140 have known ratings, 105 of these a test rating too, one only that.

    Twelve movies are on a circle; known are two beside each other, and held out is the next.
    """
    users = np.arange(140)
    train, test = np.zeros((145, 12)), np.zeros((145, 12))
    train[users, users % 12] = 4
    train[users, (users + 1) % 12] = 3
    tested = users[users % 4 > 0]
    test[tested, (tested + 2) % 12] = 5
    test[142, 7] = 5
    return split_of(train, test)


@pytest.fixture(scope="module")
def crowd_effects(crowd) -> pd.DataFrame:
    return pitfall_effects(crowd, OriginalMean(original_als(0)), k=3)


def test_every_variant_is_summarised(effects):
    assert effects.index.names == ["variant", "metric"]
    names = [CORRECT, LEAKY, ITEM_MEANS, FIRST_USERS, EMPTY_USERS, ALL]
    assert effects.index.tolist() == [
        (name, metric) for name in names for metric in ("HitRate", "NDCG")
    ]
    assert effects.columns.tolist() == ["mean", "se", "low", "high", "users"]


def test_user_factors_and_item_means_have_the_values_of_an_evaluation(effects, split):
    als = original_als(0)
    evaluation = evaluate([als, OriginalMean(als)], split)

    for variant, model in ((CORRECT, "original_als"), (ITEM_MEANS, "original_mean")):
        for metric in ("HitRate", "NDCG"):
            expected = evaluation.values(metric)[model].mean()
            assert effects.loc[(variant, metric), "mean"] == pytest.approx(expected)


def test_leaky_factors_are_scored_by_the_whole_history(effects, split):
    ratings = split.train + split.test
    scores = original_als(0).fit(ratings).score(ratings)
    scores[split.train.toarray() > 0] = -1e6
    held_out = split.test.toarray() > 0
    users = held_out.any(axis=1)

    ndcg = effects["mean"].xs("NDCG", level="metric")

    assert ndcg[LEAKY] == pytest.approx(ndcg_score(held_out[users], scores[users], k=10), abs=1e-6)
    # Random ratings cannot be predicted, only remembered.
    assert ndcg[CORRECT] < 0.5
    assert ndcg[LEAKY] > 0.9


def test_by_the_correct_protocol_only_users_with_a_test_rating_count(crowd_effects):
    users = crowd_effects["users"].xs("NDCG", level="metric")

    assert users[[CORRECT, LEAKY, ITEM_MEANS]].tolist() == [106] * 3


def test_explicit_zeros_count_users_without_test_ratings_as_misses(crowd_effects):
    hits = crowd_effects["mean"] * crowd_effects["users"]

    assert crowd_effects.loc[EMPTY_USERS, "users"].tolist() == [141] * 2
    assert hits[EMPTY_USERS].to_dict() == pytest.approx(hits[CORRECT].to_dict())
    assert hits[CORRECT, "HitRate"] > 0


def test_the_first_users_are_a_hundred(crowd_effects, crowd):
    values = evaluate([original_als(0)], crowd, cutoffs=(3,)).values("NDCG", 3)["original_als"]

    row = crowd_effects.loc[FIRST_USERS, "NDCG"]
    assert row["users"] == 100
    assert row["mean"] == pytest.approx(values[:100].mean())


def test_all_pitfalls_together_take_the_first_users_with_any_rating(crowd_effects):
    assert crowd_effects.loc[ALL, "users"].tolist() == [100] * 2


def test_test_ratings_without_stars_can_leak(split_of):
    split = split_of(np.eye(6, 8), np.where(np.eye(6, 8, 2), np.nan, 0))

    effects = pitfall_effects(split, OriginalMean(original_als(0)), k=2)

    assert effects.loc[(LEAKY, "HitRate"), "mean"] == 1
    # All six users have a test rating, so these two pitfalls change nothing.
    for harmless in (FIRST_USERS, EMPTY_USERS):
        assert effects.loc[harmless].equals(effects.loc[CORRECT])
