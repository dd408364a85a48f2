"""Datasets by name or folder, the sample, and facts about a dataset."""

import dataclasses
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from movierec import paths
from movierec.data.tables import TableError
from movierec.datasets import DatasetFacts, DatasetMissing, load_dataset, locate
from movierec.simulation import simulator

FILES = {
    "ratings.csv": "userId,movieId,rating,timestamp\n1,1,4.0,100\n1,1,3.0,200\n2,9,5.0,300\n",
    "movies.csv": "movieId,title,genres\n1,Heat (1995),Action\n2,Up (2009),Animation\n",
    "tags.csv": "userId,movieId,tag,timestamp\n1,1,heist,100\n1,1,,100\n",
}


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """A user's folder: a duplicate rating, a blank tag, a movie that movies.csv lacks."""
    folder = tmp_path / "own-data"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture(scope="module")
def simulated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasets") / "sample"
    simulator.simulate(folder)
    return folder


@pytest.fixture
def sample(simulated_once: Path) -> Path:
    """The sample, where the project keeps it."""
    return shutil.copytree(simulated_once, paths.datasets() / "sample")


def test_a_close_name_is_suggested():
    with pytest.raises(DatasetMissing, match=r"did you mean ml-latest-small\?"):
        locate("ml-latest-smal")


def test_without_a_close_name_nothing_is_suggested():
    with pytest.raises(DatasetMissing, match="one of sample, ml-latest-small") as error:
        locate("netflix")
    assert "did you mean" not in str(error.value)


def test_a_missing_dataset_names_the_command_that_fetches_it():
    with pytest.raises(DatasetMissing, match=r": python -m movierec fetch ml-25m$"):
        locate("ml-25m")


def test_a_fetched_dataset_is_found_by_its_name():
    folder = paths.datasets() / "ml-25m"
    folder.mkdir(parents=True)
    assert locate("ml-25m") == folder


def test_a_folder_is_taken_as_given(own_data):
    assert locate(str(own_data)) == own_data.resolve()


def test_the_sample_is_simulated_when_missing(simulated_once):
    folder = locate("sample")
    assert folder == paths.datasets() / "sample"
    assert (folder / "ratings.csv").read_bytes() == (simulated_once / "ratings.csv").read_bytes()


def test_the_sample_is_not_simulated_twice(sample):
    os.utime(sample / "ratings.csv", (1, 1))
    locate("sample")
    assert (sample / "ratings.csv").stat().st_mtime == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / simulator.RECORD).write_text(json.dumps({"seed": 1})),
        lambda folder: (folder / simulator.RECORD).write_text("{"),
        lambda folder: (folder / simulator.RECORD).unlink(),
        lambda folder: (folder / "tags.csv").unlink(),
    ],
    ids=["another record", "truncated record", "no record", "no tags"],
)
def test_the_sample_is_simulated_again_when_it_is_not_current(sample, damage):
    damage(sample)
    os.utime(sample / "ratings.csv", (1, 1))
    locate("sample")
    assert (sample / "ratings.csv").stat().st_mtime > 1
    assert simulator.is_current(sample)


def test_the_sample_is_known_to_be_simulated(sample):
    _, facts = load_dataset("sample")
    assert facts.simulated
    assert (facts.name, facts.ratings, facts.users) == ("sample", 150_000, 3_000)


def test_real_data_is_not_called_simulated(ml_latest_small):
    _, facts = load_dataset(str(ml_latest_small))
    assert not facts.simulated


def test_facts_count_what_was_read_and_what_validation_changed(own_data):
    _, facts = load_dataset(str(own_data))
    assert facts == DatasetFacts(
        name="own-data",
        simulated=False,
        ratings=2,
        users=2,
        movies=3,
        tags=1,
        duplicate_ratings=1,
        missing_tags=1,
        unknown_movies=1,
        unknown_movie_ratings=1,
        sha256={name: hashlib.sha256(text.encode()).hexdigest() for name, text in FILES.items()},
    )


def test_optional_files_have_a_hash_if_they_exist(own_data):
    (own_data / "tags.csv").unlink()
    (own_data / "test.csv").write_bytes(b"userId,movieId\n1,2\n")
    _, facts = load_dataset(str(own_data))
    assert set(facts.sha256) == {"ratings.csv", "movies.csv", "test.csv"}


def test_lines_of_test_csv_do_not_count_as_ratings(own_data):
    (own_data / "test.csv").write_bytes(b"userId,movieId\n7,2\n8,2\n")
    _, facts = load_dataset(str(own_data))
    assert (facts.ratings, facts.users) == (2, 2)


@pytest.mark.parametrize(
    ("line", "importable"), [("2,9,7,400\n", True), ("2,9,5.0\n", False), ("2,9,5.0,4", False)]
)
def test_only_where_it_can_help_does_an_error_name_import(own_data, line, importable):
    with (own_data / "ratings.csv").open("a") as file:
        file.write(line)
    with pytest.raises(TableError) as error:
        load_dataset(str(own_data))
    assert ("movierec import" in str(error.value)) == importable


def test_saved_facts_load_the_same(own_data, tmp_path):
    _, facts = load_dataset(str(own_data))
    facts = dataclasses.replace(facts, selection={"top_movies": 100, "ratings_fraction": 0.5})
    facts.save(tmp_path / "dataset.json")
    assert DatasetFacts.load(tmp_path / "dataset.json") == facts


def test_the_table_of_counts_shows_every_count(own_data):
    _, facts = load_dataset(str(own_data))
    assert facts.counts()["count"].tolist() == [2, 2, 3, 1, 1, 1, 1, 1]


def test_ratings_that_are_all_the_same_count_as_five_stars(own_data):
    (own_data / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,1,5\n2,1,1,5\n")
    tables, facts = load_dataset(str(own_data))
    assert tables.ratings["rating"].tolist() == [5.0, 5.0]
    assert facts.same_rating == 1
