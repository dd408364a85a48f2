"""The figures of a search for hyperparameters: one function each, data in, Axes out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from movierec.plots.theme import BLUE, ORANGE


def best_so_far(trials: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The value of every trial as a point, and the best one up to it as a line of steps.

    trials: index number of the trial, columns "NDCG@10" and "best so far"; the first is the start.
    """
    ax = ax or plt.figure(figsize=(8.0, 4.2)).subplots()
    values, best = trials["NDCG@10"], trials["best so far"]
    ax.axhline(values.iloc[0], color="0.35", lw=1.2, linestyle="--", label="the start")
    ax.step(trials.index, best, where="post", color=ORANGE, lw=1.8, label="best so far")
    ax.plot(trials.index, values, "o", color=BLUE, ms=5, alpha=0.8, label="a trial")
    ax.plot(values.idxmax(), values.max(), "o", color=ORANGE, ms=8)
    ax.set(
        title="Best so far by trial",
        xlabel="trial",
        ylabel="NDCG@10, mean of validation parts",
        xlim=(0, trials.index[-1] + 1),
    )
    ax.margins(y=0.08)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    # Points may lie anywhere inside the axes.
    ax.legend(loc="upper right", bbox_to_anchor=(1, 1.13), ncols=3, frameon=False)
    return ax


def parameter_importance(importance: pd.Series, ax: Axes | None = None) -> Axes:
    """The share of the trials' variation that each parameter explains, largest on top.

    importance: shares 0-1 by name, largest first.
    """
    shown = importance.iloc[::-1]
    ax = ax or plt.figure(figsize=(8.0, 1.2 + 0.3 * len(shown))).subplots()
    places = np.arange(len(shown))
    bars = ax.barh(places, shown, color=BLUE, height=0.7)
    ax.bar_label(bars, labels=[f"{share:.0%}" for share in shown], padding=4, fontsize=9)
    ax.set(
        title="What the trials' differences come from",
        xlabel="share of the variation of NDCG@10 among the trials",
        yticks=places,
        yticklabels=shown.index,
        xlim=(0, shown.max() * 1.1),
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(visible=False)
    return ax
