"""The models an evaluation compares. A further model is one more line here."""

from dataclasses import dataclass

from scipy import sparse

from movierec.models import ease
from movierec.models.als import ALS
from movierec.models.base import Model
from movierec.models.content import Content
from movierec.models.hybrid import Hybrid
from movierec.models.original import OriginalSimilarity
from movierec.models.popularity import Popularity

CHOSEN = "hybrid"


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of all models; the evaluation notebook explains each."""

    factors: int
    regularization: float
    alpha: float
    iterations: int
    like_from: float
    als_term_stars: float
    als_genre_stars: float
    ease_regularization: float
    ease_term_stars: float
    ease_genre_stars: float
    ease_share: float
    seed: int


def compared_models(
    settings: Settings, item_content: sparse.csr_array, item_genres: sparse.csr_array
) -> list[Model]:
    """Unfitted models, simplest first, the chosen one last.

    item_content: (n_items, terms) TF-IDF rows of length one; item_genres: (n_items, genres and
    decades) ones. Where the movies are too many for models that hold movies x movies, those
    are left out and the hybrid is ALS with content alone.
    """
    dense = item_content.shape[0] <= ease.MAX_ITEMS

    def side_rows(term_stars: float, genre_stars: float) -> sparse.csr_array:
        return sparse.vstack([term_stars * item_content.T, genre_stars * item_genres.T], "csr")

    def als(name: str, content: sparse.csr_array | None = None) -> ALS:
        return ALS(
            factors=settings.factors,
            regularization=settings.regularization,
            alpha=settings.alpha,
            iterations=settings.iterations,
            like_from=settings.like_from,
            seed=settings.seed,
            side_rows=content,
            name=name,
        )

    als_content = als("als_content", side_rows(settings.als_term_stars, settings.als_genre_stars))
    ease_content = ease.EASE(
        regularization=settings.ease_regularization,
        like_from=settings.like_from,
        side_rows=side_rows(settings.ease_term_stars, settings.ease_genre_stars),
        name="ease_content",
    )
    parts = [(als_content, 1 - settings.ease_share), (ease_content, settings.ease_share)]
    models = [
        Popularity(),
        Content(item_content, settings.like_from),
        OriginalSimilarity(item_content, settings.seed) if dense else None,
        als("als"),
        als_content,
        ease_content if dense else None,
        # Its parts stand above, so they are fitted by now.
        Hybrid(parts if dense else [(als_content, 1.0)], parts_fitted=True),
    ]
    return [model for model in models if model is not None]
