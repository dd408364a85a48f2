"""What test_base.py does not ask of every model: that a run repeats, and that likes are likes."""

import numpy as np
import pytest
from scipy import sparse

from movierec.models.base import Diverged
from movierec.models.bpr import BPR


def bpr(seed: int = 0) -> BPR:
    return BPR(
        factors=4,
        learning_rate=0.05,
        regularization=0.01,
        iterations=50,
        positive_threshold=3.0,
        seed=seed,
    )


def test_the_same_seed_gives_the_same_scores(two_tastes):
    one, other = (bpr(seed=3).fit(two_tastes).score(two_tastes) for _ in range(2))

    assert one.tobytes() == other.tobytes()


def test_another_seed_gives_other_scores(two_tastes):
    one, other = (bpr(seed).fit(two_tastes).score(two_tastes) for seed in (3, 4))

    assert not np.allclose(one, other)


def test_low_ratings_teach_and_say_nothing(two_tastes):
    disliked = two_tastes.toarray()
    disliked[disliked == 0] = 2.5

    with_dislikes, without = (
        bpr().fit(ratings).score(ratings) for ratings in (sparse.csr_array(disliked), two_tastes)
    )

    assert with_dislikes.tobytes() == without.tobytes()


def test_a_like_is_a_like_however_many_stars(two_tastes):
    model = bpr().fit(two_tastes)

    few, many = model.score(two_tastes * (3 / 4)), model.score(two_tastes * (5 / 4))

    assert few.tobytes() == many.tobytes()


def test_users_without_likes_do_not_count_for_the_others(two_tastes):
    # The solver gives them no factors; were they to count, they would pull everyone to none.
    silent = sparse.csr_array((2_000, 10), dtype=np.float32)

    scores = bpr().fit(sparse.vstack([two_tastes, silent], format="csr")).score(two_tastes)

    alone = bpr().fit(two_tastes).score(two_tastes)
    assert np.ptp(scores, axis=1).mean() > 0.8 * np.ptp(alone, axis=1).mean()


def test_steps_that_are_too_long_are_told(two_tastes):
    wild = BPR(
        4, learning_rate=1e6, regularization=1.0, iterations=50, positive_threshold=3.0, seed=0
    )

    with pytest.raises(Diverged, match="bpr diverged with a learning rate of 1000000"):
        wild.fit(two_tastes)


def test_many_likes_get_fewer_iterations(two_tastes, monkeypatch):
    monkeypatch.setattr("movierec.models.bpr._MAX_UPDATES", 3 * two_tastes.nnz)
    few = BPR(4, 0.05, 0.01, 3, 3.0, seed=3).fit(two_tastes).score(two_tastes)

    assert bpr(seed=3).fit(two_tastes).score(two_tastes).tobytes() == few.tobytes()
