"""What 02_content_features says of small data."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.readings import content as readings

WEIGHTS = pd.DataFrame({"wars": [0.5, 0.4], "star": [0.3, 0.0], "space": [0.1, 0.2]})


def test_tagged_movies_and_words_are_counted():
    movies = pd.DataFrame({"movieId": [1, 2, 3], "content": ["a b c", "a", "a b"]})
    said = readings.content_text(movies, pd.DataFrame({"movieId": [1, 1, 9]})).data
    assert said == "33% of the movies have a tag; a text has 2 words at the median."


def test_the_matrix_is_described():
    item_content = sparse.csr_array(np.array([[1, 1, 0], [0, 1, 0]]))
    said = readings.tfidf_matrix(item_content).data
    assert said == "The matrix has 2 movies and 3 terms, 1.5 terms a movie on average."


@pytest.mark.parametrize(
    ("matched", "which"),
    [
        (True, 'The 2 most rated movies whose title contains "Star".'),
        (False, 'No title contains "Star": these are the most rated movies instead.'),
    ],
)
def test_the_movies_shown_and_the_terms_all_have_are_named(matched, which):
    said = readings.term_heatmap(WEIGHTS, "Star", matched).data
    assert said == f"{which} All of them share: wars, space."


def test_without_a_shared_term_none_is_named():
    assert "share" not in readings.term_heatmap(WEIGHTS[["star"]], "Star", matched=True).data
