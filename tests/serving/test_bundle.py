"""The pickle, what lies beside it, the manifest of both, and loading them."""

import hashlib
import importlib.metadata
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from movierec import paths, sealed
from movierec.datasets import DatasetFacts
from movierec.models import ease
from movierec.models.hybrid import Components, Hybrid
from movierec.models.served import Served
from movierec.models.similarity import ItemSimilarity
from movierec.paths import RunPaths
from movierec.serving import bundle as bundles
from movierec.serving.bundle import KEYS, BundleError, load_model, make_bundle
from movierec.serving.recommender import Recommender
from movierec.settings import ContentSettings

RATINGS = {10: 5.0, 30: 3.0, 80: 1.0}


@pytest.fixture
def run(world) -> RunPaths:
    return world.save()


@pytest.fixture
def path(run) -> Path:
    return run.artifacts / "model.pkl"


@pytest.fixture
def parts(world) -> dict:
    """What a bundle is made of."""
    return {
        "model": world.bundle["model"],
        "interactions": world.interactions,
        "movies": world.movies,
        "vectorizer": world.bundle["tfidf"],
        "similarity": world.similarity,
    }


@pytest.fixture
def content_cosine(world) -> np.ndarray:
    return cosine_similarity(world.bundle["tfidf"].transform(world.movies["content"]))


class _Trap:
    """Leaves a file where it is unpickled."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def trapped(world, tmp_path) -> tuple[Path, Path]:
    """A model that leaves a file when it is loaded, and that file's path."""
    marker = tmp_path / "marker"
    trap = replace(world, bundle=world.bundle | {"model": _Trap(marker)})
    path = trap.save().artifacts / "model.pkl"
    load_model(path)
    marker.unlink()
    return path, marker


def _change(manifest: Path, **changed) -> None:
    """Give a manifest other contents, as if it had been made with them."""
    manifest.write_text(sealed.seal(sealed.unseal(manifest.read_bytes()) | changed))


def _flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_bundle_has_the_ten_keys(world):
    assert tuple(world.bundle) == KEYS


def test_index_maps_invert_each_other(world):
    bundle = world.bundle
    assert bundle["i2u"] == dict(enumerate(range(501, 542)))
    assert bundle["i2m"] == dict(enumerate(range(10, 140, 10)))
    assert {row: user for user, row in bundle["u2i"].items()} == bundle["i2u"]
    assert {column: movie for movie, column in bundle["m2i"].items()} == bundle["i2m"]


def test_cosine_is_that_of_the_content(world, content_cosine):
    assert world.bundle["cosine_sim"].dtype == np.float32
    np.testing.assert_allclose(world.bundle["cosine_sim"], content_cosine, atol=1e-6)


def test_beyond_many_movies_cosine_holds_the_nearest_alone(parts, content_cosine, monkeypatch):
    monkeypatch.setattr(bundles, "_DENSE_MOVIES", 3)
    monkeypatch.setattr(bundles, "_NEAREST", 4)

    cosine = make_bundle(**parts)["cosine_sim"]

    assert sparse.issparse(cosine)
    assert cosine.dtype == np.float32
    others = np.where(np.eye(13), -1, content_cosine)
    for movie, row in enumerate(cosine):
        assert movie not in row.indices
        np.testing.assert_allclose(row.data, content_cosine[movie, row.indices], atol=1e-6)
        np.testing.assert_allclose(np.sort(row.data), np.sort(others[movie])[-4:], atol=1e-6)


def test_movies_that_differ_in_number_are_refused(parts):
    parts["movies"] = parts["movies"][:9]
    with pytest.raises(
        ValueError, match="movie_ids 13, movies 9, item_factors 13, item_content 13"
    ):
        make_bundle(**parts)


def test_users_that_differ_in_number_are_refused(parts):
    parts["interactions"] = replace(parts["interactions"], user_ids=np.arange(19))
    with pytest.raises(ValueError, match="users 19, user_factors 41"):
        make_bundle(**parts)


def test_a_loaded_bundle_is_what_was_saved(world, path):
    bundle, loaded = world.bundle, load_model(path).bundle

    assert tuple(loaded) == KEYS
    for key in ("u2i", "i2u", "m2i", "i2m"):
        assert loaded[key] == bundle[key]
    for key in ("item_factors", "user_factors", "cosine_sim"):
        np.testing.assert_array_equal(loaded[key], bundle[key])
    pd.testing.assert_frame_equal(loaded["movies_indexed"], bundle["movies_indexed"])
    assert loaded["tfidf"].vocabulary_ == bundle["tfidf"].vocabulary_
    np.testing.assert_array_equal(loaded["model"].item_factors, bundle["item_factors"])


def test_a_loaded_hybrid_scores_as_the_fitted_one(world, path):
    found = load_model(path).recommend(501, n=13)
    scores = Served(world.hybrid).score(world.interactions.user_items[[0]])
    expected = scores[0, found["movieId"].to_numpy() // 10 - 1]
    np.testing.assert_allclose(found["score"], expected, atol=1e-6)


def test_similar_movies_come_with_the_run_s_own_weight(world, path):
    assert load_model(path).cf_weight == world.CF_WEIGHT


def test_ranges_of_similarity_are_kept_and_not_found_again(world, path, monkeypatch):
    unsaved = Recommender(world.bundle, world.similarity, world.CF_WEIGHT)
    monkeypatch.setattr(ItemSimilarity, "of", None)

    found = load_model(path).similar(10, n=12)

    pd.testing.assert_frame_equal(found, unsaved.similar(10, n=12))


def _with_dependencies(names: Iterable[str]) -> set[str]:
    """Names of packages, and of all that they need, in their canonical form."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := canonicalize_name(waiting.pop())) not in found:
            found.add(name)
            needs = map(Requirement, importlib.metadata.requires(name) or ())
            waiting += [one.name for one in needs if not one.marker or one.marker.evaluate()]
    return found


@pytest.mark.slow
def test_the_pickle_loads_with_the_packages_that_its_manifest_lists_and_theirs_alone(path):
    listed = json.loads(path.with_name("manifest.json").read_text())["versions"]
    needed = _with_dependencies(listed.keys() - {"python"})
    others = [
        module
        for module, packages in importlib.metadata.packages_distributions().items()
        if not needed & set(map(canonicalize_name, packages)) and module != "_virtualenv"
    ]
    assert "pyarrow" in others
    code = (
        "import sys; sys.modules |= dict.fromkeys(['movierec', *sys.argv[2:]])\n"
        "import pickle; print(*sorted(pickle.load(open(sys.argv[1], 'rb'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path, *others], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == (
        "cosine_sim i2m i2u item_factors m2i model movies_indexed tfidf u2i user_factors".split()
    )


def test_the_pickle_alone_serves_similar_movies_and_titles(path, tmp_path):
    for name in ("model.pkl", "manifest.json"):
        shutil.copy(path.with_name(name), tmp_path)

    alone, whole = load_model(tmp_path / "model.pkl"), load_model(path)

    pd.testing.assert_frame_equal(alone.similar(10), whole.similar(10))
    pd.testing.assert_frame_equal(alone.find("comet"), whole.find("comet"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.recommend(501),
        lambda model: model.recommend_for(RATINGS),
        lambda model: model.recommend_for({}),
        lambda model: model.explain(RATINGS, 20),
        lambda model: model.rated(501),
        lambda model: model.median_user(),
    ],
)
def test_the_pickle_alone_refuses_recommendations_and_says_why(path, tmp_path, ask):
    for name in ("model.pkl", "manifest.json"):
        shutil.copy(path.with_name(name), tmp_path)
    alone = load_model(tmp_path / "model.pkl")
    with pytest.raises(RuntimeError, match="the pickle alone serves similar movies"):
        ask(alone)


def test_a_changed_pickle_is_refused_before_it_runs_anything(trapped):
    path, marker = trapped
    _flip_last_byte(path)
    with pytest.raises(BundleError, match="not the file its manifest describes"):
        load_model(path)
    assert not marker.exists()


def test_a_pickle_without_manifest_is_refused_before_it_runs_anything(trapped):
    path, marker = trapped
    path.with_name("manifest.json").unlink()
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        load_model(path)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["hybrid.npz", "interactions.npz"])
def test_a_changed_file_beside_the_pickle_is_refused_by_name(path, name):
    _flip_last_byte(path.with_name(name))
    with pytest.raises(BundleError, match=rf"{name} is not the file the manifest .* describes"):
        load_model(path)


@pytest.mark.parametrize("name", ["hybrid.npz", "interactions.npz"])
def test_one_of_the_files_beside_the_pickle_is_not_enough(path, name):
    path.with_name(name).unlink()
    with pytest.raises(BundleError, match=f"{name} is not the file .* it is missing"):
        load_model(path)


def test_ratings_made_again_without_the_model_are_refused(world, run, path):
    fewer = world.interactions.only(np.arange(world.interactions.user_items.nnz) > 3)
    fewer.save(run.output("interactions.npz"))
    with pytest.raises(BundleError, match="run that stage again"):
        load_model(path)


def test_a_missing_pickle_is_missing(path):
    path.unlink()
    with pytest.raises(FileNotFoundError):
        load_model(path)


@pytest.mark.parametrize("name", ["hybrid.npz", "interactions.npz"])
def test_what_lies_beside_the_pickle_holds_no_pickle(run, name):
    with np.load(run.artifacts / name, allow_pickle=False) as kept:
        assert all(kept[array].dtype.kind in "fi" for array in kept)


def test_a_pickle_among_the_arrays_is_not_run(run, path, tmp_path):
    kept = dict(np.load(run.artifacts / "hybrid.npz"))
    trap = np.array([_Trap(tmp_path / "marker")], dtype=object)
    np.savez(run.output("hybrid.npz"), **kept | {"weights": trap})
    manifest = run.artifacts / "manifest.json"
    sha256 = hashlib.sha256((run.artifacts / "hybrid.npz").read_bytes()).hexdigest()
    _change(manifest, beside=json.loads(manifest.read_text())["beside"] | {"hybrid.npz": sha256})

    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_model(path)
    assert not (tmp_path / "marker").exists()


def test_nothing_is_unpickled_but_the_bytes_that_were_checked(path, monkeypatch):
    loads, unpickled = pickle.loads, []
    monkeypatch.setattr(
        pickle, "loads", lambda content: unpickled.append(content) or loads(content)
    )
    monkeypatch.setattr(pickle, "load", None)
    load_model(path)
    assert unpickled == [path.read_bytes()]


@pytest.mark.parametrize("text", ["", '{"sha256": ', "\x00"])
def test_a_broken_manifest_is_told(path, text):
    path.with_name("manifest.json").write_text(text)
    with pytest.raises(BundleError, match=r"the manifest of .* is damaged"):
        load_model(path)


@pytest.mark.parametrize("missing", ["sha256", "beside", "settings", "similarity", "versions"])
def test_a_manifest_of_an_older_layout_is_told(path, missing):
    manifest = sealed.unseal(path.with_name("manifest.json").read_bytes())
    del manifest[missing]
    path.with_name("manifest.json").write_text(sealed.seal(manifest))
    with pytest.raises(BundleError, match="make the model again with stage 04_hybrid_similarity"):
        load_model(path)


def test_a_manifest_that_is_a_list_is_told(path):
    path.with_name("manifest.json").write_text("[]")
    with pytest.raises(BundleError, match="make the model again"):
        load_model(path)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("settings", "04_hybrid_similarity", "cf_weight"), 5.0),
        (("hybrid", "ease_weight"), "much"),
        (("hybrid", "alpha"), -1.0),
        (("hybrid", "alpha"), float("nan")),
    ],
)
def test_a_manifest_with_a_setting_out_of_range_is_refused(path, keys, value):
    manifest = path.with_name("manifest.json")
    document = sealed.unseal(manifest.read_bytes())
    values = document
    for key in keys[:-1]:
        values = values[key]
    values[keys[-1]] = value
    _change(manifest, **document)
    with pytest.raises(BundleError, match="make the model again"):
        load_model(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"beside": {}},
        {"beside": {"hybrid.npz": "0"}},
        {"keys": {}},
        {"settings": {}},
        {"settings": {"04_hybrid_similarity": {}}},
        {"hybrid": {}},
        {"similarity": {}},
        {"similarity": {"content_range": [0, 1], "factors_range": [float("nan"), 1]}},
        {"similarity": {"content_range": [0, 1], "factors": [0, 1]}},
        {"sha256": None},
    ],
)
def test_a_manifest_that_is_not_whole_is_a_bundle_error(path, changed):
    _change(path.with_name("manifest.json"), **changed)
    with pytest.raises(BundleError, match="make the model again"):
        load_model(path)


def test_a_manifest_nested_too_deeply_is_a_bundle_error(path):
    path.with_name("manifest.json").write_text("[" * 100_000)
    with pytest.raises(BundleError, match="make the model again"):
        load_model(path)


def test_a_flipped_bit_of_a_manifest_is_a_bundle_error(path):
    manifest = path.with_name("manifest.json")
    content = manifest.read_bytes()
    for bit in np.random.default_rng(0).choice(8 * len(content), 150, replace=False):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        manifest.write_bytes(damaged)
        with pytest.raises(BundleError, match="make the model again"):
            load_model(path)


def test_files_beside_the_pickle_are_read_once(path, monkeypatch):
    read = Path.read_bytes
    names = []
    monkeypatch.setattr(Path, "read_bytes", lambda one: names.append(one.name) or read(one))
    load_model(path)
    assert sorted(names) == ["hybrid.npz", "interactions.npz", "manifest.json", "model.pkl"]


def test_another_version_is_warned_of(path):
    manifest = path.with_name("manifest.json")
    _change(manifest, versions=json.loads(manifest.read_text())["versions"] | {"numpy": "0.1"})
    with pytest.warns(UserWarning, match=f"made with numpy 0.1; this is {np.__version__}"):
        load_model(path)


def test_the_manifest_describes_files_data_and_versions(world, run):
    manifest = json.loads((run.artifacts / "manifest.json").read_text())

    content = (run.artifacts / "model.pkl").read_bytes()
    assert manifest["file"] == "model.pkl"
    assert manifest["bytes"] == len(content)
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["beside"] == {
        name: hashlib.sha256((run.artifacts / name).read_bytes()).hexdigest()
        for name in ("hybrid.npz", "interactions.npz")
    }
    settings = manifest["settings"]
    assert settings["02_content_features"] == dict(ContentSettings(max_features=100))
    assert settings["03_als_training"] == dict(world.als_settings)
    assert settings["04_hybrid_similarity"] == {
        "cf_weight": 0.6,
        "neighbours": 100,
        **dict(world.hybrid_settings),
    }
    assert DatasetFacts(**manifest["dataset"]) == world.facts
    assert manifest["versions"]["scikit-learn"] == sklearn.__version__
    assert manifest["versions"]["python"] == sys.version.split()[0]


def test_the_manifest_says_what_each_key_is(run):
    keys = json.loads((run.artifacts / "manifest.json").read_text())["keys"]
    assert tuple(keys) == KEYS
    assert keys["item_factors"] == "numpy.ndarray 13 x 2"
    assert keys["u2i"] == "dict of 41"


def test_without_git_the_manifest_has_no_revision(world, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "project", lambda: tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert (
        json.loads((world.save().artifacts / "manifest.json").read_text())["git_revision"] is None
    )


def test_without_ease_the_hybrid_is_als_alone(world, monkeypatch):
    monkeypatch.setattr(ease, "MAX_ITEMS", 3)
    alone = Hybrid(
        Components(world.hybrid.components.als, None), world.hybrid.recent, world.hybrid_settings
    )
    run = replace(world, hybrid=alone).save("many-movies")

    found = load_model(run.artifacts / "model.pkl").recommend(501, n=13)

    scores = Served(alone).score(world.interactions.user_items[[0]])[0]
    expected = scores[found["movieId"].to_numpy() // 10 - 1]
    np.testing.assert_allclose(found["score"], expected, atol=1e-6)
