"""Item-to-item similarity: by content, by factors, and by both."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from movierec.data.columns import MOVIE
from movierec.data.tables import save_frame
from movierec.models.kernels.ranking import row_blocks, top_k
from movierec.models.kernels.similarity import add_products
from movierec.models.kernels.threads import blas_threads


@dataclass(frozen=True)
class ItemSimilarity:
    """Content cosine and factor cosine, each scaled to 0-1 over all pairs of different movies.

    content        (n_items, terms) CSR float32, rows of length one or zero
    factors        (n_items, factors) float32, rows of length one or zero
    content_range  lowest and highest cosine off the diagonal
    factors_range  the same for the factors
    A movie's similarity to itself is left out of the scaling: it is always the highest, and
    would compress all others.
    """

    content: sparse.csr_array
    factors: np.ndarray
    content_range: tuple[float, float]
    factors_range: tuple[float, float]

    @classmethod
    def of(cls, item_content: sparse.csr_array, item_factors: np.ndarray) -> "ItemSimilarity":
        """From item_content (n_items, terms) and item_factors (n_items, factors).

        Raises ValueError, naming the sizes, when the numbers of movies differ.
        """
        check_sizes(item_content=item_content.shape[0], item_factors=item_factors.shape[0])
        unscaled = cls.scaled(item_content, item_factors, (0.0, 1.0), (0.0, 1.0))
        return cls.scaled(
            item_content,
            item_factors,
            _range_of_pairs(unscaled, cf_weight=0),
            _range_of_pairs(unscaled, cf_weight=1),
        )

    @classmethod
    def scaled(
        cls,
        item_content: sparse.csr_array,
        item_factors: np.ndarray,
        content_range: tuple[float, float],
        factors_range: tuple[float, float],
    ) -> "ItemSimilarity":
        """As `of`, where the ranges are known already: finding them takes every pair."""
        content = sparse.csr_array(normalize(item_content)).astype(np.float32)
        factors = normalize(item_factors).astype(np.float32)
        return cls(content, factors, content_range, factors_range)

    def hybrid(self, items: np.ndarray, cf_weight: float) -> np.ndarray:
        """Similarity of some movies to all: (len(items), n_items) float32.

        cf_weight * scaled factor cosine + (1 - cf_weight) * scaled content cosine. Raises
        ValueError unless cf_weight lies in [0, 1].
        """
        if not 0 <= cf_weight <= 1:
            raise ValueError(f"cf_weight is {cf_weight}; it lies in [0, 1]")
        factors_slope, factors_start = _scaling(self.factors_range)
        content_slope, content_start = _scaling(self.content_range)
        blend = np.zeros((len(items), len(self.factors)), dtype=np.float32)
        if cf_weight:
            scaled = np.float32(cf_weight * factors_slope) * self.factors[items]
            np.matmul(scaled, self.factors.T, out=blend)
        if cf_weight < 1:
            content, terms = self.content, self._terms
            add_products(
                blend,
                items,
                np.float32((1 - cf_weight) * content_slope),
                *(content.indptr, content.indices, content.data),
                *(terms.indptr, terms.indices, terms.data),
            )
        blend += np.float32(cf_weight * factors_start + (1 - cf_weight) * content_start)
        return blend

    @cached_property
    def _terms(self) -> sparse.csr_array:
        """The content transposed: (terms, n_items)."""
        return sparse.csr_array(self.content.T)

    def neighbours(
        self, items: np.ndarray, k: int, cf_weight: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k movies most similar to each of `items`, best first, itself left out.

        Returns columns (len(items), k) int32, -1 where there are fewer, and their hybrid
        similarity, float32 in [0, 1], nan there. Works in blocks: no movies x movies array is held.
        """
        columns = np.empty((len(items), k), dtype=np.int32)
        values = np.empty((len(items), k), dtype=np.float32)
        with blas_threads(1):
            for rows in row_blocks(len(items), len(self.factors)):
                block = items[rows]
                blend = self.hybrid(block, cf_weight)
                itself = sparse.csr_array(
                    (np.ones(len(block)), block, np.arange(len(block) + 1)), shape=blend.shape
                )
                best = top_k(blend, k, itself)
                columns[rows] = best
                values[rows] = np.where(best >= 0, np.take_along_axis(blend, best, axis=1), np.nan)
        # Rounding takes the extremes past the ends of the range that they are scaled by.
        return columns, np.clip(values, 0, 1)

    def save_neighbours(self, path: Path, movie_ids: np.ndarray, k: int, cf_weight: float) -> None:
        """Write the k nearest movies of each as Parquet: movieId, rank, neighbourId, similarity."""
        columns, values = self.neighbours(np.arange(len(movie_ids)), k, cf_weight)
        item, place = np.nonzero(columns >= 0)
        nearest = pd.DataFrame(
            {
                MOVIE: movie_ids[item],
                "rank": place + 1,
                "neighbourId": movie_ids[columns[item, place]],
                "similarity": values[item, place],
            }
        )
        save_frame(nearest, path)


def check_sizes(**sizes_of: int) -> None:
    """Raise ValueError, naming each part's size, unless all sizes are equal."""
    if len(set(sizes_of.values())) > 1:
        sizes = ", ".join(f"{part} {size}" for part, size in sizes_of.items())
        raise ValueError(
            f"the parts do not belong together, sizes differ: {sizes};"
            " run the stages again from 01_eda"
        )


def _range_of_pairs(similarity: ItemSimilarity, cf_weight: float) -> tuple[float, float]:
    """Lowest and highest over all pairs of different items; infinite where there is none."""
    low, high, n_items = np.inf, -np.inf, len(similarity.factors)
    with blas_threads(1):
        for rows in row_blocks(n_items, n_items):
            block = np.arange(rows.start, rows.stop)
            found = similarity.hybrid(block, cf_weight)
            itself = np.arange(len(block)), block
            found[itself] = np.inf
            low = min(low, float(found.min()))
            found[itself] = -np.inf
            high = max(high, float(found.max()))
    return low, high


def _scaling(value_range: tuple[float, float]) -> tuple[float, float]:
    """Slope and intercept of the line that maps a range to 0-1."""
    low, high = value_range
    # All pairs are equal but for rounding, or there are none.
    if high - low < 1e-6:
        return 0.0, 0.0
    return 1 / (high - low), -low / (high - low)
