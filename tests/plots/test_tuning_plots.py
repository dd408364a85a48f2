"""The figures of a search are drawn from small data, into the Axes they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from movierec.plots.theme import set_theme
from movierec.plots.tuning import best_so_far, parameter_importance

TRIALS = pd.DataFrame(
    {"NDCG@10": [0.2, 0.1, 0.4, 0.3], "best so far": [0.2, 0.2, 0.4, 0.4]}, [1, 2, 3, 4]
)
TITLE = "Best so far by trial"
SHARES = pd.Series({"alpha": 0.7, "positive_threshold": 0.25, "regularization": 0.05})

DRAWN = {
    "best_so_far": lambda ax: best_so_far(TRIALS, ax),
    "parameter_importance": lambda ax: parameter_importance(SHARES, ax),
}


@pytest.fixture(autouse=True)
def _figures():
    """The reports' theme, undone afterwards, and no figure left over."""
    with plt.rc_context():
        set_theme()
        yield
        plt.close("all")


@pytest.fixture(params=DRAWN)
def draw(request):
    return DRAWN[request.param]


def test_a_figure_of_its_own_is_the_only_one(draw):
    ax = draw(None)

    assert plt.get_fignums() == [ax.figure.number]


def test_the_axes_given_are_drawn_into(draw):
    given = plt.figure().subplots()

    assert draw(given) is given
    assert given.has_data()
    assert len(plt.get_fignums()) == 1


def test_figures_render_with_a_title_and_a_named_axis(draw):
    ax = draw(None)

    ax.figure.canvas.draw()

    assert ax.get_title(loc="left")
    assert ax.get_xlabel()


def test_every_trial_is_a_point_and_the_best_so_far_a_line():
    lines = {line.get_label(): line for line in best_so_far(TRIALS).lines}

    assert lines["a trial"].get_xydata().tolist() == [[1, 0.2], [2, 0.1], [3, 0.4], [4, 0.3]]
    assert lines["best so far"].get_ydata().tolist() == [0.2, 0.2, 0.4, 0.4]
    assert lines["best so far"].get_drawstyle() == "steps-post"
    assert set(lines["the start"].get_ydata()) == {0.2}


def test_the_best_trial_stands_out():
    *_, best = best_so_far(TRIALS).lines

    assert best.get_xydata().tolist() == [[3, 0.4]]


def test_the_legend_hides_neither_points_nor_title():
    ax = best_so_far(TRIALS)
    ax.figure.canvas.draw()

    legend = ax.get_legend().get_window_extent()
    assert legend.y0 >= ax.get_window_extent().y1
    [title] = ax.findobj(lambda one: isinstance(one, Text) and one.get_text() == TITLE)
    assert not legend.overlaps(title.get_window_extent())


def test_a_single_trial_is_drawn():
    ax = best_so_far(TRIALS.head(1))
    ax.figure.canvas.draw()

    left, right = ax.get_xlim()
    assert left < 1 < right


def test_trials_that_all_found_nothing_are_drawn():
    best_so_far(TRIALS * 0).figure.canvas.draw()


def test_the_most_important_parameter_is_on_top_with_its_share():
    ax = parameter_importance(SHARES)

    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["regularization", "positive_threshold", "alpha"]
    assert ax.get_ylim()[0] < ax.get_ylim()[1]
    assert np.array([bar.get_width() for bar in ax.patches]) == pytest.approx([0.05, 0.25, 0.7])
    assert [text.get_text() for text in ax.texts] == ["5%", "25%", "70%"]


def test_shares_stay_inside_the_axes():
    ax = parameter_importance(pd.Series({"alpha": 1.0}))
    ax.figure.canvas.draw()

    assert ax.texts[0].get_window_extent().x1 <= ax.get_window_extent().x1
