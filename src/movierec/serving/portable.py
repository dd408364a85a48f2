"""The parts of a fitted hybrid that a page recommends and explains with, in a few megabytes."""

import base64
from typing import Any

import numpy as np

from movierec.data.columns import GENRES, MOVIE, TITLE
from movierec.data.titles import names_and_year
from movierec.models.als import ALS
from movierec.models.base import REFERENCE_STARS
from movierec.models.ease import EASE
from movierec.models.explain import ease_content_weights
from movierec.serving.recommender import Recommender

# Columns of what stands for the EASE scores of movies that are left out.
_REST_RANK = 64


def portable(recommender: Recommender, movies: int) -> dict[str, Any]:
    """Movies, and what `recommend_for` and `explain` would calculate with, as plain JSON.

    movies: how many, the most rated ones. Scores are standardised over all movies of the model, as
    there. Arrays are {"type", "shape", "data"}: little-endian, base64; one of "int8" has "scale"
    besides, (rows,) float32, by which each row is multiplied. Raises RuntimeError for a
    recommender that only knows similar movies.
    """
    hybrid = recommender.fitted
    model, counts = hybrid.model, hybrid.interactions.ratings_per_movie
    # In the order of columns, since ties go to the lower one.
    kept = np.sort(np.argsort(-counts, kind="stable")[:movies])
    als, ease = model.components
    weights = {one.name: weight for one, weight in model.weighted_components}
    catalogue = recommender.catalogue.iloc[kept]
    titles = recommender.bundle["movies_indexed"][TITLE].iloc[kept]
    named = [names_and_year(title) for title in titles]
    return {
        "ids": catalogue[MOVIE].tolist(),
        "titles": catalogue[TITLE].tolist(),
        "genres": catalogue[GENRES].str.replace("|", ", ", regex=False).tolist(),
        "names": [names for names, _ in named],
        "years": [year for _, year in named],
        "ratings": counts[kept].tolist(),
        "recency": _floats(model.recency_scores(hybrid.now)[0, kept]),
        "als": _als(als, kept, hybrid.content_factors[kept]) | {"weight": weights[als.name]},
        "ease": None if ease is None else _ease(ease, kept) | {"weight": weights[ease.name]},
    }


def _als(als: ALS, kept: np.ndarray, content: np.ndarray) -> dict[str, Any]:
    settings, factors = als.settings, als.item_factors.astype(np.float64)
    gram = factors.T @ factors
    return {
        "factors": _floats(als.item_factors[kept]),
        "content": _floats(content, np.float16),
        "gram": _floats(gram),
        "mean": _floats(factors.mean(axis=0)),
        "n": len(factors),
        "regularization": settings.regularization,
        # c of whatever a user has rated: see `ALS.preference_confidence`.
        "confidence": float(settings.alpha * REFERENCE_STARS),
        "discount": settings.activity_discount,
        "median": als.median_activity,
    }


def _ease(ease: EASE, kept: np.ndarray) -> dict[str, Any]:
    weights = ease.weights[kept]
    left_out = np.delete(weights, kept, axis=1).astype(np.float64)
    rest, own = _low_rank(left_out)
    return {
        "weights": _bytes(weights[:, kept]),
        "content": _bytes(ease_content_weights(ease, kept)),
        "mean": _floats(weights.mean(axis=1, dtype=np.float64)),
        "rest": _floats(rest),
        "own": _floats(own),
        "n": weights.shape[1],
    }


def _low_rank(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R (n_rows, rank) and d (n_rows,), so that rows rows' is nearly R R' + diag(d)."""
    if not rows.shape[1]:
        return rows, np.zeros(len(rows))
    values, vectors = np.linalg.eigh(rows @ rows.T)
    rank = min(_REST_RANK, rows.shape[1])
    found = vectors[:, len(values) - rank :] * np.sqrt(np.maximum(values[len(values) - rank :], 0))
    left = (rows**2).sum(axis=1) - (found**2).sum(axis=1)
    return found, np.maximum(left, 0)


def _floats(values: np.ndarray, dtype: type[np.floating] = np.float32) -> dict[str, Any]:
    array = values.astype(dtype)
    return {"type": array.dtype.name, "shape": array.shape, "data": _encoded(array)}


def _bytes(rows: np.ndarray) -> dict[str, Any]:
    """Rows of numbers as whole numbers from -127 to 127, and a scale for each."""
    scale = np.abs(rows).max(axis=1, initial=0) / 127
    whole = np.divide(rows, scale[:, None], out=np.zeros_like(rows), where=scale[:, None] > 0)
    array = np.rint(whole).astype(np.int8)
    scales = _encoded(scale.astype(np.float32))
    return {"type": "int8", "shape": array.shape, "data": _encoded(array), "scale": scales}


def _encoded(array: np.ndarray) -> str:
    little = array.astype(array.dtype.newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode()
