"""The explorer, its controls operated by code."""

import ipywidgets
import pytest

from movierec.serving.bundle import load_model
from movierec.serving.widgets import Explorer
from movierec.stages import artifact


@pytest.fixture
def explorer(world) -> Explorer:
    return Explorer(load_model(artifact(world.save(), "model.pkl")))


def _rate(explorer: Explorer, title: str, stars: float) -> None:
    explorer.query.value = title
    explorer.stars.value = stars
    explorer.rate.click()


def _titles(select) -> list[str]:
    return [label for label, _ in select.options]


def test_at_first_the_most_rated_are_shown_and_nothing_is_selected(explorer):
    assert explorer.recommended.options[0][0] == "Rocket Men (1998)"
    assert explorer.why.value == "The most rated movies, until you rate one."
    assert explorer.matches.options == ()
    assert explorer.neighbours.value == ""


def test_typing_offers_titles_and_selects_the_nearest(explorer):
    explorer.query.value = "orb"
    assert _titles(explorer.matches)[0] == "Orbit, The (1995)"
    assert explorer.matches.value == 20


def test_a_title_that_no_movie_has_is_said_to_be_absent(explorer):
    explorer.query.value = "xyzzy plugh"
    assert explorer.note.value.startswith("No title is like it")
    explorer.query.value = "orb"
    assert explorer.note.value == ""


def test_every_control_has_a_label(explorer):
    controls = [
        one
        for column in explorer.children
        for one in column.children
        if hasattr(one, "description") and not isinstance(one, ipywidgets.HTML)
    ]
    assert len(controls) == 8
    assert all(one.description for one in controls)


def test_the_selected_movie_shows_its_neighbours(explorer):
    explorer.query.value = "comet"
    assert "Orbit, The (1995)" in explorer.neighbours.value
    explorer.matches.value = next(movie for _, movie in explorer.matches.options if movie != 50)
    assert "Comet (1997)" in explorer.neighbours.value


def test_the_weight_changes_the_neighbours(explorer):
    explorer.query.value = "comet"
    before = explorer.neighbours.value
    explorer.cf_weight.value = 0.0
    assert explorer.neighbours.value != before


def test_emptying_the_query_clears_what_came_of_it(explorer):
    explorer.query.value = "comet"
    explorer.query.value = " "
    assert explorer.matches.options == ()
    assert explorer.neighbours.value == ""


def test_rating_leads_to_recommendations_and_explanations(explorer, world):
    _rate(explorer, "comet", 5.0)
    assert explorer.history == {50: 5.0}
    assert _titles(explorer.rated) == ["5.0  Comet (1997)"]
    assert explorer.recommended.value in world.SPACE
    assert "Comet (1997)" in explorer.why.value


def test_another_recommendation_shows_its_own_explanation(explorer, world):
    _rate(explorer, "comet", 5.0)
    before = explorer.why.value
    explorer.recommended.value = world.BY_WORDS
    assert explorer.why.value != before
    assert "astronaut" in explorer.why.value


def test_a_dislike_turns_to_the_other_taste(explorer, world):
    _rate(explorer, "comet", 0.5)
    best = {movie for _, movie in explorer.recommended.options[:7]}
    assert best >= set(world.ROMANCE)


def test_rating_again_changes_the_stars(explorer):
    _rate(explorer, "comet", 5.0)
    _rate(explorer, "comet", 2.0)
    assert explorer.history == {50: 2.0}


def test_a_rating_can_be_removed(explorer):
    _rate(explorer, "comet", 5.0)
    _rate(explorer, "roses", 1.0)
    explorer.rated.value = 50
    explorer.remove.click()
    assert explorer.history == {120: 1.0}
    explorer.remove.click()
    assert explorer.history == {}
    assert explorer.why.value == "The most rated movies, until you rate one."


def test_buttons_do_nothing_without_a_selection(explorer):
    explorer.rate.click()
    explorer.remove.click()
    assert explorer.history == {}


def test_when_everything_is_rated_nothing_is_left(explorer, world):
    explorer.history = dict.fromkeys(world.movies["movieId"].tolist()[:-1], 4.0)
    _rate(explorer, "galaxy drift", 4.0)
    assert explorer.recommended.options == ()
    assert explorer.why.value == ""
