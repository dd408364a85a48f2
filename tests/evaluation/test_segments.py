"""Segments of users and movies, by hand."""

import numpy as np
import pytest

from movierec.evaluation.segments import by_activity, by_popularity


def test_users_are_in_three_equal_segments_and_one_without_ratings():
    labels = by_activity(np.array([6, 1, 0, 3, 2, 5, 0, 4]))

    assert labels.tolist() == [
        "5-6 ratings",
        "1-2 ratings",
        "no ratings",
        "3-4 ratings",
        "1-2 ratings",
        "5-6 ratings",
        "no ratings",
        "3-4 ratings",
    ]


def test_segments_of_users_are_in_ascending_order():
    labels = by_activity(np.array([1000, 1, 10, 999, 2, 1001]))

    names = ["no ratings", "1-2 ratings", "3-999 ratings", "1,000-1,001 ratings"]
    assert labels.categories.tolist() == names


def test_segments_of_many_users_are_of_one_size():
    known = np.random.default_rng(0).permutation(np.arange(1, 301) * 7)

    assert by_activity(known).value_counts().tolist() == [0, 100, 100, 100]


def test_users_with_as_many_ratings_are_not_separated():
    labels = by_activity(np.array([1, 1, 1, 1, 1, 1, 2]))

    assert labels.tolist() == ["1 rating"] * 6 + ["2 ratings"]


def test_without_any_ratings_there_is_one_segment():
    assert by_activity(np.array([0, 0])).categories.tolist() == ["no ratings"]


def test_head_middle_and_tail_hold_a_third_of_the_ratings_each():
    # Of twelve ratings the head has four, the middle three and one, the tail the other four.
    labels = by_popularity(np.array([1, 4, 0, 3, 1, 1, 1, 1]))

    assert labels.tolist() == ["middle", "head", "cold", "middle", *["tail"] * 4]


def test_thirds_of_many_movies_are_about_equal_and_in_order():
    ratings = np.random.default_rng(0).zipf(1.8, size=5_000).clip(max=500)

    labels = by_popularity(ratings)

    head, middle, tail = (ratings[labels == name] for name in ("head", "middle", "tail"))
    shares = [part.sum() / ratings.sum() for part in (head, middle, tail)]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.01)
    assert head.min() >= middle.max() >= middle.min() >= tail.max()


def test_movies_without_any_ratings_are_cold():
    assert by_popularity(np.zeros(3, dtype=int)).tolist() == ["cold"] * 3
