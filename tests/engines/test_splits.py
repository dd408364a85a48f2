"""Splits by hash."""

import numpy as np
import pytest

from movierec.data.splits import PROTOCOLS, Draws, make_split
from movierec.engines.splits import HashSplit
from movierec.settings import ProtocolSettings


def _rule(interactions, name: str) -> HashSplit:
    protocol = ProtocolSettings(protocol=name, test_share=0.3, seed=4)
    time = Draws(4).split_time(interactions, protocol) if name == "global-time" else None
    cold = Draws(4).movies(interactions, 0.3) if name == "cold-movies" else None
    return HashSplit(interactions.movie_ids, protocol, time, cold)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_user_s_split_does_not_depend_on_who_else_is_there(interactions, name):
    rule, some = _rule(interactions, name), np.arange(10, 40, 3)
    whole, part = rule.of(interactions), rule.of(interactions.of_users(some))
    assert (whole.test[some] != part.test).nnz == 0
    assert (whole.train[some] != part.train).nnz == 0
    assert (whole.known[some] != part.known).nnz == 0


@pytest.mark.parametrize("name", PROTOCOLS)
def test_as_much_is_held_out_as_by_the_local_engine(interactions, name):
    rule = _rule(interactions, name)
    held_out, local = rule.of(interactions).test, make_split(interactions, rule.protocol).test
    assert 0 < held_out.nnz == pytest.approx(local.nnz, rel=0.25)


@pytest.mark.parametrize("name", ["global-time", "cold-movies"])
def test_what_is_not_drawn_by_user_is_the_local_engine_s(interactions, name):
    rule = _rule(interactions, name)
    assert (rule.of(interactions).test != make_split(interactions, rule.protocol).test).nnz == 0


def test_seeds_hold_out_other_ratings(interactions):
    first, second = (
        HashSplit(interactions.movie_ids, ProtocolSettings(seed=seed)).of(interactions).test
        for seed in (0, 1)
    )
    assert (first.astype(bool) != second.astype(bool)).nnz > first.nnz / 2
