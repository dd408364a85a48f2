"""A visitor's ratings and their form in the address."""

import re

import pytest

from movierec.app.profile import Profile, UnreadableProfile, catalogue_of, from_text, to_text

WHOLE = Profile({10: 5.0, 7: 0.5, 300_000: 5.0, 11: 2.5}, frozenset({9, 1}))


def test_a_profile_comes_back_from_its_text():
    assert from_text(to_text(WHOLE, "movielens"), "movielens") == WHOLE


def test_its_best_ratings_come_back_last_where_the_latest_stand():
    found = list(from_text(to_text(WHOLE, "movielens"), "movielens").ratings.values())
    assert found == sorted(found)


def test_the_text_stands_in_an_address_as_it_is():
    assert re.fullmatch(r"[\w.~-]+", to_text(WHOLE, catalogue_of("my data & more")))


def test_two_thousand_films_of_a_large_catalogue_fit():
    ratings = {movie: movie % 10 / 2 + 0.5 for movie in range(3, 200_000, 100)}
    text = to_text(Profile(ratings), "movielens")
    assert len(text) < 7_000
    assert from_text(text, "movielens").ratings == ratings


@pytest.mark.parametrize(
    "text",
    [
        "m~10-",
        "m~10",
        "m~10-a-b",
        "m~11-a",
        "m~0-a",
        "m~1.5-a",
        "m~z-a",
        "m~10-a.-b",
        "m~10-é",
        "m~10-<script>",
        "m~10-zzzzzzz",
        "m~10--a",
        "m~~",
        "m~10- a",
        "m~10-a_b",
        "m~10-" + "z" * 30,
    ],
)
def test_damaged_text_is_refused(text):
    with pytest.raises(UnreadableProfile, match="damaged"):
        from_text(text, "m")


def test_text_for_films_of_another_catalogue_is_refused():
    with pytest.raises(UnreadableProfile, match="for the films of sample, not"):
        from_text("sample~10-a", "movielens")


def test_movielens_datasets_share_their_films():
    assert catalogue_of("ml-latest-small") == catalogue_of("ml-32m") != catalogue_of("sample")


def test_a_movie_rated_again_is_the_latest():
    profile = Profile({1: 5.0, 2: 4.0}).rated(1, 3.0)
    assert list(profile.ratings.items()) == [(2, 4.0), (1, 3.0)]


def test_a_rating_can_be_taken_away():
    assert Profile({1: 5.0, 2: 4.0}).rated(1, None) == Profile({2: 4.0})


def test_a_movie_is_rated_or_turned_down_never_both():
    profile = Profile({1: 5.0}).without(1)
    assert profile == Profile({}, frozenset({1}))
    assert profile.rated(1, 2.0) == profile.joined({1: 2.0}) == Profile({1: 2.0})


def test_what_was_turned_down_can_be_shown_again():
    assert Profile({1: 5.0}, frozenset({2})).restored() == Profile({1: 5.0})


def test_a_profile_never_changes():
    profile = Profile({1: 5.0})
    profile.rated(2, 3.0), profile.without(1), profile.joined({1: 1.0})
    assert profile == Profile({1: 5.0})
