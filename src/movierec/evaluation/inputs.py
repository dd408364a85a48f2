"""What an evaluation reads, and the splits, item features and validation made of it."""

from dataclasses import dataclass, replace
from typing import Self

import pandas as pd

from movierec.content.features import ItemFeatures, genres
from movierec.content.tfidf import known_content
from movierec.data.columns import TIMESTAMP, TITLE
from movierec.data.interactions import Interactions, kept_metadata, select_interactions
from movierec.data.splits import Split, make_split, sample_users, split_time, utc, validation
from movierec.data.tables import Tables
from movierec.datasets import DatasetFacts, load_dataset
from movierec.evaluation.evaluate import Evaluation, K, evaluate
from movierec.facts.catalogue import match
from movierec.models.base import Model
from movierec.models.registry import build_models
from movierec.settings import (
    ALSSettings,
    BaselineSettings,
    ContentSettings,
    DataSettings,
    HybridSettings,
    ModelSettings,
    ProtocolSettings,
)
from movierec.stages import OpenStage

# Diagnostics fit many models more; of so many users they say enough.
DIAGNOSED_USERS = 20_000


@dataclass(frozen=True)
class EvaluationInputs:
    """Data, protocol and hyperparameters of an evaluation."""

    interactions: Interactions
    movies: pd.DataFrame
    tags: pd.DataFrame
    facts: DatasetFacts
    protocol: ProtocolSettings
    given: pd.DataFrame
    settings: ModelSettings
    content: ContentSettings

    @classmethod
    def load(
        cls,
        stage: OpenStage,
        protocol: ProtocolSettings,
        *settings: HybridSettings | BaselineSettings,
    ) -> Self:
        """Read what earlier stages left, ALS's settings among it.

        For a temporal split the dataset is read again (see `of`). Raises MissingArtifact, and
        ValueError for a dataset that has changed since.
        """
        facts = DatasetFacts.load(stage.input("dataset.json"))
        found = ModelSettings.of(stage.settings(ALSSettings), *settings)
        content = stage.settings(ContentSettings)
        if protocol.protocol == "global-time":
            data = stage.settings(DataSettings)
            tables, read = load_dataset(data.dataset)
            if read.sha256 != facts.sha256:
                raise ValueError(
                    f"{data.dataset} has changed since 01_eda read it: run 01_eda again"
                )
            return cls.of(tables, facts, data, protocol, found, content)
        return cls(
            Interactions.load(stage.input("interactions.npz")),
            pd.read_parquet(stage.input("movies.parquet")),
            pd.read_parquet(stage.input("tags.parquet")),
            facts,
            protocol,
            pd.read_parquet(stage.input("given.parquet")),
            found,
            content,
        )

    def with_settings(self, settings: ModelSettings) -> Self:
        return replace(self, settings=settings)

    @classmethod
    def of(
        cls,
        tables: Tables,
        facts: DatasetFacts,
        data: DataSettings,
        protocol: ProtocolSettings,
        settings: ModelSettings,
        content: ContentSettings,
    ) -> Self:
        """Select ratings as 01_eda does, but for a temporal split by what was known at its time.

        The split time is then that of all ratings, and the movies are those most rated before it.
        """
        before = None
        if protocol.protocol == "global-time":
            before = split_time(tables.ratings[TIMESTAMP].to_numpy(), protocol)
            protocol = protocol.model_copy(update={"test_from": utc(before).isoformat()})
        interactions = select_interactions(
            tables.ratings, data.top_movies, data.ratings_fraction, data.seed, before
        )
        movies, tags = kept_metadata(tables, interactions)
        return cls(interactions, movies, tags, facts, protocol, tables.given, settings, content)

    @property
    def share_held(self) -> float:
        """The share of the run's ratings that `interactions` holds."""
        of_all = self.movies.get("ratings")
        return 1.0 if of_all is None else self.interactions.n_ratings / int(of_all.sum())

    @property
    def genres(self) -> pd.DataFrame:
        """(n_movies, n_genres) indicators."""
        return genres(self.movies)

    def split(self) -> Split:
        return make_split(self.interactions, self.protocol, self.given)

    def features(self, split: Split) -> ItemFeatures:
        """Item features of what is known in a split (see `Split.known_tags`)."""
        content = known_content(self.movies, split.known_tags(self.tags), self.content)
        return ItemFeatures.of(self.movies, content)

    @property
    def films(self) -> int:
        """The number of movies whose film facts are item features."""
        return int((match(self.movies[TITLE]) >= 0).sum()) if self.content.film_facts else 0

    def features_without_facts(self, split: Split) -> ItemFeatures | None:
        """As `features`, without film facts; None where `features` has none either."""
        if not self.films:
            return None
        plain = replace(self, content=self.content.replace(film_facts=False))
        return plain.features(split)

    def sampled(
        self,
        evaluation: Evaluation,
        models: dict[str, Model],
        features: ItemFeatures,
        plain: ItemFeatures | None,
        whole: bool = True,
    ) -> tuple[Evaluation, dict[str, Model]]:
        """An evaluation and its models for diagnostics: trained on a sample of many users alone.

        features, plain: those of the models, with and without film facts; whole: whether the models
        were trained on these users alone. What was given comes back where there are at most
        DIAGNOSED_USERS.
        """
        split, seed = evaluation.split, evaluation.seed
        part = sample_users(split, DIAGNOSED_USERS, seed)
        if part is split and whole:
            return evaluation, models
        again = build_models(
            self.settings, features, part.training, ",".join(models), without_facts=plain
        )
        threshold = evaluation.relevance_threshold
        return evaluate(again.values(), part, threshold, (K,), seed, progress=True), again

    def validate(self, evaluation: Evaluation, names: str) -> pd.DataFrame:
        """Mean NDCG@10 on a validation split of the training part, and on the test split.

        A row per model, best on the test split first; columns validation and test. Without rows
        where the training part has too few ratings to be divided again.
        """
        try:
            split = validation(evaluation.split, self.protocol)
        except ValueError:
            return pd.DataFrame(columns=["validation", "test"], dtype=float)
        models = build_models(
            self.settings,
            self.features(split),
            split.training,
            names,
            without_facts=self.features_without_facts(split),
        )
        threshold, seed = evaluation.relevance_threshold, evaluation.seed
        held = evaluate(models.values(), split, threshold, (K,), seed, progress=True)
        means = {"validation": held.values("NDCG").mean(), "test": evaluation.values("NDCG").mean()}
        return pd.DataFrame(means).sort_values("test", ascending=False)
