"""Recommendations, similar movies and explanations from a loaded model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.columns import GENRES, MAX_RATING, MIN_RATING, MOVIE, RATING, TITLE
from movierec.data.interactions import Interactions
from movierec.data.originals import ORIGINAL
from movierec.data.titles import labels
from movierec.models.base import graded_preferences
from movierec.models.explain import (
    content_share,
    contributions_of,
    ease_own_features,
    feature_scores,
)
from movierec.models.hybrid import Hybrid, standardise
from movierec.models.kernels.ranking import top_k
from movierec.models.similarity import ItemSimilarity
from movierec.serving.filters import FilterIndex, Filters
from movierec.serving.movie_map import plane
from movierec.serving.titles import MIN_MATCH, Titles

# Values of the column "basis": personal scores, or popularity where nothing was rated.
TASTE, POPULARITY = "taste", "popularity"
# What "because" adds where a liked movie counts against another, or a disliked one for it.
SELDOM = ", rated together less than expected"

_NO_FILTERS = Filters()


class NotInModel(KeyError, ValueError):
    """A movie or a user that the model does not know."""

    # A KeyError shows its message in quotes.
    __str__ = ValueError.__str__


class Part(NamedTuple):
    """A row of `Recommender.explain`, which says what it holds."""

    kind: str
    what: str
    because: str
    contribution: float


@dataclass(frozen=True)
class FittedHybrid:
    """The hybrid that was evaluated, and what recommending and explaining need beside it.

    interactions     what it was trained on
    feature_names    (n_features,) terms, genres and decades
    content_factors  (n_items, factors) float32, of `explain.content_factors`
    """

    model: Hybrid
    interactions: Interactions
    feature_names: np.ndarray
    content_factors: np.ndarray

    @property
    def now(self) -> np.ndarray:
        """The time of the last rating of all, when a recommendation is asked for: (1,) seconds."""
        return np.array([self.model.recent.last_time])

    @cached_property
    def novelty(self) -> np.ndarray:
        """Self-information of each movie, standardised: (1, n_movies)."""
        counts = np.maximum(self.interactions.ratings_per_movie, 1)
        return standardise(-np.log2(counts)[None, :]).astype(np.float32)

    @cached_property
    def _ease_own(self) -> np.ndarray:
        ease = self.model.components.ease
        return np.zeros(0) if ease is None else ease_own_features(ease)

    def feature_scores(self, preferences: sparse.csr_array) -> np.ndarray:
        """What features bring to each score of one row: (n_movies,)."""
        return feature_scores(self.model, self.content_factors, self._ease_own, preferences)


class Recommender:
    """A loaded model: `bundle` is the dict of ten keys, `cf_weight` that of the run.

    Every method that answers returns a DataFrame; where the data call movies by ids of their own,
    it has these in a column original. They raise NotInModel, a KeyError, for an unknown movie or
    user; ValueError for a rating outside 0.5 to 5 stars or an n below 1; RuntimeError for
    anything but similar movies and titles where the pickle was loaded without the files beside it.
    """

    def __init__(
        self,
        bundle: dict,
        similarity: ItemSimilarity,
        cf_weight: float = 0.5,
        hybrid: FittedHybrid | None = None,
    ):
        self.bundle = bundle
        self._similarity = similarity
        self.cf_weight = cf_weight
        self._hybrid = hybrid

    def recommend(self, user_id: int, n: int = 10) -> pd.DataFrame:
        """The n best movies that a known user has not rated, best first.

        Columns movieId, title, genres, score (of the hybrid; 0 is the mean over movies),
        content_share (the part of the score that item features bring, see
        `explain.content_share`) and basis ("taste").
        """
        return self._recommended(self._history(user_id), n)

    def recommend_for(
        self,
        ratings: Mapping[int, float],
        n: int = 10,
        *,
        filters: Filters = _NO_FILTERS,
        novelty: float = 0.0,
        cf_weight: float = 0.5,
    ) -> pd.DataFrame:
        """The n best movies for a cold-start user, folded in from ratings: movieId -> stars.

        Ratings below 2.75 stars, the middle of the scale, count against similar movies. Without
        any rating it returns the most rated movies, scored by number of ratings, with basis
        "popularity". Columns as in `recommend`.

        filters    which movies may be listed
        novelty    in [-1, 1]: how many standard deviations of the score one standard deviation of
                   a movie's self-information, -log2 of its share of the ratings, is worth. Below 0
                   popular movies come first
        cf_weight  in [0, 1]: what rated movies bring through other people's ratings counts
                   2 cf_weight times, what features bring 2 (1 - cf_weight) times
        Both change the order alone, not the score, and mean nothing without ratings.
        Raises ValueError where they are out of range.
        """
        if not -1 <= novelty <= 1:
            raise ValueError(f"novelty is {novelty}; it lies in [-1, 1]")
        if not 0 <= cf_weight <= 1:
            raise ValueError(f"cf_weight is {cf_weight}; it lies in [0, 1]")
        return self._recommended(self._row(ratings), n, filters, novelty, cf_weight)

    def similar(self, movie_id: int, n: int = 10, cf_weight: float | None = None) -> pd.DataFrame:
        """The n movies most similar to one, by factors (cf_weight 1) to content (cf_weight 0).

        cf_weight: in [0, 1], by default that of the run. Columns movieId, title, genres,
        similarity.
        """
        _check_positive(n)
        weight = self.cf_weight if cf_weight is None else cf_weight
        columns, values = self._similarity.neighbours(np.array([self._column(movie_id)]), n, weight)
        kept = columns[0] >= 0
        return self._movies(columns[0][kept]).assign(similarity=values[0][kept])

    def similarity_map(
        self, movie_id: int, n: int = 10, cf_weight: float | None = None
    ) -> pd.DataFrame:
        """A movie and the n most similar to it, as points on a plane (see `movie_map.plane`).

        The movie first, then as in `similar`, with the columns x and y.
        """
        weight = self.cf_weight if cf_weight is None else cf_weight
        nearest = self.similar(movie_id, n, weight)
        rows = np.array([self._column(movie) for movie in (movie_id, *nearest[MOVIE])])
        points = plane(self._similarity.hybrid(rows, weight)[:, rows])
        found = pd.concat([self._movies(rows[:1]).assign(similarity=1.0), nearest])
        return found.assign(x=points[:, 0], y=points[:, 1])

    def explain(self, ratings: int | Mapping[int, float], movie_id: int) -> pd.DataFrame:
        """Why a movie gets its score for a known user, or for a cold-start user of these ratings.

        Columns kind, what, because and contribution; contributions add up to the score. A "movie"
        is one that was rated: what it brings through other people's ratings. Its contribution has
        the sign of its preference (see `graded_preferences`) unless other people rate the two
        together less often than the features and all other ratings let expect; "because" gives
        the stars, and says so of a movie whose sign is the other one. A "feature" is a term,
        genre or decade of the explained movie. "recent popularity" is one row: that of the movie
        at the last rating of all. The "offset" is what standardising subtracts from every movie
        alike. Largest absolute contribution first, the offset last.
        Raises ValueError for a movie that was rated itself, and where there is no rating.
        """
        [parts] = self.parts(ratings, [movie_id])
        return pd.DataFrame(parts, columns=Part._fields)

    def parts(
        self, ratings: int | Mapping[int, float], movie_ids: Iterable[int]
    ) -> list[list[Part]]:
        """The rows of `explain` of several movies, many times quicker than one by one."""
        row = self._row(ratings) if isinstance(ratings, Mapping) else self._history(ratings)
        if not row.nnz:
            raise ValueError("nothing was rated, so there is nothing to explain a score with")
        items = [self._column(movie) for movie in movie_ids]
        for item in items:
            if item in row.indices:
                movie = self.bundle["i2m"][item]
                raise ValueError(f"movieId {movie} was rated itself; only others have a score")
        hybrid = self.fitted
        preferences = graded_preferences(row)
        recency = hybrid.model.recency_scores(hybrid.now)[0]
        found = contributions_of(hybrid.model, preferences, items)
        return [
            self._parts(row, preferences.data, float(recency[item]), *one)
            for item, one in zip(items, found, strict=True)
        ]

    def _parts(
        self,
        row: sparse.csr_array,
        preferences: np.ndarray,
        recency: float,
        by_movie: np.ndarray,
        by_feature: np.ndarray,
        offset: float,
    ) -> list[Part]:
        titles = self.catalogue[TITLE].array
        parts: list[Part] = []
        for rated, stars, g in zip(row.indices, row.data, preferences, strict=True):
            because = f"{stars:.1f} stars" + (SELDOM if g * by_movie[rated] < 0 else "")
            parts.append(Part("movie", titles[rated], because, by_movie[rated]))
        names = self.fitted.feature_names
        for feature in np.flatnonzero(by_feature):
            parts.append(Part("feature", str(names[feature]), "", by_feature[feature]))
        parts.append(Part("recent popularity", "recent ratings by all users", "", recency))
        parts.sort(key=lambda part: -abs(part.contribution))
        parts.append(Part("offset", "subtracted from every movie alike", "", offset))
        return parts

    def find(self, title: str, n: int = 5, least: float = MIN_MATCH) -> pd.DataFrame:
        """The n movies whose titles match best; ties go to the most rated.

        Columns movieId, title, genres, match (0 to 100). Movies of a match below `least` are left
        out: no rows mean that no title is like it.
        """
        _check_positive(n)
        rows, match = self._titles.closest(title, n)
        near = match >= least
        return self._movies(rows[near]).assign(match=match[near])

    def rated(self, user_id: int) -> pd.DataFrame:
        """What a known user rated, best first; ties go to the most rated movie.

        Columns movieId, title, genres, rating.
        """
        row = self._history(user_id)
        popularity = self.fitted.interactions.ratings_per_movie[row.indices]
        order = np.lexsort((-popularity, -row.data))
        return self._movies(row.indices[order]).assign(**{RATING: row.data[order]})

    def median_user(self) -> int:
        """The first user with the median number of ratings."""
        counts = np.diff(self.fitted.interactions.user_items.indptr)
        median = np.sort(counts)[(len(counts) - 1) // 2]
        return self.bundle["i2u"][int(np.argmax(counts == median))]

    def user_id(self, name: str) -> int:
        """The userId of a user as the data call them: by original id, or by the number.

        Raises NotInModel.
        """
        names = self.fitted.interactions.user_names
        if names is None:
            found = [int(name)] if name.isdecimal() and int(name) in self.bundle["u2i"] else []
        else:
            found = [self.bundle["i2u"][row] for row in np.flatnonzero(names == name).tolist()]
        if not found:
            raise NotInModel(f"user {name} is not among the model's users")
        return found[0]

    def user_name(self, user_id: int) -> str:
        """What the data call a user: the original id, or the number."""
        return self.fitted.interactions.user_name(self.bundle["u2i"][user_id])

    @property
    def fitted(self) -> FittedHybrid:
        """What recommends and explains. Raises RuntimeError where it was loaded without."""
        if self._hybrid is None:
            raise RuntimeError(
                "the pickle alone serves similar movies; for recommendations keep the files"
                " beside it that its manifest names"
            )
        return self._hybrid

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """Movies in column order: movieId, title, genres; original ids, where there are any.

        Movies of one title are told apart by their ids (see `data.titles.labels`).
        """
        movies = self.bundle["movies_indexed"]
        columns = [one for one in (MOVIE, TITLE, GENRES, ORIGINAL) if one in movies]
        return movies[columns].assign(**{TITLE: labels(movies)})

    @cached_property
    def filter_index(self) -> FilterIndex:
        """Genres and decades that filters can ask for."""
        return FilterIndex(self.bundle["movies_indexed"])

    @cached_property
    def _titles(self) -> Titles:
        return Titles(self.bundle["movies_indexed"])

    def _recommended(
        self,
        row: sparse.csr_array,
        n: int,
        filters: Filters = _NO_FILTERS,
        novelty: float = 0.0,
        cf_weight: float = 0.5,
    ) -> pd.DataFrame:
        _check_positive(n)
        hybrid = self.fitted
        preferences = graded_preferences(row)
        if row.nnz:
            scores = hybrid.model.score_preferences(preferences, hybrid.now)
        else:
            scores = hybrid.interactions.ratings_per_movie[None, :].astype(np.float32)
        order = scores
        if row.nnz and cf_weight != 0.5:
            features = hybrid.feature_scores(preferences)
            # What movies bring is the rest, but for the offset and recent popularity.
            recent = hybrid.model.recency_scores(hybrid.now)[0]
            movies = scores[0] - recent - features
            order = (2 * cf_weight * movies + 2 * (1 - cf_weight) * features + recent)[None, :]
        if row.nnz and novelty:
            order = order + novelty * order.std() * hybrid.novelty
        if filters != _NO_FILTERS:
            allowed = np.flatnonzero(self.filter_index.allowed(filters))
            best = allowed[_best(order[:, allowed], n, row[:, allowed])]
        else:
            best = _best(order, n, row)
        shares = np.full(len(best), np.nan)
        if row.nnz:
            shares = content_share(hybrid.model, hybrid.content_factors, preferences, best)
        return self._movies(best).assign(
            score=scores[0, best],
            content_share=shares,
            basis=TASTE if row.nnz else POPULARITY,
        )

    def _history(self, user_id: int) -> sparse.csr_array:
        interactions = self.fitted.interactions
        try:
            row = self.bundle["u2i"][user_id]
        except KeyError:
            raise NotInModel(f"userId {user_id} is not among the model's users") from None
        return interactions.user_items[[row]]

    def _row(self, ratings: Mapping[int, float]) -> sparse.csr_array:
        for movie, given in ratings.items():
            if not MIN_RATING <= given <= MAX_RATING:
                raise ValueError(
                    f"rating {given} of movieId {movie} is outside {MIN_RATING}-{MAX_RATING}"
                )
        columns = [self._column(movie) for movie in ratings]
        stars = np.array(list(ratings.values()), dtype=np.float32)
        shape = (1, len(self.bundle["movies_indexed"]))
        return sparse.csr_array((stars, (np.zeros_like(columns), columns)), shape=shape)

    def _movies(self, rows: np.ndarray) -> pd.DataFrame:
        return self.catalogue.iloc[rows]

    def _column(self, movie_id: int) -> int:
        try:
            return self.bundle["m2i"][movie_id]
        except KeyError:
            raise NotInModel(f"movieId {movie_id} is not among the model's movies") from None


def _best(order: np.ndarray, n: int, seen: sparse.csr_array) -> np.ndarray:
    """Columns of the n largest numbers of one row, largest first, those seen left out."""
    best = top_k(order, n, seen)[0]
    return best[best >= 0]


def _check_positive(n: int) -> None:
    if n < 1:
        raise ValueError(f"n is {n}; ask for at least one movie")
