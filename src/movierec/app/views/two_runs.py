"""Two runs side by side: the same profile asked of two models."""

import pandas as pd
import streamlit as st

from movierec.app import cards, session
from movierec.app.model import Model, ModelUnavailable, open_model, runs_with_models
from movierec.app.widgets import headline
from movierec.data.columns import TITLE
from movierec.markup import markdown
from movierec.serving.filters import Filters


def show() -> None:
    first = session.model()
    st.header("Two runs side by side")
    others = [name for name in runs_with_models() if name != first.run.name]
    if not others:
        st.info(
            "There is no other run with a model. Make one, for example with other factors:\n\n"
            "    python -m movierec run --run wide -p factors=128"
        )
        return
    name = st.selectbox("The other run", others, key="other", bind="query-params", width=320)
    try:
        second = open_model(name)
    except ModelUnavailable as error:
        st.error(f"**The model of run {markdown(name)} is not available.**")
        st.code(str(error), language=None, wrap_lines=True)
        return
    profile = session.profile()
    if not profile.ratings:
        st.caption("Rate films on the page “For you” first; until then these are the most rated.")
    ratings = dict(profile.ratings)
    asked = {first: ratings, second: first.translated(ratings, second)}
    turned_down = {first: profile.turned_down, second: frozenset[int]()}
    lists = {
        model: model.recommended(
            tuple(asked[model].items()), Filters(excluded=turned_down[model]), 0.0, 0.5
        ).movies
        for model in asked
    }
    common = set(lists[first][TITLE]) & set(lists[second][TITLE])
    st.caption(f"{len(common)} of {len(lists[first])} films are in both lists, marked =.")
    for column, model in zip(st.columns(2, gap="large"), asked, strict=True):
        with column:
            _one(model, lists[model], common, len(ratings) - len(model.known(asked[model])))


def _one(model: Model, movies: pd.DataFrame, common: set[str], unknown: int) -> None:
    st.subheader(markdown(model.run.name))
    st.caption(headline(model.summary))
    if unknown:
        st.caption(f"{unknown} of your films are not in this model, and were left out.")
    for rank, film in enumerate(movies.itertuples(), start=1):
        lines = ['<span class="hit">= in both lists</span>'] * (film.title in common)
        st.html(cards.card(film.title, film.genres, *lines, rank=rank))


if __name__ == "__main__":
    show()
