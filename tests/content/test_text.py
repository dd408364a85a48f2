"""Title, genres and tags of a movie as one text."""

import numpy as np
import pandas as pd
import pytest

from movierec.content.text import content_text


@pytest.fixture
def movies() -> pd.DataFrame:
    """In no order of id, under an index that is not 0, 1, 2."""
    return pd.DataFrame(
        {
            "movieId": [7, 3, 5],
            "title": ["Heat (1995)", "Up (2009)", "Untold"],
            "genres": ["Action|Crime", "Animation", "(no genres listed)"],
        },
        index=[20, 10, 30],
    )


@pytest.fixture
def tags() -> pd.DataFrame:
    return pd.DataFrame(
        {"movieId": [3, 7, 99, 7], "tag": ["balloon", "heist", "stranger", "bank robbery"]}
    )


def test_a_text_holds_title_genres_and_tags_of_its_movie(movies, tags):
    words = content_text(movies, tags).str.split()
    assert words[20] == ["Heat", "(1995)", "Action", "Crime", "heist", "bank", "robbery"]
    assert words[10] == ["Up", "(2009)", "Animation", "balloon"]


def test_texts_come_in_the_order_of_the_movies(movies, tags):
    assert content_text(movies, tags).index.tolist() == [20, 10, 30]


def test_a_movie_without_genres_and_tags_has_only_its_title(movies, tags):
    assert content_text(movies, tags)[30] == "Untold"


def test_tags_of_other_movies_are_left_out(movies, tags):
    assert not content_text(movies, tags).str.contains("stranger").any()


def test_texts_without_any_tags_hold_titles_and_genres(movies, tags):
    texts = content_text(movies, tags[:0])
    assert texts.tolist() == ["Heat (1995) Action Crime", "Up (2009) Animation", "Untold"]


def test_many_tags_are_joined_as_pandas_joins_them():
    rng = np.random.default_rng(0)
    movies = pd.DataFrame({"movieId": rng.permutation(50), "title": "T", "genres": "Drama"})
    tags = pd.DataFrame(
        {"movieId": rng.integers(60, size=2_000), "tag": [f"tag{n}" for n in range(2_000)]}
    )
    joined = tags.groupby("movieId")["tag"].agg(" ".join)
    expected = [f"T Drama {joined[movie]}" for movie in movies["movieId"]]
    assert content_text(movies, tags).tolist() == expected
