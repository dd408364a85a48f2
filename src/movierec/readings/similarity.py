"""What 04_hybrid_similarity shows and says: tables of neighbours, and readings of them."""

import numpy as np
import pandas as pd
from IPython.display import Markdown
from pandas.io.formats.style import Styler
from scipy import sparse

from movierec.content.titles import matching, with_others
from movierec.data.columns import TITLE
from movierec.models.similarity import ItemSimilarity

# Movies of a block of similarities.
_BLOCK = 30


def input_sizes(
    movies: pd.DataFrame, item_content: sparse.csr_array, item_factors: np.ndarray
) -> pd.DataFrame:
    """Rows and columns of the three inputs; their rows are the same movies."""
    shapes = {
        "movies": movies.shape,
        "content (TF-IDF)": item_content.shape,
        "item factors (ALS)": item_factors.shape,
    }
    return pd.DataFrame.from_dict(shapes, orient="index", columns=["rows", "columns"])


def cosine_ranges(similarity: ItemSimilarity) -> Styler:
    """Lowest and highest cosine of two different movies, by signal."""
    ranges = {"content": similarity.content_range, "item factors": similarity.factors_range}
    table = pd.DataFrame.from_dict(ranges, orient="index", columns=["lowest", "highest"])
    return table.style.format("{:.3f}")


def similarity_block(
    similarity: ItemSimilarity, movies: pd.DataFrame, query: str, cf_weight: float, seed: int
) -> pd.DataFrame:
    """Hybrid similarity among up to 30 movies, titles both ways: matches first, then others.

    movies: title, ratings. The matches are those of `content.titles.matching`, ten of them where
    no title contains the query; the others are drawn at random.
    """
    matches, matched = matching(movies, query, _BLOCK)
    shown = with_others(matches if matched else matches[:10], len(movies), _BLOCK, seed)
    titles = movies[TITLE].iloc[shown]
    return pd.DataFrame(similarity.hybrid(shown, cf_weight)[:, shown], titles, titles)


def clustermap(block: pd.DataFrame, query: str) -> Markdown:
    """block: as `similarity_block` made it for the query."""
    n = int(block.index.str.contains(query, case=False, regex=False).sum()) if query else 0
    if not n:
        return Markdown(f'No title contains "{query}": ten most rated movies, others at random.')
    which = f"All {n}" if n < _BLOCK else f"The {n} most rated"
    reading = (
        f'{which} movies whose title contains "{query}", and {len(block) - n} others drawn at'
        " random."
    )
    if 1 < n < len(block):
        values = block.to_numpy()
        among = values[:n, :n][~np.eye(n, dtype=bool)].mean()
        reading += (
            f" Mean similarity is {among:.2f} among the former, {values[:n, n:].mean():.2f} between"
            " them and the others."
        )
    return Markdown(reading)


def nearest_by_signal(
    similarity: ItemSimilarity, movies: pd.DataFrame, rows: np.ndarray, k: int, cf_weight: float
) -> pd.DataFrame:
    """Titles of the k nearest movies of each of some rows: by content, by factors, by both.

    Rows are movie and rank from 1; there are no more ranks than other movies.
    """
    titles, k = movies[TITLE].to_numpy(), min(k, len(movies) - 1)
    index = pd.MultiIndex.from_product([titles[rows], range(1, k + 1)], names=["movie", "rank"])
    weights = {"content": 0.0, "collaborative": 1.0, "hybrid": cf_weight}
    nearest = {
        signal: titles[similarity.neighbours(rows, k, weight)[0]].ravel()
        for signal, weight in weights.items()
    }
    return pd.DataFrame(nearest, index)


def overlap(nearest: pd.DataFrame) -> Markdown:
    """nearest: as `nearest_by_signal` made it."""
    k = nearest.index.get_level_values("rank").max()
    lists = nearest.groupby("movie").agg(set)
    content, collaborative = (
        np.mean([len(both & one) for both, one in zip(lists["hybrid"], lists[signal], strict=True)])
        for signal in ("content", "collaborative")
    )
    return Markdown(
        f"Of the {k} nearest by both signals, {content:.1f} are among the {k} nearest by content"
        f" and {collaborative:.1f} among those by collaborative similarity, averaged over these"
        " movies."
    )


def bundle_file(file: str, size: int, sha256: str) -> Markdown:
    """size: in bytes."""
    return Markdown(f"`{file}`, {size / 1e6:.1f} MB, SHA-256 `{sha256}`")
