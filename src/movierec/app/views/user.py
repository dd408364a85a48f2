"""A user of the data: what they rated beside what is recommended to them."""

import pandas as pd
import streamlit as st

from movierec.app import cards, session
from movierec.app.model import Model
from movierec.data.columns import GENRES, MOVIE, RATING, TITLE
from movierec.serving.evaluated import EvaluatedUser, evaluated_user
from movierec.serving.recommender import NotInModel

# Films of a history that are shown as cards.
_SHOWN = 15


def show() -> None:
    model = session.model()
    st.header("A user of the data")
    user = st.number_input(
        "userId",
        min_value=0,
        value=model.recommender.median_user(),
        step=1,
        key="user",
        bind="query-params",
        width=240,
    )
    try:
        rated = model.recommender.rated(user)
    except NotInModel:
        known = model.recommender.bundle["u2i"]
        st.warning(
            f"The model knows no user {user}. There are {len(known):,}, from {min(known)} to"
            f" {max(known)}."
        )
        return
    tested = evaluated_user(model.run, user) if model.is_evaluated else None
    history, recommended = st.columns(2, gap="large")
    with history:
        _history(rated, tested)
    with recommended:
        if tested and st.toggle("As in the evaluation", value=True, key="as-evaluated"):
            _evaluated(model, tested)
        else:
            _recommended(model, user)


def _history(rated: pd.DataFrame, tested: EvaluatedUser | None) -> None:
    st.subheader(f"Rated: {len(rated):,} films")
    held_out = set(tested.held_out[MOVIE]) if tested else set()
    if held_out:
        st.caption(f"{len(held_out):,} of them were held out of training for the evaluation.")
    st.html(
        cards.listing(
            cards.card(
                film.title,
                film.genres,
                cards.stars(film.rating) + (", held out" if film.movieId in held_out else ""),
                small=True,
            )
            for film in rated.head(_SHOWN).itertuples()
        )
    )
    if len(rated) > _SHOWN:
        with st.expander("All ratings"):
            st.dataframe(rated[[TITLE, GENRES, RATING]], hide_index=True)


def _evaluated(model: Model, tested: EvaluatedUser) -> None:
    st.subheader("Recommended without the held-out ratings")
    hits = int(tested.listed["hit"].sum())
    st.caption(
        f"{hits} of the {len(tested.listed)} films are among the {len(tested.held_out)} that were"
        " held out: hits, marked ✓."
    )
    given = tested.held_out.set_index(MOVIE)[RATING]
    for film in tested.listed.itertuples():
        title, genres = model.movies.loc[film.movieId, [TITLE, GENRES]]
        lines = []
        if film.hit:
            lines = [f'<span class="hit">✓ hit: {_stars(given[film.movieId])}</span>']
        st.html(cards.card(title, genres, *lines, rank=film.rank))


def _recommended(model: Model, user: int) -> None:
    st.subheader("Recommended, all ratings known")
    listed = model.for_user(user)
    for rank, film in enumerate(listed.movies.itertuples(), start=1):
        why = cards.reasons(*listed.reasons[film.movieId]) if listed.reasons else []
        st.html(cards.card(film.title, film.genres, *why, rank=rank))


def _stars(rating: float) -> str:
    return "rated without stars" if pd.isna(rating) else f"rated {cards.stars(rating)}"


if __name__ == "__main__":
    show()
