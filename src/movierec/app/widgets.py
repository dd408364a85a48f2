"""Parts of pages that several of them have."""

import pandas as pd
import streamlit as st

from movierec.app import cards, session
from movierec.app.model import Model
from movierec.data.columns import MOVIE, RATING, TITLE
from movierec.markup import markdown
from movierec.runs.listing import RunSummary


def film_search(model: Model, label: str, key: str) -> pd.DataFrame:
    """A field to type a title into; the films whose titles match, or none."""
    typed = st.text_input(
        label,
        key=key,
        type="search",
        placeholder="a title, roughly",
        max_chars=200,
        live=True,
        persist_state="session",
    )
    if not typed.strip():
        return model.search("a")[0][:0]
    found, matched = model.search(typed)
    if not matched:
        st.warning(f"No title is like “{cards.label(typed)}”. The nearest:")
    return found


def more_like_this(movie: int) -> None:
    st.page_link(
        "views/more_like_this.py", label="More like this", query_params={"movie": str(movie)}
    )


def import_export(model: Model) -> None:
    profile = session.profile()
    if profile.ratings:
        known = model.known(profile.ratings)
        titles = model.movies.loc[known, TITLE]
        table = pd.DataFrame(
            {MOVIE: known, TITLE: titles.tolist(), RATING: [profile.ratings[one] for one in known]}
        )
        st.download_button(
            "Your ratings as CSV",
            table.to_csv(index=False),
            "ratings.csv",
            "text/csv",
            on_click="ignore",
        )


def headline(run: RunSummary) -> str:
    """What a run's evaluation says of its model, in a sentence of Markdown."""
    if run.mean is None:
        return "This run has no evaluation."
    interval = f", 95 % interval {run.low:.3f} to {run.high:.3f}" if run.low is not None else ""
    metric = markdown(run.metric.replace("ndcg", "NDCG"))
    on = f"on {markdown(run.dataset)}, protocol {markdown(run.protocol)}"
    return f"{metric} of {markdown(run.model)}: **{run.mean:.3f}**{interval}, {on}."
