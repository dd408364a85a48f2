"""What a recommender answers, in a world where space and romance do not mix."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from movierec.content.features import ItemFeatures
from movierec.content.text import content_text
from movierec.content.tfidf import tfidf
from movierec.models.registry import build_hybrid
from movierec.models.similarity import ItemSimilarity
from movierec.serving.bundle import load_model
from movierec.serving.filters import Filters
from movierec.serving.recommender import NotInModel, Recommender
from movierec.settings import ContentSettings

SPACE = {10: 5.0, 20: 4.5}


@pytest.fixture
def recommender(world) -> Recommender:
    return load_model(world.save().artifacts / "model.pkl")


def test_a_taste_gets_the_rest_of_its_own_first(recommender, world):
    found = recommender.recommend_for(SPACE, n=4)
    assert set(found["movieId"]) == set(world.SPACE) - set(SPACE)


def test_a_known_user_gets_what_is_left_of_the_own_taste_first(recommender):
    # User 502 has rated all of space but Orbit.
    assert recommender.recommend(502, n=1)["title"].tolist() == ["Orbit, The (1995)"]


def test_a_known_user_gets_what_a_new_one_with_the_same_ratings_gets(recommender):
    rated = recommender.rated(525)
    ratings = dict(zip(rated["movieId"], rated["rating"], strict=True))
    known, new = recommender.recommend(525), recommender.recommend_for(ratings)
    assert known["movieId"].tolist() == new["movieId"].tolist()
    np.testing.assert_allclose(known["score"], new["score"], atol=1e-5)


def test_recommendations_come_best_first_with_their_titles(recommender, world):
    found = recommender.recommend_for(SPACE, n=13)
    assert found.columns.tolist() == ("movieId title genres score content_share basis".split())
    assert found["score"].is_monotonic_decreasing
    titles = world.movies.set_index("movieId")["title"]
    assert found["title"].tolist() == titles[found["movieId"]].tolist()
    assert set(found["basis"]) == {"taste"}


def test_what_was_rated_is_left_out_liked_or_not(recommender, world):
    found = recommender.recommend_for({10: 5.0, 70: 0.5}, n=13)
    assert sorted([*found["movieId"], 10, 70]) == world.movies["movieId"].tolist()


def test_no_more_come_than_were_asked_for(recommender):
    assert len(recommender.recommend_for(SPACE, n=3)) == 3


def test_the_order_of_the_ratings_changes_nothing(recommender):
    one = recommender.recommend_for({10: 5.0, 90: 1.0, 20: 4.0})
    other = recommender.recommend_for({90: 1.0, 20: 4.0, 10: 5.0})
    assert one["movieId"].tolist() == other["movieId"].tolist()


def test_low_ratings_count_against(recommender, world):
    disliked = recommender.recommend_for({10: 0.5, 20: 1.0}, n=11)["movieId"].tolist()
    assert set(disliked[:6]) == set(world.ROMANCE)
    assert set(disliked[-4:]) == set(world.SPACE) - {10, 20}


def test_a_dislike_lowers_its_own_taste_beside_a_like_of_the_other(recommender, world):
    alone = recommender.recommend_for({80: 5.0}, n=13).set_index("movieId")["score"]
    beside = recommender.recommend_for({80: 5.0, 10: 0.5}, n=13).set_index("movieId")["score"]
    space = list(world.SPACE[1:])
    assert beside[space].mean() < alone[space].mean()


@pytest.mark.parametrize("stars", [0.5, 1.5, 2.0, 2.5])
def test_below_the_middle_of_the_scale_every_rating_counts_against(recommender, world, stars):
    alone = recommender.recommend_for({80: 5.0}, n=13).set_index("movieId")["score"]
    beside = recommender.recommend_for({80: 5.0, 10: stars}, n=13).set_index("movieId")["score"]
    space = list(world.SPACE[1:])
    assert (beside[space] < alone[space]).all()


def test_without_a_rating_the_most_rated_come_and_say_so(recommender, world):
    found = recommender.recommend_for({}, n=13)
    counts = world.movies.set_index("movieId")["ratings"]
    assert set(found["basis"]) == {"popularity"}
    assert found["score"].tolist() == sorted(counts, reverse=True)
    assert found["score"].tolist() == counts[found["movieId"]].tolist()
    assert found["content_share"].isna().all()


def test_words_have_the_larger_share_in_a_movie_known_by_words_alone(recommender, world):
    share = recommender.recommend_for(SPACE, n=13).set_index("movieId")["content_share"]
    assert share[world.BY_WORDS] > 0.5
    assert share[world.BY_WORDS] > share[[30, 40, 50, 60]].max()


def test_words_alone_put_a_movie_right_behind_its_own_kind(recommender, world):
    order = recommender.recommend_for(SPACE, n=13)["movieId"].tolist()
    assert order[4] == world.BY_WORDS


@pytest.mark.parametrize(
    "ratings", [SPACE, {10: 5.0, 80: 1.0}, {70: 4.0, 10: 0.5, 30: 2.0}, {10: 1.0}]
)
def test_reasons_add_up_to_the_score(recommender, ratings):
    found = recommender.recommend_for(ratings, n=13)
    for movie, score in zip(found["movieId"], found["score"], strict=True):
        total = recommender.explain(ratings, movie)["contribution"].sum()
        assert total == pytest.approx(score, abs=1e-4)


def test_reasons_for_a_known_user_add_up_to_the_score(recommender):
    found = recommender.recommend(510, n=13)
    for movie, score in zip(found["movieId"], found["score"], strict=True):
        total = recommender.explain(510, movie)["contribution"].sum()
        assert total == pytest.approx(score, abs=1e-4)


def test_the_movie_of_the_same_taste_is_the_first_reason(recommender):
    reasons = recommender.explain({80: 5.0, 10: 5.0}, 40)
    assert reasons.columns.tolist() == ["kind", "what", "because", "contribution"]
    assert reasons.loc[0, ["kind", "what"]].tolist() == ["movie", "Star Harbor (1999)"]


def test_reasons_come_strongest_first_and_the_rest_last(recommender):
    reasons = recommender.explain({80: 5.0, 10: 5.0}, 40)
    assert (reasons["kind"] == "offset").tolist() == [False] * (len(reasons) - 1) + [True]
    assert reasons["contribution"][:-1].abs().is_monotonic_decreasing


def test_a_movie_gives_its_stars_as_a_reason(recommender):
    reasons = recommender.explain({80: 1.5, 10: 5.0}, 40).set_index("what")["because"]
    assert reasons["Star Harbor (1999)"] == "5.0 stars"
    assert reasons["Paris Letters (1985)"].startswith("1.5 stars")


@pytest.mark.parametrize(("stars", "contribution"), [(5.0, -0.4), (2.5, 0.4)])
def test_a_movie_that_counts_the_other_way_says_why(recommender, monkeypatch, stars, contribution):
    by_movie = np.zeros(13)
    by_movie[2] = contribution
    parts = by_movie, np.zeros(1), 0.0
    monkeypatch.setattr("movierec.serving.recommender.contributions_of", lambda *_: [parts])
    movie = recommender.explain({30: stars}, 40).set_index("what").loc["Rocket Men (1998)"]
    assert movie["contribution"] == contribution
    assert movie["because"] == f"{stars} stars, rated together less than expected"


def test_what_others_rated_lately_is_one_reason(recommender):
    reasons = recommender.explain({80: 5.0, 10: 5.0}, 40)
    assert (reasons["kind"] == "recent popularity").sum() == 1


def test_what_is_known_by_words_alone_has_words_for_reasons(recommender, world):
    reasons = recommender.explain(SPACE, world.BY_WORDS)
    words = reasons[reasons["kind"] == "feature"].set_index("what")["contribution"]
    assert (words[["space", "astronaut", "Sci-Fi", "1990s"]] > 0).all()
    assert words.sum() > reasons[reasons["kind"] == "movie"]["contribution"].sum()
    assert "Romance" not in words


def test_a_fact_is_a_reason_as_people_read_it(world, tmp_path):
    titles = ["Alien (1979)", "Aliens (1986)", *world.movies["title"][2:]]
    movies = world.movies.assign(title=titles)
    no_tags = pd.DataFrame({"movieId": [], "tag": []})
    movies["content"] = content_text(movies, no_tags, film_facts=True)
    vectorizer, content = tfidf(movies["content"], ContentSettings())
    alike = ItemSimilarity.of(content, world.similarity.factors)
    features = ItemFeatures.of(movies, content)
    hybrid = build_hybrid(world.als_settings, world.hybrid_settings, features, world.interactions)
    hybrid.fit(world.interactions.user_items)
    told = replace(
        world,
        bundle=world.bundle | {"movies_indexed": movies, "tfidf": vectorizer},
        similarity=alike,
        hybrid=hybrid,
    )
    recommender = load_model(told.save("told").artifacts / "model.pkl")

    reasons = recommender.explain({10: 5.0}, 20)

    whats = set(reasons.loc[reasons["kind"] == "feature", "what"])
    assert {"Sigourney Weaver", "series: alien", "about aliens"} <= whats
    assert not {what for what in whats if "_" in what}


def test_a_movie_that_was_rated_has_no_score_to_explain(recommender):
    with pytest.raises(ValueError, match="movieId 10 was rated itself"):
        recommender.explain(SPACE, 10)


def test_without_a_rating_there_is_nothing_to_explain_with(recommender):
    with pytest.raises(ValueError, match="nothing was rated"):
        recommender.explain({}, 10)


@pytest.mark.parametrize("cf_weight", [0.0, 1.0, None])
def test_similar_movies_are_of_the_same_taste(recommender, world, cf_weight):
    found = recommender.similar(10, n=5, cf_weight=cf_weight)
    assert set(found["movieId"]) <= {*world.SPACE, world.BY_WORDS} - {10}
    assert found["similarity"].is_monotonic_decreasing


def test_by_words_what_few_rated_is_as_similar_as_what_many_did(recommender, world):
    by_words = recommender.similar(30, n=12, cf_weight=0).set_index("movieId")["similarity"]
    by_audience = recommender.similar(30, n=12, cf_weight=1).set_index("movieId")["similarity"]
    assert by_words[world.BY_WORDS] == pytest.approx(by_words[40], abs=1e-6)
    assert by_audience[world.BY_WORDS] < by_audience[40] - 0.1


def test_without_a_weight_similar_takes_that_of_the_run(recommender, world):
    found = recommender.similar(10, n=12)
    expected = recommender.similar(10, n=12, cf_weight=world.CF_WEIGHT)
    assert found.equals(expected)


def test_no_more_movies_are_similar_than_there_are_others(recommender):
    assert len(recommender.similar(10, n=30)) == 12


def test_a_weight_out_of_range_is_refused(recommender):
    with pytest.raises(ValueError, match="cf_weight is 2"):
        recommender.similar(10, cf_weight=2)


def test_what_a_user_rated_comes_best_first_then_most_rated_first(recommender, world):
    rated = recommender.rated(501)
    assert sorted(rated["movieId"]) == [20, 30, 40, 50, 60]
    counts = world.movies.set_index("movieId")["ratings"][rated["movieId"]].tolist()
    order = list(zip(-rated["rating"], np.negative(counts), strict=True))
    assert order == sorted(order)


def test_the_median_user_is_the_first_with_the_median_number(recommender):
    assert recommender.median_user() == 501


def test_a_title_that_no_movie_has_is_not_found(recommender):
    assert recommender.find("xyzzy plugh").empty
    assert len(recommender.find("xyzzy plugh", n=3, least=0)) == 3


def test_titles_are_found_as_they_are_called(recommender):
    found = recommender.find("the orbit", n=2, least=0)
    assert found.columns.tolist() == ["movieId", "title", "genres", "match"]
    assert found["movieId"].iloc[0] == 20
    assert found["match"].tolist()[0] == 100


MODEL_CALLS = {
    "recommend": lambda model, n: model.recommend(501, n),
    "recommend_for": lambda model, n: model.recommend_for(SPACE, n),
    "similar": lambda model, n: model.similar(10, n),
    "find": lambda model, n: model.find("Orbit", n),
}


@pytest.mark.parametrize("n", [0, -1])
@pytest.mark.parametrize("ask", MODEL_CALLS.values(), ids=MODEL_CALLS)
def test_fewer_than_one_movie_cannot_be_asked_for(recommender, ask, n):
    with pytest.raises(ValueError, match=f"n is {n}; ask for at least one movie"):
        ask(recommender, n)


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.recommend_for({10: 5.0, 11: 5.0}),
        lambda model: model.similar(11),
        lambda model: model.explain(SPACE, 11),
        lambda model: model.explain({11: 5.0}, 10),
    ],
)
def test_a_movie_the_model_does_not_know_is_named(recommender, ask: Callable):
    with pytest.raises(KeyError) as error:
        ask(recommender)
    assert error.type is NotInModel
    assert str(error.value) == "movieId 11 is not among the model's movies"


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.recommend(1),
        lambda model: model.explain(1, 10),
        lambda model: model.rated(1),
    ],
)
def test_a_user_the_model_does_not_know_is_named(recommender, ask: Callable):
    with pytest.raises(KeyError) as error:
        ask(recommender)
    assert str(error.value) == "userId 1 is not among the model's users"


@pytest.mark.parametrize("stars", [0.0, 0.4, 5.5, -1.0, float("nan")])
def test_a_rating_off_the_scale_is_refused(recommender, stars):
    with pytest.raises(ValueError, match=rf"rating {stars} of movieId 20 is outside 0\.5-5\.0"):
        recommender.recommend_for({10: 5.0, 20: stars})


def test_filters_choose_among_what_is_listed_and_keep_its_order(recommender, world):
    whole = recommender.recommend_for(SPACE, n=13)
    filters = Filters(genres=frozenset({"Romance"}), excluded=frozenset({70}))
    found = recommender.recommend_for(SPACE, n=13, filters=filters)
    wanted = whole[whole["movieId"].isin(world.ROMANCE) & (whole["movieId"] != 70)]
    pd.testing.assert_frame_equal(found, wanted)


def test_filters_hold_for_popular_movies_too(recommender):
    found = recommender.recommend_for({}, filters=Filters(decades=frozenset({"1980s"})))
    assert set(found["movieId"]) == {70, 80, 90, 100, 110, 120}


def test_nothing_is_left_where_no_movie_meets_the_conditions(recommender):
    assert recommender.recommend_for(SPACE, filters=Filters(min_ratings=1_000)).empty


def test_novelty_brings_seldom_rated_movies_forward_and_back(recommender, world):
    def place(novelty):
        listed = recommender.recommend_for(SPACE, n=13, novelty=novelty)["movieId"].tolist()
        return listed.index(world.BY_WORDS)

    assert place(1.0) < place(0.0) < place(-1.0)


def test_novelty_and_weight_change_the_order_alone(recommender):
    plain = recommender.recommend_for(SPACE, n=13).set_index("movieId")["score"]
    bent = recommender.recommend_for(SPACE, n=13, novelty=0.7, cf_weight=0.2)
    np.testing.assert_array_equal(bent["score"], plain[bent["movieId"]])


@pytest.mark.parametrize(("cf_weight", "kind"), [(0.0, "feature"), (1.0, "movie")])
def test_at_its_ends_the_weight_orders_by_one_kind_of_reason(recommender, cf_weight, kind):
    def brought(movie):
        reasons = recommender.explain(SPACE, movie)
        kept = reasons[reasons["kind"].isin([kind, "recent popularity"])]
        twice = 2 * kept["contribution"].where(kept["kind"] == kind, kept["contribution"] / 2)
        return twice.sum()

    listed = recommender.recommend_for(SPACE, n=13, cf_weight=cf_weight)["movieId"]
    assert np.all(np.diff([brought(movie) for movie in listed]) < 1e-5)


@pytest.mark.parametrize("wrong", [{"novelty": 1.5}, {"cf_weight": -0.1}])
def test_weights_out_of_range_are_refused(recommender, wrong):
    with pytest.raises(ValueError, match="it lies in"):
        recommender.recommend_for(SPACE, **wrong)


def test_a_map_has_the_movie_and_its_neighbours_around_it(recommender):
    found = recommender.similarity_map(10, n=5, cf_weight=0.3)
    assert found["movieId"].tolist() == [
        10,
        *recommender.similar(10, n=5, cf_weight=0.3)["movieId"],
    ]
    assert found[["x", "y"]].notna().all(axis=None)


def test_movies_of_one_title_are_told_apart_wherever_they_are_listed(recommender):
    titles = recommender.bundle["movies_indexed"]["title"]
    recommender.bundle["movies_indexed"]["title"] = titles.replace(
        {"Comet (1997)": "Star Harbor (1999)"}
    )
    twins = ["Star Harbor (1999) [10]", "Star Harbor (1999) [50]"]
    assert sorted(recommender.find("star harbor", n=2)["title"]) == twins
    assert {*twins} & {*recommender.recommend_for({20: 5.0})["title"]}
    assert twins[0] in recommender.explain({10: 5.0}, 20)["what"].tolist()


def test_users_and_movies_go_by_the_ids_that_the_data_had(world):
    named = replace(world.interactions, user_names=np.array([f"u-{row}" for row in range(41)]))
    movies = world.movies.assign(original=[f"tt{row}" for row in range(13)])
    world = replace(world, interactions=named, bundle=world.bundle | {"movies_indexed": movies})
    recommender = load_model(world.save().artifacts / "model.pkl")
    assert recommender.user_id("u-1") == 502
    assert recommender.user_name(502) == "u-1"
    assert recommender.recommend(502, n=1)["original"].tolist() == ["tt1"]
    with pytest.raises(NotInModel, match="user 502 is not among the model's users"):
        recommender.user_id("502")
