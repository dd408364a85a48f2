"""The look that all figures and tables share, and titles that fit a label."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import FuncFormatter

BLUE, ORANGE, GREEN, *_ = sns.color_palette("colorblind")
GREY = "0.55"
COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")


def set_theme() -> None:
    """A colour-blind-safe palette, figures as wide as a report, movie titles in full in tables."""
    pd.set_option("display.max_colwidth", 140)
    sns.set_theme(
        style="whitegrid",
        palette="colorblind",
        rc={
            "figure.figsize": (8.0, 3.8),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
        },
    )


def shorten_title(title: str, width: int = 44) -> str:
    """A movie title cut to at most `width` characters, its year kept, safe as a figure's text."""
    charmap = get_font(findfont(FontProperties(family=plt.rcParams["font.family"]))).get_charmap()
    # Matplotlib draws a character that the font lacks as a box, and warns.
    title = "".join(letter if ord(letter) in charmap else "?" for letter in title.strip())
    if len(title) > width:
        year = title[-7:] if title.endswith(")") else ""
        title = title[: width - len(year) - 1].rstrip() + "…" + year
    return title.replace("$", r"\$")  # two dollar signs would enclose a formula
