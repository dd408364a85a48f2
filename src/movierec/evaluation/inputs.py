"""What an evaluation reads, and the splits, item features and validation made of it."""

from dataclasses import dataclass, replace
from typing import Self

import pandas as pd

from movierec.content.features import ItemFeatures, genres
from movierec.content.tfidf import known_content
from movierec.data.columns import TITLE
from movierec.data.interactions import Interactions
from movierec.data.splits import Split, make_split, sample_users, validation
from movierec.datasets import DatasetFacts
from movierec.evaluation.evaluate import Evaluation, K, evaluate
from movierec.facts.catalogue import match
from movierec.models.base import Model
from movierec.models.registry import build_models
from movierec.settings import (
    ALSSettings,
    BaselineSettings,
    ContentSettings,
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
        """Read what earlier stages left, ALS's settings among it. Raises MissingArtifact."""
        return cls(
            Interactions.load(stage.input("interactions.npz")),
            pd.read_parquet(stage.input("movies.parquet")),
            pd.read_parquet(stage.input("tags.parquet")),
            DatasetFacts.load(stage.input("dataset.json")),
            protocol,
            pd.read_parquet(stage.input("given.parquet")),
            ModelSettings.of(stage.settings(ALSSettings), *settings),
            stage.settings(ContentSettings),
        )

    def with_settings(self, settings: ModelSettings) -> Self:
        return replace(self, settings=settings)

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
    ) -> tuple[Evaluation, dict[str, Model]]:
        """An evaluation and its models for diagnostics: trained on a sample of many users alone.

        features, plain: those of the models, with and without film facts. What was given comes
        back where there are at most DIAGNOSED_USERS.
        """
        split, seed = evaluation.split, evaluation.seed
        part = sample_users(split, DIAGNOSED_USERS, seed)
        if part is split:
            return evaluation, models
        again = build_models(
            self.settings, features, part.training, ",".join(models), without_facts=plain
        )
        threshold = evaluation.relevance_threshold
        return evaluate(again.values(), part, threshold, (K,), seed, progress=True), again

    def validate(self, evaluation: Evaluation, names: str) -> pd.DataFrame:
        """Mean NDCG@10 on a validation split of the training part, and on the test split.

        A row per model, best on the test split first; columns validation and test.
        """
        split = validation(evaluation.split, self.protocol)
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
