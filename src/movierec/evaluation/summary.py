"""Means, intervals, comparisons and segments from per-user values."""

import numpy as np
import pandas as pd

from movierec.evaluation.beyond_accuracy import as_rows, genre_shares
from movierec.evaluation.evaluate import Evaluation, K
from movierec.evaluation.segments import by_activity, by_popularity
from movierec.evaluation.statistics import (
    holm,
    is_share,
    mean_intervals,
    moments,
    paired_p_values,
    share_intervals,
    t_test,
    two_samples,
)
from movierec.models.registry import VARIANTS


def summarise(
    values: pd.DataFrame, seed: int = 0, left_out: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Mean, standard error and 95 % interval over rows (users) of every column.

    left_out: means of some columns without each group of movies (`Evaluation.without_movies`), or
    without each split, where these are a sample too

    Intervals are those of `share_intervals` if all values are 0 or 1, else of `mean_intervals`; of
    two samples those of `two_samples`.
    Index: the columns of `values`; columns mean, se, low, high. NaN values are left out.
    """
    array = values.to_numpy()
    n, mean, error = moments(array)
    # A single value has no standard deviation; its error is given as 0.
    error = np.where(n == 1, 0, error)
    low, high = np.where(is_share(array), share_intervals(array), mean_intervals(array, seed))
    columns = {"mean": mean, "se": error, "low": low, "high": high}
    table = pd.DataFrame(columns, index=values.columns)
    if left_out is not None:
        error, bounds, _ = two_samples(values[left_out.columns].to_numpy(), left_out.to_numpy())
        table.loc[left_out.columns, ["se", "low", "high"]] = np.array([error, *bounds]).T
    return table


def metrics_table(
    per_user: pd.DataFrame,
    overall: pd.DataFrame,
    seed: int = 0,
    left_out: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """All metrics of all models as a long table: columns model, metric, k, mean, se, low, high.

    per_user  (n_test_users, n_columns), columns (model, metric, k)
    overall   columns model, metric, k, mean: values without error, such as Coverage
    left_out  see `summarise`
    """
    return pd.concat(
        [summarise(per_user, seed, left_out).reset_index(), overall], ignore_index=True
    )


def by_model(metrics: pd.DataFrame, metric: str, k: int = K) -> pd.DataFrame:
    """One metric at one cutoff of a long table: index model, columns mean, se, low, high."""
    rows = metrics[(metrics["metric"] == metric) & (metrics["k"] == k)]
    return rows.set_index("model")[["mean", "se", "low", "high"]]


def mean_and_error(metrics: pd.DataFrame, names: list[str], k: int = K) -> pd.DataFrame:
    """Metrics at one cutoff as text "mean ± standard error": a row per model, best NDCG first.

    metrics: a long table; what has no standard error is shown without.
    """
    text = {}
    for name in names:
        values = by_model(metrics, name, k)
        errors = values["se"].map(" ± {:.3f}".format).mask(values["se"].isna(), "")
        text[name] = values["mean"].map("{:.3f}".format) + errors
    best_first = by_model(metrics, "NDCG", k)["mean"].sort_values(ascending=False).index
    return pd.DataFrame(text).loc[best_first].rename_axis(index=None)


def target_differences(evaluation: Evaluation, metric: str = "NDCG") -> pd.DataFrame:
    """`differences` of one metric at K of an evaluation's target model from all others."""
    values, movies = evaluation.values(metric), evaluation.movie_means(metric)
    return differences(values.dropna(), evaluation.target, evaluation.seed, movies)


def differences(
    values: pd.DataFrame, target: str, seed: int = 0, left_out: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The target model minus every other, paired by user; a row per other model, best first.

    values           (n_users, n_models), one metric
    left_out         (n_groups, n_models) see `summarise`
    mean, low, high  of the difference, with its 95 % interval (see `mean_intervals`)
    p                of a paired t test, or that of `two_samples`, Holm-corrected for the number of
                     models
    better, worse    shares of users for whom the target model's value is higher, and lower
    """
    others = values.drop(columns=target).mean().sort_values(ascending=False).index
    gains = values[others].rsub(values[target], axis=0)
    if left_out is None:
        low, high = mean_intervals(gains.to_numpy(), seed)
        p_values = paired_p_values(gains.to_numpy())
    else:
        without = left_out[others].rsub(left_out[target], axis=0)
        _, (low, high), p_values = two_samples(gains.to_numpy(), without.to_numpy())
    columns = {
        "mean": gains.mean(),
        "low": low,
        "high": high,
        "p": holm(p_values),
        "better": (gains > 0).mean(),
        "worse": (gains < 0).mean(),
    }
    return pd.DataFrame(columns, index=others)


def paired_table(
    differences: pd.DataFrame, n: np.ndarray, better: np.ndarray, worse: np.ndarray
) -> pd.DataFrame:
    """The table of `differences` from summaries (mean, se, low, high) of n differences each."""
    p_values = t_test(n, differences["mean"].to_numpy(), differences["se"].to_numpy())
    columns = differences[["mean", "low", "high"]]
    return columns.assign(p=holm(p_values), better=better, worse=worse)


def best_rival(gains: pd.DataFrame) -> str:
    """The best other model of `differences`; VARIANTS of the target model are none."""
    return gains.index.drop(VARIANTS, errors="ignore")[0]


def split_counts(evaluation: Evaluation) -> pd.DataFrame:
    """Sizes of the split: index description, column count."""
    split = evaluation.split
    n_users = len(evaluation.users)
    counts = {
        "training ratings": split.train.nnz,
        "test ratings": split.test.nnz,
        "relevant test ratings": evaluation.relevant.nnz,
        "test users (with a relevant rating)": n_users,
        "users without one, excluded": split.test.shape[0] - n_users,
        "candidate movies": int(split.candidates.sum()),
    }
    return pd.DataFrame({"count": counts | split.counts})


def user_segments(evaluation: Evaluation) -> pd.DataFrame:
    """NDCG@10 by user activity (see `by_activity`).

    Index (segment, model), columns mean, se, low, high and size, the number of users.
    """
    labels = by_activity(np.diff(evaluation.split.known.indptr)[evaluation.users])
    values = evaluation.values("NDCG")
    return _by_segment({label: values[labels == label] for label in labels.categories})


def movie_segments(evaluation: Evaluation, k: int = K) -> pd.DataFrame:
    """Recall@k of head, middle, tail and cold movies, each by itself (see `by_popularity`).

    A user's value is the share of their relevant movies of the segment that are among the first
    k; users without one are left out.
    Index (segment, model), columns mean, se, low, high and size, the number of users.
    Steck 2011, "Item Popularity and Recommendation Accuracy".
    """
    labels = by_popularity(evaluation.split.training.ratings_per_movie)
    relevant = evaluation.relevant[evaluation.users].astype(bool)
    parts = {}
    for label in labels.categories:
        inside = np.append(labels == label, False)  # the last stands for the item -1
        n_relevant = relevant @ inside[:-1].astype(int)
        hits = {
            model: (lists.hits[:, :k] & inside[lists.items[:, :k]]).sum(axis=1)
            for model, lists in evaluation.lists.items()
        }
        parts[label] = pd.DataFrame(hits).div(n_relevant, axis=0)[n_relevant > 0]
    return _by_segment(parts)


def genre_profile(
    evaluation: Evaluation, item_genres: pd.DataFrame, models: list[str], k: int = K
) -> pd.DataFrame:
    """Mean genre distribution of the user histories and of some models' first k movies.

    item_genres: (n_movies, n_genres) indicators. Index genre, columns "history" and the models.
    """
    table = item_genres.to_numpy()
    rows = {"history": evaluation.split.known[evaluation.users].astype(bool)}
    rows |= {model: as_rows(evaluation.lists[model].items[:, :k], len(table)) for model in models}
    shares = {name: pd.DataFrame(genre_shares(one, table)).mean() for name, one in rows.items()}
    return pd.DataFrame(shares).set_index(item_genres.columns)


def _by_segment(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Summaries of frames (users x models), without empty ones, one below the other."""
    summaries = {
        label: summarise(one).assign(size=len(one)) for label, one in parts.items() if len(one)
    }
    return pd.concat(summaries, names=["segment", "model"])
