"""Figures of factors, drawn from small data."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from movierec.plots import factors as plots

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
