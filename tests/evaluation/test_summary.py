"""Means, comparisons and segments of evaluations small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from movierec.data.splits import Split
from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.evaluation.summary import (
    differences,
    genre_profile,
    mean_and_error,
    movie_segments,
    summarise,
    user_segments,
)


def values_of(**values: list[float]) -> pd.DataFrame:
    """NDCG@10 of some users, a column a model."""
    columns = pd.MultiIndex.from_product([values, ["NDCG"], [10]], names=["model", "metric", "k"])
    return pd.DataFrame(dict(zip(columns, values.values(), strict=True)), columns=columns)


@pytest.fixture
def noisy() -> pd.DataFrame:
    """Of three models the chosen one is best by a little, and almost as good as the close one."""
    rng = np.random.default_rng(0)
    level = rng.random(60)
    noise = rng.normal([0.0, 0.05, 0.04], 0.1, size=(60, 3)).T
    models = zip(["weak", "chosen", "close"], level + noise, strict=True)
    return values_of(**dict(models))


def test_a_summary_has_a_row_for_every_column(noisy):
    summary = summarise(noisy)

    assert summary.index.equals(noisy.columns)
    assert summary.columns.tolist() == ["mean", "se", "low", "high"]


def test_means_and_errors_are_over_users():
    summary = summarise(values_of(one=[0.2, 0.4, 0.9])).loc["one", "NDCG", 10]

    assert summary["mean"] == pytest.approx(0.5)
    # Variance (0.09 + 0.01 + 0.16) / 2, over three users.
    assert summary["se"] == pytest.approx((0.13 / 3) ** 0.5)


def test_intervals_are_about_two_errors_to_both_sides(noisy):
    summary = summarise(noisy)

    for side, sign in (("low", -1), ("high", 1)):
        expected = summary["mean"] + sign * 1.96 * summary["se"]
        assert ((summary[side] - expected).abs() < 0.2 * summary["se"]).all()


def test_users_without_a_value_are_left_out_of_its_mean():
    summary = summarise(values_of(all=[0.2, 0.4, 0.9] * 5, some=[np.nan, 0.5, 0.5] * 5))

    assert summary["mean"].tolist() == pytest.approx([0.5, 0.5])
    assert summary.loc["some"].to_numpy() == pytest.approx(np.array([[0.5, 0, 0.5, 0.5]]))


def test_the_table_of_means_has_the_best_model_by_ndcg_first():
    index = pd.MultiIndex.from_product(
        [["weak", "strong"], ["NDCG", "Recall"], [5, 10]], names=["model", "metric", "k"]
    )
    numbers = {
        "mean": [0.9, 0.1, 0.8, 0.6, 0.2, 0.3, 0.4, 0.5],
        "se": [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08],
    }

    table = mean_and_error(pd.DataFrame(numbers, index), ["Recall"], k=10)

    assert table.to_dict("index") == {
        "strong": {"Recall": "0.500 ± 0.080"},
        "weak": {"Recall": "0.600 ± 0.040"},
    }
    assert table.index.tolist() == ["strong", "weak"]


def test_the_table_of_means_has_the_metrics_in_the_order_asked_for(evaluation):
    asked = ["MRR", "HitRate", "NDCG"]

    assert mean_and_error(summarise(evaluation.per_user), asked).columns.tolist() == asked


def test_differences_by_hand():
    # The chosen model is better for one of four users, by 0.4, worse for two, by 0.1 each.
    per_user = values_of(other=[0.2, 0.5, 0.3, 0.7], chosen=[0.6, 0.4, 0.2, 0.7])

    found = differences(per_user, "chosen", "NDCG")

    assert found.index.tolist() == ["other"]
    assert found.loc["other", ["mean", "better", "worse"]].tolist() == pytest.approx(
        [0.05, 0.25, 0.5]
    )


def test_the_best_of_the_others_comes_first(noisy):
    assert differences(noisy, "chosen", "NDCG").index.tolist() == ["close", "weak"]


def test_p_values_are_those_of_paired_t_tests_corrected_for_their_number(noisy):
    chosen, close, weak = (noisy[name, "NDCG", 10] for name in ("chosen", "close", "weak"))
    against_close = stats.ttest_rel(chosen, close).pvalue
    against_weak = stats.ttest_rel(chosen, weak).pvalue

    found = differences(noisy, "chosen", "NDCG")["p"]

    assert against_weak < against_close
    assert found["weak"] == pytest.approx(2 * against_weak)
    assert found["close"] == pytest.approx(max(against_close, 2 * against_weak))


def test_the_interval_of_a_difference_is_narrower_than_those_of_its_sides(noisy):
    gain = differences(noisy, "chosen", "NDCG").loc["close"]
    sides = summarise(noisy)

    assert gain["low"] < gain["mean"] < gain["high"]
    assert gain["high"] - gain["low"] < (sides["high"] - sides["low"]).min() / 1.5


def test_a_model_does_not_differ_from_its_like():
    found = differences(values_of(one=[0.2, 0.7], same=[0.2, 0.7]), "one", "NDCG")

    assert found.loc["same"].to_dict() == {
        "mean": 0,
        "low": 0,
        "high": 0,
        "p": 1,
        "better": 0,
        "worse": 0,
    }


def test_differences_are_those_of_the_metric_and_cutoff_asked_for(evaluation):
    found = differences(evaluation.per_user, "ease", "Recall", k=5)

    means = evaluation.per_user.mean()
    expected = means["ease", "Recall", 5] - means["popularity", "Recall", 5]
    assert found.loc["popularity", "mean"] == pytest.approx(expected)


def test_without_another_model_there_is_no_difference():
    assert differences(values_of(alone=[0.2, 0.7]), "alone", "NDCG").empty


@pytest.fixture
def unequal(split_of) -> Evaluation:
    """Users 1 to 5, of whom 0, 3, 1, 2 and 1 ratings are known, with values for two models."""
    known = [[1, 0, 0, 0], [0] * 4, [1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]]
    split = split_of(known, [[0] * 4, *[[0, 0, 0, 5]] * 5])
    per_user = values_of(one=[0.1, 0.8, 0.2, 0.6, 0.4], other=[0.0] * 5)
    return Evaluation(split, split.test, np.arange(1, 6), {}, per_user, pd.DataFrame())


def test_users_are_summarised_by_how_much_is_known_of_them(unequal):
    found = user_segments(unequal)

    expected = {
        ("nothing known", "one"): (0.1, 1),
        ("nothing known", "other"): (0.0, 1),
        ("1 known", "one"): (0.3, 2),
        ("1 known", "other"): (0.0, 2),
        ("2 known", "one"): (0.6, 1),
        ("2 known", "other"): (0.0, 1),
        ("3 known", "one"): (0.8, 1),
        ("3 known", "other"): (0.0, 1),
    }
    assert found.index.names == ["segment", "model"]
    assert found.index.tolist() == list(expected)
    assert found[["mean", "size"]].to_numpy() == pytest.approx(np.array([*expected.values()]))


def test_segments_of_users_have_errors_and_intervals(unequal):
    row = user_segments(unequal).loc["1 known", "one"]

    assert row["se"] == pytest.approx(0.1)
    assert (row["low"], row["high"]) == pytest.approx((0.2, 0.4))


def test_parts_without_users_are_left_out(evaluation):
    assert "nothing known" not in user_segments(evaluation).index


@pytest.fixture
def world(split_of) -> Split:
    """Movies 0 to 5 with 4, 2, 1, 1, 0 and 0 of the ratings: head, middle, tail, tail, cold, cold.

    Something of all kinds is hidden from users 3 and 4, who know movies 0 and 2, and movie 3.
    """
    train = np.zeros((5, 6))
    train[[0, 1, 2, 3, 1, 2, 3, 4], [0, 0, 0, 0, 1, 1, 2, 3]] = 1
    test = np.zeros((5, 6))
    test[3, [1, 3, 4]] = 5
    test[4, [0, 1, 2, 4, 5]] = 5
    return split_of(train, test)


@pytest.fixture
def found(world, fixed) -> Evaluation:
    """RankedLists of two: movies 3 and 1 for user 3, movies 0 and 4 for user 4."""
    table = np.zeros((6, 6))
    table[2, [3, 1]] = 3, 2
    table[3, [0, 4]] = 3, 2
    return evaluate([fixed(table)], world, cutoffs=(2, 10))


def test_movies_are_summarised_by_how_often_they_were_rated(found):
    segments = movie_segments(found, k=2)

    expected = {
        ("head", "fixed"): (1.0, 1),  # user 4 gets the only one
        ("middle", "fixed"): (0.5, 2),  # user 3 gets it, user 4 does not
        ("tail", "fixed"): (0.5, 2),  # user 3 gets theirs, user 4 does not
        ("cold", "fixed"): (0.25, 2),  # user 4 gets one of two, user 3 none
    }
    assert segments.index.names == ["segment", "model"]
    assert segments.index.tolist() == list(expected)
    assert segments[["mean", "size"]].to_numpy() == pytest.approx(np.array([*expected.values()]))


def test_padding_of_lists_is_of_no_segment(found):
    # RankedLists of ten hold all unseen movies, and nothing in their other places.
    assert movie_segments(found, k=10)["mean"].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("stars", [(5, 0.5), (1, 1), (np.nan, np.nan)])
def test_a_movie_found_counts_the_same_whatever_its_stars(split_of, fixed, stars):
    split = split_of([[1, 0, 0, 0], [1, 1, 0, 0]], [[0, 0, *stars], [0] * 4])
    finds_the_last = fixed(np.eye(4)[[3, 3]])

    segments = movie_segments(evaluate([finds_the_last], split, cutoffs=(1,)), k=1)

    assert segments.loc[("cold", "fixed"), ["mean", "size"]].tolist() == [0.5, 1]


def test_segments_that_nobody_looks_for_are_left_out(split_of, fixed):
    split = split_of([[1, 0, 0], [1, 1, 0]], [[0, 1, 0], [0, 0, 0]])

    segments = movie_segments(evaluate([fixed(np.zeros((3, 3)))], split, cutoffs=(2,)), k=2)

    assert segments.index.get_level_values("segment").tolist() == ["tail"]


def test_genre_shares_are_means_over_users(found):
    # Movies 0 and 3 are dramas, 1 a drama and a comedy, 2 and 4 comedies, 5 neither.
    genres = pd.DataFrame(
        {"Comedy": [0, 1, 1, 0, 1, 0], "Drama": [1, 1, 0, 1, 0, 0]}, dtype=np.float32
    )

    profile = genre_profile(found, genres, ["fixed"], k=2)

    # User 3 knows a drama and a comedy, user 4 a drama. Of the lists the first has a drama and
    # half of each; the second has one of each.
    assert profile.index.tolist() == ["Comedy", "Drama"]
    assert profile["history"].tolist() == pytest.approx([0.25, 0.75])
    assert profile["fixed"].tolist() == pytest.approx([(0.25 + 0.5) / 2, (0.75 + 0.5) / 2])


def test_users_without_genres_are_left_out_of_the_profile(found):
    # Only movie 3 has a genre, which user 4 knows and user 3 gets.
    genres = pd.DataFrame({"Drama": [0, 0, 0, 1, 0, 0]}, dtype=np.float32)

    assert (genre_profile(found, genres, ["fixed"], k=2) == 1).all(axis=None)
