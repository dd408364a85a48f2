"""The figures of a search for hyperparameters."""

import pandas as pd
import pytest
from matplotlib.text import Text

from movierec.plots.tuning import best_so_far, parameter_importance, searched

VALUES = pd.Series([0.2, 0.1, 0.4, 0.3], [1, 2, 3, 4])
SHARES = pd.Series({"alpha": 0.7, "positive_threshold": 0.25, "regularization": 0.05})


@pytest.mark.parametrize(
    "draw", [lambda ax: best_so_far(VALUES, ax), lambda ax: parameter_importance(SHARES, ax)]
)
def test_axes(draw, check_axes):
    check_axes(draw)


def test_every_trial_is_a_point_and_the_best_so_far_a_line():
    lines = {line.get_label(): line for line in best_so_far(VALUES).lines}

    assert lines["trial"].get_xydata().tolist() == [[1, 0.2], [2, 0.1], [3, 0.4], [4, 0.3]]
    assert lines["best so far"].get_ydata().tolist() == [0.2, 0.2, 0.4, 0.4]
    assert lines["best so far"].get_drawstyle() == "steps-post"
    assert set(lines["start"].get_ydata()) == {0.2}


def test_the_best_trial_stands_out():
    *_, best = best_so_far(VALUES).lines

    assert best.get_xydata().tolist() == [[3, 0.4]]


def test_the_legend_hides_neither_points_nor_title():
    ax = best_so_far(VALUES)
    ax.figure.canvas.draw()

    legend = ax.get_legend().get_window_extent()
    assert legend.y0 >= ax.get_window_extent().y1
    [title] = ax.findobj(lambda one: isinstance(one, Text) and one.get_text().startswith("Best"))
    assert not legend.overlaps(title.get_window_extent())


@pytest.mark.parametrize("values", [VALUES.head(1), VALUES * 0])
def test_a_single_trial_and_equal_ones_are_drawn(values):
    ax = best_so_far(values)
    ax.figure.canvas.draw()

    left, right = ax.get_xlim()
    assert left < 1 < right


def test_the_most_important_parameter_is_on_top_with_its_share():
    ax = parameter_importance(SHARES)
    ax.figure.canvas.draw()

    labels = ax.get_yticklabels()
    heights = {label.get_text(): label.get_window_extent().y0 for label in labels}
    assert heights["alpha"] > heights["positive_threshold"] > heights["regularization"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.7, 0.25, 0.05])
    assert [text.get_text() for text in ax.texts] == ["70%", "25%", "5%"]


def test_shares_stay_inside_the_axes():
    ax = parameter_importance(pd.Series({"alpha": 1.0}))
    ax.figure.canvas.draw()

    assert ax.texts[0].get_window_extent().x1 <= ax.get_window_extent().x1


def test_each_step_of_a_search_has_a_panel_with_the_value_chosen():
    trials = {
        "regularization": pd.Series({10.0: 0.3, 20.0: 0.4}),
        "recency_weight": pd.Series({0.0: 0.41, 0.1: 0.42, 10.0: 0.1}),
    }
    first = searched(trials, {"regularization": 20.0, "recency_weight": 0.1})

    panels = first.get_figure().axes
    assert [ax.get_title(loc="left") for ax in panels] == [*trials]
    drawn = [ax.lines[-1].get_xydata().tolist() for ax in panels]
    assert drawn == [[[20.0, 0.4]], [[0.1, 0.42]]]
    assert all(low < value <= high for (low, high), value in [(panels[0].get_ylim(), 0.42)])


def test_a_scale_from_zero_over_decades_has_plain_numbers():
    trials = {"recency_weight": pd.Series({0.0: 0.41, 0.1: 0.42, 10.0: 0.40})}
    ax = searched(trials, {"recency_weight": 0.1})

    ax.get_figure().canvas.draw()

    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert {"0", "0.1", "1", "10"} <= {*labels}
