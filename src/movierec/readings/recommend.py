"""What 06_recommend says of its tables, computed from what they show."""

import pandas as pd
from IPython.display import Markdown

from movierec.data.columns import RATING
from movierec.markup import markdown


def user_ratings(user: str, rated: pd.DataFrame) -> str:
    return f"User {user} rated {len(rated):,} movies, {rated[RATING].mean():.1f} stars on average."


def cold_start(ratings: str, history: dict[int, float]) -> Markdown:
    """ratings: as typed; history: those that match a title."""
    found = ":" if history else ", none of which is in the data; the most rated movies instead:"
    return Markdown(f"For a user who rates *{markdown(ratings)}*{found}")
