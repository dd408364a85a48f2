import numpy as np
import pytest
from scipy import sparse

from movierec.models.base import Shared
from movierec.models.hybrid import Hybrid

ROW = sparse.csr_array((1, 3), dtype=np.float32)


class Says:
    """A model that scores as it is told, and remembers what it was fitted on."""

    name = "says"

    def __init__(self, *scores: list[float]):
        self._scores = np.array(scores, dtype=np.float32)
        self.fitted_on = []

    def fit(self, train):
        self.fitted_on.append(train)
        return self

    def score(self, user_items):
        return self._scores


def test_parts_add_by_their_weights_whatever_their_scale():
    # Both standardise to 1 and -1.
    hybrid = Hybrid([(Says([100, 300]), 2.0), (Says([0.5, 0.1]), 0.5)])

    assert hybrid.score(ROW)[0] == pytest.approx([-1.5, 1.5], abs=1e-6)


@pytest.mark.parametrize("constant", [0.0, 2.0, 1.7])
def test_a_constant_part_adds_nothing(constant):
    opinion = Says([3, 1, 2])

    alone = Hybrid([(opinion, 1.0)]).score(ROW)
    together = Hybrid([(opinion, 1.0), (Says([constant] * 3), 1.0)]).score(ROW)

    assert together.tolist() == alone.tolist()


def test_rows_are_standardised_each_for_itself():
    part = Says([1, 3], [500, 100])

    assert Hybrid([(part, 1.0)]).score(ROW) == pytest.approx(np.array([[-1, 1], [1, -1]]))


def test_parts_are_fitted_on_the_ratings():
    parts = [Says([1, 2, 3]), Says([3, 2, 1])]

    Hybrid([(part, 0.5) for part in parts]).fit(ROW)

    assert [part.fitted_on for part in parts] == [[ROW], [ROW]]


def test_a_shared_part_that_is_fitted_is_not_fitted_again():
    part = Says([1, 2, 3])
    shared = Shared(part).fit(ROW)

    Hybrid([(shared, 1.0)]).fit(ROW)

    assert part.fitted_on == [ROW]


def test_what_was_rated_lately_is_one_more_part_when_it_is_known_when_a_row_asks():
    class Lately:
        def at(self, query_times):
            return query_times[:, None] * np.array([[1.0, 2.0, 3.0]])

    query_times = np.array([5, -7])
    rows = sparse.csr_array((2, 3), dtype=np.float32)
    hybrid = Hybrid([(Says([1, 2, 3], [1, 2, 3]), 1.0)], Lately(), recency_weight=2.0)

    added = hybrid.score_at(rows, query_times) - hybrid.score(rows)

    best = 2 * np.sqrt(1.5)
    assert added == pytest.approx(np.array([[-best, 0, best], [best, 0, -best]]), abs=1e-5)
