"""The matrix of selected ratings, and its ids and timestamps."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.data.interactions import Interactions, select_interactions
from movierec.data.originals import Originals

COLUMNS = ["userId", "movieId", "rating", "timestamp"]
TYPES = {"userId": np.int32, "movieId": np.int32, "rating": np.float32, "timestamp": np.int32}


def ratings(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).astype(TYPES)


@pytest.fixture
def hand_made() -> pd.DataFrame:
    """Movie 30 has three ratings, movies 10 and 20 two each, movie 40 one; users 5, 7 and 9."""
    return ratings(
        (5, 10, 1.0, 100),
        (5, 20, 2.0, 200),
        (5, 30, 3.0, 300),
        (7, 20, 4.0, 400),
        (7, 30, 5.0, 500),
        (9, 10, 0.5, 600),
        (9, 30, 1.5, 700),
        (9, 40, 2.5, 800),
    )


@pytest.fixture
def shuffled() -> pd.DataFrame:
    """Two thousand ratings in no order, ids with gaps."""
    rng = np.random.default_rng(0)
    pairs = rng.permutation(100 * 50)[:2_000]
    return ratings(
        *zip(
            pairs // 50 * 3 + 1,
            pairs % 50 * 7 + 2,
            rng.integers(1, 11, 2_000) / 2,
            rng.permutation(2_000),
            strict=True,
        )
    )


def pivot(frame: pd.DataFrame, values: str) -> np.ndarray:
    return frame.pivot_table(
        index="userId", columns="movieId", values=values, aggfunc="sum", fill_value=0
    ).to_numpy()


def timestamps(interactions: Interactions) -> np.ndarray:
    """The timestamps as a dense table, as they are aligned with the ratings."""
    matrix = interactions.user_items
    return sparse.csr_array(
        (interactions.timestamps, matrix.indices, matrix.indptr), shape=matrix.shape
    ).toarray()


def test_the_most_rated_movies_are_kept(hand_made):
    assert select_interactions(hand_made, top_movies=1).movie_ids.tolist() == [30]


def test_of_equally_rated_movies_the_lower_id_is_kept():
    one_each = ratings((1, 20, 4.0, 1), (1, 10, 4.0, 1), (2, 30, 4.0, 1))
    assert select_interactions(one_each, top_movies=1).movie_ids.tolist() == [10]


def test_ids_may_be_as_large_as_files_allow():
    largest = 2**31 - 1
    interactions = select_interactions(ratings((largest, 7, 4.0, 1), (3, largest, 5.0, 2)), 2)

    assert interactions.user_ids.tolist() == [3, largest]
    assert interactions.movie_ids.tolist() == [7, largest]
    assert interactions.user_items.toarray().tolist() == [[0, 5], [4, 0]]


def test_more_top_movies_than_there_are_take_all(hand_made):
    interactions = select_interactions(hand_made, top_movies=1_000)
    assert interactions.movie_ids.tolist() == [10, 20, 30, 40]
    assert interactions.user_items.nnz == 8


def test_a_user_left_without_a_rating_goes():
    one_each = ratings((1, 10, 4.0, 1), (2, 10, 4.0, 1), (3, 20, 4.0, 1))
    assert select_interactions(one_each, top_movies=1).user_ids.tolist() == [1, 2]


def test_rows_and_columns_are_in_order_of_the_ids(hand_made):
    interactions = select_interactions(hand_made, top_movies=3)
    assert interactions.user_ids.tolist() == [5, 7, 9]
    assert interactions.movie_ids.tolist() == [10, 20, 30]
    assert interactions.user_items.shape == (3, 3)


def test_the_matrix_of_unsorted_ratings_is_a_pandas_pivot(shuffled):
    interactions = select_interactions(shuffled, top_movies=50)
    np.testing.assert_array_equal(interactions.user_items.toarray(), pivot(shuffled, "rating"))
    np.testing.assert_array_equal(timestamps(interactions), pivot(shuffled, "timestamp"))


def test_the_matrix_is_float32_with_ascending_indices(shuffled):
    matrix = select_interactions(shuffled, top_movies=50).user_items
    assert matrix.dtype == np.float32
    for start, end in zip(matrix.indptr, matrix.indptr[1:], strict=False):
        assert (np.diff(matrix.indices[start:end]) > 0).all()


def test_sparsity_is_the_share_of_empty_cells():
    one_of_four_empty = ratings((1, 10, 4.0, 1), (1, 20, 4.0, 1), (2, 20, 4.0, 1))
    assert select_interactions(one_of_four_empty, top_movies=2).sparsity == 0.25


def test_ratings_per_movie_are_counted(hand_made):
    interactions = select_interactions(hand_made, top_movies=4)
    assert interactions.ratings_per_movie.tolist() == [2, 2, 3, 1]


def test_the_last_rating_of_each_user_is_found(hand_made):
    interactions = select_interactions(hand_made.sample(frac=1, random_state=0), 4)
    assert interactions.last_times.tolist() == [300, 500, 800]


def test_who_rated_nothing_has_the_last_time_of_all(hand_made):
    whole = select_interactions(hand_made, 4)
    some = whole.only(np.array([False] * 3 + [True] * 3 + [False] * 2))
    assert some.last_times.tolist() == [600, 500, 600]


def test_only_the_ratings_under_a_mask_are_kept(hand_made):
    whole = select_interactions(hand_made, top_movies=4)
    kept = whole.only(np.array([1, 0, 1, 0, 1, 0, 0, 0], dtype=bool))
    # Rows are users 5, 7 and 9, columns movies 10, 20, 30 and 40.
    assert kept.user_items.toarray().tolist() == [[1, 0, 3, 0], [0, 0, 5, 0], [0] * 4]
    assert kept.user_items.nnz == 3
    assert kept.timestamps.tolist() == [100, 300, 500]
    assert kept.user_ids.tolist() == [5, 7, 9]
    assert kept.movie_ids.tolist() == [10, 20, 30, 40]


def test_both_sides_of_a_mask_are_the_whole(shuffled):
    whole = select_interactions(shuffled, top_movies=50)
    mask = np.random.default_rng(1).random(2_000) < 0.3
    parts = whole.only(mask), whole.only(~mask)
    ratings_kept = sum(part.user_items.toarray() for part in parts)
    np.testing.assert_array_equal(ratings_kept, pivot(shuffled, "rating"))
    np.testing.assert_array_equal(
        sum(timestamps(part) for part in parts), pivot(shuffled, "timestamp")
    )


@pytest.mark.parametrize(("keep", "stored"), [(True, 8), (False, 0)], ids=["all", "nothing"])
def test_a_mask_may_keep_all_or_nothing(hand_made, keep, stored):
    whole = select_interactions(hand_made, top_movies=4)
    kept = whole.only(np.full(8, keep))
    np.testing.assert_array_equal(kept.user_items.toarray(), whole.user_items.toarray() * keep)
    assert kept.user_items.nnz == len(kept.timestamps) == stored


def test_masking_leaves_the_whole_as_it_was(hand_made):
    whole = select_interactions(hand_made, top_movies=4)
    whole.only(np.zeros(8, dtype=bool))
    np.testing.assert_array_equal(whole.user_items.toarray(), pivot(hand_made, "rating"))
    assert len(whole.timestamps) == 8


def test_masked_interactions_can_be_saved(hand_made, tmp_path):
    whole = select_interactions(hand_made, top_movies=4)
    whole.only(np.arange(8) < 3).save(tmp_path / "interactions.npz")
    loaded = Interactions.load(tmp_path / "interactions.npz")
    assert loaded.user_items.toarray().tolist() == [[1, 2, 3, 0], [0] * 4, [0] * 4]


def test_a_fraction_keeps_about_that_share(shuffled):
    kept = select_interactions(shuffled, top_movies=50, ratings_fraction=0.3)
    assert kept.user_items.nnz / 2_000 == pytest.approx(0.3, abs=0.04)


def test_a_fraction_keeps_ratings_as_they_are(shuffled):
    kept = select_interactions(shuffled, top_movies=50, ratings_fraction=0.3).user_items.tocoo()
    interactions = select_interactions(shuffled, top_movies=50, ratings_fraction=0.3)
    given = shuffled.set_index(["userId", "movieId"])["rating"]
    pairs = zip(
        interactions.user_ids[kept.row], interactions.movie_ids[kept.col], kept.data, strict=True
    )
    assert all(given[user, movie] == stars for user, movie, stars in pairs)


def test_the_same_seed_keeps_the_same_ratings(shuffled):
    first, second, other = (
        timestamps(select_interactions(shuffled, 50, 0.5, seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_fraction_that_leaves_no_rating_is_refused(hand_made):
    with pytest.raises(ValueError, match="no rating remains"):
        select_interactions(hand_made, 4, 1e-9)


def test_saved_interactions_load_the_same(shuffled, tmp_path):
    select_interactions(shuffled, top_movies=50).save(tmp_path / "interactions.npz")
    loaded = Interactions.load(tmp_path / "interactions.npz")
    assert loaded.user_ids.tolist() == sorted(set(shuffled["userId"]))
    assert loaded.movie_ids.tolist() == sorted(set(shuffled["movieId"]))
    np.testing.assert_array_equal(loaded.user_items.toarray(), pivot(shuffled, "rating"))
    np.testing.assert_array_equal(timestamps(loaded), pivot(shuffled, "timestamp"))
    assert loaded.user_items.dtype == np.float32


def test_names_follow_their_users_and_survive_saving(tmp_path):
    ratings = pd.DataFrame(
        {
            "userId": [1, 2, 3],
            "movieId": [7, 7, 8],
            "rating": [1.0, 2.0, 3.0],
            "timestamp": [1, 2, 3],
        }
    )
    users = pd.Series(["ann", "zoë", "bob"], [1, 2, 3])
    named = select_interactions(ratings, 5).named(Originals(users, Originals.none().movies))
    named.of_users(np.array([1, 2])).save(tmp_path / "some.npz")
    loaded = Interactions.load(tmp_path / "some.npz")
    assert [loaded.user_name(0), loaded.user_name(1)] == ["zoë", "bob"]
    assert loaded.movie_names is None


def test_the_most_rated_movies_can_be_those_of_earlier_ratings():
    rows = [(1, 10, 4.0, 1), (2, 10, 4.0, 2), (3, 30, 4.0, 3), *[(n, 99, 5.0, 9) for n in range(4)]]
    table = ratings(*rows)

    assert select_interactions(table, 1).movie_ids.tolist() == [99]
    assert select_interactions(table, 1, before=9).movie_ids.tolist() == [10]
    both = select_interactions(table, 2, before=9)
    assert both.movie_ids.tolist() == [10, 30]
    assert select_interactions(table, 5, before=9).movie_ids.tolist() == [10, 30]
    assert both.timestamps.max() == 3


@pytest.mark.parametrize("single", ["movie", "user"])
def test_a_single_movie_or_user_is_refused(single):
    ratings = pd.DataFrame(
        {"userId": [1, 2], "movieId": [7, 8], "rating": [1.0, 2.0], "timestamp": [1, 2]}
    ).assign(**{f"{single}Id": 1})
    with pytest.raises(ValueError, match=f"only one {single} has ratings"):
        select_interactions(ratings, 5)
