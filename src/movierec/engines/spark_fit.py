"""ALS and EASE fitted on users that stay in their partitions.

Movies' factors are broadcast. A task solves its users by the local engine's compiled kernel and
returns sums for the movies' side. Users are solved exactly, so that they are a function of the
movies' factors: nothing of them is kept from one pass to the next, and a task that is lost is
done again with the same result. The local engine comes near that solution by gradient steps where
rows are short; the equations, the start, balancing and momentum are its own (`als_training`).
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from scipy import sparse

from movierec.data.columns import USER
from movierec.data.interactions import Interactions
from movierec.engines.rows import MOVIES, Sums, from_lists, map_tables, sum_over, to_matrix
from movierec.engines.splits import Part
from movierec.models.als import ALS, diverged
from movierec.models.als_training import (
    ACCELERATED_STEPS,
    MOMENTUM,
    OnIteration,
    balancing_of,
    require_finite,
    spectral_items,
)
from movierec.models.base import discounted, likes, nothing_to_learn, user_weights
from movierec.models.ease import EASE
from movierec.models.kernels.als import (
    entry_products,
    normal_equations,
    solve_equations,
    solve_rows,
    squared_misfit,
)
from movierec.models.kernels.gram import gram
from movierec.models.kernels.threads import blas_threads
from movierec.settings import ALSSettings, PreferenceSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Movies' normal equations are added up while they take no more bytes than this; of more movies,
# what conjugate gradient needs.
_EQUATION_BYTES = 64 << 20
# A strip of EASE's Gram matrix that a task returns, bytes.
_STRIP_BYTES = 256 << 20
_LIKES = "likes"
_LIKED_SCHEMA = f"{USER} int, {MOVIES} array<int>, {_LIKES} array<float>"
_CONFIDENCE, _FACTORS = "confidence", "factors"
_SOLVED_SCHEMA = f"{USER} int, {MOVIES} array<int>, {_CONFIDENCE} array<float>, {_FACTORS} binary"


class Training:
    """The training part of all users' ratings, as likes, and counts of it.

    n_users            users, with or without a training rating
    ratings_per_movie  (n_movies,) training ratings
    median_activity    likes of the median user who has any
    """

    def __init__(self, rows: "DataFrame", part: Part, preferences: PreferenceSettings):
        from pyspark import StorageLevel

        self.n_movies = len(part.movie_ids)
        counted = sum_over(rows, _CountLikes(part, preferences))
        self.ratings_per_movie, of_likes, sizes = counted
        self.n_users, self.n_raters = map(int, sizes)
        if not of_likes[1:].any():
            raise nothing_to_learn(preferences.positive_threshold, "none is higher")
        self.median_activity = _median(of_likes)
        taken = map_tables(rows, _TakeLikes(part, preferences), _LIKED_SCHEMA)
        self.likes = taken.persist(StorageLevel.MEMORY_AND_DISK)

    def close(self) -> None:
        self.likes.unpersist()


def fit_ease(model: EASE, training: Training) -> None:
    """Fit from the Gram matrix, summed over partitions strip by strip."""
    n_items = training.n_movies
    model.require_memory(n_items)
    discount, median = model.preferences.activity_discount, training.median_activity
    found = np.zeros((n_items, n_items))
    if model.item_features is not None:
        found += gram(model.item_features, np.ones(model.item_features.shape[0]))
    step = max(1, _STRIP_BYTES // (8 * n_items))
    for start in range(0, n_items, step):
        strip = slice(start, min(start + step, n_items))
        (part,) = sum_over(training.likes, _GramStrip(n_items, strip, discount, median))
        found[strip] += part
    model.solve(found)


def fit_als(
    model: ALS,
    training: Training,
    held: Interactions,
    on_iteration: OnIteration | None = None,
) -> None:
    """Fit `model` on all users; its user factors are those of `held`, training ratings of some.

    Raises Diverged, and ValueError for a solver that the local engine alone has.
    """
    settings = model.settings
    if settings.als_solver != "accelerated":
        raise ValueError(
            f'als_solver is {settings.als_solver!r}; engine = "spark" has "accelerated" alone'
        )
    model.median_activity = training.median_activity
    features = model.item_features
    if features is None:
        features = sparse.csr_array((0, training.n_movies), dtype=np.float32)
    features = (features * np.float32(settings.alpha)).astype(np.float32)
    begin = sparse.vstack([model.weighted(held.user_items), features], format="csr")
    n_held = len(held.user_ids)
    with blas_threads(1):
        start = spectral_items(
            begin.astype(np.float32), n_held, settings.factors, training.n_users / n_held
        )
        try:
            items, feature_factors = _factorise(training, features, start, settings, on_iteration)
        except FloatingPointError:
            raise diverged(model) from None
    model.item_factors, model.feature_factors = items, feature_factors
    model.user_factors = model.fold_in(held.user_items)
    model.predict_unrated(training.ratings_per_movie > 0)


def _factorise(
    training: Training,
    features: sparse.csr_array,
    items: np.ndarray,
    settings: ALSSettings,
    on_iteration: OnIteration | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Factors of movies, and of features given them, by accelerated ALS."""
    solve = _Solve(items, settings, training.median_activity)
    few = items.nbytes * settings.factors <= _EQUATION_BYTES
    solved, begun = items, time.perf_counter()
    for iteration in range(settings.iterations + 1):
        solve = _Solve(items, settings, training.median_activity)
        z = solve.factors_of(features)
        last = iteration == settings.iterations
        side = (
            _few_movies(training, solve, features, z, last)
            if few or last
            else _many_movies(training, solve, features, z, solved)
        )
        if iteration and on_iteration is not None:
            on_iteration(iteration - 1, time.perf_counter() - begun, side.loss(items, settings))
            begun = time.perf_counter()
        if last:
            require_finite(items, z)
            return items, z
        before, solved = solved, side.solved
        require_finite(solved)
        _, to_items = balancing_of(side.gram, solved.T @ solved)
        solved, before = solved @ to_items, before @ to_items
        items = solved + MOMENTUM * (solved - before)
    raise AssertionError("iterations is at least 1")


class _Side(NamedTuple):
    """What a pass over all users found: the movies' next factors, X'X, and parts of the loss."""

    solved: np.ndarray
    gram: np.ndarray
    misfit: float
    weight: float
    n_entries: float
    n_rows: float

    def loss(self, items: np.ndarray, settings: ALSSettings) -> float:
        """As `training_loss`, of the factors that the pass began with."""
        everywhere = np.vdot(self.gram, items.T @ items)
        penalty = settings.regularization * (np.trace(self.gram) + np.vdot(items, items))
        weight = self.weight + self.n_rows * len(items) - self.n_entries
        return float((self.misfit + everywhere + penalty) / weight)


def _few_movies(
    training: Training, solve: "_Solve", features: sparse.csr_array, z: np.ndarray, last: bool
) -> _Side:
    """From the movies' normal equations, one pass; the last pass has no need of them."""
    sums = sum_over(training.likes, _Equations(solve, equations=not last))
    own = solve.sums(features, z, equations=not last)
    gram_, parts, left, right = (one + other for one, other in zip(sums, own, strict=True))
    if last:
        return _Side(right, gram_, *map(float, parts))
    left += gram_ + solve.penalty
    return _Side(solve_equations(left, right), gram_, *map(float, parts))


def _many_movies(
    training: Training,
    solve: "_Solve",
    features: sparse.csr_array,
    z: np.ndarray,
    begin: np.ndarray,
) -> _Side:
    """By conjugate gradient: a pass gives the product of all movies' equations with vectors."""
    from pyspark import StorageLevel

    rows = map_tables(training.likes, _SolveUsers(solve), _SOLVED_SCHEMA)
    rows = rows.persist(StorageLevel.MEMORY_AND_DISK)
    by_item = features.T.tocsr()
    n_items = len(begin)
    try:
        gram_, parts, wanted = (
            one + other
            for one, other in zip(
                sum_over(rows, _Wanted(solve, n_items)), solve.wanted(features, z), strict=True
            )
        )
        system = gram_ + solve.penalty

        def product(vectors: np.ndarray) -> np.ndarray:
            (found,) = sum_over(rows, _Products(vectors, n_items))
            return found + entry_products(by_item, z, vectors) + vectors @ system

        found = conjugate_gradient(product, wanted, begin, ACCELERATED_STEPS)
    finally:
        rows.unpersist()
    return _Side(found, gram_, *map(float, parts))


def conjugate_gradient(
    product: Any, wanted: np.ndarray, begin: np.ndarray, steps: int
) -> np.ndarray:
    """Approximate solutions, one a row, of many symmetric equations at once.

    product  gives, for vectors in rows, the product of each row's matrix with it
    """
    found = begin.copy()
    residual = wanted - product(found)
    direction, length = residual.copy(), np.einsum("ij,ij->i", residual, residual)
    for _ in range(steps):
        going = length > 1e-20
        if not going.any():
            break
        along = product(direction)
        curve = np.einsum("ij,ij->i", direction, along)
        step = np.divide(length, curve, out=np.zeros_like(length), where=going)[:, None]
        found += step * direction
        residual -= step * along
        before, length = length, np.einsum("ij,ij->i", residual, residual)
        more = np.divide(length, before, out=np.zeros_like(length), where=going)[:, None]
        direction = residual + more * direction
    return found


@dataclass(frozen=True)
class _Solve:
    """Users' factors given those of movies, and what the movies' side takes from them."""

    items: np.ndarray
    settings: ALSSettings
    median: float

    @property
    def penalty(self) -> np.ndarray:
        return np.float32(self.settings.regularization) * np.eye(self.items.shape[1], dtype="f4")

    def confidences(self, table: pa.Table) -> sparse.csr_array:
        liked = to_matrix(table, _LIKES, len(self.items))
        weighted = discounted(liked, self.settings.activity_discount, self.median)
        return weighted * np.float32(self.settings.alpha)

    def factors_of(self, confidences: sparse.csr_array) -> np.ndarray:
        found = np.zeros((confidences.shape[0], self.items.shape[1]), dtype=np.float32)
        with blas_threads(1):
            solve_rows(confidences, found, self.items, self.settings.regularization, exact=True)
        return found

    def sums(self, confidences: sparse.csr_array, factors: np.ndarray, equations: bool) -> Sums:
        """X'X, parts of the loss, and what rows bring to the movies' normal equations."""
        nothing = np.zeros(0, np.float32)
        left, right = nothing, nothing
        if equations:
            with blas_threads(1):
                left, right = normal_equations(confidences.T.tocsr(), factors)
        return *self._side(confidences, factors), left, right

    def wanted(self, confidences: sparse.csr_array, factors: np.ndarray) -> Sums:
        """X'X, parts of the loss, and the right side of the movies' normal equations."""
        return *self._side(confidences, factors), confidences.T @ factors

    def _side(self, confidences: sparse.csr_array, factors: np.ndarray) -> Sums:
        misfit = squared_misfit(confidences, factors, self.items)
        weight = confidences.data.sum(dtype=float)
        parts = np.array([misfit, weight, confidences.nnz, confidences.shape[0]])
        return factors.T @ factors, parts


@dataclass(frozen=True)
class _Equations:
    solve: _Solve
    equations: bool

    def __call__(self, table: pa.Table) -> Sums:
        confidences = self.solve.confidences(table)
        factors = self.solve.factors_of(confidences)
        return self.solve.sums(confidences, factors, self.equations)


@dataclass(frozen=True)
class _SolveUsers:
    """Rows of confidences with their users' factors."""

    solve: _Solve

    def __call__(self, table: pa.Table) -> pa.RecordBatch:
        confidences = self.solve.confidences(table)
        factors = self.solve.factors_of(confidences)
        lists = {MOVIES: confidences.indices, _CONFIDENCE: confidences.data}
        rows = from_lists(table[USER].to_numpy(), confidences.indptr, lists)
        packed = pa.array([one.tobytes() for one in factors], pa.binary())
        return rows.append_column(_FACTORS, packed)


def _solved(table: pa.Table, n_items: int) -> tuple[sparse.csr_array, np.ndarray]:
    factors = np.frombuffer(b"".join(table[_FACTORS].to_pylist()), dtype=np.float32)
    return to_matrix(table, _CONFIDENCE, n_items), factors.reshape(table.num_rows, -1)


@dataclass(frozen=True)
class _Wanted:
    solve: _Solve
    n_items: int

    def __call__(self, table: pa.Table) -> Sums:
        return self.solve.wanted(*_solved(table, self.n_items))


@dataclass(frozen=True)
class _Products:
    vectors: np.ndarray
    n_items: int

    def __call__(self, table: pa.Table) -> Sums:
        confidences, factors = _solved(table, self.n_items)
        return (entry_products(confidences.T.tocsr(), factors, self.vectors),)


@dataclass(frozen=True)
class _GramStrip:
    """Rows `strip` of the Gram matrix of likes, weighted by user."""

    n_items: int
    strip: slice
    discount: float
    median: float

    def __call__(self, table: pa.Table) -> Sums:
        liked = to_matrix(table, _LIKES, self.n_items)
        weights = user_weights(liked, self.discount, self.median)
        if self.strip == slice(0, self.n_items):
            return (gram(liked, weights),)
        weighted = liked.astype(np.float64)
        weighted.data *= np.repeat(weights, np.diff(liked.indptr))
        return ((weighted[:, self.strip].T @ liked).toarray(),)


@dataclass(frozen=True)
class _TakeLikes:
    part: Part
    preferences: PreferenceSettings

    def liked(self, table: pa.Table) -> tuple[Interactions, sparse.csr_array]:
        """Training ratings, and the likes among them."""
        training = self.part.training(table)
        settings = self.preferences
        ratings = training.user_items
        return training, likes(ratings, settings.positive_threshold, settings.rating_exponent)

    def __call__(self, table: pa.Table) -> pa.RecordBatch:
        training, liked = self.liked(table)
        return from_lists(
            training.user_ids, liked.indptr, {MOVIES: liked.indices, _LIKES: liked.data}
        )


class _CountLikes(_TakeLikes):
    """Training ratings of each movie; users by number of likes; users, and those with a rating."""

    def __call__(self, table: pa.Table) -> Sums:
        training, liked = self.liked(table)
        n_users, n_movies = liked.shape
        return (
            training.ratings_per_movie,
            np.bincount(np.diff(liked.indptr), minlength=n_movies + 1),
            np.array([n_users, np.count_nonzero(np.diff(training.user_items.indptr))]),
        )


def _median(users_by_likes: np.ndarray) -> float:
    """The median number of likes of users who have any; 1 where nobody has."""
    counts = users_by_likes.copy()
    counts[0] = 0
    ends = np.cumsum(counts)
    if not ends[-1]:
        return 1.0
    middle = np.searchsorted(ends, [(ends[-1] - 1) // 2, ends[-1] // 2], side="right")
    return float(middle.mean())
