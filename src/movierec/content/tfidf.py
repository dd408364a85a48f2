"""TF-IDF weights of the terms in movies' texts, and files of them and of the vectorizer."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from movierec.content.text import content_text
from movierec.paths import atomic_write


def tfidf(texts: pd.Series, max_features: int) -> tuple[TfidfVectorizer, sparse.csr_array]:
    """Fit TF-IDF without English stop words.

    Returns the fitted vectorizer and (n_texts, n_terms) CSR float32 rows, L2-normalised; the row
    of a text without terms is empty. Raises ValueError when no text has a term.
    """
    vectorizer = TfidfVectorizer(max_features=max_features, stop_words="english", dtype=np.float32)
    weights = sparse.csr_array(vectorizer.fit_transform(texts))
    weights.sort_indices()
    return vectorizer, weights


def known_content(
    movies: pd.DataFrame, tags: pd.DataFrame, max_features: int, before: int | None = None
) -> sparse.csr_array:
    """TF-IDF rows (n_movies, n_terms) fitted on the tags from before a time, or on all tags.

    movies, tags and before (seconds since 1970) are those of `content_text`.
    """
    return tfidf(content_text(movies, tags, before), max_features)[1]


def top_terms(
    item_content: sparse.csr_array, terms: np.ndarray, titles: pd.Series, most: int
) -> pd.DataFrame:
    """The terms of largest total weight over some movies, in descending order of that total.

    item_content  (n_movies, n_terms), the rows of these movies
    terms         (n_terms,) strings
    titles        (n_movies,)

    Returns their weights, titles by at most `most` terms; terms of weight 0 are left out.
    """
    total = np.asarray(item_content.sum(axis=0)).ravel()
    heaviest = np.argsort(-total, kind="stable")[:most]
    heaviest = heaviest[total[heaviest] > 0]
    return pd.DataFrame(
        item_content[:, heaviest].toarray(), index=titles.to_numpy(), columns=terms[heaviest]
    )


def save_matrix(item_content: sparse.csr_array, path: Path) -> None:
    with atomic_write(path) as draft:
        sparse.save_npz(draft, item_content)


def load_matrix(path: Path) -> sparse.csr_array:
    return sparse.csr_array(sparse.load_npz(path))


def save_vectorizer(vectorizer: TfidfVectorizer, path: Path) -> None:
    """Write a fitted vectorizer as JSON, which unlike a pickle runs no code when it is read."""
    fitted = {
        "max_features": vectorizer.max_features,
        "terms": vectorizer.get_feature_names_out().tolist(),
        "idf": vectorizer.idf_.tolist(),
    }
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(fitted))


def load_vectorizer(path: Path) -> TfidfVectorizer:
    """Read what `save_vectorizer` wrote."""
    fitted = json.loads(path.read_text())
    vectorizer = TfidfVectorizer(
        max_features=fitted["max_features"],
        stop_words="english",
        dtype=np.float32,
        vocabulary={term: column for column, term in enumerate(fitted["terms"])},
    )
    vectorizer.idf_ = np.array(fitted["idf"], dtype=np.float32)
    return vectorizer
