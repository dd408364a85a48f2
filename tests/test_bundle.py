"""The pickle and its manifest, and what is asked of a loaded model."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from movierec import bundle as bundles
from movierec import paths
from movierec.bundle import KEYS, BundleError, Recommender, load_model, make_bundle, save_bundle
from movierec.data.content import content_text, tfidf
from movierec.data.datasets import Facts
from movierec.data.interactions import Interactions
from movierec.models.als import ALS
from movierec.models.similarity import ItemSimilarity

LIKE_FROM = 3.0
# Column m is movie 10 * (m + 1), so that no number means both.
MOVIES = np.arange(10, 110, 10, dtype=np.int32)
EVEN, ODD = MOVIES[::2].tolist(), MOVIES[1::2].tolist()
USERS = np.arange(501, 521, dtype=np.int32)
FACTS = Facts(
    name="two-tastes",
    simulated=True,
    ratings=90,
    users=20,
    movies=10,
    tags=0,
    duplicate_ratings=1,
    missing_tags=2,
    unknown_movies=3,
    unknown_movie_ratings=4,
    sha256={"ratings.csv": "abc"},
    selection={"top_movies": 10},
)


@pytest.fixture
def parts(two_tastes) -> dict:
    """What a bundle is made of."""
    titles = "red moon,red sea,blue moon,blue sea,red moon rises,old sea,old moon,sea,fog,red fog"
    movies = pd.DataFrame({"movieId": MOVIES, "title": titles.split(",")})
    movies["genres"] = ["Comedy", "Drama"] * 5
    movies["content"] = content_text(movies, pd.DataFrame({"movieId": [10], "tag": ["night"]}))
    vectorizer, content = tfidf(movies["content"], 100)
    model = ALS(4, 1.0, 5.0, 10, LIKE_FROM, seed=0).fit(two_tastes).solver
    times = np.zeros(two_tastes.nnz, dtype=np.int32)
    return {
        "model": model,
        "interactions": Interactions(USERS, MOVIES, two_tastes, times),
        "movies": movies,
        "vectorizer": vectorizer,
        "similarity": ItemSimilarity.of(content, model.item_factors),
    }


@pytest.fixture
def bundle(parts) -> dict:
    return make_bundle(**parts)


@pytest.fixture
def recommender(bundle) -> Recommender:
    return Recommender(bundle, LIKE_FROM)


@pytest.fixture
def content_cosine(bundle) -> np.ndarray:
    return cosine_similarity(bundle["tfidf"].transform(bundle["movies_indexed"]["content"]))


def _save(bundle: dict, folder: Path) -> Path:
    path = folder / "model.pkl"
    save_bundle(bundle, path, folder / "manifest.json", FACTS, {"like_from": LIKE_FROM, "alpha": 5})
    return path


class _Trap:
    """Leaves a file where it is unpickled."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def trapped(bundle, tmp_path) -> tuple[Path, Path]:
    """A model that leaves a file when it is loaded, and that file's path."""
    path, marker = (
        _save(bundle | {"model": _Trap(tmp_path / "marker")}, tmp_path),
        tmp_path / "marker",
    )
    load_model(path)
    marker.unlink()
    return path, marker


def test_a_bundle_has_the_ten_keys(bundle):
    assert tuple(bundle) == KEYS


def test_index_maps_invert_each_other(bundle):
    assert bundle["i2u"] == dict(enumerate(USERS.tolist()))
    assert bundle["i2m"] == dict(enumerate(MOVIES.tolist()))
    assert {row: user for user, row in bundle["u2i"].items()} == bundle["i2u"]
    assert {column: movie for movie, column in bundle["m2i"].items()} == bundle["i2m"]


def test_cosine_is_that_of_the_content(bundle, content_cosine):
    assert bundle["cosine_sim"].dtype == np.float32
    np.testing.assert_allclose(bundle["cosine_sim"], content_cosine, atol=1e-6)


def test_beyond_many_movies_cosine_holds_the_nearest_alone(parts, content_cosine, monkeypatch):
    monkeypatch.setattr(bundles, "_DENSE_MOVIES", 3)
    monkeypatch.setattr(bundles, "_NEAREST", 4)

    cosine = make_bundle(**parts)["cosine_sim"]

    assert sparse.issparse(cosine)
    assert cosine.dtype == np.float32
    others = np.where(np.eye(10), -1, content_cosine)
    for movie, row in enumerate(cosine):
        assert movie not in row.indices
        np.testing.assert_allclose(row.data, content_cosine[movie, row.indices], atol=1e-6)
        np.testing.assert_allclose(np.sort(row.data), np.sort(others[movie])[-4:], atol=1e-6)


def test_movies_that_differ_in_number_are_refused(parts):
    parts["movies"] = parts["movies"][:9]
    with pytest.raises(
        ValueError, match="movie_ids 10, movies 9, item_factors 10, item_content 10"
    ):
        make_bundle(**parts)


def test_users_that_differ_in_number_are_refused(parts):
    parts["interactions"] = replace(parts["interactions"], user_ids=USERS[:19])
    with pytest.raises(ValueError, match="users 19, user_factors 20"):
        make_bundle(**parts)


def test_a_loaded_bundle_is_what_was_saved(bundle, tmp_path):
    loaded = load_model(_save(bundle, tmp_path)).bundle

    assert tuple(loaded) == KEYS
    for key in ("u2i", "i2u", "m2i", "i2m"):
        assert loaded[key] == bundle[key]
    for key in ("item_factors", "user_factors", "cosine_sim"):
        np.testing.assert_array_equal(loaded[key], bundle[key])
    pd.testing.assert_frame_equal(loaded["movies_indexed"], bundle["movies_indexed"])
    assert loaded["tfidf"].vocabulary_ == bundle["tfidf"].vocabulary_
    np.testing.assert_array_equal(loaded["model"].item_factors, bundle["item_factors"])


def test_a_loaded_model_recommends_as_before(recommender, tmp_path):
    ratings = {10: 5.0, 30: LIKE_FROM, 20: 2.5}

    loaded = load_model(_save(recommender.bundle, tmp_path))

    pd.testing.assert_frame_equal(loaded.recommend_for(ratings), recommender.recommend_for(ratings))


def test_the_pickle_loads_where_this_package_cannot_be_imported(bundle, tmp_path):
    code = (
        "import sys; sys.modules['movierec'] = None\n"
        "import pickle; print(*sorted(pickle.load(open(sys.argv[1], 'rb'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, _save(bundle, tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == (
        "cosine_sim i2m i2u item_factors m2i model movies_indexed tfidf u2i user_factors".split()
    )


def test_a_changed_pickle_is_refused_before_it_runs_anything(trapped):
    path, marker = trapped
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(BundleError, match="not the file its manifest describes"):
        load_model(path)
    assert not marker.exists()


def test_a_pickle_without_manifest_is_refused_before_it_runs_anything(trapped):
    path, marker = trapped
    path.with_name("manifest.json").unlink()

    with pytest.raises(BundleError, match=r"no manifest\.json"):
        load_model(path)
    assert not marker.exists()


def test_a_missing_pickle_is_missing(bundle, tmp_path):
    path = _save(bundle, tmp_path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        load_model(path)


def test_another_version_is_warned_of(bundle, tmp_path):
    path = _save(bundle, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "0.1"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))

    with pytest.warns(UserWarning, match=f"made with numpy 0.1; this is {np.__version__}"):
        load_model(path)


def test_the_manifest_describes_file_data_and_versions(bundle, tmp_path):
    content = _save(bundle, tmp_path).read_bytes()

    manifest = json.loads((tmp_path / "manifest.json").read_text())

    assert manifest["file"] == "model.pkl"
    assert manifest["bytes"] == len(content)
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["parameters"] == {"like_from": LIKE_FROM, "alpha": 5}
    assert Facts(**manifest["dataset"]) == FACTS
    assert manifest["versions"]["scikit-learn"] == sklearn.__version__
    assert manifest["versions"]["python"] == sys.version.split()[0]


def test_the_manifest_says_what_each_key_is(bundle, tmp_path):
    _save(bundle, tmp_path)

    keys = json.loads((tmp_path / "manifest.json").read_text())["keys"]

    assert tuple(keys) == KEYS
    assert keys["item_factors"] == "numpy.ndarray 10 x 4"
    assert keys["u2i"] == "dict of 20"


def test_without_git_the_manifest_has_no_revision(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "project", lambda: tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    _save(bundle, tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["git_revision"] is None


def test_a_taste_for_even_movies_gets_the_other_even_ones(recommender):
    found = recommender.recommend_for({10: 5.0, 50: 4.0, 90: 4.5}, n=2)
    assert set(found["movieId"]) == {30, 70}


def test_recommendations_come_best_first_with_their_titles(recommender):
    found = recommender.recommend_for({20: 5.0}, n=5)
    titles = recommender.bundle["movies_indexed"].set_index("movieId")["title"]
    assert found.columns.tolist() == ["movieId", "title", "genres", "score"]
    assert found["score"].is_monotonic_decreasing
    assert found["title"].tolist() == titles[found["movieId"]].tolist()


def test_seen_movies_are_left_out_liked_or_not(recommender):
    found = recommender.recommend_for({10: 5.0, 20: 0.5}, n=10)
    assert sorted(found["movieId"]) == MOVIES[2:].tolist()


def test_a_low_rating_is_no_like(recommender):
    alone = recommender.recommend_for({10: 5.0}).set_index("movieId")["score"]
    beside = recommender.recommend_for({20: LIKE_FROM - 0.5, 10: 5.0}).set_index("movieId")["score"]
    assert beside.to_dict() == pytest.approx(alone.drop(20).to_dict())


def test_the_lowest_like_is_one(recommender):
    found = recommender.recommend_for({20: LIKE_FROM}, n=4)
    assert sorted(found["movieId"]) == [40, 60, 80, 100]


@pytest.mark.parametrize(
    "ask", [lambda model: model.recommend_for({10: 5.0, 11: 5.0}), lambda model: model.similar(11)]
)
def test_a_movie_the_model_does_not_know_is_named(recommender, ask):
    with pytest.raises(KeyError, match="movieId 11 is not among the model's movies"):
        ask(recommender)


@pytest.mark.parametrize(("cf_weight", "signal"), [(0, "content"), (1, "factors")])
def test_an_end_of_the_weight_orders_by_one_signal(recommender, content_cosine, cf_weight, signal):
    factors = recommender.bundle["item_factors"]
    cosine = content_cosine if signal == "content" else cosine_similarity(factors)

    for column, movie in enumerate(MOVIES.tolist()):
        found = recommender.similar(movie, n=9, cf_weight=cf_weight)["movieId"]

        assert sorted([*found, movie]) == MOVIES.tolist()
        # Values and not movies are compared: equally near ones have no order.
        ordered = cosine[column, found.to_numpy() // 10 - 1]
        np.testing.assert_allclose(ordered, -np.sort(-ordered), atol=1e-6)


def test_no_more_movies_are_similar_than_there_are_others(recommender):
    assert len(recommender.similar(10, n=30)) == 9


def test_a_weight_out_of_range_is_refused(recommender):
    with pytest.raises(ValueError, match="cf_weight is 2"):
        recommender.similar(10, cf_weight=2)
