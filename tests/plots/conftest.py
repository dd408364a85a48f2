"""What every figure of the project keeps to."""

from collections.abc import Callable

import matplotlib.pyplot as plt
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
def check_axes() -> Callable[[Callable[[Axes | None], Axes]], None]:
    """Check a function that draws: into the Axes it is given or one figure of its own, named."""

    def check(draw: Callable[[Axes | None], Axes]) -> None:
        given = plt.figure().subplots()
        assert draw(given) is given
        assert given.has_data()
        plt.close("all")
        ax = draw(None)
        assert plt.get_fignums() == [ax.figure.number]
        assert ax.get_title(loc="left")
        assert ax.get_xlabel()
        ax.figure.canvas.draw()

    return check
