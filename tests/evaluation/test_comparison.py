"""Configurations compared: differences by user, and tables of models."""

import pytest
from scipy.stats import ttest_rel

from movierec.evaluation.comparison import (
    compare,
    differing,
    differing_text,
    long_table,
    model_table,
)
from movierec.evaluation.evaluated import by_question

# NDCG@10 of als and the hybrid by user.
WIDE = {1: (0.1, 0.9), 2: (0.2, 0.5), 3: (0.3, 0.8), 4: (0.3, 0.4)}
NARROW = {1: (0.2, 0.6), 2: (0.2, 0.6), 3: (0.3, 0.5), 4: (0.1, 0.4)}


@pytest.fixture
def two(evaluated) -> list:
    """Two configurations of one question; of the hybrid, wide gains 0.3, -0.1, 0.3 and 0."""
    wide = evaluated("wide", WIDE)
    [configurations] = by_question([evaluated("narrow", NARROW, {"factors": 16}), wide])
    return configurations


def test_the_best_comes_first_and_is_subtracted(two):
    table = compare(two, "ndcg@10")

    assert table.index.tolist() == ["wide", "narrow"]
    assert table["mean"].tolist() == pytest.approx([0.65, 0.525])
    assert table.loc["narrow", "difference mean"] == pytest.approx(-0.125)
    assert table.filter(like="difference ").loc["wide"].isna().all()


def test_differences_are_paired_by_user(two):
    narrow = compare(two, "ndcg@10").loc["narrow"]

    wide, other = ([pair[1] for pair in users.values()] for users in (WIDE, NARROW))
    assert narrow["difference p"] == pytest.approx(ttest_rel(wide, other).pvalue)
    assert (narrow["difference better"], narrow["difference worse"]) == (0.25, 0.5)
    # Resampled users give -0.3 to 0.1; unpaired values would give more.
    assert -0.31 < narrow["difference low"] < -0.125 < narrow["difference high"] < 0.11


def test_any_run_can_be_the_one_that_is_subtracted(two):
    table = compare(two, "ndcg@10", against="narrow")

    assert table.loc["wide", "difference mean"] == pytest.approx(0.125)
    assert table.loc["wide", "difference better"] == 0.5


def test_a_reference_that_is_not_compared_is_told(two):
    with pytest.raises(ValueError, match="original is none of the runs that are compared: narrow"):
        compare(two, "ndcg@10", against="original")


def test_another_model_can_be_compared(two):
    table = compare(two, "ndcg@10", model="als")

    assert table["mean"].to_dict() == pytest.approx({"wide": 0.225, "narrow": 0.2})


def test_a_metric_of_lists_has_no_difference(two):
    table = compare(two, "gini@10")

    assert table["mean"].tolist() == [0.75, 0.75]
    assert table["difference mean"].isna().all()


def test_only_splits_that_all_have_are_compared(evaluated):
    a0, b0 = evaluated("a0", WIDE), evaluated("b0", NARROW, {"factors": 16})
    a1 = evaluated("a1", dict.fromkeys(WIDE, (0.0, 0.0)), seed=1)
    [configurations] = by_question([a0, a1, b0])

    table = compare(configurations, "ndcg@10")

    assert table["mean"].to_dict() == pytest.approx({"a0, a1": 0.65, "b0": 0.525})
    assert table.loc["b0", "difference mean"] == pytest.approx(-0.125)


def test_different_splits_are_not_paired(evaluated):
    runs = evaluated("a", WIDE), evaluated("b", NARROW, {"factors": 16}, seed=1)
    [configurations] = by_question(runs)

    table = compare(configurations, "ndcg@10")

    assert table["mean"].tolist() == pytest.approx([0.65, 0.525])
    assert table["difference mean"].isna().all()


def test_what_differs_is_told_in_the_order_of_the_runs(two):
    found = differing([one.settings for one in two])

    assert found == {"factors": [16, 64]}
    assert differing_text(found | {"sha256.ratings.csv": ["0123456789", "abcdefghij"]}) == (
        "factors 16 / 64, sha256.ratings.csv 01234567 / abcdefgh"
    )


def test_what_only_one_wrote_is_no_difference():
    assert differing([{"alpha": 1}, {"alpha": 1, "factors": 3}]) == {}


def test_runs_stand_side_by_side_the_best_model_first(two):
    table = model_table(two, "ndcg@10")

    assert table.index.tolist() == ["hybrid", "als"]
    assert table.loc["hybrid"].to_dict() == {
        "narrow": "0.5250 [0.5050, 0.5450]",
        "wide": "0.6500 [0.6300, 0.6700]",
    }


def test_more_runs_than_models_stand_below_each_other(two):
    table = model_table(two, "gini@10", ["hybrid"])

    assert table.to_dict() == {"hybrid": {"narrow": "0.7500", "wide": "0.7500"}}


@pytest.mark.parametrize(
    ("metric", "models", "message"),
    [
        ("auc", [], r"no run has a metric 'auc'; there are ndcg@10, gini@10"),
        ("ndcg@10", ["bpr"], "no run has a model 'bpr'; there are als, hybrid"),
    ],
)
def test_what_no_run_has_is_told(two, metric, models, message):
    with pytest.raises(ValueError, match=message):
        model_table(two, metric, models)


def test_the_long_table_names_question_configuration_and_run(two, evaluated):
    other = by_question([evaluated("c", name="global-time")])

    table = long_table([two, *other])

    assert table[["question", "configuration", "run"]].drop_duplicates().to_numpy().tolist() == [
        [1, "narrow", "narrow"],
        [1, "wide", "wide"],
        [2, "c", "c"],
    ]
    assert len(table) == 3 * 2 * 2
