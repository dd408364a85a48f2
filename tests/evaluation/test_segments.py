"""Kinds of users and movies, by hand."""

import numpy as np
import pytest

from movierec.evaluation.segments import by_activity, by_popularity


def test_users_fall_into_three_equal_parts_and_those_of_whom_nothing_is_known():
    labels = by_activity(np.array([6, 1, 0, 3, 2, 5, 0, 4]))

    assert labels.tolist() == [
        "5-6 known",
        "1-2 known",
        "nothing known",
        "3-4 known",
        "1-2 known",
        "5-6 known",
        "nothing known",
        "3-4 known",
    ]


def test_parts_are_in_order_of_how_much_is_known():
    labels = by_activity(np.array([100, 1, 10, 99, 2, 11]))

    assert labels.categories.tolist() == [
        "nothing known",
        "1-2 known",
        "3-11 known",
        "12-100 known",
    ]


def test_parts_of_many_users_are_of_one_size():
    known = np.random.default_rng(0).permutation(np.arange(1, 301) * 7)

    counts = by_activity(known).value_counts()

    assert counts.tolist() == [0, 100, 100, 100]


def test_users_of_whom_as_much_is_known_stay_together():
    labels = by_activity(np.array([1, 1, 1, 1, 1, 1, 2]))

    assert labels.tolist() == ["1 known"] * 6 + ["2 known"]


def test_large_numbers_are_written_with_commas():
    labels = by_activity(np.array([1_000, 2_000, 3_000]))

    assert labels.tolist() == ["1-1,000 known", "1,001-2,000 known", "2,001-3,000 known"]


def test_where_nothing_is_known_of_anybody_there_is_one_part():
    labels = by_activity(np.array([0, 0]))

    assert labels.tolist() == ["nothing known"] * 2
    assert labels.categories.tolist() == ["nothing known"]


def test_head_middle_and_tail_hold_a_third_of_the_ratings_each():
    # Of twelve ratings the head has four, the middle three and one, the tail the other four.
    labels = by_popularity(np.array([1, 4, 0, 3, 1, 1, 1, 1]))

    assert labels.tolist() == ["middle", "head", "cold", "middle", *["tail"] * 4]


def test_thirds_of_many_movies_are_about_equal():
    ratings = np.random.default_rng(0).zipf(1.8, size=5_000).clip(max=500)

    labels = by_popularity(ratings)

    shares = [ratings[labels == part].sum() / ratings.sum() for part in ("head", "middle", "tail")]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.01)


def test_every_movie_of_the_head_is_rated_as_often_as_any_of_the_tail():
    ratings = np.random.default_rng(0).integers(1, 50, size=200)

    labels = by_popularity(ratings)

    assert ratings[labels == "head"].min() >= ratings[labels == "middle"].max()
    assert ratings[labels == "middle"].min() >= ratings[labels == "tail"].max()


def test_movies_without_a_rating_are_cold():
    assert by_popularity(np.zeros(3, dtype=int)).tolist() == ["cold"] * 3
