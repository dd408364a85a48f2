"""What 02_content_features says of its tables and figures, computed from what they show."""

import pandas as pd
from IPython.display import Markdown
from scipy import sparse

from movierec.data.columns import MOVIE


def content_text(movies: pd.DataFrame, tags: pd.DataFrame) -> Markdown:
    """movies: movieId, content; tags: movieId."""
    words = movies["content"].str.split().str.len()
    return Markdown(
        f"{movies[MOVIE].isin(tags[MOVIE]).mean():.0%} of the movies have a tag; a text has"
        f" {words.median():.0f} words at the median."
    )


def tfidf_matrix(item_content: sparse.csr_array) -> Markdown:
    n_movies, n_terms = item_content.shape
    return Markdown(
        f"The matrix has {n_movies:,} movies and {n_terms:,} terms,"
        f" {item_content.nnz / n_movies:.1f} terms a movie on average."
    )


def term_heatmap(weights: pd.DataFrame, query: str, matched: bool) -> Markdown:
    """weights: of terms (columns) in movies; matched: whether the movies' titles hold the query."""
    shared = weights.columns[(weights > 0).all()]
    return Markdown(
        (
            f'The {len(weights)} most rated movies whose title contains "{query}".'
            if matched
            else f'No title contains "{query}": these are the most rated movies instead.'
        )
        + (f" All of them share: {', '.join(shared)}." if len(shared) else "")
    )
