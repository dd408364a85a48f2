"""Figures of factors and similarity, drawn from small data."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from movierec.plots import factors as plots

TITLES = ["Heat (1995)", "Toy Story (1995)", "Alien (1979)"]
SIMILARITY = pd.DataFrame([[1, 0.2, 0.3], [0.2, 1, 0.6], [0.3, 0.6, 1]], TITLES, TITLES)
LOG = pd.DataFrame({"iteration": [1, 2], "loss": [3.0, 2.0]})

DRAWN = {
    "training_loss": lambda ax: plots.training_loss(LOG, ax),
    "factor_spectrum": lambda ax: plots.factor_spectrum(np.diag([4.0, 2.0, 1.0]), ax),
}


def heights(ax: Axes) -> list[float]:
    return [bar.get_height() for bar in ax.patches]


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_figures_keep_to_their_axes(draw, check_axes):
    check_axes(draw)


def test_the_loss_is_drawn_over_its_iterations():
    line = DRAWN["training_loss"](None).lines[0]

    assert line.get_xydata().tolist() == [[1, 3], [2, 2]]


def test_factor_norms_are_two_axes(check_axes):
    check_axes(lambda axes: plots.factor_norms(np.eye(3), np.eye(4), axes), 2)

    assert [sum(heights(ax)) for ax in plots.factor_norms(np.eye(3), np.eye(4))] == [3, 4]


def test_the_spectrum_is_relative_to_the_largest_singular_value():
    assert heights(DRAWN["factor_spectrum"](None)) == pytest.approx([1, 0.5, 0.25])


def test_the_clustermap_is_one_figure_that_renders_with_a_blank_diagonal():
    ax = plots.similarity_clustermap(SIMILARITY)

    ax.figure.canvas.draw()

    assert plt.get_fignums() == [ax.figure.number]
    blank = np.ma.getmaskarray(ax.collections[0].get_array()).reshape(3, 3)
    assert blank.tolist() == np.eye(3, dtype=bool).tolist()
