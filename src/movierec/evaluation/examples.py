"""Example users: history, held-out movies, and each model's list."""

import numpy as np
import pandas as pd
from IPython.display import HTML
from scipy import sparse

from movierec.evaluation.evaluate import Evaluation, K
from movierec.markup import table

HIT = "✓ "
_QUANTILES = {"90th percentile": 0.9, "median": 0.5, "10th percentile": 0.1}


def example(
    evaluation: Evaluation, place: int, models: list[str], titles: pd.Series, most: int = K
) -> pd.DataFrame:
    """One user, a row per rank: history, held-out movies, and each model's list.

    place   position among the test users
    titles  (n_movies,)
    History and held-out movies are sorted by stars, descending; hits are marked with HIT.
    """
    user = evaluation.users[place]
    columns = {
        "history": _best_rated(evaluation.split.known[[user]], titles, most),
        "held out": _best_rated(evaluation.relevant[[user]], titles, most),
    }
    for model in models:
        lists = evaluation.lists[model]
        columns[model] = [
            (HIT if hit else "") + titles.iloc[item]
            for item, hit in zip(lists.items[place, :most], lists.hits[place, :most], strict=True)
            if item >= 0
        ]
    table = pd.DataFrame({name: pd.Series(column, dtype=str) for name, column in columns.items()})
    return table.fillna("").set_axis(table.index + 1)


def captioned_examples(evaluation: Evaluation, models: list[str], titles: pd.Series) -> list[HTML]:
    """The `example`s of the users at three quantiles of the first model's NDCG@10."""
    ascending = np.argsort(evaluation.values("NDCG")[models[0]].to_numpy(), kind="stable")
    tables = []
    for name, quantile in _QUANTILES.items():
        place = ascending[round(quantile * (len(ascending) - 1))]
        user = evaluation.split.training.user_name(evaluation.users[place])
        caption = f"User {user}, {name} of {models[0]}'s NDCG@{K}"
        tables.append(table(example(evaluation, place, models, titles), caption=caption))
    return tables


def _best_rated(ratings: sparse.csr_array, titles: pd.Series, most: int) -> list[str]:
    order = np.argsort(-ratings.data, kind="stable")[:most]
    return titles.iloc[ratings.indices[order]].tolist()
