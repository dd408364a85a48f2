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
    assert said.startswith('2 of these 3 movies have a title that contains "star"')
    # 0.7 between A and B; 0.3 between A and C, 0 between B and C.
    assert said.endswith("0.70 among them, 0.15 between them and the others.")


@pytest.mark.parametrize(("query", "n"), [("A", 1), ("", 2), ("C", 0)])
def test_one_match_or_no_others_are_not_compared(query, n):
    block = pd.DataFrame(np.eye(2), ["A", "B"], ["A", "B"])
    said = readings.clustermap(block, query).data
    assert said == f'{n} of these 2 movies have a title that contains "{query}".'


def test_others_are_drawn_at_random_up_to_thirty_movies():
    movies = pd.DataFrame({"title": [f"M{i:02}" for i in range(50)], "ratings": 1})
    alike = ItemSimilarity.of(sparse.eye_array(50, format="csr"), np.eye(50))
    blocks = [readings.similarity_block(alike, movies, "M4", 0.5, seed) for seed in (3, 3, 4)]
    titles = [block.index.tolist() for block in blocks]
    assert titles[0][:10] == [f"M{i}" for i in range(40, 50)]
    assert len(set(titles[0])) == 30
    assert titles[0] == titles[1] != titles[2]


def test_the_nearest_by_content_are_shown_in_every_way(similarity):
    other = ItemSimilarity.of(sparse.csr_array(np.array([[1, 0], [0, 1], [1, 0]])), np.eye(3))

    nearest = readings.nearest_by_content(
        {"with": similarity, "without": other}, MOVIES["title"], np.array([0]), 2
    )

    assert nearest.index.tolist() == [("Star A", 1), ("Star A", 2)]
    assert nearest["with"].tolist() == ["Star B", "C"]
    assert nearest["without"].tolist() == ["C", "Star B"]


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


def test_a_similarity_that_rounding_takes_to_1_0004_is_clipped(similarity, monkeypatch):
    monkeypatch.setattr(ItemSimilarity, "hybrid", lambda *_: np.full((3, 3), 1.0004))
    block = readings.similarity_block(similarity, MOVIES, "star", cf_weight=0.3, seed=0)
    assert block.to_numpy().max() == 1
