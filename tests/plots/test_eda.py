"""Figures of ratings and terms, drawn from small data."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes

from movierec.plots import eda as plots

LONG_TITLE = "Lord of the Rings: The Fellowship of the Ring, The (2001)"
COUNTS = pd.Series([1, 6, 1, 2])
WEIGHTS = pd.DataFrame(
    {"crime": [0.7, 0.0], "toy": [0.0, 0.9]}, ["Heat (1995)", "Toy Story (1995)"]
)
MONTHS = pd.Series([2, 0, 1], pd.to_datetime(["1970-01-01", "1970-02-01", "1970-03-01"]))

DRAWN = {
    "rating_histogram": lambda ax: plots.rating_histogram(pd.Series([1, 2], [0.5, 4.0]), ax),
    "ratings_per_movie": lambda ax: plots.ratings_per_movie(COUNTS, ax),
    "ratings_over_time": lambda ax: plots.ratings_over_time(MONTHS, ax),
    "long_tail": lambda ax: plots.long_tail(COUNTS, 2, ax),
    "term_heatmap": lambda ax: plots.term_heatmap(WEIGHTS, ax),
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


def test_term_weights_are_written_into_the_cells_that_have_any():
    ax = plots.term_heatmap(WEIGHTS)

    assert sorted(texts(ax.texts)) == ["0.70", "0.90"]
    assert texts(ax.get_yticklabels()) == WEIGHTS.index.tolist()


@pytest.mark.parametrize("title", ["Heat (1995)", LONG_TITLE])
def test_the_title_of_a_single_movie_is_level(title):
    # A query may match one movie only; a long title must find room in its low figure too.
    ax = plots.term_heatmap(WEIGHTS[:1].set_axis([title]))

    ax.figure.canvas.draw()

    assert [label.get_rotation() for label in ax.get_yticklabels()] == [0]


def test_titles_shortened_to_the_same_words_stay_two_movies():
    tall = plt.figure(figsize=(8, 8)).subplots()
    twins = [LONG_TITLE, LONG_TITLE.replace("Ring, The", "Ring, Part Two")]

    ax = plots.term_heatmap(WEIGHTS.set_axis(twins), tall)

    assert len({*texts(ax.get_yticklabels())}) == 1
    assert sorted(texts(ax.texts)) == ["0.70", "0.90"]
