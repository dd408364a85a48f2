"""The figures of a search for hyperparameters: one function each, data in, Axes out."""

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from movierec.plots.theme import BLUE, ORANGE, describe, listed

# NDCG@10; the height of a panel.
_SHOWN_BELOW_BEST = 0.08


def best_so_far(values: pd.Series, ax: Axes | None = None) -> Axes:
    """The value of every trial as a point, and the best up to it as a line of steps.

    values: mean NDCG@10 by number of the trial; the first is the start's.
    """
    ax = ax or plt.figure(figsize=(8.0, 4.2)).subplots()
    ax.axhline(values.iloc[0], color="0.35", lw=1.2, linestyle="--", label="start")
    ax.step(values.index, values.cummax(), where="post", color=ORANGE, lw=1.8, label="best so far")
    ax.plot(values.index, values, "o", color=BLUE, ms=5, alpha=0.8, label="trial")
    ax.plot(values.idxmax(), values.max(), "o", color=ORANGE, ms=8)
    ax.set(
        title="Best so far by trial",
        xlabel="trial",
        ylabel="NDCG@10, mean of validation splits",
        xlim=(0, values.index[-1] + 1),
    )
    ax.margins(y=0.08)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    # Points may lie anywhere inside the axes.
    ax.legend(loc="upper right", bbox_to_anchor=(1, 1.13), ncols=3, frameon=False)
    describe(
        ax,
        f"from {values.iloc[0]:.4f} at the start to {values.max():.4f} at trial {values.idxmax()}"
        f" of {len(values)}",
    )
    return ax


def parameter_importance(importance: pd.Series, ax: Axes | None = None) -> Axes:
    """The share of the trials' variance that each parameter explains, largest on top.

    importance: shares 0-1 by name, largest first.
    """
    ax = ax or plt.figure(figsize=(8.0, 1.2 + 0.3 * len(importance))).subplots()
    bars = ax.barh(importance.index, importance, color=BLUE, height=0.7)
    ax.bar_label(bars, fmt="{:.0%}", padding=4, fontsize=9)
    ax.invert_yaxis()
    ax.set(
        title="Parameter importance",
        xlabel="share of the variance of NDCG@10 among trials",
        xlim=(0, importance.max() * 1.1),
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(visible=False)
    describe(ax, listed(importance, "{:.0%}"))
    return ax


def searched(trials: Mapping[str, pd.Series], chosen: Mapping[str, float]) -> Axes:
    """NDCG@10 of the values tried in each step of a search, in a panel each; the value chosen.

    trials  by step, mean NDCG@10 by value in ascending order
    chosen  by step, the value chosen
    Values far below the best of all lie below the panels, or flat tops could not be told apart.
    Returns the Axes of the first panel.
    """
    rows = math.ceil(len(trials) / 3)
    figure = plt.figure(figsize=(9.6, 0.4 + 2.5 * rows))
    panels = figure.subplots(rows, 3, sharey=True, squeeze=False).ravel()
    for ax, (step, values) in zip(panels, trials.items(), strict=False):
        ax.plot(values.index, values, "o-", color=BLUE, ms=4, lw=1.2)
        ax.plot(chosen[step], values[chosen[step]], "o", color=ORANGE, ms=9)
        # Zero has no logarithm, and lies as far below the next value as that from the one after.
        positive = values.index[values.index > 0]
        if positive.max() > 10 * positive.min():
            ax.set_xscale("symlog", linthresh=positive.min())
        ax.xaxis.set_major_formatter("{x:g}")
        ax.set_title(step, fontsize="medium")
        found = f"{values[chosen[step]]:.4f} at {chosen[step]:g}, the one chosen"
        describe(ax, f"{found}, {values.min():.4f} at least")
    for ax in panels[len(trials) :]:
        ax.remove()
    best = max(values.max() for values in trials.values())
    panels[0].set_ylim(best - _SHOWN_BELOW_BEST, best + 0.1 * _SHOWN_BELOW_BEST)
    for ax in panels[::3]:
        ax.set_ylabel("NDCG@10, validation")
    return panels[0]
