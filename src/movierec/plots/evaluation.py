"""The figures of an evaluation: like `movierec.plots.eda`, one function each, data in, Axes out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.optimize import isotonic_regression

from movierec.plots.theme import BLUE, GREEN, ORANGE

_GREY = "0.55"


def pitfall_effects(worth: pd.DataFrame, axes: np.ndarray | None = None) -> np.ndarray:
    """What the original's numbers become by each mistake: an Axes for each of two metrics.

    worth: index (variant, metric), columns mean, low, high, users; the honest variant first.
    """
    variants = worth.index.unique("variant")
    if axes is None:
        axes = plt.figure(figsize=(8.0, 1.3 + 0.4 * len(variants))).subplots(1, 2, sharey=True)
    places = np.arange(len(variants))[::-1]
    for ax, metric in zip(axes, ("HitRate", "NDCG"), strict=True):
        values = worth.xs(metric, level="metric").loc[variants]
        ax.axvline(values["mean"].iloc[0], color=BLUE, lw=1, linestyle=":")
        colours = [BLUE] + [ORANGE] * (len(variants) - 1)
        _dots(ax, places, values, colours, "{:.2f}")
        ax.set(title=f"{metric}@10", xlabel=f"mean {metric}@10", xlim=(0, _room(values)))
        ax.xaxis.set_major_locator(MaxNLocator(4, prune="upper"))
    labels = worth.xs("NDCG", level="metric")["users"].loc[variants]
    axes[0].set(yticks=places, yticklabels=[f"{name}\n({n:,} users)" for name, n in labels.items()])
    return axes


def model_intervals(
    summary: pd.DataFrame, metric: str, k: int, chosen: str, ax: Axes | None = None
) -> Axes:
    """One metric of every model as a dot with its 95 % interval, best on top."""
    values = summary.xs((metric, k), level=("metric", "k")).sort_values("mean")
    ax = ax or plt.figure(figsize=(8.0, 1.2 + 0.34 * len(values))).subplots()
    colours = [ORANGE if model == chosen else BLUE for model in values.index]
    _dots(ax, np.arange(len(values)), values, colours, "{:.3f}")
    ax.set(
        title=f"{metric}@{k} of every model",
        xlabel=f"mean {metric}@{k} over users, with 95 % interval",
        yticks=range(len(values)),
        yticklabels=values.index,
        xlim=(0, _room(values)),
    )
    return ax


def metric_curves(
    summary: pd.DataFrame, metric: str, highlighted: list[str], ax: Axes | None = None
) -> Axes:
    """One metric over the length of the list, a line a model.

    summary: index (model, metric, k), columns mean, low, high. The highlighted models, at most
    three, the chosen one first, have a colour and a band, the 95 % interval; all others are grey.
    Names stand at the lines' ends, moved apart where they would touch.
    """
    ax = ax or plt.figure(figsize=(8.0, 4.8)).subplots()
    values = summary.xs(metric, level="metric")
    ks = values.index.unique("k")
    colours = dict(zip(highlighted, (ORANGE, BLUE, GREEN), strict=False))
    for model in values.index.unique("model"):
        line, colour = values.loc[model], colours.get(model, _GREY)
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
        title=f"{metric} by length of the list",
        xlabel="k, movies recommended",
        ylabel=f"mean {metric}@k over users",
        xticks=ks,
        xlim=(ks.min() - 1, ks.max() * 1.4),
    )
    ends = values.xs(ks.max(), level="k")["mean"].sort_values()
    apart = np.ptp(ax.get_ylim()) * 0.055 * np.arange(len(ends))
    # The heights nearest to the lines' ends that keep the names in order and apart.
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
                "color": colours.get(model, _GREY),
                "lw": 0.6,
                "shrinkB": 3,
            },
        )
    return ax


def paired_differences(
    gains: pd.DataFrame,
    chosen: str,
    metric: str,
    k: int,
    others: str,
    most: int = 6,
    ax: Axes | None = None,
) -> Axes:
    """The chosen model minus others, with 95 % intervals; the nearest on top.

    gains: a row a model, best first, columns mean, low, high; others: what they are.
    """
    shown = gains.head(most).iloc[::-1]
    ax = ax or plt.figure(figsize=(8.0, 1.2 + 0.38 * len(shown))).subplots()
    clear = (shown["low"] > 0) | (shown["high"] < 0)
    _dots(ax, np.arange(len(shown)), shown, [ORANGE if one else _GREY for one in clear], "{:+.4f}")
    ax.axvline(0, color="0.2", lw=1)
    low, high = min([0, *shown["low"]]), max([0, *shown["high"]])
    room = (high - low) or 1.0
    ax.set(
        title=f"{chosen} minus {others} (grey: may be nothing)",
        xlabel=f"mean difference of {metric}@{k} user by user, with 95 % interval",
        yticks=range(len(shown)),
        yticklabels=shown.index,
        xlim=(low - 0.05 * room, high + 0.18 * room),
    )
    return ax


def trade_offs(
    accuracy: pd.Series,
    coverage: pd.Series,
    lift: pd.Series,
    chosen: str,
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """Accuracy against how much of the catalogue is shown, and against how popular it is.

    All by model: accuracy is mean NDCG@10; coverage lies in 0-1; lift is how much more rated
    the listed movies are than those of the user's history.
    """
    axes = plt.figure(figsize=(8.0, 4.8)).subplots(1, 2, sharey=True) if axes is None else axes
    colours = [ORANGE if model == chosen else BLUE for model in accuracy.index]
    for ax, values, label in zip(
        axes,
        (coverage, lift),
        ("catalogue coverage@10", "popularity of the list against the history"),
        strict=True,
    ):
        x, y = values.loc[accuracy.index].to_numpy(float), accuracy.to_numpy()
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
            arrowprops={"arrowstyle": "-", "color": _GREY, "lw": 0.5},
        )
        ax.xaxis.set_major_formatter(PercentFormatter(1))
        ax.xaxis.set_major_locator(MaxNLocator(5))
    axes[1].axvline(0, color="0.2", lw=1)
    axes[0].set(title="How much of the catalogue?", ylabel="mean NDCG@10")
    axes[1].set(title="How popular?")
    return axes


def segments(
    users: pd.DataFrame,
    movies: pd.DataFrame,
    models: list[str],
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """Some models by kinds of users (NDCG@10) and kinds of movies (Recall@10), with intervals.

    users, movies: index (segment, model), columns mean, low, high, size; models: at most five.
    """
    axes = plt.figure(figsize=(8.0, 4.4)).subplots(1, 2) if axes is None else axes
    palette = (ORANGE, BLUE, GREEN, "0.2", "0.6")
    shifts = np.linspace(-0.24, 0.24, len(models))
    markers = "osD^v"
    for ax, frame, title, label in (
        (axes[0], users, "By what is known of the user", "mean NDCG@10"),
        (axes[1], movies, "By popularity of the hidden movie", "mean Recall@10"),
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
            xlabel="users in brackets",
        )
        ax.tick_params(axis="x", labelsize=8.5)
        ax.grid(visible=False, axis="x")
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return axes


def genre_calibration(shares: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Shares of genres, in percent of a user's movies, in histories and in some models' lists.

    shares: genres by columns "history" and at most three models, 0-1; drawn in the order of the
    histories.
    """
    shown = shares.sort_values("history")
    ax = ax or plt.figure(figsize=(8.0, 1.4 + 0.24 * len(shown))).subplots()
    places = np.arange(len(shown))
    ax.barh(places, shown["history"], color="0.85", label="history")
    models = shown.columns.drop("history")
    for model, colour, marker in zip(models, (ORANGE, BLUE, GREEN), "osD", strict=False):
        ax.plot(shown[model], places, marker, color=colour, ms=5, label=model)
    ax.set(
        title="Genres of the histories and of the lists",
        xlabel="mean share of a user's movies",
        yticks=places,
        yticklabels=shown.index,
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right")
    return ax


def _dots(ax: Axes, places: np.ndarray, values: pd.DataFrame, colours: list, number: str) -> None:
    """Means with their intervals, and the means in numbers behind them."""
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
            # Lines that cross the number would make it hard to read.
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    ax.grid(visible=False, axis="y")


def _room(values: pd.DataFrame) -> float:
    """The right end of an axis from zero that leaves room for the number behind a dot."""
    return values["high"].max() * 1.18 or 1.0
