"""Where the heavy work of the notebooks is done: on this machine, or on a Spark cluster.

The driver, which runs the notebooks, holds movies and a bounded number of users, all of them where
the data are small. An engine does what needs every rating.
"""

import shutil
from typing import Any, Protocol, TypeVar

import pandas as pd

from movierec.content.features import ItemFeatures
from movierec.data.interactions import Interactions
from movierec.data.splits import Split
from movierec.datasets import DatasetFacts
from movierec.evaluation.evaluate import Evaluation
from movierec.evaluation.inputs import EvaluationInputs
from movierec.models.base import Model
from movierec.settings import DataSettings
from movierec.stages import ROWS, OpenStage

M = TypeVar("M", bound=Any)


class Kept(Protocol):
    """What a run keeps of a dataset.

    movies  of the columns, in their order, with their number of ratings
    tags    of these movies
    """

    movies: pd.DataFrame
    tags: pd.DataFrame

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def n_ratings(self) -> int: ...
    @property
    def sparsity(self) -> float: ...

    def save(self, stage: OpenStage) -> None:
        """Write interactions.npz, and whatever else the engine's later stages read."""
        ...


class Dataset(Protocol):
    """A validated dataset: facts about it, and what was counted of its ratings.

    movies, tags, given  as of `Tables`
    star_counts   number of ratings, index stars, ascending
    user_counts, movie_counts  the same by userId and by movieId, descending
    month_counts, movie_means, active_users, missing  as of `data.counts`
    """

    facts: DatasetFacts
    movies: pd.DataFrame
    tags: pd.DataFrame
    given: pd.DataFrame
    star_counts: pd.Series
    user_counts: pd.Series
    movie_counts: pd.Series
    month_counts: pd.Series
    movie_means: pd.DataFrame
    active_users: pd.DataFrame
    missing: pd.DataFrame

    def select(self, settings: DataSettings) -> Kept:
        """The most rated movies, and a share of their ratings. Raises ValueError if none is left.

        Movies and users without a remaining rating are dropped.
        """
        ...


class Engine(Protocol):
    """What notebooks 01, 03, 04 and 05 leave to an engine."""

    def read(self, dataset: str) -> Dataset:
        """A dataset by name or path, validated. Raises ValueError or OSError for what is wrong."""
        ...

    def fit(self, model: M, stage: OpenStage, interactions: Interactions, **options: Any) -> M:
        """A model fitted on all the run's ratings; options are those of `ALS.fit`."""
        ...

    def split(self, data: EvaluationInputs, stage: OpenStage) -> Split:
        """The split of the users that the driver holds."""
        ...

    def models(self, models: dict[str, Model]) -> dict[str, Model]:
        """Those that the engine can fit."""
        ...

    def evaluate(
        self,
        models: dict[str, Model],
        data: EvaluationInputs,
        split: Split,
        features: ItemFeatures,
        stage: OpenStage,
    ) -> "Evaluated":
        """Fit on the training part, rank for every test user, score the lists.

        Raises what `evaluate` raises.
        """
        ...


class Evaluated(Protocol):
    """An evaluation: lists and values of the users held here, means over all users.

    evaluation  of the users held here, whose models are fitted on everyone's training ratings
    per_user    (n_users, n_columns): `Evaluation.per_user` and `list_qualities`
    """

    evaluation: Evaluation
    per_user: pd.DataFrame

    @property
    def metrics(self) -> pd.DataFrame:
        """As of `summary.metrics_table`, over all users."""
        ...

    @property
    def comparisons(self) -> dict[str, pd.DataFrame]:
        """As of `results.comparisons`, over all users."""
        ...

    @property
    def n_users(self) -> int:
        """Test users, of all."""
        ...

    @property
    def sizes(self) -> dict[str, int]:
        """Of the whole test set, as in metrics.json."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the users held here are all."""
        ...

    @property
    def note(self) -> str:
        """A sentence on which users tables and figures are of; empty where it is all."""
        ...

    def differences(self, metric: str) -> pd.DataFrame:
        """As of `summary.target_differences`, over all users."""
        ...


def open_engine(name: str) -> Engine:
    """The engine of that name. Raises ValueError; SparkUnavailable where Spark cannot be used."""
    if name == "local":
        from movierec.engines.local import LocalEngine

        return LocalEngine()
    if name == "spark":
        from movierec.engines.spark import SparkEngine

        return SparkEngine()
    raise ValueError(f"there is no engine {name!r}; there are local and spark")


def remove_rows(stage: OpenStage) -> None:
    """Remove the users' rows that another engine left, which would be of other ratings."""
    shutil.rmtree(stage.paths.artifacts / ROWS, ignore_errors=True)
