"""The engine of this machine: all ratings are held in memory."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from movierec.content.features import ItemFeatures
from movierec.data import counts
from movierec.data.columns import MOVIE, RATING, TIMESTAMP, USER
from movierec.data.interactions import Interactions, kept_metadata, select_interactions
from movierec.data.originals import Originals
from movierec.data.splits import Split
from movierec.data.tables import Tables
from movierec.datasets import DatasetFacts, load_dataset, load_originals
from movierec.engines.base import M, remove_rows
from movierec.evaluation import results, summary
from movierec.evaluation.beyond_accuracy import list_qualities
from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.evaluation.inputs import EvaluationInputs
from movierec.models.base import Model
from movierec.settings import DataSettings
from movierec.stages import OpenStage


@dataclass
class LocalKept:
    """See `base.Kept`."""

    interactions: Interactions
    movies: pd.DataFrame
    tags: pd.DataFrame

    @property
    def shape(self) -> tuple[int, int]:
        return self.interactions.shape

    @property
    def n_ratings(self) -> int:
        return self.interactions.n_ratings

    @property
    def sparsity(self) -> float:
        return self.interactions.sparsity

    def save(self, stage: OpenStage) -> None:
        remove_rows(stage)
        self.interactions.save(stage.output("interactions.npz"))


class LocalDataset:
    """See `base.Dataset`."""

    def __init__(self, tables: Tables, facts: DatasetFacts, originals: Originals):
        self._tables, self._originals = tables, originals
        self.facts, self.given = facts, tables.given
        self.movies, self.tags, ratings = tables.movies, tables.tags, tables.ratings
        self.star_counts = ratings[RATING].value_counts().sort_index()
        self.user_counts = ratings[USER].value_counts()
        self.movie_counts = ratings[MOVIE].value_counts()
        self.month_counts = counts.ratings_per_month(ratings[TIMESTAMP])
        self.movie_means = counts.ratings_and_mean(ratings)
        self.active_users = counts.active_users(ratings)
        self.missing = counts.missing(ratings, tables.movies, tables.tags)

    def select(self, settings: DataSettings) -> LocalKept:
        interactions = select_interactions(
            self._tables.ratings, settings.top_movies, settings.ratings_fraction, settings.seed
        )
        named = interactions.named(self._originals)
        return LocalKept(named, *kept_metadata(self._tables, named))


class LocalEngine:
    """See `base.Engine`."""

    def read(self, dataset: str) -> LocalDataset:
        return LocalDataset(*load_dataset(dataset), load_originals(dataset))

    def fit(self, model: M, stage: OpenStage, interactions: Interactions, **options: Any) -> M:
        _refuse_sample(stage, interactions)
        return model.fit(interactions.user_items, **options)

    def split(self, data: EvaluationInputs, stage: OpenStage) -> Split:
        if data.protocol.protocol != "global-time":  # for which the dataset was read again
            _refuse_sample(stage, data.interactions)
        return data.split()

    def models(self, models: dict[str, Model]) -> dict[str, Model]:
        return models

    def evaluate(
        self,
        models: dict[str, Model],
        data: EvaluationInputs,
        split: Split,
        features: ItemFeatures,
        stage: OpenStage,
    ) -> "LocalEvaluated":
        threshold, seed = data.protocol.relevance_threshold, data.protocol.seed
        evaluation = evaluate(models.values(), split, threshold, seed=seed, progress=True)
        qualities, overall = list_qualities(evaluation, features.terms, data.genres)
        return LocalEvaluated(evaluation, evaluation.per_user.join(qualities), overall)


@dataclass
class LocalEvaluated:
    """See `base.Evaluated`; overall: of all lists of a model, as of `list_qualities`."""

    evaluation: Evaluation
    per_user: pd.DataFrame
    overall: pd.DataFrame

    whole = True
    note = ""

    @property
    def metrics(self) -> pd.DataFrame:
        one = self.evaluation
        return summary.metrics_table(self.per_user, self.overall, one.seed, one.without_movies)

    @property
    def comparisons(self) -> dict[str, pd.DataFrame]:
        return results.comparisons(self.evaluation)

    @property
    def n_users(self) -> int:
        return len(self.evaluation.users)

    @property
    def sizes(self) -> dict[str, int]:
        return {"test_users": self.n_users, "test_ratings": self.evaluation.relevant.nnz}

    def differences(self, metric: str) -> pd.DataFrame:
        return summary.target_differences(self.evaluation, metric)


def _refuse_sample(stage: OpenStage, interactions: Interactions) -> None:
    """Where Spark kept more ratings than one machine should hold, the file has some users only."""
    path = stage.paths.artifacts / "movies.parquet"
    if not path.exists():
        return
    n_ratings = int(pd.read_parquet(path, columns=["ratings"])["ratings"].sum())
    if n_ratings != interactions.n_ratings:
        raise ValueError(
            f"{stage.paths.artifacts / 'interactions.npz'} holds {interactions.n_ratings:,} of"
            f' {n_ratings:,} ratings, those of a sample of users: go on with engine = "spark",'
            " as in 01_eda"
        )
