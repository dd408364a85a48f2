"""More like this: a film's neighbours by words, by audience and by both, and a map of them."""

import altair as alt
import pandas as pd
import streamlit as st

from movierec.app import cards, session
from movierec.app.model import Model
from movierec.app.widgets import film_search
from movierec.data.columns import GENRES, MOVIE, TITLE

_MOVIE = "movie"
# Pixels; a phone's screen is hardly wider.
_MAP_WIDTH = 340


def show() -> None:
    model = session.model()
    st.header("More like this")
    movie = _chosen(model)
    if movie is None:
        st.caption("Search for a film to see which are like it.")
        return
    title, genres = model.movies.loc[movie, [TITLE, GENRES]]
    st.html(cards.card(title, genres))
    weight = st.slider(
        "Words or audience (cf_weight)",
        0.0,
        1.0,
        model.recommender.cf_weight,
        0.05,
        key="similarity_weight",
        bind="query-params",
        help="Of the list by both and of the map: 0 takes words alone, 1 the audience alone.",
    )
    kinds = {
        "By both": weight,
        "By words: what they are about": 0.0,
        "By audience: who likes them": 1.0,
    }
    for column, (heading, one) in zip(st.columns(3), kinds.items(), strict=True):
        with column:
            st.subheader(heading)
            found = model.similar(movie, one).iloc[1:]
            ranked = enumerate(found.itertuples(), start=1)
            st.html(
                cards.listing(
                    cards.card(film.title, film.genres, small=True, rank=rank)
                    for rank, film in ranked
                )
            )
    st.subheader("Map")
    st.caption(
        "The film and its neighbours by both: the more alike two are, the closer they lie. Numbers"
        " are places in the list."
    )
    points = model.similar(movie, weight)
    st.altair_chart(_chart(points), alt=_spoken(points), width="content")


def _chosen(model: Model) -> int | None:
    """The film that was searched for; else the one of the address, if the model knows it."""
    found = film_search(model, "Search for a film", "similar-to")
    if len(found):
        names = dict(zip(found[MOVIE].tolist(), found[TITLE], strict=True))
        chosen = st.pills(
            "Films with such a title",
            names,
            default=next(iter(names)),
            format_func=lambda movie: cards.label(names[movie]),
            required=True,
        )
        st.query_params[_MOVIE] = str(chosen)
        return chosen
    asked = st.query_params.get(_MOVIE, "")
    if asked and not (asked.isdecimal() and model.known([int(asked)])):
        st.warning(f"The model knows no film with the movieId {cards.label(asked[:20])}.")
        return None
    return int(asked) if asked else None


def _chart(points: pd.DataFrame) -> alt.LayerChart:
    shown = points.assign(
        place=["★", *map(str, range(1, len(points)))],
        genre=points[GENRES].str.split("|").str[0],
        similarity=points["similarity"].round(3),
    )
    # The same on both axes of a square, or distances along one of them would be stretched.
    reach = 1.15 * max(float(points[["x", "y"]].abs().max(axis=None)), 1e-3)
    scale = alt.Scale(domain=[-reach, reach])
    genres = shown["genre"].unique().tolist()
    base = alt.Chart(shown, width=_MAP_WIDTH, height=_MAP_WIDTH).encode(
        x=alt.X("x", axis=None, scale=scale),
        y=alt.Y("y", axis=None, scale=scale),
        tooltip=[TITLE, GENRES, "similarity"],
    )
    colour = alt.Color(
        "genre",
        title="First genre",
        scale=alt.Scale(domain=genres, range=[cards.colour(one) for one in genres]),
        legend=alt.Legend(orient="bottom", columns=4),
    )
    marks = base.mark_circle(size=380, opacity=0.9).encode(color=colour)
    return marks + base.mark_text(fontWeight="bold", color="black").encode(text="place")


def _spoken(points: pd.DataFrame) -> str:
    """The chart in words: the neighbours by their distance on the map."""
    first = points.iloc[0]
    distance = (points["x"] - first["x"]) ** 2 + (points["y"] - first["y"]) ** 2
    nearest = points.assign(distance=distance).iloc[1:].sort_values("distance")[TITLE].head(3)
    return f"Map of films around {first[TITLE]}; the closest are {'; '.join(nearest)}."


if __name__ == "__main__":
    show()
