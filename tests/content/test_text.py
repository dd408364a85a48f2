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
        {
            "movieId": [3, 7, 99, 7],
            "tag": ["balloon", "heist", "stranger", "bank robbery"],
        }
    )


def test_a_text_has_title_genres_and_tags_in_the_order_of_the_movies(movies, tags):
    texts = content_text(movies, tags)
    assert texts.to_dict() == {
        20: "Heat (1995) Action Crime heist bank robbery",
        10: "Up (2009) Animation balloon",
        30: "Untold",
    }
    assert texts.index.tolist() == [20, 10, 30]


def test_facts_of_a_film_follow_its_tags(movies, tags):
    texts = content_text(movies, tags, film_facts=True)
    assert texts[20].startswith("Heat (1995) Action Crime heist bank robbery michael_mann ")
    assert "about_heist" in texts[20].split()
    assert texts[30] == "Untold"


def test_many_tags_are_joined_as_pandas_joins_them():
    rng = np.random.default_rng(0)
    movies = pd.DataFrame({"movieId": rng.permutation(50), "title": "T", "genres": "Drama"})
    tags = pd.DataFrame(
        {"movieId": rng.integers(60, size=2_000), "tag": [f"tag{n}" for n in range(2_000)]}
    )
    joined = tags.groupby("movieId")["tag"].agg(" ".join)
    expected = [f"T Drama {joined[movie]}" for movie in movies["movieId"]]
    assert content_text(movies, tags).tolist() == expected
