"""Figures of ratings, drawn from small data."""

import pandas as pd
import pytest
from matplotlib.axes import Axes

from movierec.plots import eda as plots

COUNTS = pd.Series([1, 6, 1, 2])
MONTHS = pd.Series([2, 0, 1], pd.to_datetime(["1970-01-01", "1970-02-01", "1970-03-01"]))
MEANS = pd.DataFrame({"ratings": [1, 1, 30], "mean": [0.5, 4.5, 4.0]})
SHARES = pd.DataFrame({"Drama": [0.5, 0.4], "$War$": [0.1, 0.2]}, ["1980s", "1990s"])
TAGS = pd.DataFrame({"uses": [9, 2, 1]}, ["fun", "$dark$ *x*", "odd"])
USERS = pd.DataFrame({"new": [3, 1], "returning": [0, 2]}, MONTHS.index[:2])

DRAWN = {
    "rating_histogram": lambda ax: plots.rating_histogram(pd.Series([1, 2], [0.5, 4.0]), ax),
    "ratings_per_movie": lambda ax: plots.ratings_per_movie(COUNTS, ax),
    "ratings_over_time": lambda ax: plots.ratings_over_time(MONTHS, ax),
    "ratings_per_user": lambda ax: plots.ratings_per_user(COUNTS, ax),
    "mean_by_number": lambda ax: plots.mean_by_number(MEANS, ax),
    "genres_by_decade": lambda ax: plots.genres_by_decade(SHARES, ax=ax),
    "tag_uses": lambda ax: plots.tag_uses(TAGS, ax=ax),
    "active_users": lambda ax: plots.active_users(USERS, ax),
    "long_tail": lambda ax: plots.long_tail(COUNTS, 2, ax),
}


def heights(ax: Axes) -> list[float]:
    return [bar.get_height() for bar in ax.patches]


def texts(labels: list) -> list[str]:
    return [label.get_text() for label in labels]


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_figures_keep_to_their_axes(draw, check_axes):
    check_axes(draw)


def test_ratings_are_counted_by_stars():
    assert heights(DRAWN["rating_histogram"](None)) == [1, 2]


def test_every_movie_is_in_a_bin():
    assert sum(heights(plots.ratings_per_movie(pd.Series([1, 1, 2, 37, 1_000])))) == 5


def test_movies_with_one_rating_each_are_drawn():
    assert heights(plots.ratings_per_movie(pd.Series([1, 1, 1]))) == [3]


def test_ratings_are_counted_by_month():
    area = plots.ratings_over_time(MONTHS).collections[0].get_paths()[0]

    # A step changes half-way between the months' first days, 0, 31 and 59.
    counts = [
        area.contains_point((day, 0.5)) + area.contains_point((day, 1.5)) for day in (5, 31, 55)
    ]
    assert counts == [2, 0, 1]


@pytest.mark.parametrize(
    ("kept", "label"),
    [
        # The two most rated of four movies have 6 + 2 of the 10 ratings.
        (2, "the 2 most rated: 80.0% of the ratings"),
        (9, "the 4 most rated: 100.0% of the ratings"),
    ],
)
def test_the_long_tail_states_the_share_of_the_movies_kept(kept, label):
    assert texts(plots.long_tail(COUNTS, kept).get_legend().get_texts()) == [label]


def test_the_most_used_tag_is_on_top_and_its_text_no_formula():
    ax = plots.tag_uses(TAGS, most=2)
    ax.figure.canvas.draw()

    assert texts(ax.get_yticklabels()) == ["fun", "$dark$ *x*"]
    assert ax.yaxis_inverted()
    assert [bar.get_width() for bar in ax.patches] == [9, 2]


def test_only_the_first_genres_are_drawn_each_with_its_shares():
    ax = plots.genres_by_decade(SHARES, most=1)

    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.5, 0.4]]


def test_points_of_movies_lie_at_their_number_of_ratings_and_mean():
    points, median = DRAWN["mean_by_number"](None).lines

    assert points.get_xydata().tolist() == [[1, 0.5], [1, 4.5], [30, 4]]
    assert median.get_xydata().tolist() == [[1, 2.5], [30, 4]]


def test_a_log_axis_has_no_powers():
    ax = plots.mean_by_number(MEANS.assign(ratings=[2, 3, 5]))
    ax.figure.canvas.draw()

    labels = texts([*ax.get_xticklabels(), *ax.get_xticklabels(minor=True)])
    assert not any("$" in label for label in labels)
