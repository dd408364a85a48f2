"""Figures of an evaluation.

`metrics` is the long table of `evaluation.summary.metrics_table`: columns model, metric, k, mean,
se, low, high. `axes` hold two Axes. Without Axes to draw into, a function makes its own figure.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.optimize import isotonic_regression

from movierec.plots.theme import BLUE, GREEN, GREY, ORANGE


def pitfall_effects(effects: pd.DataFrame, axes: np.ndarray | None = None) -> np.ndarray:
    """HitRate@10 and NDCG@10 of the original's factors under each set of pitfalls.

    effects: index (variant, metric), columns mean, low, high, users; the correct protocol first.
    """
    variants = effects.index.unique("variant")
    if axes is None:
        axes = plt.figure(figsize=(8.0, 1.3 + 0.4 * len(variants))).subplots(1, 2, sharey=True)
    places = np.arange(len(variants))[::-1]
    for ax, metric in zip(axes, ("HitRate", "NDCG"), strict=True):
        values = effects.xs(metric, level="metric").loc[variants]
        ax.axvline(values["mean"].iloc[0], color=BLUE, lw=1, linestyle=":")
        colours = [BLUE] + [ORANGE] * (len(variants) - 1)
        _dots(ax, places, values, colours, "{:.2f}")
        ax.set(title=f"{metric}@10", xlabel=f"mean {metric}@10", xlim=(0, _right_limit(values)))
        ax.xaxis.set_major_locator(MaxNLocator(4, prune="upper"))
    labels = effects.xs("NDCG", level="metric")["users"].loc[variants]
    axes[0].set(yticks=places, yticklabels=[f"{name}\n({n:,} users)" for name, n in labels.items()])
    return axes


def model_intervals(
    metrics: pd.DataFrame, metric: str, target: str, k: int = 10, ax: Axes | None = None
) -> Axes:
    """One metric of every model with its 95 % interval, best on top."""
    values = _by_model(metrics, metric, k).sort_values("mean")
    ax = ax or plt.figure(figsize=(8.0, 1.2 + 0.34 * len(values))).subplots()
    colours = [ORANGE if model == target else BLUE for model in values.index]
    _dots(ax, np.arange(len(values)), values, colours, "{:.3f}")
    ax.set(
        title=f"{metric}@{k} of every model",
        xlabel=f"mean {metric}@{k} over users, 95 % interval",
        yticks=range(len(values)),
        yticklabels=values.index,
        xlim=(0, _right_limit(values)),
    )
    return ax


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
        ax.plot(
            line.index,
            line["mean"],
            marker="o",
            ms=4,
            color=colour,
            lw=1.8 if model in colours else 1,
            zorder=3 if model in colours else 2,
        )
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
            color=colours.get(model, "0.3"),
            fontweight="bold" if model in highlighted[:1] else "normal",
            arrowprops={
                "arrowstyle": "-",
                "color": colours.get(model, GREY),
                "lw": 0.6,
                "shrinkB": 3,
            },
        )
    return ax


def paired_differences(
    gains: pd.DataFrame,
    title: str,
    metric: str = "NDCG@10",
    most: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Paired differences with 95 % intervals; grey where the interval holds 0.

    gains  a row per other model, columns mean, low, high; the first is on top
    title  what is subtracted from what
    most   rows to show; None for all
    """
    shown = gains.iloc[:most].iloc[::-1]
    ax = ax or plt.figure(figsize=(8.0, 1.2 + 0.38 * len(shown))).subplots()
    significant = (shown["low"] > 0) | (shown["high"] < 0)
    colours = [ORANGE if one else GREY for one in significant]
    _dots(ax, np.arange(len(shown)), shown, colours, "{:+.4f}")
    ax.axvline(0, color="0.2", lw=1)
    low, high = min([0, *shown["low"]]), max([0, *shown["high"]])
    width = (high - low) or 1.0
    ax.set(
        title=f"{title} (grey: not significant)",
        xlabel=f"mean paired difference of {metric}, 95 % interval",
        yticks=range(len(shown)),
        yticklabels=shown.index,
        xlim=(low - 0.05 * width, high + 0.18 * width),
    )
    return ax


def trade_offs(
    metrics: pd.DataFrame, target: str, k: int = 10, axes: np.ndarray | None = None
) -> np.ndarray:
    """NDCG against catalogue coverage and against popularity lift, a point per model."""
    axes = plt.figure(figsize=(8.0, 4.8)).subplots(1, 2, sharey=True) if axes is None else axes
    accuracy = _by_model(metrics, "NDCG", k)["mean"]
    colours = [ORANGE if model == target else BLUE for model in accuracy.index]
    labels = {"Coverage": f"catalogue coverage@{k}", "PopularityLift": f"popularity lift@{k}"}
    for ax, (metric, label) in zip(axes, labels.items(), strict=True):
        x = _by_model(metrics, metric, k)["mean"].loc[accuracy.index].to_numpy()
        y = accuracy.to_numpy()
        ax.scatter(x, y, c=colours, s=30, zorder=3)
        ax.set(xlabel=label)
        ax.margins(0.16, 0.1)
        texts = [
            ax.text(*point, name, fontsize=8)
            for *point, name in zip(x, y, accuracy.index, strict=True)
        ]
        adjust_text(
            texts,
            x=x,
            y=y,
            ax=ax,
            expand=(1.25, 1.7),
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.5},
        )
        ax.xaxis.set_major_formatter(PercentFormatter(1))
        ax.xaxis.set_major_locator(MaxNLocator(5))
    axes[1].axvline(0, color="0.2", lw=1)
    axes[0].set(title="How much of the catalogue?", ylabel=f"mean NDCG@{k}")
    axes[1].set(title="How popular, against the history?")
    return axes


def segments(
    users: pd.DataFrame,
    movies: pd.DataFrame,
    models: list[str],
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """NDCG@10 by user activity and Recall@10 by movie popularity, with 95 % intervals.

    users, movies: index (segment, model), columns mean, low, high, size; models: at most five.
    """
    axes = plt.figure(figsize=(8.0, 4.4)).subplots(1, 2) if axes is None else axes
    palette = (ORANGE, BLUE, GREEN, "0.2", "0.6")
    shifts = np.linspace(-0.24, 0.24, len(models))
    markers = "osD^v"
    for ax, frame, title, label in (
        (axes[0], users, "By known ratings of the user", "mean NDCG@10"),
        (axes[1], movies, "By popularity of the held-out movie", "mean Recall@10"),
    ):
        names = frame.index.unique("segment")
        for model, colour, shift, marker in zip(models, palette, shifts, markers, strict=False):
            values = frame.xs(model, level="model").loc[names]
            places = np.arange(len(names)) + shift
            errors = np.abs(values[["low", "high"]].T - values["mean"]).to_numpy()
            ax.errorbar(
                places,
                values["mean"],
                yerr=errors,
                fmt=marker,
                ms=5,
                lw=1.5,
                color=colour,
                label=model,
            )
        sizes = [int(frame.loc[name, "size"].iloc[0]) for name in names]
        ax.set(
            title=title,
            ylabel=label,
            xticks=range(len(names)),
            xticklabels=[f"{name}\n({n:,})" for name, n in zip(names, sizes, strict=True)],
            ylim=(0, None),
            xlabel="segment (users)",
        )
        ax.tick_params(axis="x", labelsize=8.5)
        ax.grid(visible=False, axis="x")
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return axes


def genre_calibration(shares: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Mean genre distribution of the user histories and of some models' lists.

    shares: index genre, columns "history" and at most three models, in 0-1.
    """
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
        yticklabels=shown.index,
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right")
    return ax


def _by_model(metrics: pd.DataFrame, metric: str, k: int) -> pd.DataFrame:
    return metrics[(metrics["metric"] == metric) & (metrics["k"] == k)].set_index("model")


def _dots(ax: Axes, places: np.ndarray, values: pd.DataFrame, colours: list, number: str) -> None:
    """Means with their intervals, and the means as text beside them."""
    for place, colour, (mean, low, high) in zip(
        places, colours, values[["mean", "low", "high"]].to_numpy(), strict=True
    ):
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
    ax.grid(visible=False, axis="y")


def _right_limit(values: pd.DataFrame) -> float:
    """Right end of an axis from 0 that leaves room for the text beside an interval."""
    return values["high"].max() * 1.18 or 1.0
