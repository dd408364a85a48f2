"""Every figure is drawn from small data, into the Axes it is given, and says what is so."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import same_color, to_hex
from matplotlib.text import Text

from movierec.plots import evaluation as plots
from movierec.plots.theme import set_theme

MODELS = ["popularity", "hybrid", "content"]


def intervals(means: list[float], index: pd.Index, **more: list) -> pd.DataFrame:
    """Means with intervals of 0.1 to either side."""
    mean = np.array(means)
    return pd.DataFrame({"mean": mean, "low": mean - 0.1, "high": mean + 0.1, **more}, index)


SUMMARY = intervals(
    [0.2, 0.3, 0.4, 0.5, 0.1, 0.25],
    pd.MultiIndex.from_product([MODELS, ["NDCG"], [5, 10]], names=["model", "metric", "k"]),
)
# The hybrid is certainly better than the last, perhaps than the first, certainly worse than ease.
GAINS = intervals([0.02, -0.3, 0.5], pd.Index(["als", "ease", "popularity"], name="model"))
ACCURACY = pd.Series([0.1, 0.4, 0.2], MODELS)
COVERAGE = pd.Series([0.5, 0.02, 0.3], ["hybrid", "popularity", "content"])
LIFT = pd.Series([2.0, -0.25, 0.5], ["popularity", "content", "hybrid"])
USERS = intervals(
    [0.1, 0.2, 0.3, 0.4],
    pd.MultiIndex.from_product([["few", "many"], ["popularity", "hybrid"]]).rename(
        ["segment", "model"]
    ),
    size=[1_200, 1_200, 34, 34],
)
MOVIES = intervals(
    [0.5, 0.6, 0.0, 0.1, 0.2, 0.3],
    pd.MultiIndex.from_product([["head", "middle", "tail"], ["popularity", "hybrid"]]).rename(
        ["segment", "model"]
    ),
    size=[50, 50, 40, 40, 7, 7],
)
SHARES = pd.DataFrame(
    {"history": [0.2, 0.5, 0.3], "hybrid": [0.1, 0.6, 0.3], "popularity": [0.0, 0.9, 0.1]},
    ["War", "Drama", "Comedy"],
)
WORTH = intervals(
    [0.3, 0.5, 0.2, 0.9, 0.4, 0.6],
    pd.MultiIndex.from_product(
        [["honest", "leaky", "all"], ["HitRate", "NDCG"]], names=["variant", "metric"]
    ),
    users=[1_600, 1_600, 1_600, 1_600, 100, 100],
)

DRAWN = {
    "model_intervals": lambda ax: plots.model_intervals(SUMMARY, "NDCG", 10, "hybrid", ax),
    "metric_curves": lambda ax: plots.metric_curves(SUMMARY, "NDCG", ["hybrid"], ax),
    "paired_differences": lambda ax: plots.paired_differences(
        GAINS, "hybrid", "NDCG", 10, "others", ax=ax
    ),
    "genre_calibration": lambda ax: plots.genre_calibration(SHARES, ax),
}
DRAWN_TWICE = {
    "pitfall_effects": lambda axes: plots.pitfall_effects(WORTH, axes),
    "trade_offs": lambda axes: plots.trade_offs(ACCURACY, COVERAGE, LIFT, "hybrid", axes),
    "segments": lambda axes: plots.segments(USERS, MOVIES, ["hybrid", "popularity"], axes),
}


@pytest.fixture(autouse=True)
def _figures():
    """The notebooks' theme, undone afterwards, and no figure left over."""
    with plt.rc_context():
        set_theme()
        yield
        plt.close("all")


@pytest.fixture(params=DRAWN)
def draw(request):
    return DRAWN[request.param]


@pytest.fixture(params=DRAWN_TWICE)
def draw_two(request):
    return DRAWN_TWICE[request.param]


def texts(labels: list[Text]) -> list[str]:
    return [label.get_text() for label in labels]


def dots(ax: Axes) -> dict[float, float]:
    """The single points of a figure of intervals: height and mean."""
    return {
        float(line.get_ydata()[0]): float(line.get_xdata()[0])
        for line in ax.lines
        if len(line.get_xdata()) == 1
    }


def spans(ax: Axes) -> list[list[float]]:
    """The level lines of a figure of intervals, lowest first."""
    lines = [line for line in ax.lines if len(set(line.get_ydata())) == 1 < len(line.get_xdata())]
    return [line.get_xdata().tolist() for line in sorted(lines, key=lambda one: one.get_ydata()[0])]


def colours_by_row(ax: Axes) -> dict[str, str]:
    """What colour the dot at each of the y axis' labels has."""
    names = dict(zip(ax.get_yticks(), texts(ax.get_yticklabels()), strict=True))
    return {
        names[line.get_ydata()[0]]: to_hex(line.get_color())
        for line in ax.lines
        if len(line.get_xdata()) == 1
    }


def test_a_figure_of_its_own_is_the_only_one(draw):
    ax = draw(None)

    assert isinstance(ax, Axes)
    assert plt.get_fignums() == [ax.figure.number]


def test_the_axes_given_are_drawn_into(draw):
    given = plt.figure().subplots()

    assert draw(given) is given
    assert given.has_data()
    assert len(plt.get_fignums()) == 1


def test_figures_render_with_a_title_and_named_axes(draw):
    ax = draw(None)

    ax.figure.canvas.draw()

    assert ax.get_title(loc="left")
    assert ax.get_xlabel()


def test_a_figure_of_two_is_the_only_one(draw_two):
    axes = draw_two(None)

    assert len(axes) == 2
    assert plt.get_fignums() == [axes[0].figure.number]


def test_the_two_axes_given_are_drawn_into(draw_two):
    given = plt.figure().subplots(1, 2)

    assert draw_two(given) is given
    assert all(ax.has_data() for ax in given)
    assert len(plt.get_fignums()) == 1


def test_figures_of_two_render_with_titles_and_named_axes(draw_two):
    axes = draw_two(None)

    axes[0].figure.canvas.draw()

    assert all(ax.get_title(loc="left") and ax.get_xlabel() for ax in axes)


def test_the_best_model_is_on_top():
    ax = DRAWN["model_intervals"](None)

    assert texts(ax.get_yticklabels()) == ["content", "popularity", "hybrid"]
    assert ax.get_ylim()[0] < ax.get_ylim()[1]


def test_intervals_stand_at_their_models():
    ax = DRAWN["model_intervals"](None)

    assert dots(ax) == {0: 0.25, 1: 0.3, 2: 0.5}
    assert np.array(spans(ax)) == pytest.approx(np.array([[0.15, 0.35], [0.2, 0.4], [0.4, 0.6]]))


def test_means_are_written_beside_their_intervals():
    assert texts(DRAWN["model_intervals"](None).texts) == ["0.250", "0.300", "0.500"]


@pytest.mark.parametrize(
    "axes",
    [
        lambda: [DRAWN["model_intervals"](None)],
        lambda: [DRAWN["paired_differences"](None)],
        lambda: DRAWN_TWICE["pitfall_effects"](None),
    ],
    ids=["model_intervals", "paired_differences", "pitfall_effects"],
)
def test_numbers_beside_intervals_stay_inside_the_axes(axes):
    for ax in axes():
        ax.figure.canvas.draw()
        right = ax.get_window_extent().x1
        assert all(text.get_window_extent().x1 <= right for text in ax.texts)


def test_the_chosen_model_has_a_colour_of_its_own():
    colours = colours_by_row(DRAWN["model_intervals"](None))

    assert colours["popularity"] == colours["content"] != colours["hybrid"]


def test_models_that_find_nothing_are_drawn():
    nothing = SUMMARY * 0

    ax = plots.model_intervals(nothing, "NDCG", 10, "hybrid")

    assert dots(ax) == {0: 0, 1: 0, 2: 0}


def test_curves_name_every_model():
    assert set(texts(DRAWN["metric_curves"](None).texts)) == set(MODELS)


def test_a_single_model_has_a_curve():
    ax = plots.metric_curves(SUMMARY.loc[["hybrid"]], "NDCG", ["hybrid"])

    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.4, 0.5]]


def test_highlighted_curves_alone_have_bands_each_in_its_colour():
    ax = plots.metric_curves(SUMMARY, "NDCG", ["hybrid", "content"])

    popularity, hybrid, content = (to_hex(line.get_color()) for line in ax.lines)
    assert len({popularity, hybrid, content}) == 3
    bands = {to_hex(band.get_facecolor()[0]) for band in ax.collections}
    assert bands == {hybrid, content}


def test_bands_are_intervals():
    [band] = DRAWN["metric_curves"](None).collections

    corners = {tuple(point) for point in band.get_paths()[0].vertices.round(6).tolist()}
    assert corners == {(5, 0.3), (5, 0.5), (10, 0.4), (10, 0.6)}


def test_curves_that_are_not_highlighted_are_alike():
    popularity, hybrid, content = DRAWN["metric_curves"](None).lines

    assert same_color(popularity.get_color(), content.get_color())
    assert not same_color(popularity.get_color(), hybrid.get_color())


def test_the_first_of_the_highlighted_is_bold():
    ax = plots.metric_curves(SUMMARY, "NDCG", ["hybrid", "content"])

    assert [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"] == ["hybrid"]


def test_without_highlights_all_curves_are_grey():
    ax = plots.metric_curves(SUMMARY, "NDCG", [])

    assert len({to_hex(line.get_color()) for line in ax.lines}) == 1
    assert not ax.collections


def test_names_of_curves_that_meet_stand_apart():
    same = SUMMARY.assign(mean=0.3)

    ax = plots.metric_curves(same, "NDCG", ["hybrid"])
    ax.figure.canvas.draw()

    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    centres = [(box.y0 + box.y1) / 2 for box in boxes]
    assert min(np.diff(centres)) > 0.5 * boxes[0].height


def test_the_nearest_rival_is_on_top():
    ax = DRAWN["paired_differences"](None)

    assert texts(ax.get_yticklabels()) == ["popularity", "ease", "als"]
    assert ax.get_ylim()[0] < ax.get_ylim()[1]


def test_differences_stand_at_their_rivals():
    ax = DRAWN["paired_differences"](None)

    assert dots(ax) == {0: 0.5, 1: -0.3, 2: 0.02}
    expected = np.array([[0.4, 0.6], [-0.4, -0.2], [-0.08, 0.12]])
    assert np.array(spans(ax)) == pytest.approx(expected)


def test_differences_are_written_with_their_sign():
    assert texts(DRAWN["paired_differences"](None).texts) == ["+0.5000", "-0.3000", "+0.0200"]


def test_a_difference_that_may_be_nothing_is_grey():
    colours = colours_by_row(DRAWN["paired_differences"](None))

    assert colours["popularity"] == colours["ease"] != colours["als"]


@pytest.mark.parametrize("shift", [-5, 5])
def test_no_difference_is_always_in_view(shift):
    ax = plots.paired_differences(GAINS + shift, "hybrid", "NDCG", 10, "others")

    left, right = ax.get_xlim()
    assert left <= 0 <= right


def test_only_so_many_rivals_are_shown():
    ax = plots.paired_differences(GAINS, "hybrid", "NDCG", 10, "others", most=2)

    assert texts(ax.get_yticklabels()) == ["ease", "als"]


def test_models_stand_at_their_trade_offs():
    coverage, lift = DRAWN_TWICE["trade_offs"](None)

    points = [ax.collections[0].get_offsets().tolist() for ax in (coverage, lift)]
    assert points[0] == [[0.02, 0.1], [0.5, 0.4], [0.3, 0.2]]
    assert points[1] == [[2.0, 0.1], [0.5, 0.4], [-0.25, 0.2]]


def test_trade_offs_name_every_model():
    for ax in DRAWN_TWICE["trade_offs"](None):
        assert set(MODELS) <= set(texts(ax.texts))


def test_the_chosen_models_trade_off_has_a_colour_of_its_own():
    for ax in DRAWN_TWICE["trade_offs"](None):
        popularity, hybrid, content = map(to_hex, ax.collections[0].get_facecolors())
        assert popularity == content != hybrid


def test_names_of_equal_models_stand_apart():
    same = pd.Series(0.3, MODELS)

    axes = plots.trade_offs(same, same, same, "hybrid")
    axes[0].figure.canvas.draw()

    for ax in axes:
        boxes = [text.get_window_extent() for text in ax.texts if text.get_text() in MODELS]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_segments_say_how_many_users_they_have():
    by_user, by_movie = DRAWN_TWICE["segments"](None)

    assert texts(by_user.get_xticklabels()) == ["few\n(1,200)", "many\n(34)"]
    assert texts(by_movie.get_xticklabels()) == ["head\n(50)", "middle\n(40)", "tail\n(7)"]


def test_every_segment_has_each_models_mean_and_interval():
    by_user, _ = DRAWN_TWICE["segments"](None)

    found = {}
    for container in by_user.containers:
        points, _, [bars] = container.lines
        ends = [[round(y, 6) for _, y in segment] for segment in bars.get_segments()]
        found[container.get_label()] = (points.get_ydata().tolist(), ends)
    assert found == {
        "hybrid": ([0.2, 0.4], [[0.1, 0.3], [0.3, 0.5]]),
        "popularity": ([0.1, 0.3], [[0, 0.2], [0.2, 0.4]]),
    }


def test_points_of_a_segment_stand_beside_each_other_near_its_name():
    by_user, _ = DRAWN_TWICE["segments"](None)

    hybrid, popularity = (container.lines[0].get_xdata() for container in by_user.containers)
    assert (hybrid < popularity).all()
    assert np.round(hybrid).tolist() == np.round(popularity).tolist() == [0, 1]


def test_the_legend_of_the_segments_names_the_models_once():
    axes = DRAWN_TWICE["segments"](None)

    [legend] = axes[0].figure.legends
    assert texts(legend.get_texts()) == ["hybrid", "popularity"]


def test_a_model_of_segments_that_is_not_asked_for_is_left_out():
    axes = plots.segments(USERS, MOVIES, ["popularity"])

    assert [[one.get_label() for one in ax.containers] for ax in axes] == [["popularity"]] * 2


def test_genres_are_in_the_order_of_the_histories():
    ax = DRAWN["genre_calibration"](None)

    assert texts(ax.get_yticklabels()) == ["War", "Comedy", "Drama"]
    assert [bar.get_width() for bar in ax.patches] == [0.2, 0.3, 0.5]


def test_models_stand_at_their_shares_of_the_genres():
    ax = DRAWN["genre_calibration"](None)

    found = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert found == {
        "hybrid": [[0.1, 0], [0.3, 1], [0.6, 2]],
        "popularity": [[0.0, 0], [0.1, 1], [0.9, 2]],
    }


def test_the_legend_of_the_genres_names_the_histories_and_the_models():
    names = texts(DRAWN["genre_calibration"](None).get_legend().get_texts())

    assert sorted(names) == ["history", "hybrid", "popularity"]


def test_variants_are_in_their_order_from_the_top_with_their_users():
    axes = DRAWN_TWICE["pitfall_effects"](None)

    ticks = zip(axes[0].get_yticks(), texts(axes[0].get_yticklabels()), strict=True)
    names = [name for _, name in sorted(ticks, reverse=True)]
    assert names == ["honest\n(1,600 users)", "leaky\n(1,600 users)", "all\n(100 users)"]


def test_each_metric_of_the_variants_has_its_axes():
    hit_rate, ndcg = DRAWN_TWICE["pitfall_effects"](None)

    assert dots(hit_rate) == {2: 0.3, 1: 0.2, 0: 0.4}
    assert dots(ndcg) == {2: 0.5, 1: 0.9, 0: 0.6}
    assert (hit_rate.get_title(loc="left"), ndcg.get_title(loc="left")) == (
        "HitRate@10",
        "NDCG@10",
    )


def test_a_line_marks_what_is_honest():
    for ax, honest in zip(DRAWN_TWICE["pitfall_effects"](None), (0.3, 0.5), strict=True):
        upright = [line.get_xdata() for line in ax.lines if list(line.get_ydata()) == [0, 1]]
        assert [list(x) for x in upright] == [[honest, honest]]
