"""Choosing hyperparameters on validation splits, never on the test part."""

import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import optuna
from optuna.trial import FrozenTrial, create_trial
from scipy.stats import wilcoxon
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from movierec.content.features import ItemFeatures
from movierec.data.splits import Split, temporal_validations, validation
from movierec.datasets import DatasetFacts, load_dataset
from movierec.evaluation.evaluate import Evaluation, K, evaluate
from movierec.evaluation.inputs import EvaluationInputs
from movierec.evaluation.questions import LIKED
from movierec.models import ease
from movierec.models.base import Diverged
from movierec.models.hybrid import Components
from movierec.models.registry import SERVED, TARGET, build_components, build_models
from movierec.paths import atomic_write
from movierec.settings import (
    ContentSettings,
    ProtocolSettings,
    TuningSettings,
    Value,
    differences,
    parse_assignments,
    read_preset,
)
from movierec.stages import STAGES
from movierec.tuning.space import Range, search_space

# There are as many validation splits as give about USERS test users in all, at most MAX_SPLITS.
USERS = 6_000
MAX_SPLITS = 10
# BPR trains on one thread, or no run would repeat, and ten splits would take minutes more.
MAX_SPLITS_OF = {"bpr": 4}
# The hybrid has more: its components are fitted once for all trials, and its weights matter less.
HYBRIDS = (TARGET, SERVED)
HYBRID_FACTOR = 4
# Leaving out the last rating again and again soon leaves few.
LAST_OUT_SPLITS = 3
# A trial ends on the split where it is behind the best with so small a probability by chance.
_P_ENDS_TRIAL = 0.1


@dataclass(frozen=True)
class TuningTask:
    """What is maximised: the mean NDCG@10 of a model over validation splits.

    preset    values to start from
    fixed     values set one by one, which are not searched
    settings  of the first trial: fixed values, else the preset's, else the defaults
    space     ranges of the parameters searched, by name
    n_splits  validation splits
    scores    NDCG@10 of some settings by validation split, one after the other; raises Diverged
    """

    model: str
    preset: dict[str, Value]
    fixed: dict[str, Value]
    settings: TuningSettings
    facts: DatasetFacts
    space: dict[str, Range]
    n_splits: int
    scores: Callable[[TuningSettings], Iterator[float]]

    @property
    def run_name(self) -> str:
        name = f"tune-{self.facts.name}-{self.model}-{self.settings.protocol}"
        return name.removesuffix("-user-random")

    @property
    def about(self) -> dict[str, Value]:
        """All that a trial's value depends on, by name."""
        values = dict(self.settings) | {"dataset": self.facts.name, **self.facts.sha256}
        values |= {"model": self.model, "validation splits": self.n_splits}
        return values | {f"range of {name}": str(one) for name, one in self.space.items()}

    def seed(self, n_trials: int) -> int:
        """The seed of what is drawn after so many trials."""
        return int(np.random.SeedSequence([self.settings.seed, n_trials]).generate_state(1)[0])


def load_task(dataset: str, model: str, preset: str, assignments: Sequence[str]) -> TuningTask:
    """Check what is asked, read the dataset, make validation splits of its training part.

    dataset, preset: name or path; assignments: as "test_share=0.1". SERVED is tuned for what people
    will like: ratings of LIKED stars and more are relevant, unless relevance_threshold is set.
    Raises ValueError before the dataset is read, for a wrong setting and a model of which nothing
    can be searched.
    """
    start = read_preset(preset, [stage.parameters for stage in STAGES.values()])
    fixed = parse_assignments(assignments, [TuningSettings])
    asked = {"relevance_threshold": LIKED} if model == SERVED else {}
    s = TuningSettings.of(start.items(), asked.items(), fixed.items(), [("dataset", dataset)])
    space = search_space(model, fixed)
    tables, facts = load_dataset(dataset)
    inputs = EvaluationInputs.of(tables, facts, s, s, s, ContentSettings.of(s))
    if len(inputs.movies) > ease.MAX_ITEMS:
        space = search_space(model, {*fixed, "ease_weight"})
    splits = validation_splits(inputs.split(), s, model)
    scores = _objective(model, inputs, splits, s.relevance_threshold)
    return TuningTask(model, start, fixed, s, facts, space, len(splits), scores)


def _objective(
    model: str, inputs: EvaluationInputs, splits: list[Split], relevance_threshold: float
) -> Callable[[TuningSettings], Iterator[float]]:
    start = inputs.settings

    @lru_cache(maxsize=len(splits))
    def features(content: ContentSettings, number: int) -> ItemFeatures:
        return replace(inputs, content=content).features(splits[number])

    @lru_cache(maxsize=len(splits))
    def components(number: int) -> Components | None:
        """Fitted in the first trial and not again, since the split stays."""
        if model not in HYBRIDS:
            return None
        return build_components(start, start, features(inputs.content, number))

    def scores(settings: TuningSettings) -> Iterator[float]:
        content = ContentSettings.of(settings)
        for number, split in enumerate(splits):
            items, shared = features(content, number), components(number)
            models = build_models(settings, items, split.training, model, shared)
            found = evaluate([models[model]], split, relevance_threshold, (K,), settings.seed)
            yield _mean_ndcg(found, model)

    return scores


def _mean_ndcg(found: Evaluation, model: str) -> float:
    """Mean NDCG@10 over users; of a temporal split, over those with and those without a history.

    There most test users may have none, and say nothing of what ranks movies for the others: the
    two groups count the same.
    """
    values = found.per_user[model]
    grouped = found.split.split_time is not None and "NoHistoryNDCG" in values
    groups = ["HistoryNDCG", "NoHistoryNDCG"] if grouped else ["NDCG"]
    return float(np.nanmean([values[group, K].mean() for group in groups]))


def validation_splits(split: Split, protocol: ProtocolSettings, model: str) -> list[Split]:
    """Validation splits of the training part, made by the protocol that made `split`.

    Those of a random protocol differ in the seed; the fewer users judge, the more there are. One by
    leave-last-out divides the training part of the one before it, as long as both sides have
    ratings; for temporal ones see `temporal_validations`.
    """
    if protocol.protocol == "leave-last-out":
        splits = [validation(split, protocol)]
        with suppress(ValueError):
            while len(splits) < LAST_OUT_SPLITS:
                splits.append(validation(splits[-1], protocol))
        return splits
    if protocol.protocol == "global-time":
        return temporal_validations(split, protocol)
    n_users = np.count_nonzero(np.diff(split.test.indptr))
    number = min(MAX_SPLITS_OF.get(model, MAX_SPLITS), math.ceil(USERS / n_users))
    number *= HYBRID_FACTOR if model in HYBRIDS else 1
    seeds = range(protocol.seed, protocol.seed + number)
    return [validation(split, protocol.model_copy(update={"seed": seed})) for seed in seeds]


def open_study(task: TuningTask, path: Path) -> optuna.Study:
    """The study of a task in an SQLite file, with the trials done before.

    Raises ValueError for a study of another task, and for a file that is no such database.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    remedy = "give another run name with --run, or delete the file to start anew"
    if not path.exists():
        # optuna makes tables and indices one by one, and half of them are no good.
        with atomic_write(path) as draft:
            optuna.create_study(storage=_storage(draft), study_name="tuning", direction="maximize")
    try:
        study = optuna.load_study(study_name="tuning", storage=_storage(path))
        trials, about = study.trials, study.user_attrs.get("about", {})
    except (SQLAlchemyError, optuna.exceptions.OptunaError, KeyError) as error:
        why = str(error.__cause__ or error).partition("\n")[0]
        raise ValueError(f"{path} cannot be read as a search ({why}); {remedy}") from None
    if not trials:
        study.set_user_attr("about", task.about)
    elif changed := differences(about, task.about):
        raise ValueError(f"{path} is of another search, with {changed}; {remedy}")
    return study


def _storage(path: Path) -> optuna.storages.RDBStorage:
    # A URL cannot name every path, and with a pool a connection would stay open.
    engine = {"creator": partial(sqlite3.connect, path), "poolclass": NullPool}
    return optuna.storages.RDBStorage("sqlite://", engine)


def run_search(
    task: TuningTask, study: optuna.Study, trials: int, minutes: float | None = None
) -> Iterator[FrozenTrial]:
    """Add trials to a study until it has so many, or the time is up; yield each new one.

    A trial follows from those before it and the seed alone, and is added whole when its value is
    known: a search that was ended goes on where it stood and finds what it would have found. Its
    attributes: "params", what was tried; "seconds". Its intermediate values: by validation split.
    """
    ends = time.monotonic() + (math.inf if minutes is None else minutes * 60)
    while len(study.trials) < trials and time.monotonic() < ends:
        params = _next_params(task, study.trials)
        began = time.perf_counter()
        values = _judged(task, study, task.settings.replace(**params))
        finished = partial(
            create_trial,
            value=_value(task, study, values),
            intermediate_values=values,
            user_attrs={"params": params, "seconds": time.perf_counter() - began},
        )
        try:
            trial = finished(params=params, distributions={**task.space})
        except ValueError:
            trial = finished()  # The start lies outside the space: no trial to learn from.
        study.add_trial(trial)
        yield study.trials[-1]


def _judged(task: TuningTask, study: optuna.Study, settings: TuningSettings) -> dict[int, float]:
    """NDCG@10 by validation split, of all or of so many as show that the best trial is better."""
    values: dict[int, float] = {}
    try:
        for split, value in enumerate(task.scores(settings)):
            values[split] = value
            if study.trials and _clearly_lower(_ahead(study, values)):
                break
    except Diverged:
        return dict.fromkeys(range(task.n_splits), 0.0)
    return values


def _value(task: TuningTask, study: optuna.Study, values: dict[int, float]) -> float:
    """The mean over validation splits; from some of them, by how far the best trial is ahead."""
    if len(values) == task.n_splits:
        return float(np.mean(list(values.values())))
    return float(study.best_value + _ahead(study, values).mean())


def _ahead(study: optuna.Study, values: dict[int, float]) -> np.ndarray:
    """By split, how much higher values are than the best trial's."""
    best = study.best_trial.intermediate_values
    return np.array([value - best[split] for split, value in values.items()])


def _clearly_lower(differences: np.ndarray) -> bool:
    """In the mean, and by a signed-rank test."""
    if differences.mean() >= 0:
        return False
    return wilcoxon(differences, zero_method="zsplit", alternative="less").pvalue < _P_ENDS_TRIAL


def _next_params(task: TuningTask, done: list[FrozenTrial]) -> dict[str, float]:
    """The start, then what TPE samples, to three significant digits.

    Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization".
    """
    if not done:
        return {name: getattr(task.settings, name) for name in task.space}
    # Multivariate: parameters that balance each other are sampled together.
    sampler = optuna.samplers.TPESampler(seed=task.seed(len(done)), multivariate=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials(trial for trial in done if trial.params)
    return {
        name: value if isinstance(value, int) else float(f"{value:.3g}")
        for name, value in study.ask({**task.space}).params.items()
    }
