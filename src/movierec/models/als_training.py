"""The training of ALS, plain or accelerated.

Alternating least squares solve for the users' factors X given the movies' Y, then for Y given X,
and so on (Hu, Koren and Volinsky 2008). Plain training does so from random factors, as `implicit`
does. Accelerated training comes to the same loss in a fifth to a third of the iterations:

- Y begins with the leading singular vectors of the preferences: random factors spend most
  iterations on finding the subspace of these.
- After each solution for Y, factors are balanced. The loss depends on X Y' and on |X|^2 + |Y|^2,
  so at a minimum X'X = Y'Y; alternation comes there slowly.
- Y goes further by half of its last change (Mitchell, Ye and De Sterck 2020, "Nesterov
  acceleration of alternating least squares for canonical tensor decomposition").
"""

import time
from collections.abc import Callable

import numpy as np
from implicit.cpu._als import least_squares_cg
from scipy import linalg, sparse

from movierec.models.kernels.als import solve_rows, training_loss
from movierec.models.spectral import right_singular_vectors
from movierec.progress import track
from movierec.settings import ALSSettings

# Users whose ratings the singular vectors are taken from, at most: the subspace hardly depends on
# more.
_SAMPLED_USERS = 16_384
MOMENTUM = np.float32(0.5)
# Steps of conjugate gradient: as in `implicit` first, and more where few iterations are made.
_STEPS, ACCELERATED_STEPS = 3, 6
# Singular values are taken for no less than this share of the largest.
_SMALLEST = 1e-6

OnIteration = Callable[[int, float, float], None]


def factorise(
    confidences: sparse.csr_array,
    n_users: int,
    settings: ALSSettings,
    progress: bool = False,
    on_iteration: OnIteration | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Factors of rows and of columns, float32: (n_rows, factors), (n_items, factors).

    confidences   (n_rows, n_items) CSR; users first, then item features
    on_iteration  called with the iteration, from 0, its seconds and the loss
    Raises FloatingPointError where factors are too large or no numbers.
    """
    by_item = confidences.T.tocsr()
    accelerated = settings.als_solver == "accelerated"
    start = _spectral_start if accelerated else _random_start
    users, items = start(confidences, n_users, settings)
    solve = least_squares_cg if settings.als_solver == "implicit" else solve_rows
    solve(confidences, users, items, settings.regularization, 0, _STEPS)
    steps = ACCELERATED_STEPS if accelerated else _STEPS
    solved = items
    iterations = range(settings.iterations)
    for iteration in track(iterations, "iteration") if progress else iterations:
        begun = time.perf_counter()
        before, solved = solved, items.copy()
        solve(by_item, solved, users, settings.regularization, 0, steps)
        require_finite(users, solved)
        items = solved
        if accelerated:
            to_users, to_items = balancing(users, solved)
            users, solved, before = users @ to_users, solved @ to_items, before @ to_items
            items = solved + MOMENTUM * (solved - before)
        solve(confidences, users, items, settings.regularization, 0, steps)
        if on_iteration is not None:
            seconds = time.perf_counter() - begun
            loss = training_loss(confidences, users, items, settings.regularization)
            on_iteration(iteration, seconds, loss)
    require_finite(users, items)
    return users, items


def balancing(users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A and B, (factors, factors) float32, of the least |X A|^2 + |Y B|^2 with X A (Y B)' = X Y'.

    For the singular value decomposition X Y' = U S V' these are U sqrt(S) and V sqrt(S), strongest
    factor first (Srebro, Rennie and Jaakkola 2004, "Maximum-margin matrix factorization").
    """
    return balancing_of(users.T @ users, items.T @ items)


def balancing_of(user_gram: np.ndarray, item_gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `balancing`, from X'X and Y'Y, which sums over parts of the rows give."""
    (user_scales, user_axes), (item_scales, item_axes) = map(_axes, (user_gram, item_gram))
    core = (user_scales[:, None] * user_axes.T) @ (item_axes * item_scales)
    left, singular, _ = linalg.svd(core)
    roots = np.sqrt(np.maximum(singular, singular[0] * _SMALLEST))
    to_users = (user_axes / user_scales) @ (left * roots)
    to_items = (user_axes * user_scales) @ (left / roots)  # the inverse of to_users, transposed
    return to_users.astype(np.float32), to_items.astype(np.float32)


def require_finite(*factors: np.ndarray) -> None:
    """So that their Gram matrices are finite too."""
    if not all(np.isfinite(np.vdot(one, one)) for one in factors):
        raise FloatingPointError("factors are not finite")


def _axes(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Singular values and right singular vectors of factors, from their Gram matrix."""
    squares, vectors = linalg.eigh(gram.astype(np.float64))
    scales = np.sqrt(np.maximum(squares, 0))
    return np.maximum(scales, max(scales[-1] * _SMALLEST, np.finfo(np.float32).tiny)), vectors


def _random_start(
    confidences: sparse.csr_array, _: int, settings: ALSSettings
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(settings.seed)
    users, items = (
        rng.random((n, settings.factors), dtype=np.float32) * np.float32(0.01)
        for n in confidences.shape
    )
    return users, items


def _spectral_start(
    confidences: sparse.csr_array, n_users: int, settings: ALSSettings
) -> tuple[np.ndarray, np.ndarray]:
    users = np.zeros((confidences.shape[0], settings.factors), dtype=np.float32)
    return users, spectral_items(confidences, n_users, settings.factors)


def spectral_items(
    confidences: sparse.csr_array, n_users: int, factors: int, each_stands_for: float = 1
) -> np.ndarray:
    """Initial factors of movies, (n_items, factors) float32: singular vectors of preferences.

    confidences: as in `factorise`; each_stands_for: so many users, where they are a sample.
    """
    every = -(-n_users // _SAMPLED_USERS)
    sampled = confidences[np.r_[0:n_users:every, n_users : confidences.shape[0]]]
    # Of the preferences alone, each sampled user standing for `every` users.
    n_entries = sampled.indptr[len(range(0, n_users, every))]
    sampled.data[:n_entries], sampled.data[n_entries:] = np.sqrt(every * each_stands_for), 1
    return right_singular_vectors(sampled, factors)
