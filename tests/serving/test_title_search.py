"""Titles and stars as people type them, answers as they read them."""

import re

import pandas as pd
import pytest

from movierec.serving import title_search
from movierec.serving.bundle import load_model
from movierec.serving.recommender import Recommender


@pytest.fixture
def recommender(world) -> Recommender:
    return load_model(world.save().input("model.pkl"))


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
    "text", ["", "Alien", "=5", " =5", "Alien=", "Alien=five", "Alien=nan", "Alien: Resurrection"]
)
def test_a_text_of_another_form_is_refused(text):
    with pytest.raises(ValueError, match=f'"{text}" is not of the form TITLE=STARS'):
        title_search.parse_rating(text)


@pytest.mark.parametrize("stars", ["0", "5.5", "-1", "10"])
def test_stars_off_the_scale_are_refused(stars):
    with pytest.raises(ValueError, match=rf'"Alien={stars}": a rating lies in 0\.5-5\.0'):
        title_search.parse_rating(f"Alien={stars}")


def test_one_text_may_hold_several_ratings():
    assert title_search.split_ratings("Matrix, The=5; Alien: 3;; ") == ["Matrix, The=5", "Alien: 3"]


def test_what_was_understood_stands_beside_what_was_typed(recommender):
    found = title_search.resolve_ratings(recommender, ["the orbit=5", "wedding bels=1.5"])
    assert found["typed"].tolist() == ["the orbit", "wedding bels"]
    assert found["title"].tolist() == ["Orbit, The (1995)", "Wedding Bells (1989)"]
    assert title_search.profile(found) == {20: 5.0, 70: 1.5}


def test_a_title_like_nothing_is_refused_with_the_nearest(recommender):
    resolved = title_search.resolve_titles(recommender, ["orbit", "Cometography of Roses"])
    nearest = "; ".join(recommender.find("Cometography of Roses", 3)["title"])
    said = f'no title is like "Cometography of Roses"; the nearest are {nearest}'
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        title_search.refuse_unmatched(resolved)


def test_titles_like_something_are_not_refused(recommender):
    title_search.refuse_unmatched(
        title_search.resolve_titles(recommender, ["orbit", "kis", "hatch"])
    )


def test_a_title_like_nothing_is_left_out_of_a_profile(recommender):
    found = title_search.resolve_ratings(recommender, ["orbit=5", "zzz=4"])
    assert title_search.profile(found) == {20: 5.0}


def test_two_ratings_of_one_movie_are_refused(recommender):
    found = title_search.resolve_ratings(recommender, ["airlock=5", "comet=4", "hatch=1"])
    with pytest.raises(ValueError, match=r'"airlock" and "hatch" are both Airlock'):
        title_search.profile(found)


def test_the_strongest_reasons_keep_the_sum(recommender):
    reasons = recommender.explain({10: 5.0, 80: 1.0}, 40)
    shown = title_search.strongest(reasons, most=3)
    assert shown["kind"].tolist() == [*reasons["kind"][:3], "others", "rest"]
    assert shown["what"][4] == f"all weaker ones ({len(reasons) - 4})"
    assert shown["contribution"].sum() == pytest.approx(reasons["contribution"].sum(), abs=3e-3)


def test_few_reasons_are_all_shown(recommender):
    reasons = recommender.explain({10: 5.0, 80: 1.0}, 40)
    shown = title_search.strongest(reasons, most=len(reasons) - 1)
    assert shown["kind"].tolist() == reasons["kind"].tolist()


def test_recommendations_are_shown_without_ids_and_with_the_share_in_per_cent(recommender):
    found = recommender.recommend_for({10: 5.0}, n=3)
    shown = title_search.readable(found)
    assert shown.columns.tolist() == ["title", "genres", "score", "by words, %"]
    assert shown.index.tolist() == [1, 2, 3]
    assert shown["by words, %"].tolist() == (100 * found["content_share"]).round().tolist()


def test_popular_movies_are_shown_with_their_number_of_ratings(recommender):
    shown = title_search.readable(recommender.recommend_for({}, n=2))
    assert shown.columns.tolist() == ["title", "genres", "ratings"]


def test_similar_and_rated_movies_are_shown_with_what_they_have(recommender):
    assert "similarity" in title_search.readable(recommender.similar(10))
    assert "rating" in title_search.readable(recommender.rated(501))


def test_genres_are_shown_with_commas():
    found = pd.DataFrame({"title": ["A"], "genres": ["Action|Sci-Fi"], "match": [61.7]})
    assert title_search.readable(found).loc[1].tolist() == ["A", "Action, Sci-Fi", 62]


def test_a_text_table_is_whole_with_words_left_and_numbers_right():
    long = "A title that is longer than fifty characters, as some titles of movies are"
    table = pd.DataFrame({"title": [long, "B"], "score": [10.5, 2.25]}, index=[1, 2])
    assert title_search.as_text(table).splitlines() == [
        f"{'title':<{len(long)}}  score",
        f"{long}  10.50",
        f"{'B':<{len(long)}}   2.25",
    ]


def test_a_text_table_of_nothing_says_so():
    assert title_search.as_text(pd.DataFrame({"title": []})) == "no movie is left"
