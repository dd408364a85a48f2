"""Movie titles as labels of figures, and sections as IPython is told to display them."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import seaborn
from IPython.display import Markdown
from matplotlib.colors import to_hex

from movierec.plots import theme
from movierec.plots.theme import shorten_title, show


@pytest.mark.parametrize(
    "title",
    [
        "Lord of the Rings: The Fellowship of the Ring, The (2001)",
        # MovieLens leaves blanks after some titles.
        "From Dusk Till Dawn 2: Texas Blood Money (1999) ",
    ],
)
def test_long_titles_keep_their_year(title):
    shortened = shorten_title(title)

    assert len(shortened) <= 44
    assert shortened.endswith("…" + title.strip()[-7:])


def test_long_titles_without_a_year_are_cut():
    assert shorten_title("a" * 50) == "a" * 43 + "…"


def test_short_titles_are_left_whole():
    assert shorten_title("Heat (1995)") == "Heat (1995)"


def test_ids_that_tell_titles_apart_are_kept():
    assert shorten_title("Emma, or " * 9 + "(1996) [838]").endswith("… (1996) [838]")


def test_dollars_in_a_title_enclose_no_formula():
    figure = plt.figure()
    figure.suptitle(shorten_title(r"Rich $\money$ (1999)"))

    figure.canvas.draw()


@pytest.fixture
def displayed(monkeypatch) -> list:
    shown: list = []
    monkeypatch.setattr(theme, "display", lambda one, **_: shown.append(one))
    return shown


def test_text_tables_and_figures_are_displayed_in_order(displayed):
    axes = plt.figure().subplots(1, 2)
    single = plt.figure().subplots()
    table, reading = pd.DataFrame({"a": [1]}), Markdown("So.")

    show("## Why?", single, table, axes, reading)

    assert displayed[0].data == "## Why?"
    assert [displayed[2], displayed[4]] == [table, reading]
    assert all(displayed[place]["image/svg+xml"].startswith("<?xml") for place in (1, 3))


def test_displayed_figures_are_closed(displayed):
    show(plt.figure().subplots())

    assert not plt.get_fignums()


def test_a_figure_is_described_by_its_titles_and_what_was_said_of_its_axes():
    axes = plt.figure().subplots(1, 2)
    axes[0].set_title("One", loc="left")
    axes[1].set_title("Two", loc="left")
    theme.describe(axes[1], "a 0.5, b 0.3")

    data, metadata = theme.image(axes[0])

    assert data["text/plain"] == "One. Two: a 0.5, b 0.3"
    assert metadata["image/svg+xml"]["alt"] == metadata["image/png"]["alt"] == data["text/plain"]


def test_the_look_is_that_of_seaborn_but_for_what_the_project_sets():
    looks = []
    for set_look in (lambda: plt.style.use("movierec.plots.report"), _seaborn):
        with plt.rc_context():
            plt.rcdefaults()
            set_look()
            palette = plt.rcParams["axes.prop_cycle"].by_key()["color"]
            colours = {
                "axes.prop_cycle": list(map(to_hex, palette)),
                "patch.facecolor": to_hex(plt.rcParams["patch.facecolor"]),
            }
            looks.append(dict(plt.rcParams) | colours)
    ours, theirs = looks

    assert sorted(name for name in ours if ours[name] != theirs[name]) == [
        "axes.spines.right",
        "axes.spines.top",
        "axes.titlelocation",
        "axes.titleweight",
        "figure.constrained_layout.use",
        "figure.dpi",
        "figure.figsize",
        # Every figure that has a colour map names it.
        "image.cmap",
        "svg.hashsalt",
        "text.parse_math",
    ]


def _seaborn() -> None:
    seaborn.set_theme(style="whitegrid", palette="colorblind")


@pytest.mark.parametrize(
    ("colour", "text"),
    [("white", "#1a1a1a"), ("black", "#fdfdfd"), ("#77b5d9", "#1a1a1a"), ("#08306b", "#fdfdfd")],
)
def test_text_on_a_colour_can_be_read(colour, text):
    assert theme.text_on(colour) == text
