"""Showing a section of a notebook from one cell."""

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from matplotlib.axes import Axes


def show(*contents: object) -> None:
    """Display text as Markdown, the figures of Axes, and everything else as it is, in order.

    By itself a notebook shows figures after all other output of a cell.
    """
    for content in contents:
        first = content.flat[0] if isinstance(content, np.ndarray) else content
        if isinstance(first, Axes):
            figure = first.get_figure(root=True)
            display(figure)
            plt.close(figure)
        else:
            display(Markdown(content) if isinstance(content, str) else content)
