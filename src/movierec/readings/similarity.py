"""What 04_hybrid_similarity shows and says: similar movies, and readings of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import Markdown

from movierec.content.titles import matching
from movierec.data.titles import labels
from movierec.markup import markdown
from movierec.models.similarity import ItemSimilarity


def similarity_block(
    similarity: ItemSimilarity, movies: pd.DataFrame, query: str, cf_weight: float, seed: int
) -> pd.DataFrame:
    """Hybrid similarity among up to 30 movies, titles both ways: matches first, then others.

    movies: movieId, title, ratings. The matches are those of `content.titles.matching`, ten of
    them where no title contains the query; the others are drawn at random.
    """
    matches, matched = matching(movies, query, most=30)
    matches = matches if matched else matches[:10]
    others = np.setdiff1d(np.arange(len(movies)), matches)
    shown = np.r_[matches, np.random.default_rng(seed).permutation(others)][:30]
    titles = labels(movies.iloc[shown])
    # A movie is more like itself than any other, and rounding takes extremes past the range.
    alike = np.clip(similarity.hybrid(shown, cf_weight)[:, shown], 0, 1)
    return pd.DataFrame(alike, titles, titles)


def nearest_by_content(
    ways: Mapping[str, ItemSimilarity], titles: pd.Series, rows: np.ndarray, n: int
) -> pd.DataFrame:
    """Titles of the n movies nearest to each of some by content alone, in several ways.

    ways: by the name of a column. Rows are movie and rank from 1.
    """
    names = titles.to_numpy()
    columns = {}
    for way, alike in ways.items():
        nearest, _ = alike.neighbours(rows, n, cf_weight=0)
        columns[way] = np.where(nearest >= 0, names[nearest], "").ravel()
    index = pd.MultiIndex.from_product([names[rows], range(1, n + 1)], names=["movie", "rank"])
    return pd.DataFrame(columns, index)


def clustermap(block: pd.DataFrame, query: str) -> Markdown:
    """block: as `similarity_block` made it for the query."""
    n = int(block.index.str.contains(query, case=False, regex=False).sum())
    reading = f'{n} of these {len(block)} movies have a title that contains "{markdown(query)}".'
    if 1 < n < len(block):
        values = block.to_numpy()
        among = values[:n, :n][~np.eye(n, dtype=bool)].mean()
        reading += (
            f" Mean similarity is {among:.2f} among them, {values[:n, n:].mean():.2f} between them"
            " and the others."
        )
    return Markdown(reading)


def overlap(similar: pd.DataFrame) -> Markdown:
    """similar: as of `answers.similar_by_weight`."""
    n = similar.index.get_level_values("rank").max()
    lists = similar.groupby("movie").agg(set)
    content, collaborative = (
        np.mean([len(both & one) for both, one in zip(lists["hybrid"], lists[signal], strict=True)])
        for signal in ("content", "collaborative")
    )
    return Markdown(
        f"Of the {n} nearest by both signals, {content:.1f} are among the {n} nearest by content"
        f" and {collaborative:.1f} among those by collaborative similarity, averaged over these"
        " movies."
    )
