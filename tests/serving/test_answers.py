"""Answers of a recommender as tables that people read."""

import pandas as pd
import pytest

from movierec.serving import answers
from movierec.serving.bundle import load_model
from movierec.serving.recommender import Part, Recommender
from movierec.stages import artifact


@pytest.fixture
def recommender(world) -> Recommender:
    return load_model(artifact(world.save(), "model.pkl"))


def test_the_strongest_contributions_keep_the_sum(recommender):
    reasons = recommender.explain({10: 5.0, 80: 1.0}, 40)
    shown = answers.strongest_contributions(reasons, most=3)
    assert shown["kind"].tolist() == [*reasons["kind"][:3], "others", "offset"]
    assert shown["what"][4] == f"all weaker ones ({len(reasons) - 4})"
    assert shown["contribution"].sum() == pytest.approx(reasons["contribution"].sum(), abs=3e-3)


def test_few_contributions_are_all_shown(recommender):
    reasons = recommender.explain({10: 5.0, 80: 1.0}, 40)
    shown = answers.strongest_contributions(reasons, most=len(reasons) - 1)
    assert shown["kind"].tolist() == reasons["kind"].tolist()


def test_recommendations_are_shown_without_ids_and_with_the_share_in_per_cent(recommender):
    found = recommender.recommend_for({10: 5.0}, n=3)
    shown = answers.readable(found)
    assert shown.columns.tolist() == ["title", "genres", "score", "content, %"]
    assert shown.index.tolist() == [1, 2, 3]
    assert shown["content, %"].tolist() == (100 * found["content_share"]).round().tolist()


def test_popular_movies_are_shown_with_their_number_of_ratings(recommender):
    shown = answers.readable(recommender.recommend_for({}, n=2))
    assert shown.columns.tolist() == ["title", "genres", "ratings"]


def test_similar_and_rated_movies_are_shown_with_what_they_have(recommender):
    assert "similarity" in answers.readable(recommender.similar(10))
    assert "rating" in answers.readable(recommender.rated(501))


def test_genres_are_shown_with_commas():
    found = pd.DataFrame({"title": ["A"], "genres": ["Action|Sci-Fi"], "match": [61.7]})
    assert answers.readable(found).loc[1].tolist() == ["A", "Action, Sci-Fi", 62]


def test_a_text_table_is_whole_with_text_left_and_numbers_right():
    long = "A title that is longer than fifty characters, as some titles of movies are"
    table = pd.DataFrame({"title": [long, "B"], "score": [10.5, 2.25]}, index=[1, 2])
    assert answers.as_text(table).splitlines() == [
        f"{'title':<{len(long)}}  score",
        f"{long}  10.50",
        f"{'B':<{len(long)}}   2.25",
    ]


def test_a_text_table_of_nothing_says_so():
    assert answers.as_text(pd.DataFrame({"title": []})) == "no movie is left"


def test_what_was_rated_best_stands_beside_what_is_recommended(recommender):
    rated, recommended = recommender.rated(501), recommender.recommend(501, n=7)
    shown = answers.rated_and_recommended(rated, recommended)
    assert shown.columns.tolist() == ["rated best", "rating", "recommended", "score", "content, %"]
    assert shown["rated best"].dropna().tolist() == rated["title"].tolist()
    assert shown["recommended"].tolist() == recommended["title"].tolist()


def test_a_title_like_nothing_is_shown_as_that():
    resolved = pd.DataFrame(
        {"typed": ["orbit", "zzz"], "title": ["Orbit", "Kiss"], "match": [90, 30], "rating": 4.0}
    )
    assert answers.resolved_ratings(resolved)["title"].tolist() == ["Orbit", "no title is like it"]


def test_the_first_recommendation_is_explained(recommender):
    recommended = recommender.recommend_for({50: 5.0})
    reasons = answers.explain_first(recommender, {50: 5.0}, recommended)
    assert reasons["contribution"].sum() == pytest.approx(recommended["score"].iloc[0], abs=1e-4)


def test_without_a_recommendation_by_taste_nothing_is_explained(recommender):
    for recommended in (recommender.recommend_for({}), recommender.recommend_for({50: 5.0})[:0]):
        reasons = answers.explain_first(recommender, {}, recommended)
        assert answers.strongest_contributions(reasons).empty


def test_similar_movies_stand_side_by_side_by_weight(recommender, world):
    shown = answers.similar_by_weight(recommender, [10, 80], n=4)
    weights = {"content": 0.0, "hybrid": world.CF_WEIGHT, "collaborative": 1.0}
    assert shown.index[:2].tolist() == [("Star Harbor (1999)", 1), ("Star Harbor (1999)", 2)]
    assert shown.loc["Paris Letters (1985)"].to_dict("list") == {
        signal: recommender.similar(80, 4, weight)["title"].tolist()
        for signal, weight in weights.items()
    }


def test_reasons_are_the_strongest_up_and_down_movies_before_words():
    # In the order of their size, as they come.
    parts = [("feature", 3.0), ("movie", 2.0), ("movie", -1.5), ("recent popularity", 1.2)]
    parts += [("movie", 1.0), ("feature", -0.5), ("movie", 0.1), ("offset", -9.0)]
    named = [
        Part(kind, what, "", value) for what, (kind, value) in zip("abcdefgh", parts, strict=True)
    ]
    up, down = answers.up_and_down(named, most=2)
    assert [part.what for part in up] == ["b", "e", "a"]
    assert [part.what for part in down] == ["c", "f"]
