"""Heatmaps, drawn from small data."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from movierec.plots import heatmaps as plots, theme

LONG_TITLE = "Lord of the Rings: The Fellowship of the Ring, The (2001)"
WEIGHTS = pd.DataFrame(
    {"crime": [0.7, 0.0], "toy": [0.0, 0.9]}, ["Heat (1995)", "Toy Story (1995)"]
)
TITLES = ["Heat (1995)", "Toy Story (1995)", "Alien (1979)"]
SIMILARITY = pd.DataFrame([[1, 0.2, 0.3], [0.2, 1, 0.6], [0.3, 0.6, 1]], TITLES, TITLES)


def texts(labels: list) -> list[str]:
    return [label.get_text() for label in labels]


def test_the_term_heatmap_keeps_to_its_axes(check_axes):
    check_axes(lambda ax: plots.term_heatmap(WEIGHTS, ax))


def test_term_weights_are_written_into_the_cells_that_have_any():
    ax = plots.term_heatmap(WEIGHTS)

    assert sorted(texts(ax.texts)) == ["0.70", "0.90"]
    assert texts(ax.get_yticklabels()) == WEIGHTS.index.tolist()


def test_terms_of_another_script_are_drawn_with_its_font(recwarn):
    arc = "\u2312"  # not in the usual font, but in another of matplotlib's
    with plt.rc_context():
        ax = plots.term_heatmap(pd.DataFrame({arc: [0.5, 0.2]}, ["a", "b"]))
        theme.image(ax)
    assert not recwarn.list


def test_long_terms_leave_room_for_few_movies():
    terms = [f"style: extraordinarily long {n}" for n in range(12)]
    ax = plots.term_heatmap(pd.DataFrame(0.5, TITLES, terms))

    ax.figure.canvas.draw()

    assert ax.get_window_extent().height > 3 * 0.2 * ax.figure.dpi


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


def test_the_movies_most_alike_are_told_in_words():
    assert plots.similarity_clustermap(SIMILARITY).get_label() == (
        "3 movies, the most alike of them Toy Story (1995) and Alien (1979) 0.60;"
        " Heat (1995) and Alien (1979) 0.30; Heat (1995) and Toy Story (1995) 0.20"
    )


def test_the_clustermap_is_one_figure_that_renders_with_a_blank_diagonal():
    ax = plots.similarity_clustermap(SIMILARITY)

    ax.figure.canvas.draw()

    assert plt.get_fignums() == [ax.figure.number]
    blank = np.ma.getmaskarray(ax.collections[0].get_array()).reshape(3, 3)
    assert blank.tolist() == np.eye(3, dtype=bool).tolist()
