"""What 06_recommend says of its tables, computed from what they show."""

import pandas as pd
from IPython.display import Markdown

from movierec.data.columns import RATING, TITLE


def user_history(user_id: int, rated: pd.DataFrame) -> Markdown:
    """rated: as `Recommender.rated` gave it."""
    return Markdown(
        f"User {user_id} rated {len(rated):,} movies, {rated[RATING].mean():.1f} stars on average."
    )


def score_components(recommended: pd.DataFrame, reasons: pd.DataFrame) -> Markdown:
    """The score of the first recommendation, summed by kind of contribution.

    reasons: as `tables.explain_first` gave them.
    """
    if reasons.empty:
        return Markdown("There is no score to explain.")
    first = recommended.iloc[0]
    sums = reasons.groupby("kind")["contribution"].sum()
    return Markdown(
        f"**{first[TITLE]}**: {sums['movie']:+.2f} from rated movies, {sums.get('feature', 0):+.2f}"
        f" from terms, genres and decade, {sums['recent popularity']:+.2f} from recent popularity,"
        f" {sums['offset']:+.2f} as for every movie; together {first['score']:.2f}."
    )


def cold_start(ratings: str, history: dict[int, float]) -> Markdown:
    """ratings: as typed; history: those that match a title."""
    found = ":" if history else ", none of which is in the data; the most rated movies instead:"
    return Markdown(f"For a user who rates *{ratings}*{found}")


def title_match(query: str, resolved: pd.DataFrame) -> Markdown:
    """resolved: as `title_search.resolve_titles` gave it for the query."""
    return Markdown(f'The title nearest to "{query}" is **{resolved[TITLE].iloc[0]}**.')
