"""What a recommender answers, as tables that people read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import pandas as pd

from movierec.data.columns import GENRES, MOVIE, RATING, TITLE
from movierec.data.originals import ORIGINAL
from movierec.serving.recommender import POPULARITY, Part, Recommender
from movierec.serving.titles import MIN_MATCH


def readable(found: pd.DataFrame) -> pd.DataFrame:
    """Movies as a recommender gives them, without numbers of ours, rounded, numbered from 1.

    The share of content is in per cent. Popular movies have their number of ratings in place of a
    score.
    """
    table = found.drop(columns=[MOVIE, "basis", "content_share"], errors="ignore")
    table = table.rename(columns={ORIGINAL: "id"})
    table[GENRES] = table[GENRES].str.replace("|", ", ", regex=False)
    if "basis" in found and (found["basis"] == POPULARITY).all():
        table["ratings"] = table.pop("score").astype(int)
    elif "content_share" in found:
        table["content, %"] = (100 * found["content_share"]).round().astype("Int64")
    return _numbered(table.round({"score": 2, RATING: 1, "similarity": 3, "match": 0}))


def rated_and_recommended(rated: pd.DataFrame, recommended: pd.DataFrame) -> pd.DataFrame:
    """A user's ten best ratings beside what is recommended."""
    best = readable(rated.head(10)).rename(columns={TITLE: "rated best"})
    beside = readable(recommended).rename(columns={TITLE: "recommended"})
    return pd.concat([best, beside], axis=1).drop(columns=GENRES)


def resolved_ratings(resolved: pd.DataFrame) -> pd.DataFrame:
    """What was typed, the stars, and the title it was taken for (see `title_search`)."""
    title = resolved[TITLE].where(resolved["match"] >= MIN_MATCH, "no title is like it")
    return _numbered(resolved[["typed", RATING]].assign(**{TITLE: title}))


def explain_first(
    recommender: Recommender, asked: int | Mapping[int, float], recommended: pd.DataFrame
) -> pd.DataFrame:
    """As `Recommender.explain`, of the first recommendation.

    No rows where nothing is recommended, or only popular movies.
    """
    first = recommended.loc[recommended["basis"] != POPULARITY, MOVIE]
    if first.empty:
        return pd.DataFrame({"kind": [], "what": [], "because": [], "contribution": []})
    return recommender.explain(asked, int(first.iloc[0]))


def strongest_contributions(reasons: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """The largest contributions of `Recommender.explain`; the others as one row; the offset.

    Columns as there; contributions still add up to the score.
    """
    others = reasons[most:-1]
    shown = reasons.drop(others.index)
    if len(others):
        rest = f"all weaker ones ({len(others)})"
        shown.loc[most] = "others", rest, "", others["contribution"].sum()
    return _numbered(shown.sort_index().round({"contribution": 3}))


def up_and_down(parts: Iterable[Part], most: int = 3) -> tuple[list[Part], list[Part]]:
    """The movies and features of `Recommender.parts` that raise a score most, and lower it most.

    At most `most` of each kind, movies first, the strongest first.
    """
    found: dict[tuple[bool, str], list[Part]] = defaultdict(list)
    for part in parts:
        if part.contribution:
            found[part.contribution > 0, part.kind].append(part)
    up, down = (
        found[side, "movie"][:most] + found[side, "feature"][:most] for side in (True, False)
    )
    return up, down


def similar_by_weight(
    recommender: Recommender, movie_ids: Iterable[int], n: int = 10
) -> pd.DataFrame:
    """Titles of the n movies most similar to each of some: by content, by both, by factors.

    Rows are movie and rank from 1; "hybrid" has the run's `cf_weight`.
    """
    titles = recommender.catalogue.set_index(MOVIE)[TITLE]
    weights = {"content": 0.0, "hybrid": recommender.cf_weight, "collaborative": 1.0}
    similar = {
        titles[movie]: pd.DataFrame(
            {
                signal: readable(recommender.similar(movie, n, weight))[TITLE]
                for signal, weight in weights.items()
            }
        )
        for movie in movie_ids
    }
    return pd.concat(similar, names=["movie", "rank"])


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
    return table.set_axis(range(1, len(table) + 1))
