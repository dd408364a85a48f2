"""From titles and stars as people type them to movies of a model."""

import re
from collections.abc import Iterable

import pandas as pd

from movierec.data.columns import MAX_RATING, MIN_RATING, MOVIE, RATING, TITLE
from movierec.serving.recommender import Recommender
from movierec.serving.titles import MIN_MATCH


def parse_rating(text: str) -> tuple[str, float]:
    """Title and stars of "Alien=4.5" or "Alien: 4.5", separated by the last such sign.

    Raises ValueError for a text of another form, and for stars off the scale.
    """
    found = re.fullmatch(r"\s*(\S.*?)\s*[=:]\s*(-?(?:\d+\.?\d*|\.\d+))\s*", text)
    if not found:
        raise ValueError(f'"{text}" is not of the form TITLE=STARS, as "Alien=4.5"')
    title, stars = found[1], float(found[2])
    if not MIN_RATING <= stars <= MAX_RATING:
        raise ValueError(f'"{text}": a rating lies in {MIN_RATING}-{MAX_RATING}')
    return title, stars


def resolve_titles(recommender: Recommender, titles: Iterable[str]) -> pd.DataFrame:
    """The movie whose title is nearest to each title that was typed.

    Columns typed, movieId, title, match (0 to 100) and nearest: the three nearest titles.
    """
    rows = []
    for typed in titles:
        found = recommender.find(typed, n=3, least=0)
        best = found.iloc[0]
        nearest = "; ".join(found[TITLE])
        rows.append((typed, int(best[MOVIE]), best[TITLE], float(best["match"]), nearest))
    return pd.DataFrame(rows, columns=["typed", MOVIE, TITLE, "match", "nearest"])


def resolve_ratings(recommender: Recommender, ratings: Iterable[str]) -> pd.DataFrame:
    """As `resolve_titles`, of texts like "Alien=4.5", with the stars in the column rating.

    Raises ValueError as `parse_rating` does.
    """
    parsed = [parse_rating(one) for one in ratings]
    resolved = resolve_titles(recommender, [title for title, _ in parsed])
    return resolved.assign(**{RATING: [stars for _, stars in parsed]})


def refuse_unmatched(resolved: pd.DataFrame) -> None:
    """Raise ValueError, with the nearest titles, for the first that matches none well."""
    for row in resolved[resolved["match"] < MIN_MATCH].itertuples():
        raise ValueError(f'no title is like "{row.typed}"; the nearest are {row.nearest}')


def user_history(resolved: pd.DataFrame) -> dict[int, float]:
    """movieId -> stars of resolved ratings; those that match no title well are left out.

    Raises ValueError where two resolve to the same movie.
    """
    matched = resolved[resolved["match"] >= MIN_MATCH]
    for _, rows in matched.groupby(MOVIE, sort=False):
        same, title = rows["typed"], rows[TITLE].iloc[0]
        if len(same) > 1:
            raise ValueError(
                f'"{same.iloc[0]}" and "{same.iloc[1]}" are both {title}; rate it once'
            )
    return dict(zip(matched[MOVIE].tolist(), matched[RATING].tolist(), strict=True))
