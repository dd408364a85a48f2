"""What 02_content_features says of small data."""

import pandas as pd
import pytest
from scipy import sparse

from movierec.plots import heatmaps
from movierec.readings import content as readings

WEIGHTS = pd.DataFrame(
    {"wars": [0.5, 0.4], "star": [0.3, 0.0], "space": [0.1, 0.2]}, ["Star A", "B"]
)


@pytest.mark.parametrize(("query", "n"), [("star", 1), ("Heat", 0)])
def test_movies_that_match_are_counted_and_terms_that_all_have_named(query, n):
    said = readings.term_heatmap(WEIGHTS, query).data
    assert said.startswith(f'{n} of these 2 movies have a title that contains "{query}".')
    assert said.endswith("all of them have: wars, space.")


def test_without_a_shared_term_none_is_named():
    assert readings.term_heatmap(WEIGHTS[["star"]], "star").data.endswith("have: none.")


def test_tagged_movies_and_words_are_counted():
    movies = pd.DataFrame({"movieId": [1, 2], "content": ["one two three", "one"]})
    said = readings.content_text(movies, pd.DataFrame({"movieId": [2, 2, 9]}))
    assert said == "50% of the movies have a tag; a text has 2 words at the median."


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (True, "The catalogue of film facts knows 1 of the 2 movies."),
        (False, "Film facts are not used."),
    ],
)
def test_movies_whose_facts_are_known_are_counted(used, said):
    movies = pd.DataFrame({"title": ["Alien (1979)", "Film 3 (1983)"]})
    assert readings.film_facts(movies, used) == said


def test_terms_of_a_movie_are_a_mean():
    item_content = sparse.csr_array([[0.5, 0.0, 0.1], [0.0, 0.7, 0.0]])
    said = readings.tfidf(item_content)
    assert said == "2 movies x 3 terms, 1.5 terms a movie on average."


def test_movies_without_terms_are_said_to_have_none():
    nothing = pd.DataFrame(index=["Up (2009)"])
    assert readings.term_heatmap(nothing, "up").data == "None of the movies asked for has a term."
    assert heatmaps.term_heatmap(nothing) is None
