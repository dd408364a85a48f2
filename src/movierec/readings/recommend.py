"""What 06_recommend says of its tables, computed from what they show."""

import pandas as pd
from IPython.display import Markdown

from movierec.data.columns import RATING, TITLE
from movierec.markup import markdown


def user_ratings(user: str, rated: pd.DataFrame) -> str:
    return f"User {user} rated {len(rated):,} movies, {rated[RATING].mean():.1f} stars on average."


def cold_start(ratings: str, history: dict[int, float]) -> Markdown:
    """ratings: as typed; history: those that match a title."""
    found = ":" if history else ", none of which is in the data; the most rated movies instead:"
    return Markdown(f"For a user who rates *{markdown(ratings)}*{found}")


def found(query: str, movies: pd.DataFrame) -> Markdown:
    """movies: as of `Recommender.find`, of the query."""
    if movies.empty:
        return Markdown(f'No title in the data is like "{markdown(query)}".')
    return Markdown(f'"{markdown(query)}" is taken for {markdown(movies[TITLE].iloc[0])}.')
