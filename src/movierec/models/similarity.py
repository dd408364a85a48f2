"""Item to item: how alike two movies are by content, by factors, and by both."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from movierec.models.ranking import row_blocks, top_k


@dataclass(frozen=True)
class ItemSimilarity:
    """Content cosine and factor cosine, each scaled to 0-1 over all pairs of different movies.

    content        (n_items, terms) CSR float32, rows of length one or zero
    factors        (n_items, factors) float32, rows of length one or zero
    content_range  lowest and highest cosine off the diagonal
    factors_range  the same for the factors
    A movie's likeness to itself is left out of the scaling: it is always the highest, and
    would squeeze all others together.
    """

    content: sparse.csr_array
    factors: np.ndarray
    content_range: tuple[float, float]
    factors_range: tuple[float, float]

    @classmethod
    def of(cls, item_content: sparse.csr_array, item_factors: np.ndarray) -> "ItemSimilarity":
        """From item_content (n_items, terms) and item_factors (n_items, factors).

        Raises ValueError, naming the sizes, when the two speak of different numbers of movies.
        """
        check_sizes(item_content=item_content.shape[0], item_factors=item_factors.shape[0])
        unscaled = cls.scaled(item_content, item_factors, (0.0, 1.0), (0.0, 1.0))
        content_range, factors_range = [np.inf, -np.inf], [np.inf, -np.inf]
        for rows in row_blocks(*[item_factors.shape[0]] * 2):
            block = np.arange(rows.start, rows.stop)
            for found, cosine in (
                (content_range, unscaled.by_content(block)),
                (factors_range, unscaled.by_factors(block)),
            ):
                cosine[np.arange(len(block)), block] = np.nan
                found[:] = (
                    np.fmin(found[0], np.nanmin(cosine, initial=np.inf)),
                    np.fmax(found[1], np.nanmax(cosine, initial=-np.inf)),
                )
        return cls.scaled(item_content, item_factors, tuple(content_range), tuple(factors_range))

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

    def by_content(self, items: np.ndarray) -> np.ndarray:
        """(len(items), n_items) float32, scaled content cosine with every movie."""
        cosine = (self.content[items] @ self.content.T).toarray()
        return _scale(cosine, self.content_range)

    def by_factors(self, items: np.ndarray) -> np.ndarray:
        """(len(items), n_items) float32, scaled factor cosine with every movie."""
        return _scale(self.factors[items] @ self.factors.T, self.factors_range)

    def hybrid(self, items: np.ndarray, cf_weight: float) -> np.ndarray:
        """cf_weight * by_factors + (1 - cf_weight) * by_content.

        Raises ValueError unless cf_weight lies in [0, 1].
        """
        if not 0 <= cf_weight <= 1:
            raise ValueError(f"cf_weight is {cf_weight}; it lies in [0, 1]")
        blend = np.float32(cf_weight) * self.by_factors(items)
        blend += np.float32(1 - cf_weight) * self.by_content(items)
        return blend

    def neighbours(
        self, items: np.ndarray, k: int, cf_weight: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k movies most like each of `items`, best first, itself left out.

        Returns columns (len(items), k) int32, -1 where there are fewer, and their hybrid
        similarity, float32, nan there. In blocks: nothing of size movies x movies is held.
        """
        columns = np.empty((len(items), k), dtype=np.int32)
        values = np.empty((len(items), k), dtype=np.float32)
        n_items = len(self.factors)
        for rows in row_blocks(len(items), n_items):
            block = items[rows]
            blend = self.hybrid(block, cf_weight)
            itself = sparse.csr_array(
                (np.ones(len(block)), block, np.arange(len(block) + 1)), shape=blend.shape
            )
            best = top_k(blend, k, itself)
            columns[rows] = best
            values[rows] = np.where(best >= 0, np.take_along_axis(blend, best, axis=1), np.nan)
        return columns, values


def side_by_side(
    similarity: ItemSimilarity, titles: pd.Series, item: int, k: int, cf_weight: float
) -> pd.DataFrame:
    """Titles of one movie's k nearest by content, by factors and by both, a column each."""
    found = {}
    for signal, weight in (("content", 0.0), ("collaborative", 1.0), ("hybrid", cf_weight)):
        columns, _ = similarity.neighbours(np.array([item]), k, weight)
        found[signal] = titles.iloc[columns[0][columns[0] >= 0]].to_numpy()
    return pd.DataFrame(found, index=pd.RangeIndex(1, len(found["hybrid"]) + 1))


def check_sizes(**sizes_of: int) -> None:
    """Raise ValueError, naming each part's size, unless all are of one size."""
    if len(set(sizes_of.values())) > 1:
        sizes = ", ".join(f"{part} {size}" for part, size in sizes_of.items())
        raise ValueError(
            f"the parts do not belong together, their sizes differ: {sizes};"
            " run the stages again from 01_eda"
        )


def _scale(values: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    low, high = value_range
    # All pairs are alike but for rounding, or there are none.
    if high - low < 1e-6:
        return np.zeros_like(values)
    return (values - np.float32(low)) / np.float32(high - low)
