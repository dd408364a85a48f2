"""Figures of an evaluation.

`metrics` is the long table of `evaluation.summary.metrics_table`: columns model, metric, k, mean,
se, low, high. `axes` are several Axes. Without Axes to draw into, a function makes its own figure.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from matplotlib.typing import ColorType
from scipy.optimize import isotonic_regression

from movierec.plots.fonts import drawable
from movierec.plots.theme import BLUE, GREEN, GREY, ORANGE, describe, listed, text_on


def pitfall_effects(effects: pd.DataFrame, axes: np.ndarray | None = None) -> np.ndarray:
    """HitRate@10 and NDCG@10 of the original's factors under each set of pitfalls.

    effects: index (variant, metric), columns mean, low, high, users; the correct protocol first.
    """
    axes = _panels(effects.index.unique("variant").size, 2) if axes is None else axes
    for ax, metric in zip(axes, ("HitRate", "NDCG"), strict=True):
        values = effects.xs(metric, level="metric")
        values.index = values.index + values["users"].map("\n({:,} users)".format)
        ax.axvline(values["mean"].iloc[0], color=BLUE, lw=1, linestyle=":")
        _intervals(ax, values, np.arange(len(values)) > 0, "{:.2f}")
        ax.set(title=f"{metric}@10", xlabel=f"mean {metric}@10")
    return axes


def model_intervals(
    metrics: pd.DataFrame, names: list[str], target: str, axes: np.ndarray | None = None
) -> np.ndarray:
    """Those metrics at 10 that there are, of every model with 95 % intervals, best NDCG on top."""
    names = [name for name in names if (metrics["metric"] == name).any()]
    models = _at_10(metrics, "NDCG")["mean"].sort_values(ascending=False).index
    axes = _panels(len(models), len(names)) if axes is None else axes
    for ax, name in zip(axes, names, strict=True):
        values = _at_10(metrics, name).loc[models]
        percent = name in ("Coverage", "PopularityLift", "DislikedHits")
        _intervals(ax, values, models == target, "{:.0%}" if percent else "{:.3f}")
        label = "share of candidates" if name == "Coverage" else "mean over users"
        ax.set(title=f"{name}@10", xlabel=label)
        if percent:
            ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return axes


def metric_curves(
    metrics: pd.DataFrame, metric: str, highlighted: list[str], ax: Axes | None = None
) -> Axes:
    """One metric by cutoff, a line per model.

    At most three highlighted models, the target first, have a colour and a band, the 95 %
    interval; all others are grey.
    """
    ax = ax or plt.figure(figsize=(8.0, 4.8)).subplots()
    values = metrics[metrics["metric"] == metric].set_index(["model", "k"])
    ks = values.index.unique("k")
    colours = dict(zip(highlighted, (ORANGE, BLUE, GREEN), strict=False))
    for model in values.index.unique("model"):
        line, colour = values.loc[model], colours.get(model, GREY)
        if model in colours:
            ax.fill_between(line.index, line["low"], line["high"], color=colour, alpha=0.15, lw=0)
        width, layer = (1.8, 3) if model in colours else (1, 2)
        ax.plot(line["mean"], marker="o", ms=4, color=colour, lw=width, zorder=layer)
    ax.set(
        title=f"{metric} by cutoff",
        xlabel="cutoff k, movies",
        ylabel=f"mean {metric}@k over users",
        xticks=ks,
        xlim=(ks.min() - 1, ks.max() * 1.4),
    )
    ends = values.xs(ks.max(), level="k")["mean"].sort_values()
    apart = np.ptp(ax.get_ylim()) * 0.055 * np.arange(len(ends))
    # The heights nearest to the lines' ends at which names keep their order and do not touch.
    heights = isotonic_regression(ends.to_numpy() - apart).x + apart
    for (model, end), height in zip(ends.items(), heights, strict=True):
        ax.annotate(
            model,
            (ks.max(), end),
            xytext=(ks.max() * 1.07, height),
            va="center",
            fontsize=9,
            color="0.15" if model in colours else "0.3",
            fontweight="bold" if model in highlighted[:1] else "normal",
            arrowprops={"arrowstyle": "-", "color": colours.get(model, GREY), "lw": 0.6},
        )
    spans = (f"{m} {values.loc[m, 'mean'].iloc[0]:.3f} to {ends[m]:.3f}" for m in colours)
    named = "; ".join(spans) or listed(ends[::-1], "{:.3f}")
    describe(ax, f"from k = {ks.min()} to {ks.max()}, {named}")
    return ax


def paired_differences(
    gains: pd.DataFrame,
    title: str,
    most: int | None = None,
    ax: Axes | None = None,
    metric: str = "NDCG@10",
) -> Axes:
    """Paired differences of a metric with 95 % intervals; grey where the interval holds 0.

    gains  a row per other model, columns mean, low, high; the first is on top
    title  what is subtracted from what
    most   rows to show; None for all
    """
    shown = gains.iloc[:most]
    ax = ax or _panels(len(shown))[0]
    significant = (shown["low"] > 0) | (shown["high"] < 0)
    _intervals(ax, shown, significant, "{:+.4f}", GREY)
    ax.set(
        title=f"{title} (grey: not significant)",
        xlabel=f"mean paired difference of {metric}, 95 % interval",
    )
    return ax


def segments(
    users: pd.DataFrame, movies: pd.DataFrame, models: list[str], axes: np.ndarray | None = None
) -> np.ndarray:
    """NDCG@10 by user activity and Recall@10 by movie popularity, with 95 % intervals.

    users, movies: index (segment, model), columns mean, low, high, size; models: at most five.
    """
    axes = plt.figure(figsize=(8.0, 4.4)).subplots(1, 2) if axes is None else axes
    colours, shifts = (ORANGE, BLUE, GREEN, "0.2", "0.6"), np.linspace(-0.24, 0.24, len(models))
    for ax, frame in zip(axes, (users, movies), strict=True):
        for model, colour, marker, shift in zip(models, colours, "osD^v", shifts, strict=False):
            values = frame.xs(model, level="model")
            places = np.arange(len(values)) + shift
            errors = np.abs(values[["low", "high"]].T - values["mean"])
            ax.errorbar(places, values["mean"], errors, fmt=marker, color=colour, label=model)
        sizes = frame["size"].groupby("segment", sort=False).first()
        names = [f"{name}\n({size:,})" for name, size in sizes.items()]
        ax.set(xticks=range(len(names)), xticklabels=names, xlabel="segment (users)")
        ax.set_ylim(bottom=0)
        means = frame["mean"].xs(models[0], level="model")
        describe(ax, f"{models[0]}, {listed(means, '{:.3f}')}")
        ax.tick_params(axis="x", labelsize=8.5)
        ax.grid(visible=False, axis="x")
    axes[0].set(title="By known ratings of the user", ylabel="mean NDCG@10")
    axes[1].set(title="By popularity of the held-out movie", ylabel="mean Recall@10")
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return axes


def genre_calibration(shares: pd.DataFrame, ax: Axes | None = None) -> Axes | None:
    """Mean genre distribution of the user histories and of some models' lists; None of no genre.

    shares: index genre, columns "history" and at most three models, in 0-1.
    """
    if shares.empty:
        return None
    shown = shares.sort_values("history")
    ax = ax or plt.figure(figsize=(8.0, 1.4 + 0.24 * len(shown))).subplots()
    places = np.arange(len(shown))
    ax.barh(places, shown["history"], color="0.85", label="history")
    models = shown.columns.drop("history")
    for model, colour, marker in zip(models, (ORANGE, BLUE, GREEN), "osD", strict=False):
        ax.plot(shown[model], places, marker, color=colour, ms=5, label=model)
    ax.set(
        title="Genre distribution of histories and lists",
        xlabel="mean share of a user's movies",
        yticks=places,
        yticklabels=[drawable(genre) for genre in shown.index],
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right")
    largest = (listed(shares[name].nlargest(3), "{:.0%}") for name in shares)
    named = zip(shares, largest, strict=True)
    describe(ax, "largest shares, " + "; ".join(f"{name}: {genres}" for name, genres in named))
    return ax


def list_overlap(shares: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """How much the lists of models have in common. shares: square, 0-1, models both ways."""
    n = len(shares)
    ax = ax or plt.figure(figsize=(8.0, 2.2 + 0.36 * n)).subplots()
    cells = ax.pcolormesh(shares.iloc[::-1], cmap="Blues", vmin=0, vmax=1, edgecolors="none")
    for row, column in np.ndindex(n, n):
        value = shares.iloc[n - 1 - row, column]
        colour = text_on(cells.cmap(value))
        place = column + 0.5, row + 0.5
        ax.text(*place, f"{value:.0%}", ha="center", va="center", fontsize=8.5, color=colour)
    ax.set(title="Movies that two lists of ten have in common", xlabel="model")
    ax.set_xticks(np.arange(n) + 0.5, shares.columns, rotation=50, rotation_mode="xtick")
    ax.set_yticks(np.arange(n) + 0.5, shares.index[::-1])
    ax.grid(visible=False)
    if n > 1:
        first = shares.iloc[0].iloc[1:].sort_values(ascending=False)
        describe(ax, f"{shares.index[0]} with {listed(first, '{:.0%}')}")
    return ax


def exposure(curves: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Share of all list places that the most listed movies take.

    curves: as of `beyond_accuracy.exposure`, at most three models.
    """
    ax = ax or plt.figure(figsize=(8.0, 4.0)).subplots()
    share = np.linspace(0, 1, len(curves))
    for model, colour in zip(curves, (ORANGE, BLUE, GREEN), strict=False):
        ax.plot(share, curves[model], color=colour, label=model)
    ax.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="all movies alike")
    ax.set(
        title="Places on lists by movie",
        xlabel="share of the candidates, the most listed first",
        ylabel="share of all places",
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.legend(loc="lower right")
    tenth = curves.iloc[len(curves) // 10]
    describe(ax, f"the most listed tenth of the movies takes, {listed(tenth, '{:.0%}')}")
    return ax


def _at_10(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    return metrics[(metrics["metric"] == metric) & (metrics["k"] == 10)].set_index("model")


def _panels(n_rows: int, n_columns: int = 1) -> np.ndarray:
    """Axes beside each other in a figure of its own, tall enough for so many rows."""
    figure = plt.figure(figsize=(8.0, 1.2 + 0.38 * n_rows))
    return figure.subplots(1, n_columns, sharey=True, squeeze=False)[0]


def _intervals(
    ax: Axes, values: pd.DataFrame, orange: np.ndarray, number: str, other: ColorType = BLUE
) -> None:
    """Means as dots and text, with their intervals if any; the first row is on top.

    orange  (n_rows,) bool, rows of that colour; the rest have the other
    number  format of the text
    """
    # The y axis runs upwards.
    values, orange = values.iloc[::-1], orange[::-1]
    rows = values[["mean", "low", "high"]].ffill(axis=1).to_numpy()
    for place, (mean, low, high), chosen in zip(range(len(rows)), rows, orange, strict=True):
        colour = ORANGE if chosen else other
        ax.plot([low, high], [place, place], color=colour, lw=2.5, alpha=0.5)
        ax.plot(mean, place, "o", color=colour)
        ax.annotate(
            number.format(mean),
            (high, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            # Grid lines behind the text would make it hard to read.
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    # Text is as wide in narrow Axes as in wide ones.
    n_panels = len(ax.figure.axes)
    left, right = rows.min(initial=0), rows.max(initial=0)
    width = (right - left) or 1
    ax.set(
        xlim=(left - 0.05 * width, right + (0.05 + 0.11 * n_panels) * width),
        yticks=range(len(rows)),
        yticklabels=values.index,
    )
    describe(ax, _told(values.iloc[::-1], number))
    ax.axvline(0, color="0.2", lw=1)
    ax.xaxis.set_major_locator(MaxNLocator(6 - n_panels))
    ax.grid(visible=False, axis="y")


def _told(values: pd.DataFrame, number: str) -> str:
    """Means in words, and how many of the first intervals overlap with that of the first row."""
    means = values["mean"].rename(lambda name: str(name).replace("\n", " "))
    told = listed(means, number, most=len(means))
    apart = (values["low"] > values["high"].iloc[0]) | (values["high"] < values["low"].iloc[0])
    if values["low"].isna().any() or len(values) < 2:
        return told
    first = int(np.argmax(apart)) if apart.any() else len(values)
    same = f"intervals overlap for the first {first}" if first > 1 else "the first stands apart"
    return f"{told}; {same}"
