"""The look of figures and tables, showing them in order, and titles that fit a label."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font

# The first of the palette in report.mplstyle.
BLUE, ORANGE, GREEN = "#0173b2", "#de8f05", "#029e73"
GREY = "0.55"
COUNT = "{x:,.0f}"  # format of an axis


def set_theme() -> None:
    """A colour-blind-safe palette, figures as wide as a report, movie titles in full in tables."""
    pd.set_option("display.max_colwidth", 140)
    pd.set_option("display.html.use_mathjax", False)  # two dollars in a title enclose no formula
    plt.style.use("movierec.plots.report")


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


def shorten_title(title: str, width: int = 44) -> str:
    """A movie title cut to at most `width` characters, its year kept; `?` for what fonts lack."""
    charmap = get_font(findfont(FontProperties(family=plt.rcParams["font.family"]))).get_charmap()
    # Matplotlib draws a character that the font lacks as a box, and warns.
    title = "".join(letter if ord(letter) in charmap else "?" for letter in title.strip())
    if len(title) > width:
        year = title[-7:] if title.endswith(")") else ""
        title = title[: width - len(year) - 1].rstrip() + "…" + year
    return title
