"""TF-IDF weights of the terms in movies' texts, and files of them and of the vectorizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.content.text import content_text
from movierec.facts import tokens
from movierec.facts.catalogue import GROUPS
from movierec.paths import atomic_write
from movierec.settings import ContentSettings

if TYPE_CHECKING:  # scikit-learn takes a second, and stages without text import this module too
    from sklearn.feature_extraction.text import TfidfVectorizer


def tfidf(texts: pd.Series, settings: ContentSettings) -> tuple[TfidfVectorizer, sparse.csr_array]:
    """Fit TF-IDF without English stop words; the weights of film facts are factors of their idf.

    Returns the fitted vectorizer and (n_texts, n_terms) CSR float32 rows, L2-normalised; the row
    of a text without terms is empty. Raises ValueError when no text has a term.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        max_features=settings.max_features, stop_words="english", dtype=np.float32
    )
    try:
        fitted = vectorizer.fit_transform(texts)
    except ValueError:
        raise ValueError(
            f"none of {len(texts):,} movies has a word in its title, genres or tags, so there is"
            " nothing to tell them apart by; give movies.csv titles or genres"
        ) from None
    if settings.film_facts:
        vectorizer.idf_ = vectorizer.idf_ * _fact_weights(vectorizer, settings)
        fitted = vectorizer.transform(texts)
    weights = sparse.csr_array(fitted)
    weights.eliminate_zeros()
    weights.sort_indices()
    return vectorizer, weights


def _fact_weights(vectorizer: TfidfVectorizer, settings: ContentSettings) -> np.ndarray:
    """The weight of each term's group of facts, 1 for other terms: (n_terms,) float32."""
    weights = {group: getattr(settings, f"{group}_weight") for group in GROUPS}
    groups = tokens.groups(vectorizer.get_feature_names_out())
    return np.array([1 if group is None else weights[group] for group in groups], np.float32)


def without_facts(item_content: sparse.csr_array, vectorizer: TfidfVectorizer) -> sparse.csr_array:
    """Rows (n_movies, n_terms) of a fitted vectorizer without the terms that are film facts."""
    groups = tokens.groups(vectorizer.get_feature_names_out())
    return item_content[:, [group is None for group in groups]]


def known_content(
    movies: pd.DataFrame, tags: pd.DataFrame, settings: ContentSettings
) -> sparse.csr_array:
    """TF-IDF rows (n_movies, n_terms) fitted on movies and tags as of `content_text`."""
    return tfidf(content_text(movies, tags, settings.film_facts), settings)[1]


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
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        max_features=fitted["max_features"],
        stop_words="english",
        dtype=np.float32,
        vocabulary={term: column for column, term in enumerate(fitted["terms"])},
    )
    vectorizer.idf_ = np.array(fitted["idf"], dtype=np.float32)
    return vectorizer
