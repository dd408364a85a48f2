"""A user's list in a run's evaluation, as its files tell it."""

import json

import pandas as pd
import pytest

from movierec.serving.bundle import Manifest, read_manifest
from movierec.serving.evaluated import evaluated_user, is_of


@pytest.fixture
def run(world):
    """The world's run, evaluated with two models: of user 501, movies 60 and 20 are held out."""
    run = world.save()
    lists = [("hybrid", 501, [10, 20, 30]), ("hybrid", 502, [60, 70, 80]), ("other", 501, [60])]
    rows = [
        (model, user, rank, movie, 1 / rank)
        for model, user, movies in lists
        for rank, movie in enumerate(movies, start=1)
    ]
    columns = ["model", "userId", "rank", "movieId", "score"]
    pd.DataFrame(rows, columns=columns).to_parquet(run.output("recommendations.parquet"))
    held_out = pd.DataFrame({"userId": 501, "movieId": [60, 20], "rating": [3.0, 4.5]})
    held_out.to_parquet(run.output("test.parquet"))
    manifest = _manifest(run)
    protocol = {name: manifest.dataset[name] for name in ("sha256", "selection")}
    settings = manifest.settings["03_als_training"] | {"knn_neighbours": 3}
    document = {"protocol": protocol, "settings": settings}
    run.output("metrics.json").write_text(json.dumps(document))
    return run


def _manifest(run) -> Manifest:
    return read_manifest(run.artifacts / "model.pkl")


def test_hits_of_the_own_list_are_marked(run):
    found = evaluated_user(run, 501)
    assert found.listed["movieId"].tolist() == [10, 20, 30]
    assert found.listed["hit"].tolist() == [False, True, False]
    assert found.held_out["movieId"].tolist() == [20, 60]


def test_another_model_and_length_can_be_asked_for(run):
    assert evaluated_user(run, 501, model="other").listed["movieId"].tolist() == [60]
    assert evaluated_user(run, 501, n=1).listed["movieId"].tolist() == [10]


def test_a_user_without_held_out_ratings_has_no_list(run):
    assert evaluated_user(run, 502) is None


def test_an_evaluation_belongs_to_a_model_of_the_same_data_and_settings(run):
    assert is_of(run, _manifest(run))


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("settings", "factors", 99), ("protocol", "selection", {}), ("protocol", "sha256", {})],
)
def test_one_of_other_data_or_settings_does_not(run, part, name, value):
    path = run.artifacts / "metrics.json"
    document = json.loads(path.read_text())
    document[part][name] = value
    path.write_text(json.dumps(document))
    assert not is_of(run, _manifest(run))


@pytest.mark.parametrize("text", ["", "[]", "{}", None])
def test_a_missing_or_damaged_evaluation_is_none(run, text):
    path = run.artifacts / "metrics.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert not is_of(run, _manifest(run))
