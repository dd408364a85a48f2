"""What a recommender answers, as tables that people read."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from movierec.data.columns import GENRES, MOVIE, RATING, TITLE
from movierec.serving.recommender import POPULARITY, Recommender
from movierec.serving.title_search import MIN_MATCH


def readable(found: pd.DataFrame) -> pd.DataFrame:
    """Movies as a recommender gives them, without ids, rounded, numbered from 1.

    The share of content is in per cent. Popular movies have their number of ratings in place of a
    score.
    """
    table = found[[TITLE]].assign(genres=found[GENRES].str.replace("|", ", ", regex=False))
    if "basis" in found and (found["basis"] == POPULARITY).all():
        table["ratings"] = found["score"].astype(int)
    elif "score" in found:
        table["score"] = found["score"].round(2)
        table["content, %"] = (100 * found["content_share"]).round().astype("Int64")
    for column, digits in ((RATING, 1), ("similarity", 3), ("match", 0)):
        if column in found:
            table[column] = found[column].round(digits)
    return _numbered(table)


def rated_and_recommended(rated: pd.DataFrame, recommended: pd.DataFrame) -> pd.DataFrame:
    """A user's ten best ratings beside what is recommended."""
    best = readable(rated.head(10)).rename(columns={TITLE: "rated best"})
    beside = readable(recommended).rename(columns={TITLE: "recommended"})
    return pd.concat([best, beside], axis=1).drop(columns=GENRES)


def resolved_ratings(resolved: pd.DataFrame) -> pd.DataFrame:
    """What was typed, the stars, and the title it was taken for (see `title_search`)."""
    title = resolved[TITLE].where(resolved["match"] >= MIN_MATCH, "no title is like it")
    return resolved[["typed", RATING]].assign(**{TITLE: title})


def explain_first(
    recommender: Recommender, asked: int | Mapping[int, float], recommended: pd.DataFrame
) -> pd.DataFrame:
    """As `Recommender.explain`, of the first recommendation.

    No rows where nothing is recommended, or only popular movies.
    """
    first = recommended[recommended["basis"] != POPULARITY].head(1)
    if first.empty:
        return pd.DataFrame({"kind": [], "what": [], "contribution": []})
    return recommender.explain(asked, int(first[MOVIE].iloc[0]))


def strongest_contributions(reasons: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """The largest contributions of `Recommender.explain`; the others as one row; the offset.

    Columns kind, what, contribution; contributions still add up to the score.
    """
    parts, offset = reasons[:-1], reasons[-1:]
    others = parts[most:]
    together = pd.DataFrame(
        {
            "kind": "others",
            "what": f"all weaker ones ({len(others)})",
            "contribution": [others["contribution"].sum()],
        }
    )
    kept = [parts[:most], together[: len(others)], offset]
    return _numbered(pd.concat(kept).round({"contribution": 3}))


def similar_by_weight(recommender: Recommender, movie_id: int) -> pd.DataFrame:
    """Titles of the movies most similar by content, by the run's `cf_weight`, by factors."""
    weights = {
        "content": 0.0,
        f"cf_weight {recommender.cf_weight:g}": recommender.cf_weight,
        "collaborative": 1.0,
    }
    return pd.DataFrame(
        {
            by: readable(recommender.similar(movie_id, cf_weight=weight))[TITLE]
            for by, weight in weights.items()
        }
    )


def as_text(table: pd.DataFrame) -> str:
    """A table for a terminal: whole columns, text aligned left, numbers right."""
    if table.empty:
        return "no movie is left"
    columns = {}
    for name, column in table.items():
        if not pd.api.types.is_numeric_dtype(column):
            width = max(len(name), *column.str.len())
            name, column = name.ljust(width), column.str.ljust(width)
        columns[name] = column
    return pd.DataFrame(columns).to_string(index=False)


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis(np.arange(1, len(table) + 1))
