"""The steps of the notebook this project grew from, plainly, as a baseline for time and memory.

Its own choices are kept: pandas read with defaults, a groupby that joins tags, dense cosines, a
loop over users that averages item factors. What made it crash on missing tags is mended.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import minmax_scale
from threadpoolctl import threadpool_limits

TOP_MOVIES, FRACTION, FACTORS, ITERATIONS = 1_000, 0.5, 64, 20


def read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return tuple(pd.read_csv(folder / f"{name}.csv") for name in ("ratings", "movies", "tags"))


def index(ratings: pd.DataFrame) -> tuple[csr_matrix, dict, dict]:
    """Cut to the top movies, sample, number users and movies, make the matrix."""
    top = ratings["movieId"].value_counts().head(TOP_MOVIES).index
    kept = ratings[ratings["movieId"].isin(top)].sample(frac=FRACTION, random_state=42)
    u2i = {user: row for row, user in enumerate(kept["userId"].unique())}
    m2i = {movie: column for column, movie in enumerate(kept["movieId"].unique())}
    rows, columns = kept["userId"].map(u2i), kept["movieId"].map(m2i)
    matrix = csr_matrix(
        (kept["rating"].astype(np.float32), (rows, columns)), shape=(len(u2i), len(m2i))
    )
    return matrix, u2i, m2i


def content(movies: pd.DataFrame, tags: pd.DataFrame) -> tuple[TfidfVectorizer, csr_matrix]:
    """Tags joined movie by movie, text put together, TF-IDF."""
    joined = tags.groupby("movieId")["tag"].apply(lambda of: " ".join(of.astype(str).fillna("")))
    texts = movies.merge(joined.reset_index(), on="movieId", how="left")
    genres = texts["genres"].str.replace("|", " ", regex=False)
    text = texts["title"] + " " + genres + " " + texts["tag"].fillna("")
    vectorizer = TfidfVectorizer(max_features=5_000, stop_words="english")
    return vectorizer, vectorizer.fit_transform(text)


def factorise(matrix: csr_matrix, iterations: int = ITERATIONS) -> AlternatingLeastSquares:
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=FACTORS, regularization=0.1, iterations=iterations, random_state=42
        )
        model.fit((matrix * 40).astype(np.float32), show_progress=False)
    return model


def similarities(item_factors: np.ndarray, item_content: csr_matrix) -> np.ndarray:
    cosines = cosine_similarity(item_factors), cosine_similarity(item_content)
    by_factors, by_content = (minmax_scale(one.ravel()).reshape(one.shape) for one in cosines)
    return 0.5 * by_factors + 0.5 * by_content


def evaluate(
    train: csr_matrix, test: csr_matrix, item_factors: np.ndarray, users: np.ndarray, k: int
) -> tuple[float, float]:
    """HitRate and NDCG at one k, user after user."""
    hits, gains = [], []
    for user in users:
        known, hidden = train[user].indices, set(test[user].indices)
        if not len(known) or not hidden:
            continue
        scores = item_factors @ item_factors[known].mean(axis=0)
        scores[known] = -np.inf
        best = np.argsort(-scores)[:k]
        found = [movie in hidden for movie in best]
        gain = sum(1 / np.log2(place + 2) for place, hit in enumerate(found) if hit)
        ideal = sum(1 / np.log2(place + 2) for place in range(min(k, len(hidden))))
        hits.append(any(found))
        gains.append(gain / ideal)
    return float(np.mean(hits)), float(np.mean(gains))


def whole(folder: Path) -> dict[str, float]:
    """Seconds of each cell, as the original ran: 500 users evaluated, at one k and at six."""
    seconds, begun = {}, time.perf_counter()

    def lap(cell: str) -> None:
        nonlocal begun
        seconds[cell] = time.perf_counter() - begun
        begun = time.perf_counter()

    ratings, movies, tags = read(folder)
    lap("read")
    matrix, _, m2i = index(ratings)
    lap("cut, sample, index")
    kept = movies.set_index("movieId").loc[list(m2i)].reset_index()
    _, item_content = content(kept, tags[tags["movieId"].isin(m2i)])
    lap("content")
    model = factorise(matrix)
    lap("ALS")
    similarities(model.item_factors, item_content)
    lap("similarities")
    hidden = np.random.default_rng(0).random(matrix.nnz) < 0.2
    train, test = matrix.copy(), matrix.copy()
    train.data[hidden], test.data[~hidden] = 0, 0
    train.eliminate_zeros()
    test.eliminate_zeros()
    for k in (10, 5, 10, 15, 20, 30, 40):
        evaluate(train, test, model.item_factors, np.arange(500), k)
    lap("evaluation")
    return seconds
