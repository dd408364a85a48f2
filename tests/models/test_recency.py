"""What was rated lately: counts that fade, as of any moment, against sums done one by one."""

import numpy as np
import pytest
from scipy import sparse

from movierec import memory
from movierec.data.interactions import Interactions
from movierec.models.recency import RecentPopularity

YEAR = 365.25 * 86_400  # seconds


def rated_at(years: list[list[float]]) -> Interactions:
    """Users by movies: when each was rated, in years; nan for never."""
    times = np.array(years) * YEAR
    return Interactions(
        np.arange(len(times)),
        np.arange(times.shape[1]),
        sparse.csr_array(np.where(np.isnan(times), 0, 1).astype(np.float32)),
        times[~np.isnan(times)].astype(np.int32),
    )


@pytest.fixture
def many() -> Interactions:
    """Fifty users who rated half of seven movies at any time within twenty years."""
    rng = np.random.default_rng(0)
    years = rng.uniform(0, 20, (50, 7))
    return rated_at(np.where(rng.random((50, 7)) < 0.5, years, np.nan))


def at(interactions: Interactions, half_life: float, *years: float) -> np.ndarray:
    query_times = (np.array(years) * YEAR).astype(np.int64)
    return RecentPopularity(interactions, half_life).at(query_times)


def test_a_rating_counts_half_after_the_half_life():
    counts = np.expm1(at(rated_at([[1, 3]]), 2, 3))

    assert counts[0] == pytest.approx([0.5, 1.0])


def test_a_rating_that_is_still_to_come_does_not_count():
    counts = np.expm1(at(rated_at([[1, 5], [4, 5]]), 1000, 4.5))

    assert counts[0] == pytest.approx([2.0, 0.0], abs=0.01)


def test_before_the_first_rating_nothing_counts():
    assert not at(rated_at([[1, 5]]), 1, 0.5).any()


@pytest.mark.parametrize("half_life", [0.001, 0.3, 5, 100])
def test_every_rating_up_to_a_moment_adds_what_its_age_leaves(many, half_life):
    query_times = np.array([20, 0.1, 13.2, 13.2, 7])
    known = many.user_items.indices

    expected = np.zeros((5, 7))
    for row, moment in enumerate(query_times):
        for item, time in zip(known, many.timestamps / YEAR, strict=True):
            if time <= moment:
                expected[row, item] += 0.5 ** ((moment - time) / half_life)

    assert at(many, half_life, *query_times) == pytest.approx(np.log1p(expected), abs=1e-4)


def test_a_movie_nobody_rated_has_nothing():
    assert at(rated_at([[1, np.nan]]), 1, 2)[0, 1] == 0


def test_it_asks_for_its_memory_first(many, monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 1)

    with pytest.raises(memory.NotEnoughMemory, match="Recent popularity"):
        RecentPopularity(many, 1).at(np.array([0]))


def test_it_is_a_model_whose_scores_are_counts_at_the_query_time(many):
    model = RecentPopularity(many, 2).fit(many.user_items)
    times = (np.array([3, 12]) * YEAR).astype(np.int64)
    rows = many.user_items[:2]

    assert model.score_at(rows, times).tolist() == at(many, 2, 3, 12).tolist()
    last = many.timestamps.max() / YEAR
    assert model.score(rows).tolist() == at(many, 2, last, last).tolist()
