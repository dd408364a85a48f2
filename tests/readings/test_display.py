"""Sections of a notebook, as IPython is told to display them."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from IPython.display import Markdown

from movierec.readings import display
from movierec.readings.display import show


@pytest.fixture
def displayed(monkeypatch) -> list:
    shown: list = []
    monkeypatch.setattr(display, "display", shown.append)
    return shown


def test_text_tables_and_figures_are_displayed_in_order(displayed):
    axes = plt.figure().subplots(1, 2)
    single = plt.figure().subplots()
    table, reading = pd.DataFrame({"a": [1]}), Markdown("So.")

    show("## Why?", single, table, axes, reading)

    assert displayed[0].data == "## Why?"
    assert displayed[1:] == [single.figure, table, axes[0].figure, reading]


def test_displayed_figures_are_closed(displayed):
    show(plt.figure().subplots())

    assert not plt.get_fignums()
