"""An interactive explorer of a model, for JupyterLab."""

from collections.abc import Iterable

import ipywidgets
import pandas as pd

from movierec.data.columns import GENRES, MAX_RATING, MIN_RATING, MOVIE, TITLE
from movierec.serving.answers import readable, strongest_contributions
from movierec.serving.recommender import Recommender

# Three columns fit 900 pixels; narrower, they stand below each other.
_COLUMN = {"flex": "1 1 17rem", "min_width": "17rem", "max_width": "26rem", "margin": "0 0.4rem"}
_WIDE = {"width": "98%"}
_LABEL = {"description_width": "5.5rem"}
# What is typed only in part matches by less than a whole title.
_TYPING = 50


class Explorer(ipywidgets.HBox):
    """Search for titles, rate movies, and see recommendations, explanations and similar movies.

    `history` holds the ratings given so far, movieId -> stars. Every change updates what is shown;
    it needs a running kernel.
    """

    def __init__(self, recommender: Recommender):
        self._recommender = recommender
        self.history: dict[int, float] = {}
        self.query = ipywidgets.Text(
            description="Title", placeholder="roughly", style=_LABEL, layout=_WIDE
        )
        self.note = ipywidgets.HTML()
        self.matches = _list("Matches", rows=6)
        self.stars = ipywidgets.FloatSlider(
            value=MAX_RATING,
            min=MIN_RATING,
            max=MAX_RATING,
            step=0.5,
            description="Stars",
            style=_LABEL,
            layout=_WIDE,
        )
        self.rate = ipywidgets.Button(description="Rate", button_style="primary")
        self.rated = _list("Rated", rows=6)
        self.remove = ipywidgets.Button(description="Remove")
        self.recommended = _list("Movies", rows=10)
        self.why = ipywidgets.HTML()
        self.cf_weight = ipywidgets.FloatSlider(
            value=recommender.cf_weight,
            min=0,
            max=1,
            step=0.05,
            description="cf_weight",
            style=_LABEL,
            layout=_WIDE,
        )
        self.neighbours = ipywidgets.HTML()

        self.query.observe(self._find, "value")
        self.matches.observe(self._show_neighbours, "value")
        self.cf_weight.observe(self._show_neighbours, "value")
        self.rate.on_click(self._add)
        self.remove.on_click(self._remove)
        self.recommended.observe(self._explain, "value")
        rating = self.query, self.note, self.matches, self.stars, self.rate, self.rated, self.remove
        similar = self.cf_weight, self.neighbours
        super().__init__(
            [
                _column("Your ratings", *rating),
                _column("Recommended to you", self.recommended, self.why),
                _column("Similar by content (0) to collaborative (1)", *similar),
            ],
            layout={"flex_flow": "row wrap"},
        )
        self._recommend()

    def _find(self, _change: object) -> None:
        found = self._recommender.find(self.query.value, n=8, least=1)
        absent = self.query.value.strip() and (found["match"] < _TYPING).all()
        self.note.value = "No title is like it; these are the nearest." if absent else ""
        _offer(self.matches, found[MOVIE], found[TITLE])

    def _add(self, _button: object) -> None:
        if self.matches.value is not None:
            self.history[self.matches.value] = self.stars.value
            self._recommend()

    def _remove(self, _button: object) -> None:
        if self.history.pop(self.rated.value, None) is not None:
            self._recommend()

    def _recommend(self) -> None:
        titles = self._recommender.catalogue.set_index(MOVIE)[TITLE]
        rated = [f"{stars:.1f}  {titles[movie]}" for movie, stars in self.history.items()]
        _offer(self.rated, reversed(self.history), reversed(rated))
        found = self._recommender.recommend_for(self.history)
        scored = found["score"].round(1).astype("str") + "  " + found[TITLE]
        _offer(self.recommended, found[MOVIE], scored if self.history else found[TITLE])
        # The first may be the same movie as before, and the widget then reports no change.
        self._explain()

    def _explain(self, _change: object = None) -> None:
        movie = self.recommended.value
        if not self.history:
            self.why.value = "The most rated movies, until you rate one."
        elif movie is None:
            self.why.value = ""
        elif movie not in self.history:
            reasons = self._recommender.explain(self.history, movie)
            self.why.value = _table(strongest_contributions(reasons))

    def _show_neighbours(self, _change: object) -> None:
        movie, weight = self.matches.value, self.cf_weight.value
        if movie is None:
            self.neighbours.value = ""
        else:
            found = self._recommender.similar(movie, cf_weight=weight)
            self.neighbours.value = _table(readable(found).drop(columns=GENRES))


def _list(label: str, rows: int) -> ipywidgets.Select:
    return ipywidgets.Select(description=label, rows=rows, style=_LABEL, layout=_WIDE)


def _column(heading: str, *widgets: ipywidgets.Widget) -> ipywidgets.VBox:
    return ipywidgets.VBox([ipywidgets.HTML(f"<b>{heading}</b>"), *widgets], layout=_COLUMN)


def _offer(select: ipywidgets.Select, movies: Iterable[int], labels: Iterable[str]) -> None:
    """Show these movies, the first of them selected."""
    select.options = list(zip(labels, movies, strict=True))
    select.index = 0 if select.options else None


def _table(table: pd.DataFrame) -> str:
    rows = table.to_html(index=False, header=False, border=0)
    # JupyterLab makes a line of an HTML widget as high as a button.
    return f'<div style="line-height: 1.4">{rows}</div>'
