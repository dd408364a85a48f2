"""How stars should count when recommending: both questions, on validation splits.

    python tests/benchmarks/preferences.py FOLDER

FOLDER is ml-latest-small. The 1,000 most rated movies, validation splits of seeds 0 to 2: no test
rating is read. The hybrid is scored as it is evaluated, and from preferences that count stars from
another middle, weigh dislikes otherwise, or count from each user's own mean.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.content.tfidf import known_content
from movierec.data.columns import MAX_RATING, MIN_RATING, MOVIE
from movierec.data.interactions import select_interactions
from movierec.data.splits import make_split, validation
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import K, evaluate
from movierec.evaluation.questions import NAMES
from movierec.models.hybrid import Hybrid
from movierec.models.registry import build_hybrid
from movierec.models.served import Served
from movierec.settings import ContentSettings, ModelSettings, ProtocolSettings

MIDDLE = (MIN_RATING + MAX_RATING) / 2
# Ratings at the middle of the scale that a user's own mean is shrunk with.
SHRINKAGE = 20


class Preferring(Served):
    """The hybrid, served from preferences about some middle, dislikes weighted."""

    def __init__(self, hybrid: Hybrid, name: str, middle: float | None, dislike: float):
        super().__init__(hybrid)
        self.name, self._middle, self._dislike = name, middle, dislike

    def score_at(self, user_items: sparse.csr_array, query_times: np.ndarray) -> np.ndarray:
        preferences = user_items.copy()
        numbers = np.diff(user_items.indptr)
        middle = np.full(len(numbers), self._middle)
        if self._middle is None:
            middle = (user_items.sum(axis=1) + SHRINKAGE * MIDDLE) / (numbers + SHRINKAGE)
        middle = np.repeat(middle, numbers)
        g = (preferences.data - middle) / (MAX_RATING - middle)
        preferences.data = np.where(g < 0, self._dislike * g, g).astype(np.float32)
        return self.hybrid.score_preferences(preferences, query_times)


def variants(hybrid: Hybrid) -> list[Hybrid | Served]:
    """As evaluated, as served, and served otherwise."""
    others = [
        Preferring(hybrid, f"{middle} stars, dislikes x {dislike}", middle, dislike)
        for middle in (2.5, MIDDLE, 3.0)
        for dislike in (0.1, 0.25, 0.5, 1.0)
    ]
    own = [
        Preferring(hybrid, f"own mean, dislikes x {dislike}", None, dislike)
        for dislike in (0.25, 0.5, 1.0)
    ]
    return [hybrid, Served(hybrid), *others, *own]


def answered(folder: Path, seed: int) -> pd.DataFrame:
    """A row per variant, columns NAMES: means over users of a validation split."""
    tables, settings = read_tables(folder), ModelSettings()
    interactions = select_interactions(tables.ratings, top_movies=1_000)
    movies = tables.movies[tables.movies[MOVIE].isin(interactions.movie_ids)]
    protocol = ProtocolSettings(seed=seed)
    split = validation(make_split(interactions, protocol), protocol)
    content = known_content(movies, split.known_tags(tables.tags), ContentSettings())
    features = ItemFeatures.of(movies, content)
    models = variants(build_hybrid(settings, settings, features, split.training))
    evaluation = evaluate(models, split, cutoffs=(K,), seed=seed)
    return (
        evaluation.per_user.mean()
        .droplevel("k")
        .unstack("metric")[NAMES]
        .loc[list(evaluation.lists)]
    )


if __name__ == "__main__":
    found = sum(answered(Path(sys.argv[1]), seed) for seed in range(3)) / 3
    print(found.round(4).to_string())
