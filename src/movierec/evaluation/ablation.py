"""Ablation of the hybrid: the full model against variants without one of its parts."""

import pandas as pd

from movierec.content.features import ItemFeatures
from movierec.evaluation.evaluate import Evaluation, K, evaluate
from movierec.evaluation.summary import differences
from movierec.models.hybrid import Hybrid
from movierec.models.registry import TARGET, WITHOUT_FACTS, build_hybrid
from movierec.progress import track
from movierec.settings import ModelSettings

_NO_TERMS = {"als_term_weight": 0.0, "ease_term_weight": 0.0}
_NO_GENRES = {"als_genre_weight": 0.0, "ease_genre_weight": 0.0}
# By variant, the settings that make it.
VARIANTS: dict[str, dict[str, float]] = {
    "without terms": _NO_TERMS,
    "without genres and decades": _NO_GENRES,
    "without item features": _NO_TERMS | _NO_GENRES,
    "without EASE": {"ease_weight": 0.0},
    "without ALS": {"ease_weight": 1.0},
    "without the positive threshold": {"positive_threshold": 0.5},
    "without the weight of stars": {"rating_exponent": 0.0},
    "without recent popularity": {"recency_weight": 0.0},
}
# So large a weight that the other components have no influence; for temporal splits, where
# recent popularity alone is a strong baseline.
_RECENCY_ALONE = {"recent popularity alone": {"recency_weight": 1_000.0}}
# Settings that leave the fitted components as they are.
_FUSION = {"ease_weight", "recency_weight"}


def ablate(
    evaluation: Evaluation, hybrid: Hybrid, settings: ModelSettings, features: ItemFeatures
) -> pd.DataFrame:
    """NDCG@10 of the evaluated hybrid minus that of each variant, paired by user.

    settings, features  those that the hybrid was built from
    A row per variant, columns as in `summary.differences`. Variants with the same settings as the
    hybrid are left out, and the one without film facts where the evaluation has none.
    """
    split = evaluation.split
    found = {TARGET: (evaluation, TARGET)}
    if WITHOUT_FACTS in evaluation.lists:
        found["without film facts"] = evaluation, WITHOUT_FACTS
    variants = VARIANTS | (_RECENCY_ALONE if split.split_time is not None else {})
    for name, changes in track(variants.items(), "ablation", lambda item: item[0]):
        changed = settings.replace(**changes)
        if changed == settings:
            continue
        components = hybrid.components if changes.keys() <= _FUSION else None
        variant = build_hybrid(changed, changed, features, split.training, components)
        threshold, seed = evaluation.relevance_threshold, evaluation.seed
        found[name] = evaluate([variant], split, threshold, (K,), seed), TARGET
    values = {name: one.values("NDCG")[model] for name, (one, model) in found.items()}
    movies = {
        name: means[model]
        for name, (one, model) in found.items()
        if (means := one.movie_means("NDCG")) is not None
    }
    return differences(
        pd.DataFrame(values), TARGET, evaluation.seed, pd.DataFrame(movies) if movies else None
    )
