"""Terms, genres and decades as item features."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.content.features import (
    ItemFeatures,
    genres,
    genres_and_decades,
    genres_by_decade,
)


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


def test_genres_are_indicator_columns_indexed_like_the_movies(movies):
    ones = genres(movies)
    assert ones.columns.tolist() == ["Action", "Animation", "Crime"]
    assert ones.index.tolist() == [20, 10, 30]
    assert ones.to_numpy().tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert ones.dtypes.eq(np.float32).all()


def test_a_genre_that_is_part_of_another_s_name_is_its_own():
    movies = pd.DataFrame({"genres": ["Sci-Fi", "Sci", "Sci|Sci-Fi"]})
    ones = genres(movies)
    assert ones.to_dict("list") == {"Sci": [0, 1, 1], "Sci-Fi": [1, 0, 1]}


def test_movies_without_any_genre_have_no_genre_columns():
    movies = pd.DataFrame({"genres": ["(no genres listed)", "(no genres listed)"]})
    assert genres(movies).shape == (2, 0)


def test_genres_and_decades_are_named_indicators(movies):
    ones = genres_and_decades(movies)
    assert ones.columns.tolist() == ["Action", "Animation", "Crime", "1990s", "2000s"]
    assert ones.to_numpy().tolist() == [[1, 0, 1, 1, 0], [0, 1, 0, 0, 1], [0, 0, 0, 0, 0]]
    assert ones.dtypes.eq(np.float32).all()


def test_movies_of_one_decade_share_it():
    movies = pd.DataFrame({"title": ["A (1990)", "B (1999)", "C (2000)"], "genres": "Drama"})
    assert genres_and_decades(movies).to_numpy().tolist() == [[1, 1, 0], [1, 1, 0], [1, 0, 1]]


def test_only_the_year_at_the_end_of_a_title_is_its_year():
    titles = ["2001: A Space Odyssey (1968)", "Tale (1984) Retold, A", "1917 (2019) "]
    movies = pd.DataFrame({"title": titles, "genres": "Drama"})
    # Drama, 1960s, 2010s
    assert genres_and_decades(movies).to_numpy().tolist() == [[1, 1, 0], [1, 0, 0], [1, 0, 1]]


def test_weighted_features_stack_scaled_terms_on_scaled_labels(movies):
    terms = sparse.csr_array(np.array([[0.6, 0.8], [0.0, 1.0], [0.0, 0.0]], dtype=np.float32))
    rows = ItemFeatures.of(movies, terms).weighted(term_weight=10, genre_weight=3)
    labels = genres_and_decades(movies).to_numpy()
    expected = np.vstack([10 * terms.toarray().T, 3 * labels.T])
    np.testing.assert_allclose(rows.toarray(), expected, rtol=1e-6)
    assert rows.dtype == np.float32
    assert rows.format == "csr"


def test_weight_zero_leaves_no_stored_entry(movies):
    terms = sparse.csr_array(np.ones((3, 2), dtype=np.float32))
    features = ItemFeatures.of(movies, terms)
    assert features.weighted(term_weight=0, genre_weight=1).nnz == features.genres.nnz
    assert features.weighted(term_weight=1, genre_weight=0).nnz == 6


def test_shares_of_genres_are_of_the_movies_of_a_decade():
    movies = pd.DataFrame(
        {
            "title": ["A (1991)", "B (1999)", "C (1985)", "D", "E (1980)", "F (1970)"],
            "genres": ["War|Drama", "Drama", "War", "Drama", "War", "War"],
        }
    )
    shares = genres_by_decade(movies, least=2)
    assert shares.to_dict("index") == {
        "1980s": {"Drama": 0.0, "War": 1.0},
        "1990s": {"Drama": 1.0, "War": 0.5},
    }
