"""Random numbers from ids."""

import numpy as np

from movierec.engines import hashing

USERS, MOVIES = (axis.ravel() for axis in np.indices((200, 100)))


def test_a_number_depends_on_its_pair_alone():
    drawn = hashing.of_ratings(USERS, MOVIES, 5)
    order = np.random.default_rng(0).permutation(len(USERS))[:50]
    np.testing.assert_array_equal(hashing.of_ratings(USERS[order], MOVIES[order], 5), drawn[order])


def test_numbers_are_uniform():
    drawn = np.sort(hashing.of_ratings(USERS, MOVIES, 0))
    # Kolmogorov and Smirnov's bound at 0.1 % for 20,000 numbers.
    assert (
        np.abs(drawn - (np.arange(len(drawn)) + 0.5) / len(drawn)).max() < 1.95 / len(drawn) ** 0.5
    )


def test_seeds_draw_independent_numbers():
    first, second = (hashing.of_ratings(USERS, MOVIES, seed) for seed in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_users_are_drawn_independently_of_their_ratings():
    users = np.arange(20_000)
    of_first = hashing.of_ratings(users, np.zeros_like(users), 0)
    assert abs(np.corrcoef(hashing.of_users(users, 0), of_first)[0, 1]) < 0.03


def test_the_largest_seed_and_ids_are_possible():
    most = np.array([2**31 - 1])
    assert 0 <= hashing.of_ratings(most, most, 2**32 - 1)[0] < 1
