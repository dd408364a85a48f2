"""The search space of each model: which hyperparameters are searched, in which ranges."""

from collections.abc import Collection, Mapping

from optuna.distributions import FloatDistribution, IntDistribution

from movierec.facts.catalogue import GROUPS

Range = FloatDistribution | IntDistribution


def _log(low: float, high: float) -> FloatDistribution:
    return FloatDistribution(low, high, log=True)


_MIX = {
    "ease_weight": FloatDistribution(0, 1),
    "recency_weight": _log(0.01, 20),
    "recency_half_life_years": _log(0.05, 20),
}
# A model with content keeps what was found for the one without, and the hybrid what was found for
# its components. So each is at its best, and a gain of content or fusion is not one of more tuning.
SPACES: dict[str, Mapping[str, Range]] = {
    "als": {
        "positive_threshold": FloatDistribution(0.5, 4.0, step=0.5),
        "activity_discount": FloatDistribution(0, 1),
        "regularization": _log(5, 150),
        "alpha": _log(0.3, 10),
    },
    "ease": {"ease_regularization": _log(1_000, 20_000)},
    "recent_popularity": {"popularity_half_life_years": _log(0.05, 50)},
    "item_knn": {
        "knn_neighbours": IntDistribution(10, 500, log=True),
        "knn_shrinkage": _log(1, 1_000),
    },
    "bpr": {
        "bpr_learning_rate": _log(0.003, 0.3),
        "bpr_regularization": _log(0.003, 0.3),
        "bpr_iterations": IntDistribution(30, 500, log=True),
    },
    "als_content": {"als_term_weight": _log(2, 50), "als_genre_weight": _log(1, 50)},
    # TF-IDF is searched with EASE, which is fitted faster than ALS.
    "ease_content": {"ease_term_weight": _log(5, 100), "ease_genre_weight": _log(3, 100)}
    | {f"{group}_weight": _log(0.03, 30) for group in GROUPS},
    "hybrid": _MIX,
    "hybrid_served": _MIX,
}


def search_space(model: str, fixed: Collection[str] = ()) -> dict[str, Range]:
    """The ranges searched for a model, by name: its space without what is fixed.

    Raises ValueError for a model without hyperparameters, and where none is left.
    """
    if model not in SPACES:
        raise ValueError(f"{model!r} has nothing to tune; there are {', '.join(SPACES)}")
    space = {name: one for name, one in SPACES[model].items() if name not in fixed}
    if not space:
        names = " or ".join(SPACES[model])
        raise ValueError(f"nothing of {model} is left to tune: leave {names} open")
    return space
