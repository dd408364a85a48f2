"""An interactive explorer of a model, for JupyterLab."""

import html
from collections.abc import Iterable

import ipywidgets
import pandas as pd

from movierec.data.columns import MAX_RATING, MIN_RATING, MOVIE, TITLE
from movierec.serving.recommender import Recommender
from movierec.serving.tables import readable, strongest_contributions

_COLUMN = {"width": "32%", "min_width": "22rem", "margin": "0 0.5rem"}
_WIDE = {"width": "98%"}


class Explorer(ipywidgets.HBox):
    """Search for titles, rate movies, and see recommendations, explanations and similar movies.

    `history` holds the ratings given so far, movieId -> stars. Every change updates what is shown;
    it needs a running kernel.
    """

    def __init__(self, recommender: Recommender):
        self._recommender = recommender
        self.history: dict[int, float] = {}
        self.query = ipywidgets.Text(placeholder="a title, roughly", layout=_WIDE)
        self.matches = ipywidgets.Select(rows=6, layout=_WIDE)
        self.stars = ipywidgets.FloatSlider(
            value=MAX_RATING, min=MIN_RATING, max=MAX_RATING, step=0.5, description="stars"
        )
        self.rate = ipywidgets.Button(description="Rate", button_style="primary")
        self.rated = ipywidgets.Select(rows=6, layout=_WIDE)
        self.remove = ipywidgets.Button(description="Remove")
        self.recommended = ipywidgets.Select(rows=10, layout=_WIDE)
        self.why = ipywidgets.HTML()
        self.cf_weight = ipywidgets.FloatSlider(
            value=recommender.cf_weight, min=0, max=1, step=0.05, description="cf_weight"
        )
        self.neighbours = ipywidgets.HTML()

        self.query.observe(self._find, "value")
        self.matches.observe(self._show_neighbours, "value")
        self.cf_weight.observe(self._show_neighbours, "value")
        self.rate.on_click(self._add)
        self.remove.on_click(self._remove)
        self.recommended.observe(self._explain, "value")
        super().__init__(
            [
                _column("Your ratings", self.query, self.matches, self.stars, self.rate),
                _column("Recommended to you", self.recommended, self.why),
                _column(
                    "Similar by content (0) to collaborative (1)", self.cf_weight, self.neighbours
                ),
            ]
        )
        self.children[0].children += (self.rated, self.remove)
        self._recommend()

    def _find(self, _change: object) -> None:
        typed = self.query.value.strip()
        found = self._recommender.find(typed, n=8) if typed else None
        _offer(self.matches, [] if found is None else _options(found, found[TITLE]))

    def _add(self, _button: object) -> None:
        if self.matches.value is not None:
            self.history[self.matches.value] = self.stars.value
            self._recommend()

    def _remove(self, _button: object) -> None:
        if self.history.pop(self.rated.value, None) is not None:
            self._recommend()

    def _recommend(self) -> None:
        titles = self._recommender.bundle["movies_indexed"].set_index(MOVIE)[TITLE]
        rated = [(f"{stars:.1f}  {titles[movie]}", movie) for movie, stars in self.history.items()]
        _offer(self.rated, rated[::-1])
        found = self._recommender.recommend_for(self.history)
        scored = zip(found["score"], found[TITLE], strict=True)
        labels = [f"{score:.1f}  {title}" for score, title in scored]
        _offer(self.recommended, _options(found, labels if self.history else found[TITLE]))
        # The first may be the same movie as before, and the widget then reports no change.
        self._explain()

    def _explain(self, _change: object = None) -> None:
        movie = self.recommended.value
        if not self.history:
            self.why.value = "The most rated movies, until you rate one."
        elif movie is None:
            self.why.value = ""
        elif movie not in self.history:
            self.why.value = _table(
                strongest_contributions(self._recommender.explain(self.history, movie))
            )

    def _show_neighbours(self, _change: object) -> None:
        movie = self.matches.value
        if movie is None:
            self.neighbours.value = ""
            return
        found = self._recommender.similar(movie, cf_weight=self.cf_weight.value)
        self.neighbours.value = _table(readable(found).drop(columns="genres"))


def _column(heading: str, *widgets: ipywidgets.Widget) -> ipywidgets.VBox:
    top = ipywidgets.HTML(f"<b>{html.escape(heading)}</b>")
    return ipywidgets.VBox([top, *widgets], layout=_COLUMN)


def _offer(select: ipywidgets.Select, options: list[tuple[str, int]]) -> None:
    """Show these options, the first of them selected."""
    select.options = options
    select.index = 0 if options else None


def _options(found: pd.DataFrame, labels: Iterable[str]) -> list[tuple[str, int]]:
    return list(zip(labels, found[MOVIE].tolist(), strict=True))


def _table(table: pd.DataFrame) -> str:
    rows = table.to_html(index=False, header=False, border=0)
    # JupyterLab makes a line of an HTML widget as high as a button.
    return f'<div style="line-height: 1.4">{rows}</div>'
