"""Each page of the app, and each bad input, in Streamlit's test harness."""

import html
import json
import pickle
import re

import pytest

from movierec import sealed
from movierec.app import profile as profiles
from movierec.app.launch import RUN_VARIABLE
from movierec.app.profile import Profile

pytestmark = pytest.mark.slow

PAGES = ["for_you.py", "more_like_this.py", "user.py", "two_runs.py", "about.py"]
SPACE = profiles.to_text(Profile({10: 5.0, 20: 4.5}), "two.genres")


def _html(at) -> str:
    return "\n".join(one.proto.body for one in at.get("html"))


def _ranked(at) -> list[str]:
    """Titles of the cards that have a place."""
    return re.findall(r"<h4>\d+\. (.*?) <span>", _html(at))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_without_a_profile(app, evaluated, page):
    at = app(page)
    assert not at.exception
    assert len(at.header) > 0


@pytest.mark.parametrize("page", PAGES)
def test_a_simulated_audience_is_said_on_every_page(app, evaluated, page):
    assert any("Simulated audience" in one.value for one in app(page).info)


def test_popular_films_come_first_until_one_is_rated(app, sample):
    at = app()
    assert len(_ranked(at)) == 10
    assert any("most rated films" in one.value for one in at.caption)


def test_a_film_that_is_searched_for_and_rated_brings_others_and_why(app, sample):
    at = app()
    at.text_input(key="search").set_value("star harbour").run()
    at.pills(key="rate-10").set_value(5.0).run()
    assert not at.exception
    assert set(_ranked(at)[:5]) == {
        "The Orbit",
        "Rocket Men",
        "Moon Base",
        "Comet",
        "Airlock (a.k.a. Hatch)",
    }
    assert "Star Harbor (5 ★)" in _html(at)
    assert at.query_params["profile"] == profiles.to_text(Profile({10: 5.0}), "two.genres")


def test_choosing_the_same_stars_again_clears_a_rating(app, sample):
    at = app(profile=SPACE)
    at.text_input(key="search").set_value("star harbor").run()
    assert at.pills(key="rate-10").value == 5.0
    at.pills(key="rate-10").set_value(None).run()
    assert at.query_params["profile"] == profiles.to_text(Profile({20: 4.5}), "two.genres")


def test_a_profile_survives_a_reload(app, sample):
    at = app(profile=SPACE)
    assert {10, 20}.isdisjoint(_ids(at))
    assert at.selectbox(key="rated-10").value == 5.0
    assert at.selectbox(key="rated-20").value == 4.5


def _ids(at) -> set[int]:
    """movieIds that are recommended."""
    return {int(one.key.removeprefix("next-")) for one in at.selectbox if "next-" in str(one.key)}


def test_a_profile_survives_other_pages(app, sample):
    at = app(profile=SPACE)
    for page in (*PAGES, "for_you.py"):
        at.switch_page(f"views/{page}").run()
        assert not at.exception
    assert at.selectbox(key="rated-10").value == 5.0


def test_a_recommendation_can_be_rated_where_it_stands(app, sample):
    at = app(profile=SPACE)
    at.selectbox(key="next-30").set_value(1.0).run()
    assert at.selectbox(key="rated-30").value == 1.0
    assert 30 not in _ids(at)


def test_a_film_that_is_turned_down_goes_until_it_is_asked_for_again(app, sample):
    at = app(profile=SPACE)
    at.selectbox(key="next-30").set_value("Not interested").run()
    assert 30 not in _ids(at)
    [again] = [one for one in at.button if "again" in one.label]
    again.click().run()
    assert 30 in _ids(at)


def test_ratings_can_be_changed_removed_and_cleared(app, sample):
    at = app(profile=SPACE)
    at.selectbox(key="rated-10").set_value(0.5).run()
    at.selectbox(key="rated-20").set_value("Remove").run()
    only = profiles.to_text(Profile({10: 0.5}), "two.genres")
    assert at.query_params["profile"] == only
    [clear] = [one for one in at.button if one.label == "Clear all"]
    clear.click().run()
    assert "profile" not in at.query_params


def test_filters_narrow_the_list(app, sample):
    at = app(profile=SPACE)
    at.multiselect(key="genres").set_value(["Romance"]).run()
    at.multiselect(key="decades").set_value(["1980s"]).run()
    assert _ids(at) == {70, 80, 90, 100, 110, 120}


def test_the_least_number_of_ratings_hides_what_few_have_seen(app, sample):
    at = app(profile=SPACE)
    assert 130 in _ids(at)
    at.slider(key="least").set_value(2).run()
    assert 130 not in _ids(at)


def test_filters_that_nothing_meets_are_said(app, sample):
    at = app(profile=SPACE)
    at.multiselect(key="genres").set_value(["Romance"]).run()
    at.multiselect(key="decades").set_value(["1990s"]).run()
    assert [one.value for one in at.warning] == [
        "No film meets all filters: take some of them away."
    ]


def test_the_adventurous_get_what_few_have_seen(app, sample):
    at = app(profile=SPACE)
    before = _ranked(at).index("Galaxy Drift")
    at.slider(key="novelty").set_value(1.0).run()
    assert _ranked(at).index("Galaxy Drift") < before


def test_what_is_asked_stands_in_the_address(app, sample):
    at = app(profile=SPACE, novelty="1.0", genres="Romance")
    assert at.slider(key="novelty").value == 1.0
    assert _ids(at) == {70, 80, 90, 100, 110, 120}


@pytest.mark.parametrize("wrong", [{"novelty": "x"}, {"least": "-5"}, {"genres": "<script>"}])
def test_nonsense_in_the_address_is_left_out(app, sample, wrong):
    at = app(profile=SPACE, **wrong)
    assert not at.exception
    assert len(_ranked(at)) > 0


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "two.genres~10-", "movielens~10-a"])
def test_a_profile_that_cannot_be_read_is_left_out_and_said(app, sample, text):
    at = app(profile=text)
    assert not at.exception
    assert any("The address holds a profile that was left out" in one.value for one in at.warning)
    assert not any("<script>" in one.value for one in at.warning)
    assert len(_ranked(at)) == 10


def test_films_that_the_model_does_not_know_are_kept_and_named(app, sample):
    at = app(profile=profiles.to_text(Profile({10: 5.0, 999: 4.0}), "two.genres"))
    assert not at.exception
    assert "movieId 999, which this model does not know" in _html(at)


def test_a_title_like_nothing_has_the_nearest_ones_named(app, sample):
    at = app()
    at.text_input(key="search").set_value("zzzz **qq** <b>").run()
    assert not at.exception
    [warning] = [one.value for one in at.warning]
    assert "No title is like" in warning
    assert "<b>" not in warning
    assert "**qq**" not in warning


@pytest.mark.parametrize("page", PAGES)
def test_titles_that_are_html_or_markdown_are_shown_as_text(app, hostile, page):
    at = app(page, profile=SPACE, movie="30")
    if page == "for_you.py":
        at.text_input(key="search").set_value("script").run()
    assert not at.exception
    assert "<script" not in _html(at)
    assert "<img" not in _html(at)
    labels = [one.label for kind in ("selectbox", "pills") for one in at.get(kind)]
    assert not any("<script" in one or "](https" in one or "**b**" in one for one in labels)


def test_a_film_has_neighbours_by_both_by_words_and_by_audience(app, sample, world):
    at = app("more_like_this.py", movie="10")
    assert at.subheader[0].value == "By both"
    lists = [re.findall(r"<h4>\d+\. (.*?) <span>", one.proto.body) for one in at.get("html")]
    both, words, audience = [one for one in lists if one]
    assert "Galaxy Drift" in words[:6]
    assert set(audience[:5]) <= {
        "The Orbit",
        "Rocket Men",
        "Moon Base",
        "Comet",
        "Airlock (a.k.a. Hatch)",
    }
    assert len(both) == 10


def test_the_slider_goes_from_words_to_audience(app, sample):
    at = app("more_like_this.py", movie="10")
    at.slider(key="similarity_weight").set_value(0.0).run()
    lists = [re.findall(r"<h4>\d+\. (.*?) <span>", one.proto.body) for one in at.get("html")]
    both, words, _ = [one for one in lists if one]
    assert both == words


def test_a_film_that_is_searched_for_stands_in_the_address(app, sample):
    at = app("more_like_this.py")
    at.text_input(key="similar-to").set_value("paris letters").run()
    assert at.query_params["movie"] == "80"
    assert not at.exception


@pytest.mark.parametrize("movie", ["999", "-1", "x", "<script>", "1" * 400])
def test_a_film_of_the_address_that_is_not_there_is_said(app, sample, movie):
    at = app("more_like_this.py", movie=movie)
    assert not at.exception
    assert [("knows no film" in one.value, "<script>" in one.value) for one in at.warning] == [
        (True, False)
    ]


def test_a_user_has_history_beside_recommendations(app, sample):
    at = app("user.py", user="502")
    assert "Rated: 5 films" in [one.value for one in at.subheader]
    assert _ranked(at)[0] == "The Orbit"


def test_hits_are_marked_where_the_run_was_evaluated(app, evaluated):
    at = app("user.py", user="501")
    assert _ranked(at) == ["Star Harbor", "The Orbit"]
    assert _html(at).count("✓ hit: rated 4½ ★") == 1
    assert any("1 of the 2 films are among the 2" in one.value for one in at.caption)


def test_the_list_of_all_ratings_can_be_seen_instead(app, evaluated):
    at = app("user.py", user="501")
    at.toggle(key="as-evaluated").set_value(False).run()
    assert "✓ hit" not in _html(at)
    assert len(_ranked(at)) == 8


def test_an_evaluation_of_another_model_marks_nothing(app, evaluated):
    path = evaluated.artifacts / "metrics.json"
    document = json.loads(path.read_text())
    document["settings"]["factors"] = 99
    path.write_text(json.dumps(document))
    assert "✓ hit" not in _html(app("user.py", user="501"))
    assert any("other data or settings" in one.value for one in app("about.py").warning)


def test_a_user_who_is_not_there_is_said(app, sample):
    at = app("user.py", user="7")
    assert not at.exception
    assert any("knows no user 7" in one.value for one in at.warning)


def test_two_runs_answer_the_same_profile(app, world, sample):
    world.save("other")
    at = app("two_runs.py", profile=SPACE)
    first, second = _ranked(at)[:10], _ranked(at)[10:]
    assert first == second
    assert _html(at).count("= in both lists") == 20


def test_two_runs_of_other_catalogues_are_asked_by_title(app, world, sample):
    from dataclasses import replace

    turned = world.movies.assign(title=world.movies["title"].tolist()[::-1])
    facts = replace(world.facts, name="another")
    bundle = world.bundle | {"movies_indexed": turned}
    replace(world, facts=facts, bundle=bundle).save("other")
    at = app("two_runs.py", profile=SPACE)
    assert not at.exception
    assert {"Star Harbor", "The Orbit"}.isdisjoint(_ranked(at)[10:])


def test_a_second_run_that_is_damaged_leaves_the_page_whole(app, world, sample):
    (world.save("other").artifacts / "model.pkl").write_bytes(b"x")
    at = app("two_runs.py")
    assert not at.exception
    assert "run other is not available" in at.error[0].value


def test_one_run_alone_says_how_to_make_another(app, sample):
    assert any("There is no other run" in one.value for one in app("two_runs.py").info)


def test_about_has_dataset_settings_headline_versions_and_licence(app, evaluated):
    at = app("about.py")
    parts = (*at.markdown, *at.subheader, *at.table)
    shown = html.unescape("\n".join(str(one.value) for one in parts))
    for wanted in ("0.500", "0.300 to 0.700", "two-genres", "cf_weight", "numpy", "MIT licence"):
        assert wanted in shown


@pytest.mark.filterwarnings("ignore:.* was made with numpy")
def test_a_model_of_another_version_is_loaded_with_a_note(app, sample):
    versions = sealed.unseal((sample.artifacts / "manifest.json").read_bytes())["versions"]
    _write_manifest(sample, versions=versions | {"numpy": "1.0"})
    assert any("made with numpy 1.0" in one.value for one in app("about.py").warning)


def _missing(run):
    (run.artifacts / "model.pkl").unlink()


def _without_manifest(run):
    (run.artifacts / "manifest.json").unlink()


def _damaged(run):
    (run.artifacts / "model.pkl").write_bytes(b"not a pickle")


def _damaged_manifest(run):
    (run.artifacts / "manifest.json").write_text("{}")


def _alone(run):
    for name in ("hybrid.npz", "interactions.npz"):
        (run.artifacts / name).unlink()


def _unreadable(run):
    """A pickle that its manifest describes, but of a class that is no longer there."""
    import hashlib

    content = pickle.dumps(_Gone()).replace(b"_Gone", b"_Lost")
    (run.artifacts / "model.pkl").write_bytes(content)
    _write_manifest(run, sha256=hashlib.sha256(content).hexdigest())


def _write_manifest(run, **changes):
    """Change a manifest as another version would have written it, checksum and all."""
    path = run.artifacts / "manifest.json"
    path.write_text(sealed.seal(sealed.unseal(path.read_bytes()) | changes))


class _Gone:
    pass


@pytest.mark.parametrize(
    "damage", [_missing, _without_manifest, _damaged, _damaged_manifest, _alone, _unreadable]
)
def test_a_model_that_cannot_be_used_has_a_page_that_says_why(app, sample, damage):
    damage(sample)
    at = app(profile=SPACE)
    assert not at.exception
    assert "run sample is not available" in at.error[0].value
    assert len(at.code[0].value) > 20
    assert not at.selectbox


@pytest.mark.parametrize("name", ["nowhere", "../up", "<b>x</b>"])
def test_a_run_that_is_not_there_is_named(app, sample, monkeypatch, name):
    at = app()
    monkeypatch.setenv(RUN_VARIABLE, name)
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert "<b>" not in at.error[0].value


def test_an_evaluation_that_comes_later_is_seen(app, evaluated):
    found = evaluated.artifacts / "metrics.json"
    aside = found.rename(found.with_name("aside.json"))
    at = app("user.py", user="501")
    assert "✓ hit" not in _html(at)
    aside.rename(found)
    assert "✓ hit" in _html(at.run())


def test_a_model_that_was_made_again_is_loaded_again(app, sample, world):
    at = app("about.py")
    dataset = sealed.unseal((sample.artifacts / "manifest.json").read_bytes())["dataset"]
    _write_manifest(sample, dataset=dataset | {"name": "renamed"})
    assert "renamed" in "\n".join(one.value for one in at.run().subheader)


def _upload(at, content: bytes):
    return at.file_uploader(key="upload").set_value(("ratings.csv", content, "text/csv")).run()


def test_an_export_joins_the_profile_once(app, sample):
    at = app(profile=SPACE)
    rows = ["Date,Name,Year,Letterboxd URI,Rating", "2023-01-02,The Orbit,1995,a,1"]
    rows += ["2023-01-02,Comet,1997,b,4", "2023-01-02,Nowhere,2001,c,3"]
    _upload(at, "\n".join(rows).encode())
    assert not at.exception
    assert [one.value for one in at.success] == ["2 ratings were imported."]
    assert at.dataframe[0].value["title"].tolist() == ["Nowhere (2001)"]
    assert at.selectbox(key="rated-50").value == 4.0
    at.selectbox(key="rated-20").set_value(3.0).run()
    assert at.selectbox(key="rated-20").value == 3.0


def test_a_file_that_is_no_export_is_refused_and_the_profile_kept(app, sample):
    at = _upload(app(profile=SPACE), b"<script>alert(1)</script>")
    assert not at.exception
    assert "cannot be read" in at.error[0].value
    assert "<script>" not in at.error[0].value
    assert at.selectbox(key="rated-10").value == 5.0
