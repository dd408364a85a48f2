"""What 02_content_features says of small data."""

import pandas as pd
import pytest

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
