"""What 06_recommend says of its tables, computed from what they show."""

from IPython.display import Markdown


def cold_start(ratings: str, history: dict[int, float]) -> Markdown:
    """ratings: as typed; history: those that match a title."""
    found = ":" if history else ", none of which is in the data; the most rated movies instead:"
    return Markdown(f"For a user who rates *{ratings}*{found}")
