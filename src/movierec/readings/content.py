"""What 02_content_features says of its figure, computed from what it shows."""

import pandas as pd
from IPython.display import Markdown
from scipy import sparse

from movierec.data.columns import MOVIE, TITLE
from movierec.facts.catalogue import match
from movierec.markup import markdown


def content_text(movies: pd.DataFrame, tags: pd.DataFrame) -> str:
    """movies: movieId, content; tags: movieId."""
    tagged = movies[MOVIE].isin(tags[MOVIE]).mean()
    words = movies["content"].str.split().str.len().median()
    return f"{tagged:.0%} of the movies have a tag; a text has {words:.0f} words at the median."


def film_facts(movies: pd.DataFrame, used: bool) -> str:
    """movies: title."""
    if not used:
        return "Film facts are not used."
    found = int((match(movies[TITLE]) >= 0).sum())
    return f"The catalogue of film facts knows {found:,} of the {len(movies):,} movies."


def tfidf(item_content: sparse.csr_array) -> str:
    n_movies, n_terms = item_content.shape
    per_movie = item_content.nnz / n_movies
    return f"{n_movies:,} movies x {n_terms:,} terms, {per_movie:.1f} terms a movie on average."


def term_heatmap(weights: pd.DataFrame, query: str) -> Markdown:
    """weights: of terms (columns) in movies (rows, by title)."""
    if weights.empty:
        return Markdown("None of the movies asked for has a term.")
    matched = weights.index.str.contains(query, case=False, regex=False).sum()
    shared = ", ".join(map(markdown, weights.columns[(weights > 0).all()]))
    return Markdown(
        f"{matched} of these {len(weights)} movies have a title that contains"
        f' "{markdown(query)}". Terms that all of them have: {shared or "none"}.'
    )
