"""What 05_evaluation says of small results."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from movierec.evaluation.summary import metrics_table
from movierec.plots import evaluation as plots
from movierec.readings import evaluation as readings

METRICS = pd.DataFrame(
    [
        ("als", "NDCG", 5, 0.40),
        ("als", "NDCG", 10, 0.38),
        ("hybrid", "NDCG", 5, 0.42),
        ("hybrid", "NDCG", 10, 0.39),
        ("als", "CappedRecall", 5, 0.5),
        ("als", "CappedRecall", 10, 0.2),
        ("hybrid", "CappedRecall", 5, 0.4),
        ("hybrid", "CappedRecall", 10, 0.3),
        ("hybrid", "Coverage", 10, 0.416),
        ("hybrid", "PopularityLift", 10, 0.25),
    ],
    columns=["model", "metric", "k", "mean"],
).assign(se=0.01, low=0.0, high=1.0)
# The hybrid's lead over als, over item_knn and over ease.
GAINS = pd.DataFrame(
    {
        "mean": [0.01, -0.02, 0.002],
        "low": [0.004, -0.03, -0.001],
        "high": [0.016, -0.01, 0.005],
        "p": [0.001, 0.002, 0.3],
    },
    ["als", "item_knn", "ease"],
)
COSTS = pd.DataFrame(
    {"fit, s": [3.0, 0.5], "rank, s": [0.1, 0.26], "all_tied": [0.0, 0.25]}, ["als", "content"]
)


def test_the_hybrid_without_facts_is_no_rival():
    gains = pd.DataFrame(
        [(0.001, 0.0005, 0.002), (0.01, 0.004, 0.016)],
        ["hybrid_without_facts", "als"],
        columns=["mean", "low", "high"],
    )

    verdict = readings.verdict(gains, METRICS, "hybrid", 1_234).data

    assert "lead over the best other model, `als` (0.380)" in verdict


def test_facts_are_named_with_what_they_add():
    gains = pd.DataFrame(
        {"mean": 0.012, "low": 0.01, "high": 0.014}, ["hybrid_without_facts", "als"]
    )

    said = readings.film_facts(gains, 900, 1_000).data

    assert "facts of 900 of 1,000 movies" in said
    assert "+0.0120, 95 % CI [0.0100, 0.0140]" in said
    assert readings.film_facts(GAINS, 900, 1_000).data.count("CI") == 0
    assert readings.film_facts(GAINS, 0, 1_000).data == "No film facts are item features."


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (
            (0.01, 0.004, 0.016),
            "Its lead over the best other model, `als` (0.380), is statistically significant"
            " (+0.0100, 95 % CI [0.0040, 0.0160])",
        ),
        ((0.002, -0.001, 0.005), "lead over the best other model, `als` (0.380), is not stat"),
        ((-0.002, -0.005, 0.001), "deficit against the best other model, `als` (0.380), is not"),
        ((-0.01, -0.02, -0.003), "deficit against the best other model, `als` (0.380), is stat"),
    ],
    ids=["better", "ahead", "behind", "worse"],
)
def test_the_verdict_says_lead_and_significance(gain, said):
    gains = pd.DataFrame([gain], ["als"], columns=["mean", "low", "high"])

    verdict = readings.verdict(gains, METRICS, "hybrid", 1_234).data

    assert verdict.startswith("**NDCG@10 of `hybrid` is 0.390 (mean of 1,234 users).")
    assert said in verdict


def per_user(**values: list[float]) -> pd.DataFrame:
    """Columns (model, metric, 10) from values named as "als NDCG"."""
    columns = {(*name.split(), 10): column for name, column in values.items()}
    return pd.DataFrame(columns).rename_axis(columns=["model", "metric", "k"])


def test_both_questions_are_answered_for_the_best_and_for_the_served_model(evaluation):
    values = per_user(
        **{"als NDCG": [0.3, 0.3], "hybrid NDCG": [0.5, 0.3], "hybrid_served NDCG": [0.4, 0.36]},
        **{"als LikedNDCG": [0.2, 0.2], "als DislikedHits": [0.05, 0.05]},
        **{"hybrid LikedNDCG": [0.2, np.nan], "hybrid DislikedHits": [0.06, np.nan]},
        **{"hybrid_served LikedNDCG": [0.25, np.nan], "hybrid_served DislikedHits": [0.03, 0.03]},
    )
    metrics = metrics_table(values, pd.DataFrame())

    said = readings.questions(replace(evaluation, per_user=values), metrics).data

    assert "`hybrid` answers best: NDCG@10 0.400. What" in said
    assert "`hybrid_served` answers best: LikedNDCG@10 0.250." in said
    assert "has 0.380 and 0.250, at the second question +0.0500, 95 % CI" in said
    assert "2.5 stars or less are 3.0% of its hits, and 6.0% of those of `hybrid`" in said


def test_without_stars_one_question_is_answered(evaluation):
    values = per_user(**{"als NDCG": [0.3, 0.3], "hybrid NDCG": [0.5, 0.3]})

    said = readings.questions(evaluation, metrics_table(values, pd.DataFrame())).data

    assert "`hybrid` answers best: NDCG@10 0.400." in said
    assert said.endswith("what people like is not known.")


def test_where_nothing_was_liked_one_question_is_answered(evaluation):
    values = per_user(**{"als NDCG": [0.3, 0.3], "als DislikedHits": [0.5, np.nan]})

    said = readings.questions(evaluation, metrics_table(values, pd.DataFrame())).data

    assert said.endswith("ratings are all below 4 stars, so what people like is not known.")


def test_users_with_and_without_history_are_told_apart(evaluation):
    nan = np.nan
    values = per_user(
        **{"als HistoryNDCG": [0.3, 0.3, nan], "hybrid HistoryNDCG": [0.5, 0.3, nan]},
        **{"als NoHistoryNDCG": [nan, nan, 0.6], "hybrid NoHistoryNDCG": [nan, nan, 0.5]},
    )
    lists = dict.fromkeys(["als", "hybrid"])

    said = readings.history(replace(evaluation, per_user=values, lists=lists)).data

    assert "2 users with a history NDCG@10 of `hybrid` is 0.400" in said
    assert "`als`, 0.300: +0.1000, 95 % CI" in said
    assert "1 users without a history NDCG@10 of `hybrid` is 0.500" in said
    assert readings.history(evaluation).data == "Every test user has a history."


def test_tiny_p_values_are_bounded():
    gains = GAINS.assign(better=0.5, worse=0.25)
    gains.loc["als", "p"] = 1e-9

    html = readings.differences(gains).data

    assert "&lt; 0.0001" in html or "< 0.0001" in html
    assert "0.3000" in html
    assert "50%" in html


def test_of_whom_diagnostics_are_is_said():
    assert readings.diagnosed(610, 610).data == "Of all 610 users."
    assert "a random 20,000 of the 200,948 users" in readings.diagnosed(20_000, 200_948).data


def test_the_largest_effect_of_a_pitfall_is_named():
    index = pd.MultiIndex.from_product(
        [["correct", "leaky", "few users", "all"], ["HitRate", "NDCG"]], names=["variant", "metric"]
    )
    effects = pd.DataFrame({"mean": [0.9, 0.2, 0.1, 0.15, 0.9, 0.26, 0.9, 0.7]}, index)

    said = readings.pitfalls(effects).data

    assert "have an NDCG@10 of 0.200" in said
    assert "largest effect is *few users*: +0.060" in said
    assert "0.700 would be reported" in said


def test_models_that_tie_all_candidates_are_named():
    assert "most rated movies: `content` for 25.0%." in readings.ties(COSTS, "als", 0.1).data
    assert readings.ties(COSTS[:1], "als", 0.1).data.endswith("most rated movies: none.")


@pytest.mark.parametrize(
    ("target", "weight", "there"),
    [("hybrid", 0.1, True), ("hybrid", 0.0, False), ("als", 1, False)],
)
def test_recent_popularity_is_named_where_it_has_a_weight(target, weight, there):
    assert ("recent popularity" in readings.ties(COSTS, target, weight).data) == there


@pytest.mark.parametrize(("n_users", "kind"), [(9_999, "bootstrap"), (10_000, "normal")])
def test_the_kind_of_interval_is_named(n_users, kind):
    said = readings.intervals(n_users).data

    assert f"of all {n_users:,} users are {kind} intervals" in said


def test_cutoffs_at_which_the_target_is_best_are_counted():
    said = readings.cutoffs(METRICS, "hybrid").data

    assert said == (
        "`hybrid` has the best mean NDCG at 2 of 2 cutoffs, and CappedRecall at 1 of 2 cutoffs."
    )


def test_significant_differences_are_counted_and_others_named():
    said = readings.significance(GAINS, "hybrid").data

    assert "corrected for 3 comparisons, `hybrid` is better than 1 other" in said
    assert "worse than 1. Differences that are not significant: `ease`." in said
    assert readings.significance(GAINS[:2], "hybrid").data.endswith("significant: none.")


def test_the_largest_loss_is_named_and_those_that_are_not_significant():
    said = readings.ablation(GAINS).data

    assert "variant *als*: 0.0100. Differences that are not significant: ease." in said
    assert readings.ablation(GAINS[:2]).data.endswith("significant: none.")


def test_coverage_and_popularity_lift_are_said_in_words():
    said = readings.trade_offs(METRICS, "hybrid").data
    fewer = readings.trade_offs(METRICS.assign(mean=-0.5), "hybrid").data

    assert said.startswith("`hybrid` recommends 42% of the candidates")
    assert "25% more training ratings" in said
    assert "50% fewer training ratings" in fewer


def test_the_extent_over_segments_is_said():
    index = pd.MultiIndex.from_product([["few", "many"], ["als", "hybrid"]]).rename(
        ["segment", "model"]
    )
    by_user = pd.DataFrame({"mean": [0.0, 0.2, 0.9, 0.4]}, index)

    said = readings.segments(by_user, by_user[:2], "hybrid").data

    assert "by user: 0.200 (few) to 0.400 (many)." in said
    # Only cold movies are candidates of some protocols.
    assert "by movie: 0.200 (few)." in said


def test_the_largest_shifts_of_genres_are_said():
    shares = pd.DataFrame(
        {"history": [0.5, 0.3, 0.2], "hybrid": [0.4, 0.325, 0.275]}, ["Drama", "Comedy", "War"]
    )

    said = readings.calibration(shares, "hybrid").data

    assert "towards War (+7.5 points) and away from Drama (-10.0 points)" in said


def test_both_splits_best_models_and_their_rank_correlation_are_said():
    means = {"validation": [0.4, 0.3, 0.1], "test": [0.5, 0.6, 0.1]}

    said = readings.validation(pd.DataFrame(means, ["als", "ease", "knn"])).data

    # Ranks 3, 2, 1 and 2, 3, 1: 1 - 6 (1 + 1) / (3 * 8).
    assert said.startswith("The best model is `als` on the validation split and `ease` on the test")
    assert said.endswith("is 0.50.")


def test_the_slowest_models_are_named():
    said = readings.costs(COSTS).data

    assert said == "`als` takes longest to fit (3.0 s), `content` to rank (0.3 s)."


def test_the_models_of_the_most_and_least_similar_lists_are_named():
    shares = pd.DataFrame({"hybrid": {"hybrid": 1.0, "als": 0.7, "random": 0.01}})
    said = readings.list_overlap(shares, "hybrid").data
    assert "most like those of `als` (70% of the movies in common)" in said
    assert "least like those of `random` (1%)" in said
    assert "alone" in readings.list_overlap(shares[:1], "hybrid").data


def test_movies_without_genres_leave_nothing_to_compare():
    nothing = pd.DataFrame({"history": [], "hybrid": []})
    assert readings.calibration(nothing, "hybrid").data.startswith("No movie has a genre")
    assert plots.genre_calibration(nothing) is None


def test_models_that_are_all_alike_have_no_ranks_to_correlate():
    means = pd.DataFrame({"validation": [0.5, 0.5], "test": [0.1, 0.2]}, ["a", "b"])
    assert readings.validation(means).data.endswith("ranks do not correlate.")
