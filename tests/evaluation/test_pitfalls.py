"""The original's mistakes, each against what an honest evaluation of the same factors gives."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

from movierec.data.splits import Split
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.pitfalls import VARIANTS, pitfall_effects
from movierec.models.original import OriginalMean, original_als

HONEST, LEAKY, ITEM_MEANS, FIRST_USERS, EMPTY_USERS, ALL = VARIANTS


@pytest.fixture(scope="module")
def worth(split) -> pd.DataFrame:
    return pitfall_effects(split, OriginalMean(original_als(0)))


@pytest.fixture(scope="module")
def crowd(split_of) -> Split:
    """Of 145 users 140 have something known, 105 of these something hidden too, one only that.

    Twelve movies lie on a round; known are two beside each other, and hidden is the next.
    """
    users = np.arange(140)
    train, test = np.zeros((145, 12)), np.zeros((145, 12))
    train[users, users % 12] = 4
    train[users, (users + 1) % 12] = 3
    hiding = users[users % 4 > 0]
    test[hiding, (hiding + 2) % 12] = 5
    test[142, 7] = 5
    return split_of(train, test)


@pytest.fixture(scope="module")
def worth_in_crowd(crowd) -> pd.DataFrame:
    return pitfall_effects(crowd, OriginalMean(original_als(0)), k=3)


def test_every_variant_is_summarised(worth):
    assert worth.index.names == ["variant", "metric"]
    assert worth.index.tolist() == [(name, one) for name in VARIANTS for one in ("HitRate", "NDCG")]
    assert worth.columns.tolist() == ["mean", "se", "low", "high", "users"]


def test_without_mistakes_the_factors_are_worth_what_an_evaluation_says(worth, split):
    expected = evaluate([original_als(0)], split).per_user["original_als"]

    for metric in ("HitRate", "NDCG"):
        assert worth.loc[(HONEST, metric), "mean"] == pytest.approx(expected[metric, 10].mean())


def test_item_means_are_worth_what_an_evaluation_of_them_says(worth, split):
    expected = evaluate([OriginalMean(original_als(0))], split).per_user["original_mean"]

    for metric in ("HitRate", "NDCG"):
        assert worth.loc[(ITEM_MEANS, metric), "mean"] == pytest.approx(expected[metric, 10].mean())


def test_who_learns_the_test_ratings_is_told_them_too(worth, split):
    ratings = split.train + split.test
    scores = original_als(0).fit(ratings).score(ratings)
    scores[split.train.toarray() > 0] = -1e6
    hidden = split.test.toarray() > 0
    users = hidden.any(axis=1)

    assert worth.loc[(LEAKY, "NDCG"), "mean"] == pytest.approx(
        ndcg_score(hidden[users], scores[users], k=10), abs=1e-6
    )


def test_learning_the_test_ratings_finds_them(worth):
    ndcg = worth["mean"].xs("NDCG", level="metric")

    # What is rated at random cannot be foretold, only remembered.
    assert ndcg[HONEST] < 0.5
    assert ndcg[LEAKY] > 0.9


def test_learning_the_test_ratings_helps_two_tastes(two_tastes, split_of):
    # Of each of the first ten users a movie of their own taste is hidden, and of the others
    # one of the other taste, which none but a cheat can find.
    test = np.zeros((20, 10))
    test[np.arange(10), np.arange(10)] = 4
    test[np.arange(10, 20), (np.arange(10, 20) + 3) % 10] = 4
    split = split_of(two_tastes.toarray(), test)

    ndcg = pitfall_effects(split, OriginalMean(original_als(0)), k=2)["mean"].unstack()["NDCG"]

    assert ndcg[LEAKY] > ndcg[HONEST] + 0.2


def test_honestly_only_users_with_something_hidden_count(worth_in_crowd):
    users = worth_in_crowd["users"].xs("NDCG", level="metric")

    assert users[[HONEST, LEAKY, ITEM_MEANS]].tolist() == [106] * 3


def test_explicit_zeros_make_users_count_of_whom_nothing_is_hidden(worth_in_crowd):
    assert worth_in_crowd.loc[EMPTY_USERS, "users"].tolist() == [141] * 2


def test_users_of_whom_nothing_is_hidden_count_as_misses(worth_in_crowd):
    found = worth_in_crowd["mean"] * worth_in_crowd["users"]

    assert found[EMPTY_USERS].to_dict() == pytest.approx(found[HONEST].to_dict())
    assert found[HONEST, "HitRate"] > 0


def test_the_first_users_are_a_hundred(worth_in_crowd, crowd):
    values = evaluate([original_als(0)], crowd, cutoffs=(3,)).per_user["original_als", "NDCG", 3]

    row = worth_in_crowd.loc[FIRST_USERS, "NDCG"]
    assert row["users"] == 100
    assert row["mean"] == pytest.approx(values[:100].mean())


def test_all_mistakes_together_take_the_first_users_with_anything(worth_in_crowd):
    assert worth_in_crowd.loc[ALL, "users"].tolist() == [100] * 2


def test_without_a_mistake_to_make_all_variants_are_the_same(split_of):
    # Everybody has something hidden, and they are fewer than a hundred.
    split = split_of(np.eye(6, 8), np.eye(6, 8, 2))

    worth = pitfall_effects(split, OriginalMean(original_als(0)), k=2)

    for harmless in (FIRST_USERS, EMPTY_USERS):
        assert worth.loc[harmless].equals(worth.loc[HONEST])


def test_test_ratings_without_stars_can_be_learnt(split_of):
    split = split_of(np.eye(6, 8), np.where(np.eye(6, 8, 2), np.nan, 0))

    worth = pitfall_effects(split, OriginalMean(original_als(0)), k=2)

    assert worth.loc[(LEAKY, "HitRate"), "mean"] == 1
