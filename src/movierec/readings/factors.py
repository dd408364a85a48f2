"""What 03_als_training says of its figures, computed from what they show."""

from dataclasses import dataclass, field

import numpy as np
from IPython.display import Markdown
from scipy import sparse


@dataclass(frozen=True)
class TrainingLog:
    """Seconds and loss of each iteration, recorded as the `on_iteration` of `ALS.fit`."""

    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def __call__(self, iteration: int, seconds: float, loss: float) -> None:
        self.seconds.append(seconds)
        self.losses.append(loss)


def likes(user_items: sparse.csr_array, liked: sparse.csr_array, alpha: float) -> Markdown:
    """user_items: ratings; liked: those that are likes, as s (see `models.base.likes`)."""
    return Markdown(
        f"{liked.nnz:,} of {user_items.nnz:,} ratings ({liked.nnz / user_items.nnz:.1%}) are"
        f" likes. Their mean confidence is {alpha * liked.data.mean():.2f} before the activity"
        " discount."
    )


def training_loss(log: TrainingLog) -> Markdown:
    reading = f"{len(log.losses)} iterations of {np.median(log.seconds):.3f} s at the median"
    if len(log.losses) > 1:
        reading += f"; the last one lowered the loss by {1 - log.losses[-1] / log.losses[-2]:.2%}"
    return Markdown(reading + ".")


def factor_norms(
    user_factors: np.ndarray, item_factors: np.ndarray, ratings_per_movie: np.ndarray
) -> Markdown:
    norms = np.linalg.norm(item_factors, axis=1)
    return Markdown(
        f"Users: {user_factors.shape[0]:,} x {user_factors.shape[1]}."
        f" Movies: {item_factors.shape[0]:,} x {item_factors.shape[1]}."
        " The norm of a movie's factors and its number of ratings correlate by"
        f" {np.corrcoef(norms, ratings_per_movie)[0, 1]:.2f}."
    )


def factor_spectrum(item_factors: np.ndarray) -> Markdown:
    energy = np.cumsum(np.linalg.svd(item_factors, compute_uv=False) ** 2)
    needed = int(np.argmax(energy >= 0.9 * energy[-1])) + 1
    return Markdown(
        f"{needed} of {len(energy)} dimensions hold 90% of the sum of squared singular values."
    )
