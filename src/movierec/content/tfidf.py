"""What is known of a movie without a rating: its words, and their weights."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from movierec.data.columns import GENRES, MOVIE, NO_GENRES, TAG, TIMESTAMP, TITLE
from movierec.paths import atomic_write


def content_text(movies: pd.DataFrame, tags: pd.DataFrame) -> pd.Series:
    """Title, genres and all tags of each movie in one text, aligned with `movies`.

    movies: movieId, title, genres. tags: movieId, tag; those of other movies are left out.
    """
    tags = tags[tags[MOVIE].isin(movies[MOVIE])]
    table = pa.table({MOVIE: tags[MOVIE], TAG: pa.array(tags[TAG], pa.string())})
    # One thread keeps the tags of a movie in the order they were given.
    joined = table.group_by(MOVIE, use_threads=False).aggregate([(TAG, "list")])
    words = pd.Series(
        pc.binary_join(joined[f"{TAG}_list"], " ").to_pandas().to_numpy(),
        index=joined[MOVIE].to_pandas(),
    )
    genres = movies[GENRES].replace(NO_GENRES, "").str.replace("|", " ", regex=False)
    tagged = movies[MOVIE].map(words).astype("str").fillna("")
    text = movies[TITLE] + " " + genres + " " + tagged
    return text.str.strip().rename("content")


def tfidf(texts: pd.Series, max_features: int) -> tuple[TfidfVectorizer, sparse.csr_array]:
    """Fit TF-IDF without English stop words: the vectorizer and (movies, terms) float32 rows.

    Rows have length one, or zero for a text without terms.
    Raises ValueError when no text has a term.
    """
    words, uses = _words(texts)
    counter = CountVectorizer(stop_words="english", dtype=np.float32)
    # No term spans a space: the terms of a text are those of its words, and most words are in many.
    counts = uses @ sparse.csr_array(counter.fit_transform(words))
    # As scikit-learn would choose them, of equally frequent terms too.
    kept = np.sort(np.argsort(-counts.sum(axis=0))[:max_features])
    counts = counts[:, kept]
    counts.sort_indices()
    weigher = TfidfTransformer()
    weights = sparse.csr_array(weigher.fit_transform(counts))
    terms = counter.get_feature_names_out()[kept].tolist()
    return _vectorizer(max_features, terms, weigher.idf_), weights


def _words(texts: pd.Series) -> tuple[list[str], sparse.csr_array]:
    """What stands between spaces, each once, and how often a text has it: (texts, words)."""
    split = pc.split_pattern(pa.array(texts.to_numpy(), pa.string()), " ")
    found = split.flatten().dictionary_encode()
    ones = np.ones(len(found), dtype=np.float32)
    uses = sparse.csr_array(
        (ones, found.indices.to_numpy(), split.offsets.to_numpy()),
        shape=(len(texts), len(found.dictionary)),
    )
    return found.dictionary.to_pylist(), uses


def known_content(
    movies: pd.DataFrame, tags: pd.DataFrame, max_features: int, before: int | None = None
) -> sparse.csr_array:
    """TF-IDF rows (movies, terms) fitted on the tags given before a moment, or on all.

    tags: movieId, tag, timestamp; before: seconds since 1970.
    """
    known = tags if before is None else tags[tags[TIMESTAMP] < before]
    return tfidf(content_text(movies, known), max_features)[1]


def genres(movies: pd.DataFrame) -> pd.DataFrame:
    """Genres of each movie as ones: a float32 column a genre."""
    ones = movies[GENRES].replace(NO_GENRES, "").str.get_dummies("|")
    ones = ones.drop(columns="", errors="ignore")  # no genre is not a genre
    return ones.astype(np.float32)


def genre_and_decade(movies: pd.DataFrame) -> sparse.csr_array:
    """Genres and decade of each movie as ones: (movies, genres + decades) float32.

    A title without a year in brackets at its end has no decade.
    """
    return sparse.csr_array(_labels(movies).to_numpy(np.float32))


def label_names(movies: pd.DataFrame) -> list[str]:
    """What the columns of `genre_and_decade` stand for: "Comedy", "1990s"."""
    return _labels(movies).columns.tolist()


def top_terms(
    item_content: sparse.csr_array, terms: np.ndarray, movies: pd.Series, most: int
) -> pd.DataFrame:
    """Weights of the terms that weigh most in some movies together, heaviest first.

    item_content: (len(movies), terms), rows of those movies only; terms: (terms,) words;
    movies: their titles. Returns a frame of movies by at most `most` terms.
    """
    total = np.asarray(item_content.sum(axis=0)).ravel()
    heaviest = np.argsort(-total, kind="stable")[:most]
    heaviest = heaviest[total[heaviest] > 0]
    return pd.DataFrame(
        item_content[:, heaviest].toarray(), index=movies.to_numpy(), columns=terms[heaviest]
    )


def save_vectorizer(vectorizer: TfidfVectorizer, path: Path) -> None:
    """Keep a fitted vectorizer as JSON, which runs nothing when it is read."""
    fitted = {
        "max_features": vectorizer.max_features,
        "terms": vectorizer.get_feature_names_out().tolist(),
        "idf": vectorizer.idf_.tolist(),
    }
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(fitted))


def load_vectorizer(path: Path) -> TfidfVectorizer:
    """The vectorizer that `save_vectorizer` kept: the same terms, the same weights."""
    fitted = json.loads(path.read_text())
    idf = np.array(fitted["idf"], dtype=np.float32)
    return _vectorizer(fitted["max_features"], fitted["terms"], idf)


def _vectorizer(max_features: int, terms: list[str], idf: np.ndarray) -> TfidfVectorizer:
    """A vectorizer that counts as fitted: its terms in order, and what each weighs."""
    vectorizer = TfidfVectorizer(
        max_features=max_features,
        stop_words="english",
        dtype=np.float32,
        vocabulary={term: place for place, term in enumerate(terms)},
    )
    vectorizer.idf_ = idf
    return vectorizer


def _labels(movies: pd.DataFrame) -> pd.DataFrame:
    years = movies[TITLE].str.extract(r"\((\d{4})\)\s*$", expand=False)
    decades = pd.get_dummies(years.str[:3] + "0s")
    return pd.concat([genres(movies), decades], axis=1)
