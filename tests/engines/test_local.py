"""The local engine refuses a sample of users for all of them."""

from types import SimpleNamespace

import pandas as pd
import pytest

from movierec.engines.local import LocalEngine
from movierec.settings import ProtocolSettings


@pytest.fixture
def stage(tmp_path) -> SimpleNamespace:
    """Of a run whose movies have seven ratings."""
    pd.DataFrame({"ratings": [4, 3]}).to_parquet(tmp_path / "movies.parquet")
    return SimpleNamespace(paths=SimpleNamespace(artifacts=tmp_path))


def _held(n_ratings: int, protocol: str) -> SimpleNamespace:
    return SimpleNamespace(
        protocol=ProtocolSettings(protocol=protocol),
        interactions=SimpleNamespace(n_ratings=n_ratings),
        split=lambda: "the split",
    )


def test_all_ratings_are_split(stage):
    assert LocalEngine().split(_held(7, "user-random"), stage) == "the split"


def test_fewer_ratings_than_the_movies_have_are_refused(stage):
    with pytest.raises(ValueError, match=r"6 of 7 ratings, .*engine = \"spark\""):
        LocalEngine().split(_held(6, "user-random"), stage)


def test_a_temporal_split_may_be_of_other_movies(stage):
    assert LocalEngine().split(_held(6, "global-time"), stage) == "the split"
