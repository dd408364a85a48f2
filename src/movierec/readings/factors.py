"""What 03_als_training says of its figures, computed from what they show."""

import numpy as np
import pandas as pd
from IPython.display import Markdown
from scipy import sparse


class TrainingLog(list[dict[str, float]]):
    """A row for each iteration, recorded as the `on_iteration` of `ALS.fit`."""

    def __call__(self, iteration: int, seconds: float, loss: float) -> None:
        self.append({"iteration": iteration + 1, "seconds": seconds, "loss": loss})


def likes(user_items: sparse.csr_array, liked: sparse.csr_array, alpha: float) -> Markdown:
    """user_items: ratings; liked: those that are likes, as s (see `models.base.likes`)."""
    return Markdown(
        f"{liked.nnz:,} of {user_items.nnz:,} ratings ({liked.nnz / user_items.nnz:.1%}) are"
        f" likes. Their mean confidence is {alpha * liked.data.mean():.2f} before the activity"
        " discount."
    )


def factor_norms(
    user_factors: np.ndarray, item_factors: np.ndarray, ratings_per_movie: np.ndarray
) -> Markdown:
    norms = np.linalg.norm(item_factors, axis=1)
    # The correlation of what does not vary is undefined.
    if np.ptp(norms) and np.ptp(ratings_per_movie):
        together = np.corrcoef(norms, ratings_per_movie)[0, 1]
        reading = (
            f"The norm of a movie's factors and its number of ratings correlate by {together:.2f}."
        )
    else:
        reading = "All movies have as many ratings, or factors of one length: nothing correlates."
    return Markdown(
        f"Users: {user_factors.shape[0]:,} x {user_factors.shape[1]}."
        f" Movies: {item_factors.shape[0]:,} x {item_factors.shape[1]}. {reading}"
    )


def factor_spectrum(item_factors: np.ndarray) -> Markdown:
    energy = np.cumsum(np.linalg.svd(item_factors, compute_uv=False) ** 2)
    needed = int(np.argmax(energy >= 0.9 * energy[-1])) + 1
    return Markdown(
        f"{needed} of {len(energy)} dimensions hold 90% of the sum of squared singular values."
    )


def extremes(
    item_factors: np.ndarray, titles: pd.Series, directions: int = 4, n: int = 6
) -> pd.DataFrame:
    """The movies at both ends of the strongest directions of the item factors.

    item_factors  (n_items, factors)
    titles        (n_items,)
    Directions are right singular vectors, which unlike single factors do not depend on how the
    space happens to be turned. Rows are directions, strongest first; columns share (of the sum of
    squares), one end, other end, n titles each, furthest first.
    """
    left, values, _ = np.linalg.svd(item_factors, full_matrices=False)
    names, shares = titles.to_numpy(), values**2 / np.sum(values**2)
    rows = []
    for direction in range(min(directions, len(values))):
        order = np.argsort(left[:, direction], kind="stable")
        ends = names[order[:n]], names[order[::-1][:n]]
        rows.append((f"{shares[direction]:.0%}", *("; ".join(end) for end in ends)))
    index = pd.RangeIndex(1, len(rows) + 1, name="direction")
    return pd.DataFrame(rows, index, ["share", "one end", "other end"])
