"""Every figure is drawn from small data, into the Axes it is given, and says what is so."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from movierec.plots import eda as plots, factors, theme

LONG_TITLE = "Lord of the Rings: The Fellowship of the Ring, The (2001)"
COUNTS = np.array([1, 6, 1, 2])

WEIGHTS = pd.DataFrame(
    {"crime": [0.7, 0.0], "toy": [0.0, 0.9]}, ["Heat (1995)", "Toy Story (1995)"]
)
TITLES = [LONG_TITLE, *WEIGHTS.index]
SIMILARITY = pd.DataFrame([[1, 0.2, 0.3], [0.2, 1, 0.6], [0.3, 0.6, 1]], TITLES, TITLES)

DRAWN = {
    "rating_histogram": lambda ax: plots.rating_histogram(np.array([0.5, 4.0, 4.0]), ax),
    "ratings_per_movie": lambda ax: plots.ratings_per_movie(COUNTS, ax),
    "ratings_over_time": lambda ax: plots.ratings_over_time(
        np.array([0, 86_400, 5_000_000], dtype=np.int32), ax
    ),
    "long_tail": lambda ax: plots.long_tail(COUNTS, 2, ax),
    "term_heatmap": lambda ax: plots.term_heatmap(WEIGHTS, ax),
    "training_loss": lambda ax: factors.training_loss(pd.Series([3.0, 2.0], [1, 2]), ax),
    "factor_spectrum": lambda ax: factors.factor_spectrum(np.diag([4.0, 2.0, 1.0]), ax),
}


@pytest.fixture(autouse=True)
def _figures():
    """The notebooks' theme, undone afterwards, and no figure left over."""
    with plt.rc_context():
        theme.set_theme()
        yield
        plt.close("all")


@pytest.fixture(params=DRAWN)
def draw(request):
    return DRAWN[request.param]


def heights(ax: Axes) -> list[float]:
    return [bar.get_height() for bar in ax.patches]


def texts(labels: list) -> list[str]:
    return [label.get_text() for label in labels]


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


def test_stars_are_counted():
    assert heights(DRAWN["rating_histogram"](None)) == [1, 2]


def test_every_movie_is_in_a_bin():
    assert sum(heights(plots.ratings_per_movie(np.array([1, 1, 2, 37, 1_000])))) == 5


def test_movies_with_one_rating_each_are_drawn():
    assert heights(plots.ratings_per_movie(np.ones(3, dtype=int))) == [3]


def test_ratings_are_counted_by_month():
    stamps = pd.to_datetime(["1970-01-01", "1970-01-31", "1970-03-01"])
    seconds = (stamps - pd.Timestamp(0)).total_seconds().to_numpy().astype(np.int32)

    area = plots.ratings_over_time(seconds).collections[0].get_paths()[0]

    # A step changes half-way between the months' first days, 0, 31 and 59.
    counts = [
        area.contains_point((day, 0.5)) + area.contains_point((day, 1.5)) for day in (5, 31, 55)
    ]
    assert counts == [2, 0, 1]


def test_the_long_tail_states_what_the_kept_movies_hold():
    # The two most rated of four movies have 6 + 2 of the 10 ratings.
    [label] = texts(plots.long_tail(COUNTS, 2).get_legend().get_texts())

    assert label == "the 2 most rated: 80.0% of the ratings"


def test_the_long_tail_keeps_no_more_movies_than_there_are():
    [label] = texts(plots.long_tail(COUNTS, 9).get_legend().get_texts())

    assert label == "the 4 most rated: 100.0% of the ratings"


def test_term_weights_are_written_into_the_cells_that_have_any():
    assert sorted(texts(plots.term_heatmap(WEIGHTS).texts)) == ["0.70", "0.90"]


@pytest.mark.parametrize("title", ["Heat (1995)", LONG_TITLE])
def test_the_title_of_a_single_movie_is_level(title):
    # A query may match one movie only; a long title must find room in its low figure too.
    ax = plots.term_heatmap(WEIGHTS[:1].set_axis([title]))

    ax.figure.canvas.draw()

    assert [label.get_rotation() for label in ax.get_yticklabels()] == [0]


def test_the_loss_is_drawn_over_its_iterations():
    line = DRAWN["training_loss"](None).lines[0]

    assert line.get_xydata().tolist() == [[1, 3], [2, 2]]


def test_factor_norms_are_two_axes():
    axes = factors.factor_norms(np.eye(3), np.eye(4))

    assert [sum(heights(ax)) for ax in axes] == [3, 4]
    assert len(plt.get_fignums()) == 1


def test_factor_norms_are_drawn_into_the_axes_given():
    given = plt.figure().subplots(1, 2)

    assert factors.factor_norms(np.eye(3), np.eye(4), given) is given
    assert all(ax.has_data() for ax in given)


def test_the_spectrum_is_relative_to_the_strongest():
    assert heights(DRAWN["factor_spectrum"](None)) == pytest.approx([1, 0.5, 0.25])


def test_the_clustermap_is_one_figure_that_renders():
    ax = factors.similarity_clustermap(SIMILARITY)

    ax.figure.canvas.draw()

    assert isinstance(ax, Axes)
    assert plt.get_fignums() == [ax.figure.number]


def test_the_clustermap_leaves_the_diagonal_blank():
    cells = factors.similarity_clustermap(SIMILARITY).collections[0].get_array()

    assert np.ma.getmaskarray(cells).reshape(3, 3).tolist() == np.eye(3, dtype=bool).tolist()


@pytest.mark.parametrize(
    "title",
    [
        LONG_TITLE,
        # MovieLens leaves blanks after some titles.
        "From Dusk Till Dawn 2: Texas Blood Money (1999) ",
    ],
)
def test_shortened_titles_keep_their_year(title):
    tall = plt.figure(figsize=(8, 8)).subplots()

    label = texts(plots.term_heatmap(WEIGHTS.set_axis([title, "Heat"]), tall).get_yticklabels())[0]

    assert len(label) < len(title)
    assert label.endswith("…" + title.strip()[-7:])


def test_short_titles_are_left_whole():
    assert texts(plots.term_heatmap(WEIGHTS).get_yticklabels()) == WEIGHTS.index.tolist()


def test_titles_shortened_to_the_same_words_stay_two_movies():
    tall = plt.figure(figsize=(8, 8)).subplots()
    twins = [LONG_TITLE, LONG_TITLE.replace("Ring, The", "Ring, Part Two")]

    ax = plots.term_heatmap(WEIGHTS.set_axis(twins), tall)

    assert len({*texts(ax.get_yticklabels())}) == 1
    assert sorted(texts(ax.texts)) == ["0.70", "0.90"]


def test_dollars_in_a_title_are_no_mathematics():
    ax = plots.term_heatmap(WEIGHTS[:1].set_axis([r"Rich $\money$ (1999)"]))
    ax.figure.canvas.draw()
