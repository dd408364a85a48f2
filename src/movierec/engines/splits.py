"""Splits that a task makes of its users alone: random choices are hashes of ids."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from movierec.data.interactions import Interactions
from movierec.data.splits import PROTOCOLS, Draws, Split
from movierec.engines import hashing
from movierec.engines.rows import to_block
from movierec.settings import ProtocolSettings


class Part(Protocol):
    """Which ratings of a partition are trained on."""

    @property
    def movie_ids(self) -> np.ndarray: ...

    def training(self, table: pa.Table) -> Interactions: ...


@dataclass(frozen=True)
class AllRatings:
    """Every rating."""

    movie_ids: np.ndarray

    def training(self, table: pa.Table) -> Interactions:
        return to_block(table, self.movie_ids)


@dataclass(frozen=True)
class HashSplit:
    """A protocol, with what it takes from all ratings together.

    time  of a temporal split, seconds since 1970; else None
    cold  (n_movies,) bool, the movies held out by cold-movies; else None
    """

    movie_ids: np.ndarray
    protocol: ProtocolSettings
    time: int | None = None
    cold: np.ndarray | None = None

    def training(self, table: pa.Table) -> Interactions:
        return self.of(to_block(table, self.movie_ids)).training

    def of(self, block: Interactions) -> Split:
        """The split of some users, the same whoever else is among them."""
        return PROTOCOLS[self.protocol.protocol](block, self.protocol, _Hashes(self))


class _Hashes(Draws):
    def __init__(self, split: HashSplit):
        super().__init__(split.protocol.seed)
        self._split = split

    def ratings(self, interactions: Interactions) -> np.ndarray:
        matrix = interactions.user_items
        users = np.repeat(interactions.user_ids, np.diff(matrix.indptr))
        return hashing.of_ratings(users, interactions.movie_ids[matrix.indices], self.seed)

    def users(self, interactions: Interactions, share: float) -> np.ndarray:
        several = np.diff(interactions.user_items.indptr) > 1
        return several & (hashing.of_users(interactions.user_ids, self.seed + 1) < share)

    def movies(self, interactions: Interactions, share: float) -> np.ndarray:
        assert self._split.cold is not None
        return self._split.cold

    def split_time(self, interactions: Interactions, protocol: ProtocolSettings) -> int:
        assert self._split.time is not None
        return self._split.time
