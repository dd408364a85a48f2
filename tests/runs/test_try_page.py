"""The page that recommends in the browser, against the recommender whose parts it carries."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.content.text import content_text
from movierec.content.tfidf import tfidf
from movierec.data.interactions import Interactions
from movierec.models.als import ALS
from movierec.models.registry import build_hybrid
from movierec.models.similarity import ItemSimilarity
from movierec.paths import RunPaths
from movierec.runs.try_page import MAX_BYTES, movies_within, render_try
from movierec.serving.bundle import load_model, make_bundle
from movierec.serving.recommender import Recommender
from movierec.settings import ALSSettings, ContentSettings, HybridSettings

pytestmark = pytest.mark.slow

USERS, MOVIES, TASTES = 400, 1_100, 8
# Of the most rated movies, the most rated first.
TITLES = [
    "Matrix, The (1999)",
    "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)",
    "Seven (a.k.a. Se7en) (1995)",
    "Emma (1996)",
    "Emma (2020)",
    "</script><script>alert(1)</script> (1999)",
    "<!--<script> (1999)",
    '<img src="https://evil.example/a.png" onerror="alert(1)"> (1999)',
    "Мой сосед (1988)",
    "Rocky II (1979)",
]
TYPED = {
    "Matrix, The (1999)": TITLES[0],
    "the matrix": TITLES[0],
    "MATRIX 1999": TITLES[0],
    "matr": TITLES[0],
    "amelie poulain": TITLES[1],
    "Amélie": TITLES[1],
    "se7en": TITLES[2],
    "emma": TITLES[3],
    "Emma (2020)": TITLES[4],
    "мой": TITLES[8],
    "rocky 2": TITLES[9],
    TITLES[5]: TITLES[5],
    TITLES[7]: TITLES[7],
}
VALUES = {"run": "sample", "made": {}, "about": {"dataset": {"name": "a<b>", "simulated": True}}}


def _ratings(rng: np.random.Generator) -> sparse.csr_array:
    """Users rate what is popular and to their taste; movie m is more popular than m + 1."""
    users, movies = rng.normal(size=(USERS, TASTES)), rng.normal(size=(MOVIES, TASTES))
    taste = users @ movies.T / np.sqrt(TASTES)
    drawn = taste - 0.8 * np.log(5 + np.arange(MOVIES)) + rng.gumbel(size=taste.shape)
    seen = drawn >= np.sort(drawn, axis=1)[:, [-60]]
    stars = np.clip(np.round(2 * (3.2 + taste)) / 2, 0.5, 5)
    return sparse.csr_array(np.where(seen, stars, 0).astype(np.float32))


@pytest.fixture(scope="module")
def fitted(world, tmp_path_factory) -> Iterator[tuple[Path, Recommender]]:
    """A page, and its recommender, of more movies than the page carries."""
    rng = np.random.default_rng(0)
    user_items = _ratings(rng)
    ids = np.arange(MOVIES, dtype=np.int32) * 3 + 7
    words = ["space", "love", "war", "music", "ghost", "heist", "sea", "snow"]
    movies = pd.DataFrame({"movieId": ids})
    movies["title"] = TITLES + [f"Film {n} (1990)" for n in range(len(TITLES), MOVIES)]
    movies["genres"] = rng.choice(["Drama", "Comedy|Drama", "Sci-Fi"], MOVIES)
    tags = pd.DataFrame({"movieId": ids, "tag": rng.choice(words, MOVIES)})
    times = rng.integers(0, 10**9, user_items.nnz).astype(np.int32)
    interactions = Interactions(np.arange(USERS, dtype=np.int32), ids, user_items, times)
    movies["ratings"] = interactions.ratings_per_movie
    movies["content"] = content_text(movies, tags)
    vectorizer, content = tfidf(movies["content"], ContentSettings())
    als = ALSSettings(factors=16, iterations=5)
    features = ItemFeatures.of(movies, content)
    hybrid = build_hybrid(als, HybridSettings(ease_regularization=20.0), features, interactions)
    model = ALS(als).fit(user_items).to_implicit()
    similarity = ItemSimilarity.of(content, model.item_factors)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOVIEREC_HOME", str(tmp_path_factory.mktemp("home")))
        run = replace(
            world,
            interactions=interactions,
            movies=movies,
            als_settings=als,
            hybrid_settings=hybrid.settings,
            bundle=make_bundle(model, interactions, movies, vectorizer, similarity),
            similarity=similarity,
            hybrid=hybrid.fit(user_items),
        ).save()
        render_try(run, VALUES)
        yield run.report("try"), load_model(run.artifacts / "model.pkl")


@pytest.fixture
def page(fitted, visit) -> Page:
    return visit(fitted[0]).page


def _profiles(movie_ids: np.ndarray, n: int = 100) -> list[dict[int, float]]:
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 40, n)
    rated = [rng.choice(movie_ids, size, replace=False).tolist() for size in sizes]
    return [dict(zip(one, rng.integers(1, 11, len(one)) / 2, strict=True)) for one in rated]


def _answers(page: Page, profiles: list[dict[int, float]]) -> list[dict]:
    """By profile: `found`, what the page recommends, and `ms`, the time it took."""
    return page.evaluate(
        """profiles => profiles.map(profile => {
            const place = ([id, stars]) => [parts.ids.indexOf(id), stars];
            const ratings = new Map(profile.map(place));
            const start = performance.now();
            const found = recommend(ratings);
            return { ms: performance.now() - start, found };
        })""",
        [list(profile.items()) for profile in profiles],
    )


def test_nine_of_ten_recommendations_are_those_of_the_recommender(fitted, page):
    recommender = fitted[1]
    carried = page.evaluate("parts.ids")
    assert len(carried) == 1_000
    assert set(recommender.catalogue["movieId"][: len(TITLES)]) <= set(carried)
    profiles = _profiles(np.array(carried))
    answers = _answers(page, profiles)
    for profile, answer in zip(profiles, answers, strict=True):
        best = recommender.recommend_for(profile, 60)
        best = best[best["movieId"].isin(carried)].head(10)
        found = {carried[one["item"]] for one in answer["found"]}
        assert len(best) == len(found) == 10
        assert len(found & set(best["movieId"])) >= 9
    assert median(answer["ms"] for answer in answers) <= 50


def test_reasons_are_those_of_the_recommender_and_add_up(fitted, page):
    recommender = fitted[1]
    carried = page.evaluate("parts.ids")
    profiles = _profiles(np.array(carried), 10)
    titles = recommender.catalogue["title"].array
    for profile, answer in zip(profiles, _answers(page, profiles), strict=True):
        items = [carried[one["item"]] for one in answer["found"]]
        for parts, found in zip(recommender.parts(profile, items), answer["found"], strict=True):
            wanted = {part.what: part.contribution for part in parts if part.kind == "movie"}
            place = {movie: row for row, movie in enumerate(recommender.catalogue["movieId"])}
            by_movie = {titles[place[carried[m]]]: value for m, value in found["byMovie"]}
            assert by_movie == pytest.approx(wanted, abs=0.02)
            features = sum(part.contribution for part in parts if part.kind == "feature")
            assert found["features"] == pytest.approx(features, abs=0.05)
            assert found["offset"] == pytest.approx(parts[-1].contribution, abs=0.02)
            whole = sum(by_movie.values()) + sum(
                found[part] for part in ("features", "recent", "offset")
            )
            assert whole == pytest.approx(found["score"])


def test_without_a_rating_the_most_rated_come(fitted, page):
    best = fitted[1].recommend_for({}, 10)["title"].tolist()
    shown = page.locator("#recommended strong").all_inner_texts()
    assert shown == best


def test_titles_are_found_as_people_type_them(page):
    for typed, title in TYPED.items():
        page.get_by_label("Title").fill(typed)
        assert page.locator("#found button").first.inner_text() == title, typed


def test_what_is_not_there_is_said(page):
    page.get_by_label("Title").fill("no such film")
    assert page.locator("#found button").count() == 0
    assert "None of the 1,000 most rated films" in page.locator("#how-many").inner_text()
    page.get_by_label("Title").fill(" ?!")
    assert page.locator("#found button").count() == 0


def test_by_keyboard_alone_films_are_rated_in_half_stars_and_taken_back(fitted, page):
    def shown() -> list[str]:
        return page.locator("#recommended strong").all_inner_texts()

    unrated = shown()
    page.get_by_label("Title").focus()
    page.keyboard.type("amelie")
    page.keyboard.press("Enter")
    assert page.get_by_label("Title").input_value() == ""
    stars = page.get_by_label(TITLES[1], exact=True)
    stars.focus()
    page.keyboard.press("ArrowRight")
    assert stars.get_attribute("aria-valuetext") == "4.5 stars"
    movie = int(fitted[1].catalogue["movieId"].iloc[1])
    assert shown() == fitted[1].recommend_for({movie: 4.5})["title"].tolist()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert shown() == unrated
    assert page.evaluate("document.activeElement.id") == "title"


def test_a_rated_film_is_given_as_the_reason(page):
    page.get_by_label("Title").fill("emma 1996")
    page.keyboard.press("Enter")
    first = page.locator("#recommended li").first
    first.locator("summary").click()
    assert "Emma (1996), 4.0 stars" in first.locator("table").inner_text()
    numbers = first.locator("td").all_inner_texts()
    total = sum(float(one.replace("\u2212", "-")) for one in numbers)
    score = float(re.search(r"-?[\d.]+$", first.locator("caption").inner_text())[0])
    assert total == pytest.approx(score, abs=0.03)


def test_hostile_titles_are_text_and_nobody_is_asked(fitted, visit):
    opened = visit(fitted[0])
    for title in TITLES:
        opened.page.get_by_label("Title").fill(title)
        opened.page.keyboard.press("Enter")
    assert opened.page.locator("#rated label").all_inner_texts() == TITLES
    for summary in opened.page.locator("summary").all():
        summary.click()
    opened.page.wait_for_timeout(100)
    assert opened.noticed == []
    assert opened.page.locator("main img").count() == 0


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("light", 800), ("dark", 400)])
def test_nothing_hinders_readers_or_scrolls_sideways_while_films_are_rated(
    fitted, visit, scheme, width
):
    page = visit(fitted[0], width, scheme).page
    for title in TITLES[:3]:
        page.get_by_label("Title").fill(title)
        page.keyboard.press("Enter")
    page.get_by_label("Title").fill("film")
    page.locator("summary").first.click()
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] != "minor"] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_page_takes_five_megabytes_at_most_whatever_the_rank(fitted):
    assert fitted[0].stat().st_size <= MAX_BYTES
    assert movies_within(MAX_BYTES, factors=64) == 1_000
    assert 50 <= movies_within(MAX_BYTES, factors=800) < 1_000


def test_a_run_without_a_whole_model_has_no_page(world):
    run = world.save()
    render_try(run, VALUES)
    assert run.report("try").exists()
    (run.artifacts / "hybrid.npz").write_bytes(b"damaged")
    render_try(run, VALUES)
    assert not run.report("try").exists()
    render_try(RunPaths("other"), VALUES)
    assert not RunPaths("other").report("try").exists()
