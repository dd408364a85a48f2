"""TF-IDF weights of the terms in movies' texts, and files of them and of the vectorizer."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from movierec.content.text import content_text
from movierec.paths import atomic_write


def tfidf(texts: pd.Series, max_features: int) -> tuple[TfidfVectorizer, sparse.csr_array]:
    """Fit TF-IDF without English stop words, exactly as `TfidfVectorizer(max_features)` does.

    Returns the fitted vectorizer and (n_texts, n_terms) CSR float32 rows, L2-normalised; the row
    of a text without terms is empty. Raises ValueError when no text has a term.
    """
    words, word_counts = _words(texts)
    counter = CountVectorizer(stop_words="english", dtype=np.float32)
    # No term spans a space, so each distinct word is tokenised once, however many texts have it.
    counts = word_counts @ sparse.csr_array(counter.fit_transform(words))
    # The same sort as scikit-learn's, so that ties in frequency keep the same terms.
    kept = np.sort(np.argsort(-counts.sum(axis=0))[:max_features])
    counts = counts[:, kept]
    counts.sort_indices()
    transformer = TfidfTransformer()
    weights = sparse.csr_array(transformer.fit_transform(counts))
    terms = counter.get_feature_names_out()[kept].tolist()
    return _vectorizer(max_features, terms, transformer.idf_), weights


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
    idf = np.array(fitted["idf"], dtype=np.float32)
    return _vectorizer(fitted["max_features"], fitted["terms"], idf)


def _words(texts: pd.Series) -> tuple[list[str], sparse.csr_array]:
    """The distinct space-separated words, and their counts: (n_texts, n_words) CSR float32."""
    split = pc.split_pattern(pa.array(texts.to_numpy(), pa.string()), " ")
    found = split.flatten().dictionary_encode()
    ones = np.ones(len(found), dtype=np.float32)
    counts = sparse.csr_array(
        (ones, found.indices.to_numpy(), split.offsets.to_numpy()),
        shape=(len(texts), len(found.dictionary)),
    )
    return found.dictionary.to_pylist(), counts


def _vectorizer(max_features: int, terms: list[str], idf: np.ndarray) -> TfidfVectorizer:
    """A vectorizer in its fitted state: column i is terms[i], weighted by idf[i]."""
    vectorizer = TfidfVectorizer(
        max_features=max_features,
        stop_words="english",
        dtype=np.float32,
        vocabulary={term: column for column, term in enumerate(terms)},
    )
    vectorizer.idf_ = idf
    return vectorizer
