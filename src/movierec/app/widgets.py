"""Parts of pages that several of them have."""

import pandas as pd
import streamlit as st

from movierec.app import cards, session
from movierec.app.model import Model
from movierec.app.uploads import TYPES, Refused, ratings_of
from movierec.data.columns import MOVIE, RATING, TITLE
from movierec.markup import markdown
from movierec.runs.listing import RunSummary

_UPLOAD, _TOLD = "upload", "upload-told"


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


def import_ratings(model: Model) -> None:
    """A field for an export of another service, which joins the profile."""
    with st.expander("Import ratings", key="import"):
        st.file_uploader(
            "Export of Letterboxd, IMDb or MovieLens, or a table of title and rating",
            TYPES,
            key=_UPLOAD,
            max_upload_size=20,
            on_change=_import,
            args=(model,),
        )
        told = st.session_state.get(_TOLD)
        if isinstance(told, str):
            st.error(f"The file cannot be read: {markdown(told)}")
        elif told:
            count, unmatched = told
            st.success(f"{count:,} ratings were imported.")
            if unmatched:
                st.caption(f"{len(unmatched):,} titles are not in this model, and were left out:")
                st.dataframe(pd.DataFrame({"title": unmatched}), hide_index=True, height=200)


def _import(model: Model) -> None:
    st.session_state[_TOLD] = None
    if (file := st.session_state[_UPLOAD]) is None:
        return
    try:
        found = ratings_of(file.name, file.getvalue(), model.movies.reset_index())
    except Refused as error:
        st.session_state[_TOLD] = str(error)
        return
    session.change(session.profile().joined(found.ratings))
    st.session_state[_TOLD] = len(found.ratings), found.unmatched


def export_ratings(model: Model) -> None:
    profile = session.profile()
    known = model.known(profile.ratings)
    if known:
        titles = model.movies.loc[known, TITLE].tolist()
        stars = [profile.ratings[movie] for movie in known]
        st.download_button(
            "Your ratings as CSV",
            pd.DataFrame({MOVIE: known, TITLE: titles, RATING: stars}).to_csv(index=False),
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
