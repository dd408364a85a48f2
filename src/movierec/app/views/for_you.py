"""For you: rate films, and see at once what to watch, and why."""

import streamlit as st

from movierec.app import cards, session
from movierec.app.model import Listed, Model
from movierec.app.profile import Profile
from movierec.app.widgets import export_ratings, film_search, import_ratings, more_like_this
from movierec.data.columns import MOVIE
from movierec.serving.filters import Filters
from movierec.serving.recommender import POPULARITY

STARS = [half / 2 for half in range(1, 11)]
REMOVE, TURN_DOWN = "Remove", "Not interested"
# Ratings that are shown with a field each; the others on request.
_SHOWN = 8


def show() -> None:
    model = session.model()
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.header("Rate films")
        _search(model)
        _rated(model, session.profile())
        import_ratings(model)
        export_ratings(model)
    with right:
        st.header("Recommended to you")
        _recommended(model, session.profile(), *_wishes(model))


def _search(model: Model) -> None:
    for film in film_search(model, "Search for a film", "search").itertuples():
        key = f"rate-{film.movieId}"
        st.html(cards.card(film.title, film.genres, small=True))
        st.session_state[key] = session.profile().ratings.get(film.movieId)
        st.pills(
            f"Stars for {cards.label(film.title)}",
            STARS,
            format_func=cards.stars_short,
            key=key,
            label_visibility="collapsed",
            on_change=_rate,
            args=(film.movieId, key),
            wrap=True,
        )


def _rated(model: Model, profile: Profile) -> None:
    if not profile:
        st.caption("Nothing is rated yet. Half a star is the worst, five stars are the best.")
        return
    ratings = list(profile.ratings.items())[::-1]
    st.subheader(f"Your ratings ({len(ratings)})")
    everything = len(ratings) > _SHOWN and st.toggle(f"Show all {len(ratings)}", key="show-all")
    for movie, given in ratings if everything else ratings[:_SHOWN]:
        if movie in model.movies.index:
            title, genres = model.movies.loc[movie, ["title", "genres"]]
        else:
            title, genres = f"movieId {movie}, which this model does not know", ""
        film, stars = st.columns([3, 2], vertical_alignment="center", wrap=False)
        film.html(cards.card(title, genres, small=True))
        key = f"rated-{movie}"
        st.session_state[key] = given
        stars.selectbox(
            f"Stars for {cards.label(title)}",
            [*reversed(STARS), REMOVE],
            format_func=_choice,
            key=key,
            label_visibility="collapsed",
            on_change=_rate,
            args=(movie, key),
        )
    with st.container(horizontal=True):
        st.button("Clear all", on_click=session.change, args=(Profile(),))
        if count := len(profile.turned_down):
            st.button(
                f"Show {count} film{'s' * (count > 1)} again that you turned down",
                on_click=session.change,
                args=(profile.restored(),),
            )


def _wishes(model: Model) -> tuple[Filters, float, float]:
    """Filters, novelty and weight, as the visitor sets them."""
    novelty = st.slider(
        "How adventurous?",
        -1.0,
        1.0,
        0.0,
        0.1,
        key="novelty",
        bind="query-params",
        help="-1: popular films first; 0: as the model ranks them; 1: films that few people know.",
    )
    with st.expander("Filters and weights"):
        genres = st.multiselect(
            "Genres, one of them", model.genres, key="genres", bind="query-params"
        )
        decades = st.multiselect("Decades", model.decades, key="decades", bind="query-params")
        most = max(model.most_ratings, 1)
        least = st.slider("Least number of ratings", 0, most, key="least", bind="query-params")
        weight = st.slider(
            "Words or audience (cf_weight)",
            0.0,
            1.0,
            0.5,
            0.05,
            help="0: what films are about; 1: what other people liked together; 0.5: as trained.",
            key="cf_weight",
            bind="query-params",
        )
    turned_down = session.profile().turned_down
    filters = Filters(frozenset(genres), frozenset(decades), least, turned_down)
    return filters, novelty, weight


def _recommended(model: Model, profile: Profile, filters: Filters, *weights: float) -> None:
    listed = model.recommended(tuple(profile.ratings.items()), filters, *weights)
    if listed.movies.empty:
        st.warning("No film meets all filters: take some of them away.")
        return
    if (listed.movies["basis"] == POPULARITY).all():
        st.caption("The most rated films, until you rate one that the model knows.")
    for rank, film in enumerate(listed.movies.itertuples(), start=1):
        lines = cards.reasons(*listed.reasons[film.movieId]) if listed.reasons else []
        with st.container(gap="xsmall"):
            st.html(cards.card(film.title, film.genres, *lines, rank=rank))
            _answer(film.movieId, film.title)
    st.download_button(
        "Recommendations as CSV",
        lambda: _as_csv(listed),
        "recommendations.csv",
        "text/csv",
        on_click="ignore",
    )


def _answer(movie: int, title: str) -> None:
    """What a visitor can say to a recommendation."""
    with st.container(horizontal=True, vertical_alignment="center"):
        key = f"next-{movie}"
        st.selectbox(
            f"Rate {cards.label(title)}",
            [*reversed(STARS), TURN_DOWN],
            index=None,
            format_func=_choice,
            placeholder="Rate it, or turn it down",
            key=key,
            label_visibility="collapsed",
            on_change=_rate,
            args=(movie, key),
            width=240,
        )
        more_like_this(movie)


def _rate(movie: int, key: str) -> None:
    chosen, profile = st.session_state[key], session.profile()
    if chosen == TURN_DOWN:
        session.change(profile.without(movie))
    else:
        session.change(profile.rated(movie, None if chosen == REMOVE else chosen))


def _choice(option: float | str) -> str:
    return option if isinstance(option, str) else cards.stars(option)


def _as_csv(listed: Listed) -> str:
    """With a row a movie: what raises and lowers its score, separated by semicolons."""
    table = listed.movies.drop(columns=["content_share"]).reset_index(drop=True)
    sides = [listed.reasons.get(movie) for movie in table[MOVIE]]
    for place, name in enumerate(("in_favour", "against")):
        table[name] = [
            "; ".join(part.what for part in side[place]) if side else "" for side in sides
        ]
    table.insert(0, "rank", range(1, len(table) + 1))
    return table.to_csv(index=False)


if __name__ == "__main__":
    show()
