"""Asking a model in words: titles and stars as people type them, answers as they read them."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from movierec.data.columns import GENRES, MAX_RATING, MIN_RATING, MOVIE, RATING, TITLE
from movierec.serving.recommender import POPULARITY, Recommender

# A title that matches less is not taken for what was typed.
SURE = 60


def split_ratings(text: str) -> list[str]:
    """The ratings of one text, a semicolon between, since titles hold commas."""
    return [one.strip() for one in text.split(";") if one.strip()]


def parse_rating(text: str) -> tuple[str, float]:
    """Title and stars of "Alien=4.5" or "Alien: 4.5": what stands before and after the last sign.

    Raises ValueError for a text of another form, and for stars off the scale.
    """
    found = re.fullmatch(r"\s*(\S.*?)\s*[=:]\s*(-?[\d.]+)\s*", text)
    try:
        title, stars = found[1], float(found[2])
    except (TypeError, ValueError):
        raise ValueError(f'"{text}" is not of the form TITLE=STARS, as "Alien=4.5"') from None
    if not MIN_RATING <= stars <= MAX_RATING:
        raise ValueError(f'"{text}": a rating lies in {MIN_RATING}-{MAX_RATING}')
    return title, stars


def resolve_titles(recommender: Recommender, titles: Iterable[str]) -> pd.DataFrame:
    """Which movie is taken for each title that was typed.

    Columns typed, movieId, title, match (0 to 100) and nearest: the three titles most like it.
    """
    rows = []
    for typed in titles:
        found = recommender.find(typed, n=3)
        best = found.iloc[0]
        nearest = "; ".join(found[TITLE])
        rows.append((typed, int(best[MOVIE]), best[TITLE], float(best["match"]), nearest))
    return _ranked(pd.DataFrame(rows, columns=["typed", MOVIE, TITLE, "match", "nearest"]))


def resolve_ratings(recommender: Recommender, ratings: Iterable[str]) -> pd.DataFrame:
    """As `understand`, of texts like "Alien=4.5", with the stars in the column rating.

    Raises ValueError as `parse_rating` does.
    """
    parsed = [parse_rating(one) for one in ratings]
    resolved = resolve_titles(recommender, [title for title, _ in parsed])
    return resolved.assign(**{RATING: [stars for _, stars in parsed]})


def refuse_unmatched(resolved: pd.DataFrame) -> None:
    """Raise ValueError, with the nearest titles, for the first that matches nothing well."""
    for row in resolved[resolved["match"] < SURE].itertuples():
        raise ValueError(f'no title is like "{row.typed}"; the nearest are {row.nearest}')


def profile(resolved: pd.DataFrame) -> dict[int, float]:
    """movieId -> stars of resolved ratings, those left out that match nothing well.

    Raises ValueError where two are taken for one movie.
    """
    sure = resolved[resolved["match"] >= SURE]
    for title, same in sure.groupby(TITLE, sort=False)["typed"]:
        if len(same) > 1:
            raise ValueError(
                f'"{same.iloc[0]}" and "{same.iloc[1]}" are both {title}; rate it once'
            )
    return dict(zip(sure[MOVIE].tolist(), sure[RATING].tolist(), strict=True))


def strongest(reasons: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """The strongest of what `explain` gave; what the others bring together in one row.

    Columns kind, what, contribution; the same sum.
    """
    parts, rest = reasons[:-1], reasons[-1:].assign(what="taken off every movie alike")
    others = parts[most:]
    together = pd.DataFrame(
        {
            "kind": "others",
            "what": f"all weaker ones ({len(others)})",
            "contribution": [others["contribution"].sum()],
        }
    )
    kept = [parts[:most], together[: len(others)], rest]
    return _ranked(pd.concat(kept).assign(contribution=lambda all_: all_["contribution"].round(3)))


def readable(found: pd.DataFrame) -> pd.DataFrame:
    """What a recommender answered, for people: no ids, few digits, numbered from 1.

    The share of words is in per cent; popular movies show their number of ratings.
    """
    table = found[[TITLE]].assign(genres=found[GENRES].str.replace("|", ", ", regex=False))
    if "basis" in found and (found["basis"] == POPULARITY).all():
        table["ratings"] = found["score"].astype(int)
    elif "score" in found:
        table["score"] = found["score"].round(2)
        table["by words, %"] = (100 * found["content_share"]).round().astype("Int64")
    for column, digits in ((RATING, 1), ("similarity", 3), ("match", 0)):
        if column in found:
            table[column] = found[column].round(digits)
    return _ranked(table)


def as_text(table: pd.DataFrame) -> str:
    """A table for a terminal: whole columns, words to the left, numbers to the right."""
    if table.empty:
        return "no movie is left"
    columns = {}
    for name, column in table.items():
        if not pd.api.types.is_numeric_dtype(column):
            width = max(len(name), *column.str.len())
            name, column = name.ljust(width), column.str.ljust(width)
        columns[name] = column
    return pd.DataFrame(columns).to_string(index=False)


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis(np.arange(1, len(table) + 1))
