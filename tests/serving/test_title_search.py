"""Titles and stars as people type them, resolved to movies."""

import re

import pytest

from movierec.serving import title_search
from movierec.serving.bundle import load_model
from movierec.serving.recommender import Recommender
from movierec.stages import artifact


@pytest.fixture
def recommender(world) -> Recommender:
    return load_model(artifact(world.save(), "model.pkl"))


@pytest.mark.parametrize(
    ("text", "title", "stars"),
    [
        ("Alien=5", "Alien", 5.0),
        ("Alien: 4.5", "Alien", 4.5),
        (" Pretty Woman = 1 ", "Pretty Woman", 1.0),
        ("Alien: Resurrection=2", "Alien: Resurrection", 2.0),
        ("Alien: Resurrection: 2", "Alien: Resurrection", 2.0),
        ("E=mc2=3", "E=mc2", 3.0),
        ("10=0.5", "10", 0.5),
    ],
)
def test_stars_stand_after_the_last_sign(text, title, stars):
    assert title_search.parse_rating(text) == (title, stars)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Alien",
        "=5",
        " =5",
        "Alien=",
        "Alien=five",
        "Alien=nan",
        "Alien=1.2.3",
        "Alien: Resurrection",
    ],
)
def test_a_text_of_another_form_is_refused(text):
    with pytest.raises(ValueError, match=f'"{text}" is not of the form TITLE=STARS'):
        title_search.parse_rating(text)


@pytest.mark.parametrize("stars", ["0", "5.5", "-1", "10"])
def test_stars_off_the_scale_are_refused(stars):
    with pytest.raises(ValueError, match=rf'"Alien={stars}": a rating lies in 0\.5-5\.0'):
        title_search.parse_rating(f"Alien={stars}")


def test_the_title_found_stands_beside_the_one_typed(recommender):
    found = title_search.resolve_ratings(recommender, ["the orbit=5", "wedding bels=1.5"])
    assert found["typed"].tolist() == ["the orbit", "wedding bels"]
    assert found["title"].tolist() == ["Orbit, The (1995)", "Wedding Bells (1989)"]
    assert title_search.user_history(found) == {20: 5.0, 70: 1.5}


def test_a_title_like_nothing_is_refused_with_the_nearest(recommender):
    resolved = title_search.resolve_titles(recommender, ["orbit", "Cometography of Roses"])
    nearest = "; ".join(recommender.find("Cometography of Roses", 3, least=0)["title"])
    said = f'no title is like "Cometography of Roses"; the nearest are {nearest}'
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        title_search.refuse_unmatched(resolved)


def test_titles_like_something_are_not_refused(recommender):
    title_search.refuse_unmatched(
        title_search.resolve_titles(recommender, ["orbit", "kis", "hatch"])
    )


def test_a_title_like_nothing_is_left_out_of_a_history(recommender):
    found = title_search.resolve_ratings(recommender, ["orbit=5", "zzz=4"])
    assert title_search.user_history(found) == {20: 5.0}


def test_two_ratings_of_one_movie_are_refused(recommender):
    found = title_search.resolve_ratings(recommender, ["airlock=5", "comet=4", "hatch=1"])
    with pytest.raises(ValueError, match=r'"airlock" and "hatch" are both Airlock'):
        title_search.user_history(found)
