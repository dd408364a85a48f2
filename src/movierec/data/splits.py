"""Cutting ratings into a part to learn from and a part to be judged by."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True)
class Split:
    """Ratings to train on and ratings to predict; both (n_users, n_movies) CSR, stars.

    question: in two sentences, what a result on this split answers.
    Raises AssertionError when a test pair is in the training part.
    """

    train: sparse.csr_array
    test: sparse.csr_array
    question: str

    def __post_init__(self):
        leaked = _pairs(self.train).multiply(_pairs(self.test)).nnz
        if leaked:
            raise AssertionError(f"{leaked} test ratings are in the training part")


def user_random(user_items: sparse.csr_array, share: float, seed: int = 0) -> Split:
    """Hold out a random share of each user's ratings.

    The number held out of n is n * share to the nearest whole number, and at most n - 1, so
    that everyone keeps something to be known by. user_items: (n_users, n_movies) CSR, stars.
    Raises ValueError unless share lies between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"test_share is {share}; it lies between 0 and 1")
    counts = np.diff(user_items.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    shuffled = np.lexsort((np.random.default_rng(seed).random(user_items.nnz), rows))
    place = np.arange(user_items.nnz) - np.repeat(user_items.indptr[:-1], counts)
    held_out = np.minimum(np.rint(counts * share), np.maximum(counts - 1, 0))
    in_test = np.zeros(user_items.nnz, dtype=bool)
    in_test[shuffled] = place < np.repeat(held_out, counts)
    return Split(
        train=_keep(user_items, ~in_test),
        test=_keep(user_items, in_test),
        question=(
            f"A random {share:.0%} of every user's ratings are hidden, and each model has to find"
            " them again among all movies the user has not rated in the rest. It asks how well"
            " a known user's taste is filled in, with ratings of all times mixed."
        ),
    )


def _keep(matrix: sparse.csr_array, mask: np.ndarray) -> sparse.csr_array:
    """The entries under the mask; none is stored as an explicit zero."""
    kept = np.r_[0, np.cumsum(mask)][matrix.indptr].astype(np.int32)
    return sparse.csr_array((matrix.data[mask], matrix.indices[mask], kept), shape=matrix.shape)


def _pairs(matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(
        (np.ones(matrix.nnz, dtype=bool), matrix.indices, matrix.indptr), shape=matrix.shape
    )
