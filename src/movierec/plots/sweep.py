"""The figure of a sweep over one or two settings."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from movierec.plots.theme import BLUE, GREEN, ORANGE, describe, listed

_COLOURS = (BLUE, ORANGE, GREEN, "0.2", "0.6")
_MARKERS = "osD^v"


def swept_values(values: pd.DataFrame, metric: str, ax: Axes | None = None) -> Axes:
    """A metric by the values of one setting, or of two, with 95 % intervals.

    values: index levels named after the settings, columns mean, low, high. A second setting has
    a line for each of its values; of more than five, the first five.
    """
    ax = ax or plt.figure(figsize=(8.0, 4.4)).subplots()
    name, *others = values.index.names
    places = {value: place for place, value in enumerate(sorted(values.index.unique(name)))}
    lines = values.groupby(level=others, sort=True) if others else [(None, values)]
    n_lines = min(len(_COLOURS), len(values.index.unique(others[0]))) if others else 1
    shifts = np.linspace(-0.06, 0.06, n_lines) if n_lines > 1 else [0.0]
    for (value, line), colour, marker, shift in zip(
        lines, _COLOURS, _MARKERS, shifts, strict=False
    ):
        at = np.array([places[one] for one in line.index.get_level_values(name)])
        order = np.argsort(at)
        line, at = line.iloc[order], at[order] + shift
        errors = np.abs(line[["low", "high"]].T.to_numpy() - line["mean"].to_numpy())
        label = f"{others[0]} {_label(value)}" if others else None
        ax.errorbar(
            at, line["mean"], errors, color=colour, marker=marker, ms=6, lw=1.4, label=label
        )
    ax.set(
        title=f"{metric} by {' and '.join([name, *others])}",
        xlabel=name,
        ylabel=f"mean {metric}, 95 % interval",
        xticks=list(places.values()),
        xticklabels=[_label(value) for value in places],
    )
    if others:
        # Points may lie anywhere inside the axes.
        ax.legend(loc="upper right", bbox_to_anchor=(1, 1.13), ncols=n_lines, frameon=False)
    means = values["mean"].sort_values(ascending=False)
    names = [one if isinstance(one, tuple) else (one,) for one in means.index]
    means.index = pd.Index([" and ".join(map(_label, one)) for one in names])
    describe(ax, f"best first, {listed(means, '{:.4f}')}")
    return ax


def _label(value: object) -> str:
    value = value[0] if isinstance(value, tuple) else value
    return f"{value:g}" if isinstance(value, float) else str(value)
