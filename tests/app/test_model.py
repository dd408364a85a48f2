"""One model for many sessions: it never changes, and nobody gets what another asked for."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import sparse

pytest.importorskip("streamlit", reason="the app needs pip install -r requirements-app.txt")

from movierec.app.model import open_model
from movierec.serving.filters import Filters

ANY = Filters()


@pytest.fixture
def model(sample):
    return open_model("sample")


def _fingerprint(value: object) -> str:
    """A hash of all arrays and frames that can be reached from a loaded model."""
    found, waiting, seen = hashlib.sha256(), [value], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            found.update(one.tobytes() if one.dtype != object else repr(one.tolist()).encode())
        elif sparse.issparse(one):
            waiting += [one.data, one.indices, one.indptr]
        elif hasattr(one, "to_csv"):
            found.update(one.to_csv().encode())
        elif isinstance(one, dict):
            found.update(repr(list(one)).encode())
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
        elif type(one).__module__.startswith("movierec"):
            waiting += [kept for name, kept in sorted(vars(one).items()) if name != "_lock"]
    return found.hexdigest()


def test_asking_changes_nothing_in_the_model(model):
    parts = model.recommender.bundle, model.recommender._hybrid, model.recommender._similarity
    # What is derived when it is first asked for is there from then on.
    model.recommended(((10, 5.0), (70, 1.0)), Filters(frozenset({"Romance"})), 0.5, 0.2)
    model.similar(20, 0.3)
    before = _fingerprint(parts)
    model.recommended(((20, 4.0), (80, 2.0)), Filters(min_ratings=3), -0.5, 0.9)
    model.similar(30, 0.6)
    model.for_user(502)
    model.search("orbit")
    assert _fingerprint(parts) == before


def test_the_fingerprint_sees_a_change(model):
    before = _fingerprint(model.recommender.bundle)
    model.recommender.bundle["item_factors"][0, 0] += 1
    assert _fingerprint(model.recommender.bundle) != before


def test_sessions_at_once_get_what_each_would_get_alone(model, world):
    profiles = [
        ((space, stars), (romance, 5.5 - stars))
        for space in world.SPACE
        for romance in world.ROMANCE
        for stars in (0.5, 2.0, 5.0)
    ]
    alone = [model.recommended.__wrapped__(one, ANY, 0.3, 0.7) for one in profiles]
    with ThreadPoolExecutor(8) as threads:
        at_once = list(threads.map(lambda one: model.recommended(one, ANY, 0.3, 0.7), profiles))
    for expected, found in zip(alone, at_once, strict=True):
        assert found.movies.equals(expected.movies)
        assert found.reasons.keys() == expected.reasons.keys()


def test_an_answer_is_kept(model):
    asked = ((10, 5.0),), ANY, 0.0, 0.5
    assert model.recommended(*asked) is model.recommended(*asked)


def test_a_model_is_loaded_once(model):
    assert open_model("sample") is model


def test_ratings_of_the_same_films_need_no_translation(model):
    assert model.translated({10: 5.0, 999: 1.0}, model) == {10: 5.0}


def test_the_most_rated_films_come_to_somebody_who_rated_none_that_are_known(model):
    listed = model.recommended(((999, 5.0),), ANY, 0.0, 0.5)
    assert set(listed.movies["basis"]) == {"popularity"}
    assert listed.reasons == {}
