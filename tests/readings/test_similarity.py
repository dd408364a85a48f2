"""What 04_hybrid_similarity shows and says of small data."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.models.similarity import ItemSimilarity
from movierec.readings import similarity as readings

MOVIES = pd.DataFrame({"title": ["Star A", "Star B", "C"], "ratings": [1, 3, 2]})


@pytest.fixture
def similarity() -> ItemSimilarity:
    """By content movie 1 is nearest to movie 0, by factors movie 2."""
    content = sparse.csr_array(np.array([[1, 0], [1, 0], [0, 1]]))
    return ItemSimilarity.of(content, np.array([[1, 0], [0, 1], [1, 0]]))


def test_sizes_of_the_inputs_are_listed():
    table = readings.input_sizes(MOVIES, sparse.csr_array((3, 7)), np.ones((3, 4)))
    assert table.to_numpy().tolist() == [[3, 2], [3, 7], [3, 4]]


def test_ranges_of_both_cosines_are_listed(similarity):
    table = readings.cosine_ranges(similarity).data
    assert table.loc["content"].tolist() == [0, 1]
    assert table.loc["item factors"].tolist() == [0, 1]


def test_a_block_holds_matches_first_and_their_similarity(similarity):
    block = readings.similarity_block(similarity, MOVIES, "star", cf_weight=0.3, seed=0)
    assert block.index.tolist() == block.columns.tolist() == ["Star B", "Star A", "C"]
    assert block.loc["Star A"].tolist() == pytest.approx([0.7, 1.0, 0.3])


def test_a_block_without_a_match_holds_the_most_rated_first(similarity):
    block = readings.similarity_block(similarity, MOVIES, "Heat", cf_weight=0.3, seed=0)
    assert block.index.tolist() == ["Star B", "C", "Star A"]


def test_matches_are_compared_with_the_others(similarity):
    block = readings.similarity_block(similarity, MOVIES, "star", cf_weight=0.3, seed=0)
    said = readings.clustermap(block, "star").data
    assert said.startswith('All 2 movies whose title contains "star", and 1 others')
    # 0.7 between A and B; 0.3 between A and C, 0 between B and C.
    assert said.endswith("0.70 among the former, 0.15 between them and the others.")


@pytest.mark.parametrize(
    ("titles", "query", "said"),
    [
        (["A", "B"], "A", 'All 1 movies whose title contains "A", and 1 others drawn at random.'),
        (["A"] * 30, "A", 'The 30 most rated movies whose title contains "A", and 0 others'),
        (["A", "B"], "C", 'No title contains "C"'),
        (["A", "B"], "", 'No title contains ""'),
    ],
)
def test_the_movies_of_a_block_are_named(titles, query, said):
    block = pd.DataFrame(np.eye(len(titles)), titles, titles)
    assert readings.clustermap(block, query).data.startswith(said)


def test_nearest_movies_stand_side_by_side_by_signal(similarity):
    table = readings.nearest_by_signal(similarity, MOVIES, np.array([0]), k=5, cf_weight=0.3)
    assert table.index.tolist() == [("Star A", 1), ("Star A", 2)]
    assert table.to_dict("list") == {
        "content": ["Star B", "C"],
        "collaborative": ["C", "Star B"],
        "hybrid": ["Star B", "C"],
    }


def test_lists_are_compared_movie_by_movie():
    index = pd.MultiIndex.from_product([["X", "Y"], [1, 2]], names=["movie", "rank"])
    nearest = pd.DataFrame(
        {
            "content": ["a", "b", "c", "d"],
            "collaborative": ["a", "e", "a", "b"],
            "hybrid": ["b", "a", "c", "e"],
        },
        index,
    )
    said = readings.overlap(nearest).data
    assert said.startswith("Of the 2 nearest by both signals, 1.5 are among the 2 nearest by")
    assert "and 0.5 among those by collaborative" in said


def test_the_pickle_is_described():
    said = readings.bundle_file("model.pkl", 1_500_000, "abc").data
    assert said == "`model.pkl`, 1.5 MB, SHA-256 `abc`"
