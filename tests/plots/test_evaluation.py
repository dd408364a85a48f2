"""Figures of an evaluation, drawn from small data."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import same_color, to_hex
from matplotlib.text import Text

from movierec.plots import evaluation as plots

MODELS = ["popularity", "hybrid", "content"]


def intervals(means: list[float], index: pd.Index, **more: list) -> pd.DataFrame:
    """Means with intervals of 0.1 to either side."""
    mean = np.array(means)
    return pd.DataFrame({"mean": mean, "low": mean - 0.1, "high": mean + 0.1, **more}, index)


def metrics_of(metric: str, k: int, *means: float) -> pd.DataFrame:
    """Rows of a long table, one per model."""
    return intervals(list(means), None, model=MODELS, metric=metric, k=k)


METRICS = pd.concat(
    [
        metrics_of("NDCG", 5, 0.2, 0.4, 0.1),
        metrics_of("NDCG", 10, 0.3, 0.5, 0.25),
        metrics_of("Coverage", 10, 0.02, 0.5, 0.3),
        metrics_of("PopularityLift", 10, 2.0, 0.5, -0.25),
    ]
)
# Of the other models the last is certainly worse, the first perhaps, ease certainly better.
GAINS = intervals([0.02, -0.3, 0.5], pd.Index(["als", "ease", "popularity"], name="model"))
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
EFFECTS = intervals(
    [0.3, 0.5, 0.2, 0.9, 0.4, 0.6],
    pd.MultiIndex.from_product(
        [["correct", "leaky", "all"], ["HitRate", "NDCG"]], names=["variant", "metric"]
    ),
    users=[1_600, 1_600, 1_600, 1_600, 100, 100],
)

DRAWN = {
    "metric_curves": lambda ax: plots.metric_curves(METRICS, "NDCG", ["hybrid"], ax),
    "paired_differences": lambda ax: plots.paired_differences(GAINS, "hybrid minus others", ax=ax),
    "genre_calibration": lambda ax: plots.genre_calibration(SHARES, ax),
}
OVERLAP = pd.DataFrame([[1, 0.7], [0.7, 1]], ["hybrid", "als"], ["hybrid", "als"])
CURVES = pd.DataFrame({"hybrid": [0, 0.5, 1], "als": [0, 0.9, 1]})
DRAWN |= {
    "list_overlap": lambda ax: plots.list_overlap(OVERLAP, ax),
    "exposure": lambda ax: plots.exposure(CURVES, ax),
}
DRAWN_TWICE = {
    "pitfall_effects": lambda axes: plots.pitfall_effects(EFFECTS, axes),
    "segments": lambda axes: plots.segments(USERS, MOVIES, ["hybrid", "popularity"], axes),
}


def model_intervals(axes: np.ndarray | None = None) -> np.ndarray:
    names = ["NDCG", "Coverage", "PopularityLift"]
    return plots.model_intervals(METRICS, names, "hybrid", axes)


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


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_figures_keep_to_their_axes(draw, check_axes):
    check_axes(draw)


@pytest.mark.parametrize("draw", DRAWN_TWICE.values(), ids=DRAWN_TWICE)
def test_figures_of_two_keep_to_their_axes(draw, check_axes):
    check_axes(draw, 2)


def test_intervals_of_models_keep_to_their_axes(check_axes):
    check_axes(model_intervals, 3)


def test_metrics_of_models_are_beside_each_other_the_best_ndcg_on_top():
    ndcg, coverage, lift = model_intervals()

    assert texts(ndcg.get_yticklabels()) == ["content", "popularity", "hybrid"]
    assert ndcg.get_ylim()[0] < ndcg.get_ylim()[1]
    assert dots(ndcg) == {0: 0.25, 1: 0.3, 2: 0.5}
    assert dots(coverage) == {0: 0.3, 1: 0.02, 2: 0.5}
    assert dots(lift) == {0: -0.25, 1: 2.0, 2: 0.5}


def test_intervals_are_told_in_words_with_those_that_overlap():
    ndcg, coverage, _ = model_intervals()

    assert ndcg.get_label() == (
        "hybrid 0.500, popularity 0.300, content 0.250; intervals overlap for the first 2"
    )
    assert coverage.get_label().startswith("hybrid 50%, popularity 2%, content 30%")


def test_intervals_that_all_lie_apart_from_the_first_are_told_so():
    close = METRICS.assign(low=METRICS["mean"], high=METRICS["mean"])

    [ax] = plots.model_intervals(close, ["NDCG"], "hybrid")

    assert ax.get_label().endswith("; the first stands apart")


def test_intervals_stand_at_their_models():
    ndcg, *_ = model_intervals()

    assert np.array(spans(ndcg)) == pytest.approx(np.array([[0.15, 0.35], [0.2, 0.4], [0.4, 0.6]]))


def test_what_has_no_interval_is_a_dot_alone():
    bounds = dict.fromkeys(["low", "high"], np.nan)

    [ax] = plots.model_intervals(METRICS.assign(**bounds), ["Coverage"], "hybrid")

    assert spans(ax) == [[0.3, 0.3], [0.02, 0.02], [0.5, 0.5]]


def test_means_are_written_beside_their_intervals():
    ndcg, coverage, _ = model_intervals()

    assert texts(ndcg.texts) == ["0.250", "0.300", "0.500"]
    assert texts(coverage.texts) == ["30%", "2%", "50%"]


@pytest.mark.parametrize(
    "axes",
    [
        lambda: [DRAWN["paired_differences"](None)],
        lambda: DRAWN_TWICE["pitfall_effects"](None),
        model_intervals,
    ],
    ids=["paired_differences", "pitfall_effects", "model_intervals"],
)
def test_numbers_beside_intervals_stay_inside_the_axes(axes):
    for ax in axes():
        ax.figure.canvas.draw()
        right = ax.get_window_extent().x1
        assert all(text.get_window_extent().x1 <= right for text in ax.texts)


def test_the_target_model_has_a_colour_of_its_own():
    for ax in model_intervals():
        colours = [to_hex(line.get_color()) for line in ax.lines if len(line.get_xdata()) == 1]
        content, popularity, hybrid = colours
        assert content == popularity != hybrid


def test_models_that_find_nothing_are_drawn():
    nothing = METRICS.assign(mean=0, low=0, high=0)

    [ax] = plots.model_intervals(nothing, ["NDCG"], "hybrid")

    assert dots(ax) == {0: 0, 1: 0, 2: 0}


def test_curves_name_every_model():
    assert set(texts(DRAWN["metric_curves"](None).texts)) == set(MODELS)


def test_a_single_model_has_a_curve():
    ax = plots.metric_curves(METRICS[METRICS["model"] == "hybrid"], "NDCG", ["hybrid"])

    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.4, 0.5]]


def test_highlighted_curves_alone_have_bands_each_in_its_colour():
    ax = plots.metric_curves(METRICS, "NDCG", ["hybrid", "content"])

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
    ax = plots.metric_curves(METRICS, "NDCG", ["hybrid", "content"])

    assert [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"] == ["hybrid"]


def test_without_highlights_all_curves_are_grey():
    ax = plots.metric_curves(METRICS, "NDCG", [])

    assert len({to_hex(line.get_color()) for line in ax.lines}) == 1
    assert not ax.collections


def test_names_of_curves_that_meet_stand_apart():
    same = METRICS.assign(mean=0.3)

    ax = plots.metric_curves(same, "NDCG", ["hybrid"])
    ax.figure.canvas.draw()

    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    centres = [(box.y0 + box.y1) / 2 for box in boxes]
    assert min(np.diff(centres)) > 0.5 * boxes[0].height


def test_the_best_other_model_is_on_top():
    ax = DRAWN["paired_differences"](None)

    assert texts(ax.get_yticklabels()) == ["popularity", "ease", "als"]
    assert ax.get_ylim()[0] < ax.get_ylim()[1]


def test_differences_stand_at_their_models():
    ax = DRAWN["paired_differences"](None)

    assert dots(ax) == {0: 0.5, 1: -0.3, 2: 0.02}
    expected = np.array([[0.4, 0.6], [-0.4, -0.2], [-0.08, 0.12]])
    assert np.array(spans(ax)) == pytest.approx(expected)


def test_differences_are_written_with_their_sign():
    assert texts(DRAWN["paired_differences"](None).texts) == ["+0.5000", "-0.3000", "+0.0200"]


def test_a_difference_that_is_not_significant_is_grey():
    colours = colours_by_row(DRAWN["paired_differences"](None))

    assert colours["popularity"] == colours["ease"] != colours["als"]


@pytest.mark.parametrize("shift", [-5, 5])
def test_no_difference_is_always_in_view(shift):
    ax = plots.paired_differences(GAINS + shift, "hybrid minus others")

    left, right = ax.get_xlim()
    assert left <= 0 <= right


def test_only_so_many_models_are_shown():
    ax = plots.paired_differences(GAINS, "hybrid minus others", most=2)

    assert texts(ax.get_yticklabels()) == ["ease", "als"]


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
    assert names == ["correct\n(1,600 users)", "leaky\n(1,600 users)", "all\n(100 users)"]


def test_each_metric_of_the_variants_has_its_axes():
    hit_rate, ndcg = DRAWN_TWICE["pitfall_effects"](None)

    assert dots(hit_rate) == {2: 0.3, 1: 0.2, 0: 0.4}
    assert dots(ndcg) == {2: 0.5, 1: 0.9, 0: 0.6}
    assert (hit_rate.get_title(loc="left"), ndcg.get_title(loc="left")) == (
        "HitRate@10",
        "NDCG@10",
    )


def test_a_line_marks_the_correct_protocol():
    for ax, correct in zip(DRAWN_TWICE["pitfall_effects"](None), (0.3, 0.5), strict=True):
        dotted = [list(line.get_xdata()) for line in ax.lines if line.get_linestyle() == ":"]
        assert dotted == [[correct, correct]]


def test_overlaps_are_written_into_their_cells_the_first_model_on_top():
    ax = DRAWN["list_overlap"](None)

    assert texts(ax.get_yticklabels()) == ["als", "hybrid"]
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {(0.5, 1.5): "100%", (1.5, 1.5): "70%", (0.5, 0.5): "70%", (1.5, 0.5): "100%"}


def test_exposure_runs_from_none_of_the_movies_to_all():
    hybrid, als, even = DRAWN["exposure"](None).lines

    assert hybrid.get_xydata().tolist() == [[0, 0], [0.5, 0.5], [1, 1]]
    assert als.get_xydata().tolist() == [[0, 0], [0.5, 0.9], [1, 1]]
    assert even.get_xydata().tolist() == [[0, 0], [1, 1]]
