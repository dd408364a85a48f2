"""Hyperparameters fitted to the data at hand: within a run, on a validation split.

The defaults were tuned on 610 users. How large the L2 penalties should be depends on how many
ratings there are; how much item features and recent popularity help, on what they are of.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import sem

from movierec.content.features import ItemFeatures
from movierec.data.splits import Split, sample_users, temporal_validations, validation
from movierec.evaluation.evaluate import K, evaluate
from movierec.evaluation.inputs import EvaluationInputs
from movierec.models import ease
from movierec.models.als import ALS
from movierec.models.base import Diverged, Model
from movierec.models.ease import EASE
from movierec.models.hybrid import Components, Hybrid
from movierec.models.recency import RecentPopularity
from movierec.models.registry import build_components
from movierec.settings import ModelSettings

# Fewer users tell nothing; of more, a random sample says enough.
MIN_USERS = 50
MAX_USERS = 5_000
# Beyond so many movies a fit of EASE takes seconds, and its own settings are kept.
MAX_EASE_ITEMS = 5_000
# A penalty is searched from and up to so many times its start, by Brent's method.
PENALTY_RANGE, PENALTY_TRIALS = (0.5, 8.0), 8
FEATURE_FACTORS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
EASE_WEIGHTS = tuple(tenth / 10 for tenth in range(11))
RECENCY_WEIGHTS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
# Of temporal splits alone.
HALF_LIVES = (0.25, 0.5, 1.0, 2.0, 4.0)
# Further iterations of ALS hardly change its lists.
ALS_ITERATIONS = 3


@dataclass(frozen=True)
class Adaptation:
    """Hyperparameters before and after a search, and its trials.

    trials  by step, a row per value tried in ascending order: mean NDCG@10 by value
    chosen  by step, the value chosen
    about   sentence: what was searched on, or why nothing was
    """

    start: ModelSettings
    settings: ModelSettings
    trials: dict[str, pd.Series]
    chosen: dict[str, float]
    about: str

    @property
    def changes(self) -> pd.DataFrame:
        """The settings that changed: a row each, columns start and chosen."""
        pairs = {name: (value, getattr(self.settings, name)) for name, value in self.start}
        changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        return pd.DataFrame.from_dict(changed, "index", columns=["start", "chosen"])


def adapt(inputs: EvaluationInputs, within: Split | None = None) -> Adaptation:
    """Search from the settings of `inputs`, unless their `adapt` is off (see `adapt_on`).

    within: the split whose training part is divided for it; all ratings where it is None.
    """
    start, protocol = inputs.settings, inputs.protocol
    if not start.adapt:
        return _as_given(start, "`adapt` is off")
    try:
        split = validation(within, protocol) if within else inputs.split()
    except ValueError as why:
        return _as_given(start, str(why))
    earlier: list[Split] = []
    if within and split.split_time is not None:
        earlier = temporal_validations(within, protocol)
    threshold, seed = protocol.relevance_threshold, protocol.seed
    share = inputs.share_held * len(split.training.user_ids) / len(inputs.interactions.user_ids)
    return adapt_on(split, start, inputs.features, threshold, seed, earlier, share)


def adapt_on(
    whole: Split,
    start: ModelSettings,
    features: Callable[[Split], ItemFeatures | None],
    relevance_threshold: float = 0.0,
    seed: int = 0,
    earlier: Sequence[Split] = (),
    share: float = 1.0,
) -> Adaptation:
    """Search from some settings on a validation split, one parameter after the other.

    features  item features as known in a split; None where there are none
    earlier   temporal validation splits on which recency is chosen anew
    share     of the users who will be trained on, those in `whole`

    First the penalties of ALS and of EASE on ratings alone, then a factor on the weights of item
    features in each, last the weights of EASE and of recent popularity in the hybrid. Each step
    keeps what those before it found, and the baselines gain as the hybrid does. Of the values less
    than a standard error behind the best one, that nearest to the start is chosen (Breiman et al.
    1984, "Classification and Regression Trees", section 3.4.3).

    For a temporal split, weight and half-life of recent popularity are chosen on several
    (`temporal_validations`), by the best mean.

    Of more than MAX_USERS users a sample is searched on. Its penalties are then multiplied by the
    square root of the ratings' ratio, as the singular values grow from which they are subtracted.
    """
    part = sample_users(whole, MAX_USERS, seed)
    n_users = np.count_nonzero(np.diff(part.relevant(relevance_threshold).indptr))
    if n_users < MIN_USERS:
        return _as_given(start, f"a validation split has {n_users} users, {MIN_USERS} are needed")
    search = _Search(part, features(part), relevance_threshold, seed)
    found = search.run(start.replace(iterations=min(start.iterations, ALS_ITERATIONS)))
    if earlier:
        parts = [sample_users(one, MAX_USERS, seed) for one in earlier]
        found = search.recency(found, [(one, features(one)) for one in parts])
    growth = math.sqrt(whole.train.nnz / part.train.nnz / share)
    penalties = {
        name: _rounded(getattr(found, name) * growth)
        for name in ("regularization", "ease_regularization")
    }
    trials = {
        step: pd.Series({value: ndcg.mean() for value, ndcg in sorted(tried.items())})
        for step, tried in search.tried.items()
    }
    return Adaptation(
        start,
        found.replace(iterations=start.iterations, **penalties),
        trials,
        search.chosen,
        f"Searched on a validation split of {n_users:,} users, made of training ratings.",
    )


def _components(settings: ModelSettings, features: ItemFeatures | None, n_items: int) -> Components:
    if features:
        return build_components(settings, settings, features)
    few = n_items <= ease.MAX_ITEMS
    return Components(ALS(settings), EASE(settings.ease_regularization, settings) if few else None)


def _as_given(settings: ModelSettings, why: str) -> Adaptation:
    return Adaptation(settings, settings, {}, {}, f"Hyperparameters are as given: {why}.")


class _Search:
    """Steps of a search on one split; `tried` has NDCG@10 by user, for each step and value."""

    def __init__(self, split: Split, features: ItemFeatures | None, threshold: float, seed: int):
        self.split, self.features = split, features
        self.threshold, self.seed = threshold, seed
        self.tried: dict[str, dict[float, np.ndarray]] = {}
        self.chosen: dict[str, float] = {}

    def run(self, settings: ModelSettings) -> ModelSettings:
        """The settings that all steps lead to."""
        quick_ease = len(self.split.candidates) <= MAX_EASE_ITEMS
        settings = self.penalty(settings, "regularization", ALS)
        if quick_ease:
            settings = self.penalty(
                settings, "ease_regularization", lambda s: EASE(s.ease_regularization, s)
            )
        if self.features:
            for part in ("als", "ease") if quick_ease else ("als",):
                settings = self.feature_weights(settings, part, self.features)
        components = _components(settings, self.features, len(self.split.candidates))
        if components.ease:
            settings = self.weight(settings, "ease_weight", EASE_WEIGHTS, components)
        return self.weight(settings, "recency_weight", RECENCY_WEIGHTS, components)

    def penalty(
        self, settings: ModelSettings, name: str, build: Callable[[ModelSettings], Model]
    ) -> ModelSettings:
        start = getattr(settings, name)
        if not start:
            return settings

        def loss(log_value: float) -> float:
            changed = settings.replace(**{name: _rounded(math.exp(log_value))})
            return -self.ndcg(name, getattr(changed, name), build(changed))

        loss(math.log(start))
        minimize_scalar(
            loss,
            bounds=[math.log(start * factor) for factor in PENALTY_RANGE],
            method="bounded",
            options={"maxiter": PENALTY_TRIALS, "xatol": 0.05},
        )
        return settings.replace(**{name: self.choose(name, start, math.log)})

    def feature_weights(
        self, settings: ModelSettings, part: str, features: ItemFeatures
    ) -> ModelSettings:
        names = [f"{part}_{kind}_weight" for kind in ("term", "genre")]

        def scaled(factor: float) -> ModelSettings:
            return settings.replace(
                **{name: _rounded(factor * getattr(settings, name)) for name in names}
            )

        step = f"factor on {part} features"
        for factor in FEATURE_FACTORS:
            changed = scaled(factor)
            components = build_components(changed, changed, features)
            self.ndcg(step, factor, getattr(components, part))
        return scaled(self.choose(step, 1.0))

    def weight(
        self, settings: ModelSettings, name: str, values: Iterable[float], components: Components
    ) -> ModelSettings:
        start = getattr(settings, name)
        recent = RecentPopularity(self.split.training, settings.recency_half_life_years)
        for value in {start, *values}:
            hybrid = Hybrid(components, recent, settings.replace(**{name: value}))
            self.ndcg(name, value, hybrid)
        return settings.replace(**{name: self.choose(name, start)})

    def recency(
        self, settings: ModelSettings, splits: list[tuple[Split, ItemFeatures | None]]
    ) -> ModelSettings:
        """Choose weight and half-life of recent popularity on temporal splits, the best pair.

        Users with and without a history count the same, as groups: for those without, recent
        popularity alone ranks movies, whatever its weight; most test users may be such.
        """
        start = settings.recency_half_life_years, settings.recency_weight
        pairs = {start, *itertools.product(HALF_LIVES, RECENCY_WEIGHTS)}
        ndcg: dict[tuple[float, float], list[np.ndarray]] = {pair: [] for pair in sorted(pairs)}
        known: list[np.ndarray] = []
        for split, features in splits:
            components = _components(settings, features, len(split.candidates))
            for (half_life, weight), values in ndcg.items():
                changed = settings.replace(recency_half_life_years=half_life, recency_weight=weight)
                recent = RecentPopularity(split.training, half_life)
                hybrid = Hybrid(components, recent, changed)
                found = evaluate([hybrid], split, self.threshold, (K,), self.seed)
                values.append(found.values("NDCG").to_numpy()[:, 0])
            known.append(np.diff(split.known.indptr)[found.users] > 0)
        some = np.concatenate(known)
        by_user = {pair: np.concatenate(values) for pair, values in ndcg.items()}
        groups = [group for group in (some, ~some) if group.any()]
        mean = {
            pair: np.mean([values[group].mean() for group in groups])
            for pair, values in by_user.items()
        }
        best = max(mean, key=lambda pair: mean[pair])
        for place, name in enumerate(("recency_half_life_years", "recency_weight")):
            other = 1 - place
            same = {pair[place]: one for pair, one in mean.items() if pair[other] == best[other]}
            self.tried[name] = {value: np.array([one]) for value, one in same.items()}
            self.chosen[name] = best[place]
        return settings.replace(recency_half_life_years=best[0], recency_weight=best[1])

    def ndcg(self, step: str, value: float, model: Model) -> float:
        """The mean NDCG@10 of a model, kept as that of a value; 0 where training diverged."""
        try:
            found = evaluate([model], self.split, self.threshold, (K,), self.seed)
            by_user = found.values("NDCG").to_numpy().ravel()
        except Diverged:
            by_user = np.zeros(
                np.count_nonzero(np.diff(self.split.relevant(self.threshold).indptr))
            )
        self.tried.setdefault(step, {})[value] = by_user
        return float(by_user.mean())

    def choose(self, step: str, start: float, scale: Callable[[float], float] = float) -> float:
        self.chosen[step] = choose(self.tried[step], start, scale)
        return self.chosen[step]


def choose(
    tried: Mapping[float, np.ndarray], start: float, scale: Callable[[float], float] = float
) -> float:
    """The value nearest to the start of those less than a standard error behind the best one.

    tried  by value, NDCG of each user: (n_users,)
    scale  on which nearness is measured
    """
    best = max(tried, key=lambda value: tried[value].mean())
    behind = {value: tried[best] - by_user for value, by_user in tried.items()}
    near = [value for value in tried if behind[value].mean() <= sem(behind[value])]
    return min(near, key=lambda value: abs(scale(value) - scale(start)))


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
