"""The models an evaluation compares. A further model is one more line here."""

from dataclasses import dataclass

from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.models import ease
from movierec.models.base import Model, Shared
from movierec.models.bpr import BPR
from movierec.models.content import Content
from movierec.models.hybrid import Hybrid, HybridSettings
from movierec.models.item_knn import ItemKNN
from movierec.models.original import OriginalMean, OriginalSimilarity, original_als
from movierec.models.popularity import Popularity
from movierec.models.random import Random
from movierec.models.recency import RecentPopularity

TARGET = "hybrid"
# Without it no number says anything.
BASELINE = "popularity"
# They hold movies x movies, dense.
DENSE = {"ease", "ease_content", "original_similarity"}


@dataclass(frozen=True)
class Settings(HybridSettings):
    """Hyperparameters of all models; the evaluation notebook explains each."""

    knn_neighbours: int
    knn_shrinkage: float
    bpr_learning_rate: float
    bpr_regularization: float
    bpr_iterations: int


def build_models(
    settings: Settings,
    item_content: sparse.csr_array,
    item_genres: sparse.csr_array,
    names: str = "all",
    training: Interactions | None = None,
    parts_of_hybrid: dict[str, Shared] | None = None,
) -> dict[str, Model]:
    """Unfitted models by name, simplest first, the chosen one last.

    item_content: (n_items, terms) TF-IDF rows of length one; item_genres: (n_items, genres and
    decades) ones; names: "all", or some of them with commas between; training: the ratings to learn
    from, with their times, by which only the hybrid goes; without them it does not ask what was
    rated lately; parts_of_hybrid: where these are kept by name from one call to the next, for
    calls that only mix them differently. Where the movies are too many for models that hold
    movies x movies, those are left out, and EASE is no part of the hybrid. BASELINE is always
    there. Raises ValueError for an unknown name, and where there is nothing to compare with it.
    """
    s = settings
    dense = item_content.shape[0] <= ease.MAX_ITEMS
    kept = {} if parts_of_hybrid is None else parts_of_hybrid
    if not kept:
        with_content = (
            s.als("als_content", s.als_rows(item_content, item_genres)),
            s.ease("ease_content", s.ease_rows(item_content, item_genres)),
        )
        kept |= {model.name: Shared(model) for model in with_content}
    als_content, ease_content = kept["als_content"], kept["ease_content"]
    parts = [(als_content, 1 - s.ease_weight)]
    if dense:
        parts.append((ease_content, s.ease_weight))
    recent = RecentPopularity(training, s.recency_half_life_years) if training is not None else None
    original = original_als(s.seed, s.solver)
    models = [
        Random(s.seed),
        Popularity(),
        Content(item_content, s.positive_threshold),
        OriginalMean(original),
        OriginalSimilarity(item_content, original),
        ItemKNN(s.knn_neighbours, s.knn_shrinkage, s.positive_threshold),
        BPR(
            s.factors,
            s.bpr_learning_rate,
            s.bpr_regularization,
            s.bpr_iterations,
            s.positive_threshold,
            s.seed,
        ),
        s.als("als"),
        s.ease("ease"),
        als_content,
        ease_content,
        Hybrid(parts, recent, s.recency_weight),
    ]
    by_name = {model.name: model for model in models if dense or model.name not in DENSE}
    return by_name if names == "all" else _some_of(by_name, names)


def _some_of(models: dict[str, Model], names: str) -> dict[str, Model]:
    wanted = {name.strip() for name in names.split(",") if name.strip()} | {BASELINE}
    if unknown := wanted - set(models):
        raise ValueError(
            f"there is no model {', '.join(sorted(unknown))} here; there are {', '.join(models)}"
        )
    if wanted == {BASELINE}:
        raise ValueError(f"models is {names!r}; name a model to compare with {BASELINE}")
    return {name: model for name, model in models.items() if name in wanted}
