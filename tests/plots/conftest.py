"""What every figure of the project keeps to."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from movierec.plots.theme import set_theme


@pytest.fixture(autouse=True)
def _figures():
    """The project's theme, undone afterwards, and no figure left over."""
    with plt.rc_context():
        set_theme()
        yield
        plt.close("all")


@pytest.fixture
def check_axes() -> Callable[..., None]:
    """Check a function that draws: into the Axes it is given or one figure of its own, named.

    check_axes(draw, number): `draw` takes and returns one Axes, or an array of `number` of them.
    """

    def check(draw: Callable[[Axes | np.ndarray | None], Axes | np.ndarray], number: int = 1):
        given = plt.figure().subplots(1, number)
        assert draw(given) is given
        assert all(ax.has_data() for ax in np.ravel(given))
        assert len(plt.get_fignums()) == 1
        plt.close("all")
        axes = np.ravel(draw(None))
        assert plt.get_fignums() == [axes[0].figure.number]
        assert len(axes) == number
        assert all(ax.get_title(loc="left") and ax.get_xlabel() for ax in axes)
        axes[0].figure.canvas.draw()

    return check
