"""Colours and sizes that all figures share, and labels that fit them."""

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import FuncFormatter

BLUE, ORANGE, GREEN, *_ = sns.color_palette("colorblind")
GREY = "0.55"
COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")


def set_theme() -> None:
    """Colours that colour-blind readers can tell apart, sizes for the width of a report."""
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
    """A title that fits a label, its year kept."""
    charmap = get_font(findfont(FontProperties(family=plt.rcParams["font.family"]))).get_charmap()
    # A character that the font lacks would be drawn as a box, with a warning.
    title = "".join(letter if ord(letter) in charmap else "?" for letter in title.strip())
    if len(title) > width:
        year = title[-7:] if title.endswith(")") else ""
        title = title[: width - len(year) - 1].rstrip() + "…" + year
    return title.replace("$", r"\$")  # a pair of them would set the text between as mathematics
