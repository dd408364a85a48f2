"""What each ingredient of the hybrid adds: the hybrid, and the hybrid without it."""

from dataclasses import replace

import pandas as pd
from scipy import sparse
from tqdm.auto import tqdm

from movierec.evaluation.evaluate import Evaluation, K, evaluate
from movierec.evaluation.summary import differences
from movierec.models.registry import TARGET, Settings, build_models

# What is left out, and the settings that say so.
WITHOUT: dict[str, dict[str, float]] = {
    "words": {"als_term_weight": 0, "ease_term_weight": 0},
    "genres and decades": {"als_genre_weight": 0, "ease_genre_weight": 0},
    "all content": {
        "als_term_weight": 0,
        "ease_term_weight": 0,
        "als_genre_weight": 0,
        "ease_genre_weight": 0,
    },
    "EASE": {"ease_weight": 0},
    "ALS": {"ease_weight": 1},
    "leaving low ratings out": {"positive_threshold": 0.5},
    "the stars of likes": {"rating_exponent": 0},
    "what is rated lately": {"recency_weight": 0},
}
# Where what is asked lies in the future, that may be all there is: so heavy, nothing else is heard.
IN_TIME = {"all but what is rated lately": {"recency_weight": 1_000}}


def ablate(
    evaluation: Evaluation,
    settings: Settings,
    item_content: sparse.csr_array,
    item_genres: sparse.csr_array,
    relevance_threshold: float = 0.0,
    progress: bool = False,
) -> pd.DataFrame:
    """What the hybrid loses in NDCG@10 without each ingredient, user by user.

    The arguments after the first: those that the evaluated hybrid was made of. A row an
    ingredient that it has, columns as in `summary.differences`: the hybrid minus the hybrid
    without it.
    """
    training = evaluation.split.training
    values = {TARGET: evaluation.per_user[TARGET, "NDCG", K]}
    without = WITHOUT | (IN_TIME if evaluation.split.split_time is not None else {})
    for name, changes in tqdm(without.items(), desc="without", disable=not progress):
        changed = replace(settings, **changes)
        if changed == settings:
            continue
        model = build_models(changed, item_content, item_genres, TARGET, training)[TARGET]
        found = evaluate([model], evaluation.split, relevance_threshold, (K,), settings.seed)
        values[name] = found.per_user[TARGET, "NDCG", K]
    per_user = pd.concat({(name, "NDCG", K): one for name, one in values.items()}, axis=1)
    per_user.columns.names = ["model", "metric", "k"]
    return differences(per_user, TARGET, "NDCG", K, settings.seed).rename_axis("without")
