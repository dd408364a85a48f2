"""Random numbers that depend on ids alone, not on how rows are spread over machines."""

import numpy as np

# In place of a movie where a number is drawn for a user.
_NO_MOVIE = np.uint64(0xFFFFFFFF)


def of_ratings(users: np.ndarray, movies: np.ndarray, seed: int) -> np.ndarray:
    """Numbers in [0, 1), float64, one for each pair of userId and movieId, both below 2^32."""
    pair = users.astype(np.uint64) << np.uint64(32) | movies.astype(np.uint64)
    return _uniform(pair, seed)


def of_users(users: np.ndarray, seed: int) -> np.ndarray:
    """As `of_ratings`, one for each user."""
    return _uniform(users.astype(np.uint64) << np.uint64(32) | _NO_MOVIE, seed)


def _uniform(keys: np.ndarray, seed: int) -> np.ndarray:
    salt = _mixed(np.array([seed], dtype=np.uint64) + np.uint64(1))
    return (_mixed(keys ^ salt) >> np.uint64(11)) * 2.0**-53


def _mixed(keys: np.ndarray) -> np.ndarray:
    """SplitMix64: Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number Generators"."""
    mixed = keys + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
