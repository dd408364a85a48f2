"""Choosing hyperparameters on validation parts, never on the test part."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import FloatDistribution, IntDistribution

from movierec.content.features import genre_and_decade
from movierec.content.tfidf import known_content
from movierec.data.columns import GENRES, MOVIE, TAG, TIMESTAMP, TITLE
from movierec.data.interactions import Interactions
from movierec.data.splits import Protocol, Split, make_split, validation
from movierec.evaluation.evaluate import K, evaluate
from movierec.models import ease
from movierec.models.base import Diverged, Shared
from movierec.models.registry import TARGET, Settings, build_models
from movierec.paths import atomic_write

Range = FloatDistribution | IntDistribution


def _log(low: float, high: float) -> FloatDistribution:
    return FloatDistribution(low, high, log=True)


_LIKES = {
    "positive_threshold": FloatDistribution(0.5, 4.0, step=0.5),
    "activity_discount": FloatDistribution(0, 1),
}
_ALS_CONTENT = {"als_term_weight": _log(2, 50), "als_genre_weight": _log(1, 50)}
_EASE_CONTENT = {"ease_term_weight": _log(5, 100), "ease_genre_weight": _log(3, 100)}
_RECENT = {"recency_weight": _log(0.01, 20), "recency_half_life_years": _log(0.05, 20)}

# What is searched for each model. Models with content take over what was found for those
# without, and the hybrid what was found for its parts, so that each is at its best, and what
# content or fusion adds is not what more tuning adds.
SPACES: dict[str, dict[str, Range]] = {
    "als": _LIKES | {"regularization": _log(5, 150), "alpha": _log(0.3, 10)},
    "ease": {"ease_regularization": _log(1_000, 20_000)},
    "item_knn": {
        "knn_neighbours": IntDistribution(10, 500, log=True),
        "knn_shrinkage": _log(1, 1_000),
    },
    "bpr": {
        "bpr_learning_rate": _log(0.003, 0.3),
        "bpr_regularization": _log(0.003, 0.3),
        "bpr_iterations": IntDistribution(30, 500, log=True),
    },
    "als_content": _ALS_CONTENT,
    "ease_content": _EASE_CONTENT,
    "hybrid": {"ease_weight": FloatDistribution(0, 1)} | _RECENT,
}
# A trial's value is the mean over several validation parts: so many that together they judge by
# about this many users, since few users make it a matter of luck, but not more than PARTS.
USERS = 6_000
PARTS = 10
# BPR trains on one thread, or no run would repeat, and ten parts would take minutes more.
PARTS_OF = {"bpr": 4}
# What is searched for the hybrid only mixes its parts, which are fitted once for all trials: so
# many times more validation parts can be afforded, and the best mix is a matter of little.
TIMES_FOR_A_MIX = 4
# Each part that is cut in time lies before the one before it, and soon little is left.
PARTS_IN_TIME = 3

_BY_TIME = {"leave-last-out", "global-time"}


@dataclass(frozen=True)
class Problem:
    """What is searched: one model's mean NDCG@10 over validation parts.

    parts   how many validation parts there are
    start   the settings that are tried first; what is not searched stays as it is there
    space   by name, what may be tried
    about   all that a trial's value depends on, by name, as JSON can hold it
    score   the value of some settings
    """

    model: str
    parts: int
    start: Settings
    space: dict[str, Range]
    about: dict[str, str | float]
    score: Callable[[Settings], float]


@dataclass(frozen=True)
class Trial:
    """Settings that were tried: numbered from 1, NDCG@10, and the seconds that it took."""

    number: int
    params: dict[str, float]
    value: float
    seconds: float


def problem(
    model: str,
    start: Settings,
    interactions: Interactions,
    movies: pd.DataFrame,
    tags: pd.DataFrame,
    max_features: int,
    protocol: Protocol,
    relevance_threshold: float = 0.0,
    fixed: Collection[str] = (),
) -> Problem:
    """Set the search up: test part cut away, validation parts cut from the rest.

    movies and tags: of the movies of `interactions`, as stage 01 leaves them; fixed: names that
    are not searched. Raises ValueError where nothing can be searched.
    """
    split = make_split(interactions, protocol)
    mixes = model == TARGET
    most = PARTS_OF.get(model, PARTS)
    folds = validations(split, protocol, most, TIMES_FOR_A_MIX if mixes else 1)
    fitted = [{} if mixes else None for _ in folds]
    space = searched(model, fixed, dense=len(movies) <= ease.MAX_ITEMS)
    contents = {
        moment: known_content(movies, tags, max_features, moment)
        for moment in {fold.split_time for fold in folds}
    }
    labels = genre_and_decade(movies)

    def value(settings: Settings, fold: Split, parts: dict[str, Shared] | None) -> float:
        content = contents[fold.split_time]
        models = build_models(settings, content, labels, model, fold.training, parts)
        found = evaluate([models[model]], fold, relevance_threshold, (K,), settings.seed)
        return found.per_user[model, "NDCG", K].mean()

    def score(settings: Settings) -> float:
        try:
            return float(np.mean(list(map(partial(value, settings), folds, fitted))))
        except Diverged:
            return 0.0  # with such settings the model finds nothing

    about = (
        {"model": model, "validation parts": len(folds), "max_features": max_features}
        | {"relevance_threshold": relevance_threshold}
        | _about_data(interactions, movies, tags)
        | _about_protocol(protocol)
        | {f"start of {name}": value for name, value in asdict(start).items()}
        | {f"range of {name}": str(one) for name, one in space.items()}
    )
    return Problem(model, len(folds), start, space, about, score)


def searched(model: str, fixed: Collection[str] = (), dense: bool = True) -> dict[str, Range]:
    """What is searched for a model: its space without what is fixed, or has no effect.

    dense: whether the movies are few enough for EASE. Raises ValueError for a model without
    hyperparameters, and where none is left.
    """
    if model not in SPACES:
        raise ValueError(f"{model!r} has nothing to tune; there are {', '.join(SPACES)}")
    idle = set(fixed)
    if model == "hybrid" and not dense:
        idle.add("ease_weight")
    space = {name: one for name, one in SPACES[model].items() if name not in idle}
    if not space:
        set_by_hand = [name for name in SPACES[model] if name in fixed]
        raise ValueError(
            f"nothing of {model} is left to tune"
            + (f": leave {' or '.join(set_by_hand)} open" if set_by_hand else " on these data")
        )
    return space


def validations(split: Split, protocol: Protocol, most: int, times: int) -> list[Split]:
    """Validation parts of the training part.

    Drawn anew for each, the fewer of them, the more users judge, `most` at most, and `times` as
    many; where time decides, nothing is drawn, and each is cut from what was known before the one
    before it, as long as there is such.
    """
    if protocol.name not in _BY_TIME:
        n_users = np.count_nonzero(np.diff(split.test.indptr))
        number = times * min(most, math.ceil(USERS / n_users))
        seeds = range(protocol.seed, protocol.seed + number)
        return [validation(split, replace(protocol, seed=seed)) for seed in seeds]
    folds = [validation(split, protocol)]
    while len(folds) < PARTS_IN_TIME:
        try:
            folds.append(validation(folds[-1], protocol))
        except ValueError:
            break  # nothing is left to cut
    return folds


def search(
    asked: Problem, journal: Path, trials: int, minutes: float | None = None
) -> Iterator[Trial]:
    """Try settings until there are `trials` of them, or the time is up; yield each new one.

    The first is `asked.start`, what comes next follows from what was tried and the seed alone.
    Every trial is in the journal before it is yielded, and those already there count, so a search
    that was ended goes on where it stood and comes to what it would have come to.
    Raises ValueError for a journal that is not of this search, for no trials, and for less than no
    time. Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization" (TPE).
    """
    if trials < 1:
        raise ValueError(f"{trials} trials were asked for; at least 1 is needed")
    if minutes is not None and not minutes >= 0:
        raise ValueError(f"{minutes} minutes were asked for; give 0 or more")
    done = recorded(asked, journal)
    ends = time.monotonic() + (np.inf if minutes is None else minutes * 60)
    while len(done) < trials and time.monotonic() < ends:
        params = _next(asked, done)
        began = time.perf_counter()
        value = asked.score(replace(asked.start, **params))
        done.append(Trial(len(done) + 1, params, value, time.perf_counter() - began))
        _record(asked, journal, done)
        yield done[-1]


def recorded(asked: Problem, journal: Path) -> list[Trial]:
    """The trials in a journal; none where there is no such file.

    Raises ValueError for a journal of another search, and for a file that is no journal.
    """
    if not journal.exists():
        return []
    mend = "give another run name with --run, or delete the file to begin anew"
    try:
        about, *lines = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
        trials = [Trial(**line) for line in lines]
        differing = [
            name
            for name in sorted(about.keys() | asked.about.keys())
            if about.get(name) != asked.about.get(name)
        ]
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{journal} is no journal of a search ({error}); {mend}") from None
    if differing:
        raise ValueError(
            f"{journal} is of another search, they differ in {', '.join(differing)}; {mend}"
        )
    return trials


def best(trials: list[Trial]) -> Trial:
    """The trial of the highest value, of equals the first."""
    return max(trials, key=lambda trial: trial.value)


def trials_table(trials: list[Trial]) -> pd.DataFrame:
    """A row a trial in order, indexed by number: NDCG@10, best so far, seconds, settings."""
    table = pd.DataFrame(
        [{"NDCG@10": one.value, "seconds": one.seconds} | one.params for one in trials],
        index=pd.Index([one.number for one in trials], name="trial"),
    )
    table.insert(1, "best so far", table["NDCG@10"].cummax())
    return table


def importance(asked: Problem, trials: list[Trial]) -> pd.Series:
    """Share of the trials' variation that each parameter explains, largest first.

    Empty for fewer than ten trials, or where all came to the same.
    Hutter, Hoos and Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter
    Importance" (fANOVA).
    """
    study = _study(asked, trials)
    values = [trial.value for trial in study.trials]
    if len(values) < 10 or np.ptp(values) == 0:
        return pd.Series(dtype=float)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=_seed(asked, 0))
    return pd.Series(optuna.importance.get_param_importances(study, evaluator=evaluator))


def _next(asked: Problem, done: list[Trial]) -> dict[str, float]:
    """What to try after some trials."""
    if not done:
        return {name: getattr(asked.start, name) for name in asked.space}
    study = _study(asked, done)
    # Parameters that balance each other are drawn together.
    study.sampler = optuna.samplers.TPESampler(seed=_seed(asked, len(done)), multivariate=True)
    return {
        name: value if isinstance(value, int) else float(f"{value:.3g}")
        for name, value in study.ask(asked.space).params.items()
    }


def _study(asked: Problem, trials: list[Trial]) -> optuna.Study:
    """The trials as optuna knows them. A start from outside the space is none of them."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    for trial in trials:
        if all(_within(one, trial.params[name]) for name, one in asked.space.items()):
            study.add_trial(
                optuna.trial.create_trial(
                    params=trial.params, distributions=asked.space, value=trial.value
                )
            )
    return study


def _within(one: Range, value: float) -> bool:
    return one.low <= value <= one.high and (not one.step or (value - one.low) % one.step == 0)


def _seed(asked: Problem, number: int) -> int:
    return int(np.random.SeedSequence([asked.start.seed, number]).generate_state(1)[0])


def _record(asked: Problem, journal: Path, trials: list[Trial]) -> None:
    lines = [asked.about, *map(asdict, trials)]
    with atomic_write(journal) as draft:
        draft.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _about_protocol(protocol: Protocol) -> dict[str, str | float]:
    about = {
        "protocol": protocol.name,
        "test_share": protocol.test_share,
        "test_from": protocol.test_from,
        "seed": protocol.seed,
    }
    if protocol.name == "given":
        about["test.csv"] = _fingerprint(_row_hashes(protocol.given))
    return about


def _about_data(
    interactions: Interactions, movies: pd.DataFrame, tags: pd.DataFrame
) -> dict[str, str]:
    matrix = interactions.user_items
    return {
        "ratings": _fingerprint(
            interactions.user_ids,
            interactions.movie_ids,
            matrix.indptr,
            matrix.indices,
            matrix.data,
            interactions.timestamps,
        ),
        "movies": _fingerprint(_row_hashes(movies[[MOVIE, TITLE, GENRES]])),
        "tags": _fingerprint(_row_hashes(tags[[MOVIE, TAG, TIMESTAMP]])),
    }


def _row_hashes(frame: pd.DataFrame) -> np.ndarray:
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def _fingerprint(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:16]
