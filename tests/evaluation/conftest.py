"""Splits made of small tables of stars, a model that says what it is told, and a larger world."""

import tomllib
from collections.abc import Callable
from importlib import resources

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.data.splits import Protocol, Split, cut
from movierec.evaluation.experiment import Evaluation, evaluate
from movierec.evaluation.lineup import Settings
from movierec.models.ease import EASE
from movierec.models.popularity import Popularity


def _interactions(stars: ArrayLike) -> Interactions:
    """Ratings from a table of users by movies, 0 for none; the ids have gaps."""
    matrix = sparse.csr_array(np.asarray(stars, dtype=np.float32))
    return Interactions(
        user_ids=np.arange(matrix.shape[0], dtype=np.int32) * 3 + 100,
        movie_ids=np.arange(matrix.shape[1], dtype=np.int32) * 7 + 5,
        user_items=matrix,
        timestamps=np.zeros(matrix.nnz, dtype=np.int32),
    )


class _Fixed:
    """Gives who rated movie m with s stars s times row m of a table; of several movies, the sum."""

    def __init__(self, table: ArrayLike, name: str = "fixed"):
        self.name = name
        self._table = np.asarray(table, dtype=np.float32)

    def fit(self, train: sparse.csr_array) -> "_Fixed":
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return user_items[:, : len(self._table)] @ self._table


@pytest.fixture(scope="session")
def fixed() -> type[_Fixed]:
    """A model whose scores are given: `fixed(table, name)`."""
    return _Fixed


@pytest.fixture(scope="session")
def split_of() -> Callable[..., Split]:
    """Make a split of tables of stars, 0 for none: `split_of(train, test)`.

    What is known of a user is the training part, and all movies are candidates, unless given.
    """

    def make(
        train: ArrayLike,
        test: ArrayLike,
        known: ArrayLike | None = None,
        candidates: ArrayLike | None = None,
    ) -> Split:
        training = _interactions(train)
        return Split(
            training,
            known=training.user_items if known is None else _interactions(known).user_items,
            test=_interactions(test).user_items,
            moments=np.zeros(len(training.user_ids), dtype=np.int32),
            candidates=np.ones(len(training.movie_ids), dtype=bool)
            if candidates is None
            else np.asarray(candidates, dtype=bool),
            question="",
        )

    return make


@pytest.fixture(scope="session")
def interactions() -> Interactions:
    """Forty users by thirty movies; the first user rated one movie only."""
    rng = np.random.default_rng(0)
    stars = np.where(rng.random((40, 30)) < 0.3, rng.integers(1, 11, (40, 30)) / 2, 0)
    stars[0] = 0
    stars[0, 3] = 4
    return _interactions(stars)


@pytest.fixture(scope="session")
def split(interactions: Interactions) -> Split:
    return cut(interactions, Protocol(test_share=0.3))


@pytest.fixture(scope="session")
def evaluation(split: Split) -> Evaluation:
    models = [Popularity(), EASE(regularization=5.0, like_from=2.0)]
    return evaluate(models, split, cutoffs=(5, 10))


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The defaults, tuned for the 1,000 most rated movies of ml-latest-small."""
    preset = resources.files("movierec").joinpath("presets", "tuned.toml").read_text()
    return Settings.among(tomllib.loads(preset) | {"seed": 0})
