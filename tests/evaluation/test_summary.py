"""Means, comparisons and segments of evaluations small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from movierec.data.splits import Split
from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.evaluation.summary import (
    best_rival,
    by_model,
    differences,
    genre_profile,
    mean_and_error,
    metrics_table,
    movie_segments,
    split_counts,
    summarise,
    user_segments,
)

NO_OVERALL = pd.DataFrame({"model": [], "metric": [], "k": [], "mean": []})


def ndcg_of(**values: list[float]) -> pd.DataFrame:
    """Per-user NDCG@10, a column per model, named as in `Evaluation.per_user`."""
    names = ["model", "metric", "k"]
    return pd.DataFrame(values).set_axis(
        pd.MultiIndex.from_product([values, ["NDCG"], [10]], names=names), axis=1
    )


@pytest.fixture
def noisy() -> pd.DataFrame:
    """Of three models the target is the best by a little, and the close one almost as good."""
    rng = np.random.default_rng(0)
    level = rng.random(60)[:, None]
    noise = rng.normal([0.0, 0.05, 0.04], 0.1, size=(60, 3))
    return pd.DataFrame(level + noise, columns=["weak", "target", "close"])


def test_means_and_errors_are_over_users():
    summary = summarise(pd.DataFrame({"one": [0.2, 0.4, 0.9]})).loc["one"]

    assert summary["mean"] == pytest.approx(0.5)
    # Variance (0.09 + 0.01 + 0.16) / 2, over three users.
    assert summary["se"] == pytest.approx((0.13 / 3) ** 0.5, rel=1e-12)


def test_intervals_are_about_two_errors_to_both_sides(noisy):
    summary = summarise(noisy)

    for side, sign in (("low", -1), ("high", 1)):
        expected = summary["mean"] + sign * 1.96 * summary["se"]
        assert ((summary[side] - expected).abs() < 0.2 * summary["se"]).all()


def test_shares_of_users_have_intervals_of_shares():
    values = pd.DataFrame({"HitRate": [0.0, 1.0, 1.0, 0.0, 1.0], "none": [0.0] * 5})

    summary = summarise(values)

    for name, hits in (("HitRate", 3), ("none", 0)):
        expected = stats.binomtest(hits, 5).proportion_ci(method="wilson")
        assert summary.loc[name, ["low", "high"]].tolist() == pytest.approx(list(expected))


def test_undefined_values_are_left_out():
    nan = np.nan
    values = {"some": [nan, 0.5, 0.5] * 5, "one": [0.7] + [nan] * 14, "none": [nan] * 15}

    summary = summarise(pd.DataFrame(values))

    assert summary["mean"].tolist() == pytest.approx([0.5, 0.7, nan], nan_ok=True)
    assert summary["se"].tolist() == pytest.approx([0, 0, nan], nan_ok=True)
    assert summary.loc["some", ["low", "high"]].tolist() == [0.5, 0.5]


def test_the_metrics_table_has_a_row_per_model_metric_and_cutoff():
    per_user = ndcg_of(als=[0.2, 0.4], ease=[0.6, 0.8])
    overall = pd.DataFrame([("als", "Gini", 10, 0.7)], columns=["model", "metric", "k", "mean"])

    table = metrics_table(per_user, overall)

    assert table.columns.tolist() == ["model", "metric", "k", "mean", "se", "low", "high"]
    assert table[["model", "metric", "k"]].to_numpy().tolist() == [
        ["als", "NDCG", 10],
        ["ease", "NDCG", 10],
        ["als", "Gini", 10],
    ]
    assert by_model(table, "NDCG")["mean"].to_dict() == pytest.approx({"als": 0.3, "ease": 0.7})
    assert by_model(table, "Gini").loc["als"].isna().tolist() == [False, True, True, True]


def test_the_text_table_has_the_metrics_asked_for_and_the_best_model_by_ndcg_first():
    rows = [
        ("weak", "NDCG", 10, 0.1, 0.02),
        ("weak", "Recall", 10, 0.8, 0.04),
        ("weak", "Recall", 5, 0.9, 0.01),
        ("strong", "NDCG", 10, 0.3, 0.06),
        ("strong", "Recall", 10, 0.5, 0.08),
        ("weak", "Gini", 10, 0.7, np.nan),
        ("strong", "Gini", 10, 0.25, np.nan),
    ]
    metrics = pd.DataFrame(rows, columns=["model", "metric", "k", "mean", "se"])

    table = mean_and_error(metrics.assign(low=0.0, high=1.0), ["Recall", "Gini"])

    assert list(table.to_dict("index").items()) == [
        ("strong", {"Recall": "0.500 ± 0.080", "Gini": "0.250"}),
        ("weak", {"Recall": "0.800 ± 0.040", "Gini": "0.700"}),
    ]


def test_differences_by_hand():
    # The target is better for one of four users, by 0.4, and worse for two, by 0.1 each.
    values = pd.DataFrame({"other": [0.2, 0.5, 0.3, 0.7], "target": [0.6, 0.4, 0.2, 0.7]})

    found = differences(values, "target")

    assert found.index.tolist() == ["other"]
    assert found.loc["other", ["mean", "better", "worse"]].tolist() == pytest.approx(
        [0.05, 0.25, 0.5]
    )


def test_p_values_are_those_of_paired_t_tests_corrected_for_their_number(noisy):
    to_close = stats.ttest_rel(noisy["target"], noisy["close"]).pvalue
    to_weak = stats.ttest_rel(noisy["target"], noisy["weak"]).pvalue

    found = differences(noisy, "target")["p"]

    # The best of the others is first.
    assert found.index.tolist() == ["close", "weak"]
    assert to_weak < to_close
    assert found.tolist() == pytest.approx([max(to_close, 2 * to_weak), 2 * to_weak])


def test_the_interval_of_a_difference_is_narrower_than_those_of_its_sides(noisy):
    gain, sides = differences(noisy, "target").loc["close"], summarise(noisy)

    assert gain["low"] < gain["mean"] < gain["high"]
    assert gain["high"] - gain["low"] < (sides["high"] - sides["low"]).min() / 1.5


def test_a_model_does_not_differ_from_its_like():
    found = differences(pd.DataFrame({"one": [0.2, 0.7], "same": [0.2, 0.7]}), "one")

    expected = {"mean": 0, "low": 0, "high": 0, "p": 1, "better": 0, "worse": 0}
    assert found.loc["same"].to_dict() == expected


def test_without_another_model_there_is_no_difference():
    assert differences(pd.DataFrame({"alone": [0.2, 0.7]}), "alone").empty


@pytest.fixture
def unequal(split_of) -> Evaluation:
    """Users 1 to 5, of whom 0, 3, 1, 2 and 1 ratings are known, with values of two models."""
    known = [[1, 0, 0, 0], [0] * 4, [1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]]
    split = split_of(known, [[0] * 4, *[[0, 0, 0, 5]] * 5])
    per_user = ndcg_of(one=[0.1, 0.8, 0.2, 0.6, 0.4], other=[0.0] * 5)
    return Evaluation(split, 0.0, 0, split.test, np.arange(1, 6), {}, per_user, pd.DataFrame())


def test_sizes_of_the_split_are_counted(unequal):
    counts = split_counts(unequal)["count"]

    assert counts.tolist() == [8, 5, 5, 5, 1, 4]
    assert counts["users without one, excluded"] == 1


def test_users_are_summarised_by_activity(unequal):
    found = user_segments(unequal)

    expected = {
        ("no ratings", "one"): (0.1, 1),
        ("no ratings", "other"): (0.0, 1),
        ("1 rating", "one"): (0.3, 2),
        ("1 rating", "other"): (0.0, 2),
        ("2 ratings", "one"): (0.6, 1),
        ("2 ratings", "other"): (0.0, 1),
        ("3 ratings", "one"): (0.8, 1),
        ("3 ratings", "other"): (0.0, 1),
    }
    assert found.index.names == ["segment", "model"]
    assert found.index.tolist() == list(expected)
    assert found[["mean", "size"]].to_numpy() == pytest.approx(np.array([*expected.values()]))
    assert found.loc[("1 rating", "one"), ["se", "low", "high"]].tolist() == pytest.approx(
        [0.1, 0.2, 0.4]
    )


def test_segments_without_users_are_left_out(evaluation):
    assert "no ratings" not in user_segments(evaluation).index


@pytest.fixture
def world(split_of) -> Split:
    """Movies 0 to 5 with 4, 2, 1, 1, 0 and 0 of the ratings: head, middle, tail, tail, cold, cold.

    Users 3 and 4, who know movies 0 and 2, and movie 3, have test ratings of all segments.
    """
    train = np.zeros((5, 6))
    train[[0, 1, 2, 3, 1, 2, 3, 4], [0, 0, 0, 0, 1, 1, 2, 3]] = 1
    test = np.zeros((5, 6))
    test[3, [1, 3, 4]] = 5
    test[4, [0, 1, 2, 4, 5]] = 5
    return split_of(train, test)


@pytest.fixture
def found(world, fixed) -> Evaluation:
    """Lists of two: movies 3 and 1 for user 3, movies 0 and 4 for user 4."""
    table = np.zeros((6, 6))
    table[2, [3, 1]] = 3, 2
    table[3, [0, 4]] = 3, 2
    return evaluate([fixed(table)], world, cutoffs=(2, 10))


def test_movies_are_summarised_by_popularity(found):
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
    # Lists of ten hold all unseen movies, and nothing in their other positions.
    assert movie_segments(found, k=10)["mean"].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("stars", [(5, 0.5), (1, 1), (np.nan, np.nan)])
def test_stars_do_not_weight_recall(split_of, fixed, stars):
    split = split_of([[1, 0, 0, 0], [1, 1, 0, 0]], [[0, 0, *stars], [0] * 4])
    finds_the_last = fixed(np.eye(4)[[3, 3]])

    segments = movie_segments(evaluate([finds_the_last], split, cutoffs=(1,)), k=1)

    # Nobody has a test rating in the other segments.
    assert segments[["mean", "size"]].to_dict("index") == {
        ("cold", "fixed"): {"mean": 0.5, "size": 1}
    }


def test_genre_distributions_are_means_over_users(found):
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


@pytest.mark.parametrize("first", ["hybrid_without_facts", "als"])
def test_the_hybrid_without_facts_is_no_rival(first):
    gains = pd.DataFrame({"mean": 0.0}, dict.fromkeys([first, "als", "ease"]))
    assert best_rival(gains) == "als"


@pytest.fixture
def two_samples() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values of 200 users, and means without each of 20 groups of movies, of two models."""
    rng = np.random.default_rng(0)
    users = pd.DataFrame(rng.normal([0.3, 0.2], 0.2, (200, 2)), columns=["hybrid", "als"])
    return users, pd.DataFrame(rng.normal([0.3, 0.2], 0.01, (20, 2)), columns=["hybrid", "als"])


def test_squared_errors_of_users_and_of_movies_add_up(two_samples):
    users, movies = two_samples

    found = summarise(users, left_out=movies[["als"]])

    of_movies = np.sqrt(19 / 20 * ((movies["als"] - movies["als"].mean()) ** 2).sum())
    error = np.hypot(stats.sem(users["als"]), of_movies)
    assert found.loc["als", "se"] == pytest.approx(error)
    freedom = error**4 / (stats.sem(users["als"]) ** 4 / 199 + of_movies**4 / 19)
    expected = stats.t.interval(0.95, freedom, users["als"].mean(), error)
    assert found.loc["als", ["low", "high"]].tolist() == pytest.approx(expected)
    assert found.loc["hybrid"].equals(summarise(users).loc["hybrid"])


def test_differences_are_of_both_samples_too(two_samples):
    users, movies = two_samples

    found = differences(users, "hybrid", left_out=movies).loc["als"]

    pairs, groups = (one["hybrid"] - one["als"] for one in two_samples)
    of_users, of_movies = stats.sem(pairs), np.sqrt(19 * groups.var(ddof=0))
    error = np.hypot(of_users, of_movies)
    freedom = error**4 / (of_users**4 / 199 + of_movies**4 / 19)
    expected = stats.t.interval(0.95, freedom, pairs.mean(), error)
    assert found[["low", "high"]].tolist() == pytest.approx(expected)
    assert found["p"] == pytest.approx(2 * stats.t.sf(pairs.mean() / error, freedom))
