"""The look of figures and tables, showing them in order, and titles that fit a label."""

import logging
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.core.pylabtools import print_figure
from IPython.display import Markdown, display
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.typing import ColorType

from movierec.plots.fonts import drawable, undrawn

# The first of the palette in report.mplstyle; orange is darker, to stand out from white by 3 to 1.
BLUE, ORANGE, GREEN = "#0173b2", "#c77c02", "#029e73"
GREY = "0.55"
COUNT = "{x:,.0f}"  # format of an axis
_END = re.compile(r"( \(\d{4}\))?( \[[^\[\]]*\])?$")


def set_theme() -> None:
    """A colour-blind-safe palette, figures as wide as a report, movie titles in full in tables."""
    pd.set_option("display.max_colwidth", 140)
    pd.set_option("display.html.use_mathjax", False)  # two dollars in a title enclose no formula
    plt.style.use("movierec.plots.report")
    # It reports each family that has no font of the weight asked for, though it takes the next.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def show(*contents: object) -> None:
    """Display text as Markdown, the figures of Axes, and everything else as it is, in order.

    None, a figure of nothing, is passed over.
    By itself a notebook shows figures after all other output of a cell.
    """
    for content in contents:
        if content is None:
            continue
        first = content.flat[0] if isinstance(content, np.ndarray) else content
        if isinstance(first, Axes):
            data, metadata = image(first)
            display(data, metadata=metadata, raw=True)
            if said := undrawn():
                display(Markdown(said))
        else:
            display(Markdown(content) if isinstance(content, str) else content)


def text_on(colour: ColorType) -> str:
    """A dark or a light colour that can be read on another.

    Neither is one that changes on dark pages, where cells of heatmaps do not.
    """
    channels = to_rgb(colour)
    linear = [one / 12.92 if one <= 0.04 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    luminance = np.dot(linear, (0.2126, 0.7152, 0.0722))  # of WCAG 2
    return "#1a1a1a" if luminance > 0.18 else "#fdfdfd"


def describe(ax: Axes, text: str) -> None:
    """Say what Axes show, from their data, for those who cannot see them."""
    ax.set_label(text)


def listed(values: pd.Series, form: str = "{:,}", most: int = 12) -> str:
    """A series in words, "a 0.5, b 0.3 ... z 0.1": the first of many, and the last."""
    parts = [f"{name} {form.format(value)}" for name, value in values.items()]
    if len(parts) <= most:
        return ", ".join(parts)
    return f"{', '.join(parts[: most - 1])} ... {parts[-1]}"


def image(ax: Axes) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The whole figure of Axes as data and metadata to display: SVG, PNG, alternative text.

    The figure is closed.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    for text in figure.findobj(Text):  # Those made before `drawable` found their fonts, too.
        text.set_fontfamily(plt.rcParams["font.family"])
    alt = alternative_text(figure)
    data = {
        "image/svg+xml": print_figure(figure, "svg", metadata={"Date": None}),
        "image/png": print_figure(figure, "png", base64=True),
        "text/plain": alt,
    }
    plt.close(figure)
    return data, {kind: {"alt": alt} for kind in ("image/svg+xml", "image/png")}


def alternative_text(figure: Figure) -> str:
    """Titles of a figure's Axes, each with what `describe` said of it."""
    parts = []
    for ax in figure.axes:
        title, text = ax.get_title(loc="left") or ax.get_title(), ax.get_label()
        # Matplotlib labels the Axes of a colour bar by itself.
        told = [one for one in (title, text) if one and not str(one).startswith("<")]
        if told:
            parts.append(": ".join(map(str, told)))
    return ". ".join(parts) or "Figure"


def shorten_title(title: str, width: int = 44) -> str:
    """A movie title that fonts can draw, cut to at most `width` characters, its end kept.

    The end is the year, and the id that tells movies of one title apart.
    """
    title = drawable(title.strip())
    if len(title) > width:
        end = _END.search(title)
        kept = end[0][-width // 2 :] if end else ""
        title = title[: width - len(kept) - 1].rstrip() + "…" + kept
    return title
