"""Movies as points on a plane, the more alike the closer."""

import numpy as np


def plane(similarity: np.ndarray) -> np.ndarray:
    """Coordinates (n, 2) of n movies from their similarities (n, n) in [0, 1].

    Classical scaling of the distances 1 - similarity: the plane that keeps most of their squares
    (Torgerson 1952, "Multidimensional Scaling: I. Theory and Method"). Each axis points so that
    its largest coordinate is positive, and a plane of fewer dimensions is filled with 0.
    """
    squares = (1 - (similarity + similarity.T) / 2) ** 2
    np.fill_diagonal(squares, 0)
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    largest = slice(-1, -3, -1)
    points = np.zeros((len(similarity), 2))
    found = vectors[:, largest] * np.sqrt(np.maximum(values[largest], 0))
    points[:, : found.shape[1]] = found
    farthest = points[np.abs(points).argmax(axis=0), [0, 1]]
    return points * np.where(farthest < 0, -1, 1)
