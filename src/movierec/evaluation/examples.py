"""A few users seen closely: what they had rated, what was hidden, what each model gave them."""

import numpy as np
import pandas as pd

from movierec.evaluation.evaluate import Evaluation, K

HIT = "✓ "


def typical_users(evaluation: Evaluation, model: str, metric: str = "NDCG") -> dict[str, int]:
    """Users whom a model serves well, middling and badly: places among the test users.

    They stand at nine tenths, at half and at one tenth of all by the model's value, so that
    none was picked by hand.
    """
    order = np.argsort(evaluation.per_user[model, metric, K].to_numpy(), kind="stable")
    last = len(order) - 1
    shares = {"served well": 0.9, "served middling": 0.5, "served badly": 0.1}
    return {name: int(order[round(share * last)]) for name, share in shares.items()}


def example(
    evaluation: Evaluation, place: int, models: list[str], titles: pd.Series, most: int = K
) -> pd.DataFrame:
    """One user, a row a rank: favourites known, movies hidden, and each model's list.

    place: among the test users; titles: (n_movies,). Of history and hidden movies those with
    most stars come first; a recommended movie that was hidden is marked with HIT.
    """
    user = evaluation.users[place]
    columns = {
        "favourites known": _best(evaluation.split.known[[user]], titles, most),
        "hidden": _best(evaluation.relevant[[user]], titles, most),
    }
    for model in models:
        lists = evaluation.lists[model]
        columns[model] = [
            (HIT if hit else "") + titles.iloc[item]
            for item, hit in zip(lists.items[place, :most], lists.hits[place, :most], strict=True)
            if item >= 0
        ]
    ranks = pd.RangeIndex(1, 1 + max(map(len, columns.values())))
    return pd.DataFrame(
        {name: pd.Series(values, ranks[: len(values)]) for name, values in columns.items()},
        index=ranks,
    ).fillna("")


def _best(ratings, titles: pd.Series, most: int) -> list[str]:
    order = np.argsort(-ratings.data, kind="stable")[:most]
    return titles.iloc[ratings.indices[order]].tolist()
