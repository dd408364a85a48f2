"""From one value a user to means, intervals and comparisons."""

import numpy as np
import pandas as pd

from movierec.evaluation.beyond_accuracy import as_rows, genre_shares
from movierec.evaluation.evaluate import Evaluation, K
from movierec.evaluation.segments import by_activity, by_popularity
from movierec.evaluation.statistics import (
    bootstrap_means,
    holm,
    interval,
    paired_p_values,
    standard_error,
)


def summarise(per_user: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Mean, standard error and 95 % bootstrap interval over users (rows) of every column."""
    values = per_user.to_numpy()
    low, high = interval(bootstrap_means(values, seed=seed))
    return pd.DataFrame(
        {
            "mean": per_user.mean().to_numpy(),
            "se": standard_error(values),
            "low": low,
            "high": high,
        },
        index=per_user.columns,
    )


def mean_and_error(summary: pd.DataFrame, metrics: list[str], k: int = K) -> pd.DataFrame:
    """Metrics at one cutoff as text "mean ± standard error": a row a model, best NDCG first."""
    values = summary.xs(k, level="k")
    text = values["mean"].map("{:.3f}".format) + " ± " + values["se"].map("{:.3f}".format)
    table = text.unstack("metric")[metrics]
    best_first = values["mean"].unstack("metric")["NDCG"].sort_values(ascending=False).index
    return table.loc[best_first].rename_axis(index=None, columns=None)


def differences(
    per_user: pd.DataFrame, chosen: str, metric: str, k: int = K, seed: int = 0
) -> pd.DataFrame:
    """The chosen model minus every other, user by user; the best of the others first.

    mean, low, high  of the difference, with its 95 % bootstrap interval
    p                of a paired t test that it is nothing, corrected by Holm for all of them
    better, worse    shares of users for whom the chosen model's value is higher, and lower
    """
    values = per_user.xs((metric, k), axis=1, level=("metric", "k"))
    others = values.drop(columns=chosen).mean().sort_values(ascending=False).index
    gains = values[[chosen]].to_numpy() - values[others].to_numpy()
    low, high = interval(bootstrap_means(gains, seed=seed))
    return pd.DataFrame(
        {
            "mean": gains.mean(axis=0),
            "low": low,
            "high": high,
            "p": holm(paired_p_values(gains)),
            "better": (gains > 0).mean(axis=0),
            "worse": (gains < 0).mean(axis=0),
        },
        index=pd.Index(others, name="model"),
    )


def user_segments(evaluation: Evaluation, metric: str = "NDCG", k: int = K) -> pd.DataFrame:
    """A metric for users of whom much, little and nothing is known.

    Index (segment, model), columns mean, se, low, high and `size`, the number of users.
    """
    labels = by_activity(np.diff(evaluation.split.known.indptr)[evaluation.users])
    values = evaluation.per_user.xs((metric, k), axis=1, level=("metric", "k"))
    return _by_segment({label: values[labels == label] for label in labels.categories})


def movie_segments(evaluation: Evaluation, k: int = K) -> pd.DataFrame:
    """Recall@k of popular, less popular, rare and new movies, each by itself.

    For each user who has relevant movies of the segment, the share of these among the first k.
    Index (segment, model), columns mean, se, low, high and `size`, the number of users.
    Steck 2011, "Item Popularity and Recommendation Accuracy".
    """
    labels = by_popularity(evaluation.split.training.ratings_per_movie)
    hidden = evaluation.relevant[evaluation.users].astype(bool).astype(np.float64)
    parts = {}
    for code, label in enumerate(labels.categories):
        inside = np.append(labels.codes == code, False)  # the last for the items that are none
        n_relevant = hidden @ inside[:-1]
        concerned = n_relevant > 0
        found = {
            model: (given.hits[:, :k] & inside[given.items[:, :k]]).sum(axis=1)
            for model, given in evaluation.lists.items()
        }
        recall = pd.DataFrame(found)[concerned].div(n_relevant[concerned], axis=0)
        parts[label] = recall
    return _by_segment(parts)


def genre_profile(
    evaluation: Evaluation, item_genres: pd.DataFrame, models: list[str], k: int = K
) -> pd.DataFrame:
    """Mean share of each genre in the users' histories and in some models' first k.

    item_genres: (n_movies, n_genres) ones. Index genre, columns "history" and the models.
    """
    table = item_genres.to_numpy()
    rows = {"history": evaluation.split.known[evaluation.users]}
    rows |= {model: as_rows(evaluation.lists[model].items[:, :k], len(table)) for model in models}
    shares = {
        name: pd.DataFrame(genre_shares(one, table), columns=item_genres.columns)
        for name, one in rows.items()
    }
    return pd.DataFrame({name: one.mean() for name, one in shares.items()})


def _by_segment(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Summaries of frames (users x models) that are not empty, one below the other."""
    return pd.concat(
        {
            label: summarise(values).assign(size=len(values))
            for label, values in parts.items()
            if len(values)
        },
        names=["segment", "model"],
    )
