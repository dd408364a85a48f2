"""The engine on Apache Spark: users stay in their partitions, movies come to the driver."""

import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from movierec.content.features import ItemFeatures
from movierec.data.interactions import Interactions
from movierec.data.splits import (
    Draws,
    Split,
    check_split_time,
    seconds_of,
    time_place,
)
from movierec.engines import hashing
from movierec.engines.base import M
from movierec.engines.local import LocalEvaluated
from movierec.engines.rows import gather
from movierec.engines.session import readable_errors, session
from movierec.engines.spark_fit import Training, fit_als, fit_ease
from movierec.engines.spark_rank import COMPARED, Rank, Totals, joined, portable
from movierec.engines.spark_read import SparkDataset, read_dataset
from movierec.engines.splits import AllRatings, HashSplit
from movierec.engines.times import rating_at, time_range
from movierec.evaluation import results
from movierec.evaluation.beyond_accuracy import list_qualities
from movierec.evaluation.evaluate import CUTOFFS, K, evaluation_of
from movierec.evaluation.inputs import EvaluationInputs
from movierec.evaluation.ranking import popular_first
from movierec.models.als import ALS
from movierec.models.base import Model
from movierec.models.content import Content
from movierec.models.ease import EASE
from movierec.models.hybrid import Hybrid
from movierec.models.popularity import Popularity
from movierec.models.random import Random
from movierec.models.recency import RecentPopularity
from movierec.models.registry import TARGET
from movierec.models.served import Served
from movierec.paths import home
from movierec.settings import ProtocolSettings
from movierec.stages import ROWS, MissingArtifact, OpenStage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Test users whose lists and values come to the driver, for figures, segments and examples; of
# more users a sample drawn by hash.
LISTED_USERS = 20_000
# Recent popularity counts the training ratings of the users held.
_FITTED = Random | Popularity | RecentPopularity | Content | ALS | EASE | Served | Hybrid


class SparkEngine:
    """See `base.Engine`. Raises SparkUnavailable where there is no PySpark, Java or cluster."""

    def __init__(self) -> None:
        self._spark = session()
        self._left_out: list[str] = []

    def read(self, dataset: str) -> SparkDataset:
        (home() / "artifacts").mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".users-", dir=home() / "artifacts"))
        try:
            with readable_errors():
                return read_dataset(self._spark, dataset, scratch)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def fit(self, model: M, stage: OpenStage, interactions: Interactions, **options: Any) -> M:
        rows, part = self._rows(stage), AllRatings(interactions.movie_ids)
        with readable_errors():
            self._fit([model], rows, part, interactions, options.get("on_iteration"))
        return model

    def split(self, data: EvaluationInputs, stage: OpenStage) -> Split:
        rows = self._rows(stage)
        n_users = self._n_users(rows)
        share = min(1.0, LISTED_USERS / n_users)
        drawn = hashing.of_users(data.interactions.user_ids, 0) < share
        return self._rule(data, rows).of(data.interactions.of_users(np.flatnonzero(drawn)))

    def models(self, models: dict[str, Model]) -> dict[str, Model]:
        fitted: dict[str, Model] = {
            name: one for name, one in models.items() if isinstance(one, _FITTED)
        }
        self._left_out = [name for name in models if name not in fitted]
        return fitted

    def evaluate(
        self,
        models: dict[str, Model],
        data: EvaluationInputs,
        split: Split,
        features: ItemFeatures,
        stage: OpenStage,
    ) -> "SparkEvaluated":
        threshold, seed = data.protocol.relevance_threshold, data.protocol.seed
        rows = self._rows(stage)
        rule = self._rule(data, rows)
        with readable_errors():
            n_users = self._n_users(rows)
            seconds = {}
            training = Training(rows, rule, data.settings)
            try:
                for name, model in models.items():
                    begun = time.perf_counter()
                    self._fit_one(model, training, split.training)
                    seconds[name] = time.perf_counter() - begun
            finally:
                training.close()
            counts = training.ratings_per_movie
            target = TARGET if TARGET in models else list(models)[-1]
            begun = time.perf_counter()
            parts = gather(
                rows,
                Rank(
                    rule,
                    portable(models),
                    target,
                    threshold,
                    popular_first(counts[split.candidates], seed),
                    counts,
                    training.n_raters,
                    features,
                    data.genres.to_numpy(),
                    min(1.0, LISTED_USERS / n_users),
                ),
            )
            ranked = time.perf_counter() - begun
        found = [(totals, listed) for totals, listed in parts if totals is not None]
        if not found:
            raise ValueError("the test set is empty: hold out a larger share, or keep more ratings")
        totals = found[0][0]
        for more, _ in found[1:]:
            totals += more
        tested = np.flatnonzero(np.diff(split.relevant(threshold).indptr))
        lists = joined([one for _, one in found], split.training.user_ids[tested])
        costs = pd.DataFrame(
            {
                name: {
                    "fit, s": seconds[name],
                    "rank, s": ranked / len(models),
                    "all_tied": totals.tied[name] / totals.n_users,
                }
                for name in models
            }
        ).T
        evaluation = evaluation_of(split, lists, costs, threshold, CUTOFFS, seed)
        qualities, overall = list_qualities(evaluation, features.terms, data.genres)
        per_user = evaluation.per_user.join(qualities)
        return SparkEvaluated(evaluation, per_user, overall, totals, self._left_out)

    def _fit(
        self,
        models: list[Any],
        rows: "DataFrame",
        part: AllRatings,
        held: Interactions,
        on_iteration: Any = None,
    ) -> None:
        trained = [one for model in models for one in _components(model)]
        training = Training(rows, part, _preferences(trained))
        try:
            for model in trained:
                self._fit_one(model, training, held, on_iteration)
        finally:
            training.close()

    def _fit_one(
        self, model: Any, training: Training, held: Interactions, on_iteration: Any = None
    ) -> None:
        """Fit what `model` is made of, unless it is, and tell it that it is fitted on `held`.

        Local code that is given the same training part then takes it for fitted.
        """
        if isinstance(model, Popularity):
            model.counts = training.ratings_per_movie.astype(np.float32)
        elif isinstance(model, Random):
            model.fit(held.user_items)
        for part in _components(model):
            if getattr(part, "training", None) is held.user_items:
                continue
            if isinstance(part, ALS):
                fit_als(part, training, held, on_iteration)
            else:
                fit_ease(part, training)
            part.training = held.user_items

    def _rows(self, stage: OpenStage) -> "DataFrame":
        if not (path := stage.paths.artifacts / ROWS).exists():
            raise MissingArtifact(
                f"{path} is missing: 01_eda was run with another engine; run it again:"
                f" python -m movierec run --run {stage.paths.name} --from 01 -p engine=spark"
            )
        rows = stage.input(ROWS).as_uri()
        with readable_errors():
            return self._spark.read.parquet(rows)

    def _n_users(self, rows: "DataFrame") -> int:
        with readable_errors():
            return rows.count()

    def _rule(self, data: EvaluationInputs, rows: "DataFrame") -> HashSplit:
        """The split of any users. Raises ValueError for the protocol "given"."""
        protocol, movie_ids = data.protocol, data.interactions.movie_ids
        if protocol.protocol == "given":
            raise ValueError(
                'protocol "given" is one of the local engine: run it with engine = "local"'
            )
        rule = HashSplit(movie_ids, protocol)
        if protocol.protocol == "global-time":
            with readable_errors():
                return replace(rule, time=_split_time(rows, protocol))
        if protocol.protocol == "cold-movies":
            draws = Draws(protocol.seed)
            counts = data.movies["ratings"].to_numpy()
            return replace(rule, cold=draws.of_rated(counts > 0, protocol.test_share))
        return rule


@dataclass
class SparkEvaluated(LocalEvaluated):
    """See `base.Evaluated`: of few users as the local engine's, of many from totals."""

    totals: Totals
    left_out: list[str]

    @property
    def whole(self) -> bool:  # type: ignore[override]
        return len(self.evaluation.users) == self.totals.n_users

    @property
    def note(self) -> str:  # type: ignore[override]
        note = ""
        if self.left_out:
            names = ", ".join(f"`{name}`" for name in self.left_out)
            note = f"Not fitted on Spark, and left out: {names}. "
        if self.whole:
            return note
        return note + (
            f"Means and intervals are over all {self.totals.n_users:,} test users; segments,"
            " calibration, history and examples are of a sample of"
            f" {len(self.evaluation.users):,} of them."
        )

    @property
    def metrics(self) -> pd.DataFrame:
        if self.whole:
            return super().metrics
        return self.totals.metrics_table(self.evaluation.split.candidates)

    @property
    def comparisons(self) -> dict[str, pd.DataFrame]:
        return {name: self.differences(metric) for name, metric in self._compared}

    @property
    def n_users(self) -> int:
        return self.totals.n_users

    @property
    def sizes(self) -> dict[str, int]:
        return {"test_users": self.totals.n_users, "test_ratings": self.totals.n_ratings}

    def differences(self, metric: str) -> pd.DataFrame:
        return super().differences(metric) if self.whole else self.totals.differences(metric)

    @property
    def _compared(self) -> list[tuple[str, str]]:
        there = {metric for _, metric, _ in self.totals.moments}
        return [(results.key(one, K), one) for one in COMPARED if one in there]


def _components(model: Any) -> list[ALS | EASE]:
    """The parts of a model that the cluster fits."""
    if isinstance(model, Served):
        return _components(model.hybrid)
    if isinstance(model, Hybrid):
        return [part for part in model.components if part is not None]
    return [model] if isinstance(model, ALS | EASE) else []


def _preferences(models: list[ALS | EASE]) -> Any:
    first = models[0]
    return first.settings if isinstance(first, ALS) else first.preferences


def _split_time(rows: "DataFrame", protocol: ProtocolSettings) -> int:
    first, last, n_ratings = time_range(rows)
    if protocol.test_from:
        found = seconds_of(protocol.test_from)
    else:
        found = rating_at(rows, time_place(n_ratings, protocol))
    check_split_time(found, first, last)
    return found
