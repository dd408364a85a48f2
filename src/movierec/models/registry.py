"""The model registry: every model that an evaluation compares. A further one is a line here."""

from collections.abc import Collection

from movierec.content.features import ItemFeatures
from movierec.data.interactions import Interactions
from movierec.models import ease
from movierec.models.als import ALS
from movierec.models.base import Model
from movierec.models.bpr import BPR
from movierec.models.content import Content
from movierec.models.ease import EASE
from movierec.models.hybrid import Components, Hybrid
from movierec.models.item_knn import ItemKNN
from movierec.models.original import OriginalMean, OriginalSimilarity, original_als
from movierec.models.popularity import Popularity
from movierec.models.random import Random
from movierec.models.recency import RecentPopularity
from movierec.models.served import Served
from movierec.settings import ALSSettings, HybridSettings, ModelSettings

TARGET = "hybrid"
# The same model where film facts are no item features, so that a comparison shows what they add.
WITHOUT_FACTS = "hybrid_without_facts"
# The same model as it recommends to people, from graded preferences.
SERVED = Served.name
# They are no rivals of TARGET, and are compared whenever it is.
VARIANTS = [WITHOUT_FACTS, SERVED]
# No number means anything without it.
BASELINE = "popularity"
# Of all models, in the order of `build_models`.
NAMES = (
    "random popularity recent_popularity content original_mean original_similarity item_knn bpr als"
    f" ease als_content ease_content {WITHOUT_FACTS} {SERVED} {TARGET}"
).split()
# They hold movies x movies, dense.
DENSE = {"ease", "ease_content", "original_similarity"}


def build_components(
    als: ALSSettings, hybrid: HybridSettings, features: ItemFeatures
) -> Components:
    """ALS and EASE with item features, unfitted."""
    n_items = features.terms.shape[0]
    for_als = features.weighted(hybrid.als_term_weight, hybrid.als_genre_weight)
    for_ease = features.weighted(hybrid.ease_term_weight, hybrid.ease_genre_weight)
    return Components(
        ALS(als, for_als, "als_content"),
        EASE(hybrid.ease_regularization, als, for_ease, "ease_content")
        if n_items <= ease.MAX_ITEMS
        else None,
    )


def build_hybrid(
    als: ALSSettings,
    hybrid: HybridSettings,
    features: ItemFeatures,
    training: Interactions,
    components: Components | None = None,
) -> Hybrid:
    """The hybrid, unfitted; of given components where several mix them differently."""
    return Hybrid(
        components or build_components(als, hybrid, features),
        RecentPopularity(training, hybrid.recency_half_life_years),
        hybrid,
    )


def build_models(
    settings: ModelSettings,
    features: ItemFeatures,
    training: Interactions,
    names: str = "all",
    components: Components | None = None,
    without_facts: ItemFeatures | None = None,
) -> dict[str, Model]:
    """Unfitted models by name, simplest first, TARGET last.

    names       "all", or some of them with commas between; BASELINE is always there
    training    the ratings to learn from; recent popularity needs their times
    components  of the hybrid, where calls share fitted ones
    without_facts  features without film facts, where `features` has some: WITHOUT_FACTS is then
                there, and the original's models have no facts
    VARIANTS are there whenever TARGET is.
    Where movies are too many for models that hold movies x movies, those are left out.
    Raises ValueError for an unknown name, and where there is nothing to compare with BASELINE.
    """
    s = settings
    hybrid = build_hybrid(s, s, features, training, components)
    without = []
    if without_facts is not None:
        without.append(build_hybrid(s, s, without_facts, training))
        without[0].name = WITHOUT_FACTS
    original = original_als(s.seed)
    models: list[Model] = [
        Random(s.seed),
        Popularity(),
        RecentPopularity(training, s.popularity_half_life_years),
        Content(features.terms, s.positive_threshold),
        OriginalMean(original),
        OriginalSimilarity((without_facts or features).terms, original),
        ItemKNN(s.knn_neighbours, s.knn_shrinkage, s),
        BPR(
            s.factors,
            s.bpr_learning_rate,
            s.bpr_regularization,
            s.bpr_iterations,
            s.positive_threshold,
            s.seed,
        ),
        ALS(s),
        EASE(s.ease_regularization, s),
        *(one for one in hybrid.components if one is not None),
        *without,
        Served(hybrid),
        hybrid,
    ]
    dense = features.terms.shape[0] <= ease.MAX_ITEMS
    by_name = {model.name: model for model in models if dense or model.name not in DENSE}
    return by_name if names == "all" else _some_of(by_name, names)


def require_known(names: str) -> None:
    """Raise ValueError for names that `build_models` would refuse whatever the data."""
    _wanted(NAMES, names)


def _some_of(models: dict[str, Model], names: str) -> dict[str, Model]:
    wanted = _wanted(models, names)
    if TARGET in wanted:
        wanted.update(VARIANTS)
    return {name: model for name, model in models.items() if name in wanted}


def _wanted(there: Collection[str], names: str) -> set[str]:
    wanted = {name.strip() for name in names.split(",") if name.strip()} | {BASELINE}
    if unknown := wanted - set(there):
        raise ValueError(
            f"there is no model {', '.join(sorted(unknown))} here; there are {', '.join(there)}"
        )
    if wanted == {BASELINE}:
        raise ValueError(f"models is {names!r}; name a model to compare with {BASELINE}")
    return wanted
