"""The benchmark on published splits: its readers, its draws and the tables' metric definitions."""

import runpy

import numpy as np
import pandas as pd
import pytest

from movierec import paths
from movierec.models.popularity import Popularity


@pytest.fixture(scope="module")
def splits() -> dict:
    """The names that the script defines, its main part left out."""
    script = paths.project() / "tests" / "benchmarks" / "splits.py"
    return runpy.run_path(str(script), run_name="imported")


@pytest.fixture
def listed(splits, tmp_path):
    """The case of two texts of lists: `listed(train, test)`."""

    def read(train: str, test: str):
        (tmp_path / "train.txt").write_text(train)
        (tmp_path / "test.txt").write_text(test)
        (case,) = splits["listed"](tmp_path)
        return case

    return read


def test_a_list_is_a_user_and_items_of_five_stars(splits, tmp_path):
    (tmp_path / "train.txt").write_text("0 5 7\n2 5\n")
    ratings = splits["read_lists"](tmp_path / "train.txt")
    assert ratings.to_numpy().tolist() == [[0, 5, 5, 0], [0, 7, 5, 0], [2, 5, 5, 0]]


def test_movies_of_the_test_part_alone_are_candidates(listed):
    split, features = listed("0 1 2\n1 2\n", "0 9\n")
    assert split.candidates.tolist() == [True] * 3
    assert split.train.toarray().tolist() == [[5, 5, 0], [0, 5, 0]]
    assert split.test.toarray().tolist() == [[0, 0, 5], [0, 0, 0]]
    assert features is None


def test_movies_of_the_training_part_are_masked(splits, listed):
    # By popularity: movie 1, which user 0 knows, then 2, then the hidden 3.
    split, _ = listed("0 1\n1 1 2 3\n2 1 2\n", "0 3\n")
    means = splits["measured"]([Popularity()], split).loc["popularity"]
    assert means["Recall@10"] == 1
    assert means["NDCG@10"] == pytest.approx(1 / np.log2(3))


def test_recall_counts_all_hidden_movies_and_the_ideal_list_at_most_k(splits, listed):
    split, _ = listed("0 12\n1 0 1 2 3 4 5 6 7 8 9 10 11\n", "0 0 1 2 3 4 5 6 7 8 9 10 11 99\n")
    means = splits["measured"]([Popularity()], split).loc["popularity"]
    assert means["Recall@10"] == pytest.approx(10 / 13)
    assert means["NDCG@10"] == pytest.approx(1)


def test_what_stays_of_a_movie_has_the_lowest_numbers_drawn(splits):
    # 0.37 0.95 0.73 0.60 0.16 0.16 0.06 0.87 are the first that NumPy draws by seed 42.
    hidden = splits["hidden"](pd.Series([3] * 8), seed=42)
    assert np.flatnonzero(hidden).tolist() == [1, 7]


@pytest.mark.parametrize(("ratings", "expected"), [(1, 0), (2, 0), (3, 1), (4, 1), (6, 2), (10, 2)])
def test_the_kept_number_is_rounded_half_to_even(splits, ratings, expected):
    items = pd.Series([8] * ratings + [9] * 4)
    assert splits["hidden"](items, seed=0)[:ratings].sum() == expected


def test_features_are_those_of_the_ids_in_their_order(splits, tmp_path):
    path = tmp_path / "ml-100k.item"
    path.write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "2\tAlien\t1979\tHorror\n"
        "1\tToy Story\t1995\tAnimation Children's Comedy\n"
    )
    features = splits["read_features"](path, np.array([1, 2], dtype=np.int32))
    # Genres and a decade.
    assert features.genres.sum(axis=1).tolist() == [4, 2]


@pytest.mark.parametrize("name", ["ultragcn-ml-1m", "lightgcnpp-lastfm", "ml-100k"])
def test_a_missing_file_is_named_with_its_address(splits, tmp_path, name):
    with pytest.raises(SystemExit, match=r"is missing; fetch https://"):
        splits["SPLITS"][name].verify(tmp_path)


def test_another_file_is_refused(splits, tmp_path):
    (tmp_path / "train.txt").write_text("0 1\n")
    with pytest.raises(SystemExit, match=r"train\.txt is another file than https://"):
        splits["SPLITS"]["ultragcn-ml-1m"].verify(tmp_path)
