"""Simulated ratings and tags in MovieLens's layouts, of real films and invented ones.

Each user is a mixture of a few of 32 tastes, and a taste weighs genres, decades, series, people,
themes and other facts of films. So the data has what a recommender relies on: long tails, shared
taste, and content that explains part of it. It contains nobody's opinion: no result on it says
anything about people.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from importlib import resources
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import scipy
from tqdm.auto import tqdm

from movierec.data.columns import (
    GENRES,
    MOVIE,
    RATING,
    TAG,
    TIMESTAMP,
    TITLE,
    USER,
)
from movierec.data.layouts import ML_LATEST, Layout
from movierec.data.movielens import MOVIELENS
from movierec.facts.catalogue import FILE
from movierec.paths import atomic_folder
from movierec.simulation.catalogue import catalogue, invented_titles
from movierec.simulation.writer import write_movies, writing

# Written beside the data; a folder with it is known to be simulated.
RECORD = "simulation.json"

_FILES = ("ratings.csv", "movies.csv", "tags.csv")
_SOURCES = {
    "movierec.facts": (FILE,),
    "movierec.simulation": ("catalogue.py", "simulator.py", "writer.py"),
}
_TASTES = 32
# Weights of a user's first, second and third taste.
_TASTE_SHARES = np.array([0.65, 0.25, 0.10], dtype=np.float32)
# The log of a movie's probability of being watched rises by this much per unit of appeal.
_PULL = 2.5
# How strongly a taste weighs what columns of the catalogue hold.
_STRENGTHS = {
    (GENRES,): 1.0,
    ("decade",): 0.7,
    ("series",): 0.9,
    ("director",): 0.6,
    ("cast",): 0.6,
    ("based_on", "setting", "themes"): 0.7,
    ("mood", "style", "craft"): 0.7,
}
_USERS_PER_BLOCK = 10_000
_DAY = 86_400
_ODD_TAGS = (
    "seen more than once|to see|boring|overrated|underrated|classic|own it|watched with friends"
    "|predictable|favourite"
).split("|")


@dataclass(frozen=True)
class Shape:
    """Size and skew of simulated data.

    movies      0 for the catalogue as it is
    head_share  about the share of ratings on the `head_movies` most rated movies

    Raises ValueError for fewer than 20 ratings per user.
    """

    ratings: int = 150_000
    users: int = 3_000
    movies: int = 0
    tags: int = 6_000
    first_year: int = 2003
    last_year: int = 2024
    head_movies: int = 100
    head_share: float = 0.42
    half_stars: bool = True

    def __post_init__(self) -> None:
        if self.ratings < 20 * self.users:
            raise ValueError(
                f"{self.ratings} ratings are too few for {self.users} users of 20 each"
            )

    @classmethod
    def like(cls, name: str) -> "Shape":
        """The shape of a MovieLens dataset."""
        published = asdict(MOVIELENS[name])
        named = {
            field.name: published[field.name] for field in fields(cls) if field.name in published
        }
        return cls(**named, head_movies=1_000)


def simulate(
    out: Path,
    shape: Shape | None = None,
    seed: int = 0,
    progress: bool = False,
    layout: Layout = ML_LATEST,
    as_parquet: bool = False,
) -> None:
    """Write the files of a layout and simulation.json to the folder `out`, atomically.

    as_parquet: ratings are Parquet files in a folder `ratings`, one for each block of users.

    The same shape, seed and catalogue give the same bytes. Memory does not grow with the number
    of users, who are simulated in blocks. Raises ValueError for an impossible shape.
    """
    shape = shape or Shape()
    rng = np.random.default_rng(seed)
    size = shape.movies or len(catalogue())
    counts = _activity(shape, size, rng)
    world = _make_world(shape, size, counts, rng)
    with atomic_folder(out) as folder:
        whole = writing(folder, layout.ratings)
        write_parts = _ratings_parts(folder) if as_parquet else whole
        write_movies(world.movies, folder, layout.movies)
        with (
            tqdm(
                total=shape.ratings, unit=" ratings", unit_scale=True, disable=not progress
            ) as bar,
            write_parts as write_ratings,
            writing(folder, layout.tags if shape.tags else None) as write_tags,
        ):
            for ratings, tags in _blocks(world, counts, shape, rng):
                write_ratings(ratings)
                write_tags(tags)
                bar.update(len(ratings))
        (folder / RECORD).write_text(json.dumps(record(shape, seed), indent=2) + "\n")


@contextmanager
def _ratings_parts(folder: Path) -> Iterator[Callable[[pa.Table], None]]:
    """A function that writes each table of ratings to a Parquet file of its own."""
    numbers = count()
    (folder / "ratings").mkdir()
    types = {USER: pa.int32(), MOVIE: pa.int32(), RATING: pa.float32(), TIMESTAMP: pa.int32()}
    schema = pa.schema(types)

    def write(ratings: pa.Table) -> None:
        name = f"part-{next(numbers):05}.parquet"
        parquet.write_table(ratings.cast(schema), folder / "ratings" / name)

    yield write


def record(shape: Shape | None = None, seed: int = 0) -> dict:
    """All that the files of a simulation depend on, for JSON: equal records mean equal files."""
    # As text, since line ends differ between checkouts.
    sources = {
        name: (resources.files(package) / name).read_text(encoding="utf-8")
        for package, names in _SOURCES.items()
        for name in names
    }
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sources.items()}
    return {"shape": asdict(shape or Shape()), "seed": seed, "sources": hashes}


def is_current(folder: Path) -> bool:
    """Whether a folder holds what `simulate` writes by default."""
    try:
        recorded = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return False
    return recorded == record() and all((folder / file).exists() for file in _FILES)


@dataclass(frozen=True)
class _World:
    """The movies, and how each taste sees them. Arrays run over movies in order of movieId.

    movies   frame with movieId, title, genres
    tags     an array of tags for each movie
    opens    (n_movies,) int64, seconds since 1970 from which a movie can be rated
    quality  (n_movies,) float32, stars above or below the average movie
    appeal   (n_tastes, n_movies) float32, how much a taste likes a movie, about standard normal
    reach    (n_tastes, n_movies) float64, cumulative probability that a taste picks a movie
    """

    movies: pd.DataFrame
    tags: list[np.ndarray]
    opens: np.ndarray
    quality: np.ndarray
    appeal: np.ndarray
    reach: np.ndarray


def _make_world(shape: Shape, size: int, counts: np.ndarray, rng: np.random.Generator) -> _World:
    films = catalogue()
    films = films[films["year"] <= shape.last_year]
    # By fame with noise, so that the best known films are the most rated.
    films = films.iloc[np.argsort(-films["fame"] - rng.normal(0, 0.6, len(films)))]
    films = films.reset_index(drop=True)

    invented = max(size - len(films), 0)
    # An invented movie has the genres and tags of a real one, so that content is as informative.
    model = np.r_[np.arange(size - invented), rng.integers(len(films), size=invented)]
    movies = films.loc[model].assign(rank=np.arange(size)).reset_index(drop=True)
    if invented:
        titles, years = invented_titles(invented, shape.last_year, rng)
        movies.loc[size - invented :, TITLE] = titles
        movies.loc[size - invented :, "year"] = years

    # MovieLens numbers movies roughly by age, with gaps.
    order = np.lexsort((movies[TITLE], movies["year"]))
    model = model[order]
    movies = movies.loc[order].reset_index(drop=True)
    movies.insert(0, MOVIE, np.cumsum(rng.integers(1, 4, size)).astype(np.int32))

    appeal = _appeal(films, rng)[:, model]
    appeal += rng.normal(0, 0.35, appeal.shape).astype(np.float32)
    rank = movies["rank"].to_numpy()
    popularity = _popularity(size, shape, counts)[rank]
    reach = popularity * np.exp(_PULL * appeal)
    # Tastes change who watches a movie, not how many do.
    reach *= popularity / reach.mean(axis=0)
    reach = np.cumsum(reach, axis=1)
    reach /= reach[:, -1:]

    fame_bonus = 0.25 * np.log1p(size / (10 + rank)) / np.log1p(size / 10)
    return _World(
        movies=movies[[MOVIE, TITLE, GENRES]],
        tags=[np.array(tags, dtype=object) for tags in movies["tags"]],
        opens=_seconds([f"{year}-07-01" for year in movies["year"]]),
        quality=(rng.normal(0, 0.35, size) + fame_bonus).astype(np.float32),
        appeal=appeal,
        reach=reach,
    )


def _appeal(films: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """How much each taste likes each film of the catalogue: (n_tastes, n_films) float32."""
    appeal = np.zeros((_TASTES, len(films)))
    films = films.assign(
        genres=films[GENRES].str.split("|").map(tuple),
        decade=[(str(year // 10),) for year in films["year"]],
    )
    for columns, strength in _STRENGTHS.items():
        values = films[list(columns)].sum(axis=1).explode().dropna()
        number, known = pd.factorize(values, sort=True)
        liked = rng.normal(0, 1, (len(known), _TASTES))
        count = np.bincount(values.index, minlength=len(films))
        scaled = liked[number] / np.sqrt(count[values.index])[:, None]
        np.add.at(appeal.T, values.index, strength * scaled)
    return (appeal / appeal.std()).astype(np.float32)


def _popularity(size: int, shape: Shape, counts: np.ndarray) -> np.ndarray:
    """Probability of each movie by rank, (size,): w = (rank + bend)^-exponent, normalised.

    The exponent is the one at which the head receives `head_share` of the ratings. Active users
    exhaust the head, so it receives less than its share of w: a user with n ratings has rated a
    movie with probability 1 - exp(-c w), where c makes these sum to n over all movies.
    """
    edges = np.unique(np.geomspace(1, size + 1, 200).astype(int)) - 1
    # Taste makes a user's w scatter log-normally about the average user's; its sigma, 1.65, is
    # calibrated so that simulated heads receive their share.
    scatter, share = np.polynomial.hermite_e.hermegauss(7)
    low = np.repeat(edges[:-1], 7)
    width = np.outer(np.diff(edges), share / share.sum()).ravel()
    middle = np.repeat((edges[:-1] + edges[1:] - 1) / 2, 7)
    taste = np.tile(np.exp(1.65 * scatter - 1.65**2 / 2), len(edges) - 1)
    bend = 0.06 * shape.head_movies
    n = np.quantile(counts, (np.arange(64) + 0.5) / 64)[:, None]
    n *= counts.mean() / n.mean()

    def surplus(exponent: float) -> float:
        weights = taste * (middle + bend) ** -exponent
        least, most = np.full_like(n, -40.0), np.full_like(n, 200.0)
        for _ in range(60):
            log_c = (least + most) / 2
            rated = width * -np.expm1(-np.exp(log_c) * weights)
            short = rated.sum(axis=1, keepdims=True) < n
            least, most = np.where(short, log_c, least), np.where(short, most, log_c)
        return rated[:, low < shape.head_movies].sum() / rated.sum() - shape.head_share

    exponent = scipy.optimize.brentq(surplus, 0.05, 6.0, xtol=1e-3)
    weights = (np.arange(size) + bend) ** -exponent
    return weights / weights.sum()


def _activity(shape: Shape, size: int, rng: np.random.Generator) -> np.ndarray:
    """Ratings per user, (n_users,) int64: 20 plus a log-normal number, in all `shape.ratings`."""
    beyond = np.exp(rng.normal(0, 1.4, shape.users))
    most = max(size // 4, 20) - 20
    wanted = shape.ratings - 20 * shape.users
    if wanted > most * shape.users:
        raise ValueError(
            f"{shape.ratings} ratings do not fit {shape.users} users and {size} movies"
        )

    def surplus(scale: float) -> float:
        return np.minimum(beyond * scale, most).sum() - wanted

    top = most / beyond.min() + 1
    exact = np.minimum(beyond * (scipy.optimize.brentq(surplus, 0, top) if wanted else 0), most)
    counts = np.floor(exact).astype(np.int64)
    rounded_up = np.argsort(counts - exact)[: wanted - counts.sum()]
    counts[rounded_up] += 1
    return counts + 20


def _blocks(
    world: _World, counts: np.ndarray, shape: Shape, rng: np.random.Generator
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Ratings, sorted by user and movie, and tags of consecutive users, in MovieLens's columns."""
    movie_ids = world.movies[MOVIE].to_numpy()
    tags_due = np.r_[0, np.cumsum(counts) * shape.tags // shape.ratings]
    for start in range(0, len(counts), _USERS_PER_BLOCK):
        end = min(start + _USERS_PER_BLOCK, len(counts))
        tastes = rng.integers(_TASTES, size=(end - start, len(_TASTE_SHARES)))
        user, movie = _watch(world, counts[start:end], tastes, rng)
        timestamp = _date(world, counts[start:end], movie, shape, rng)
        half_stars = _rate(world, user, movie, tastes, shape.half_stars, rng)
        order = np.lexsort((movie, user))
        movie, timestamp = movie[order], timestamp[order]
        user_ids = (user + start + 1)[order].astype(np.int32)
        ratings = {
            USER: user_ids,
            MOVIE: movie_ids[movie],
            RATING: half_stars[order] / 2,
            TIMESTAMP: timestamp,
        }
        due = tags_due[end] - tags_due[start]
        tagged = np.sort(rng.choice(len(movie), due, replace=False))
        tags = {
            USER: user_ids[tagged],
            MOVIE: movie_ids[movie[tagged]],
            TAG: _tags(world, movie[tagged], rng),
            TIMESTAMP: timestamp[tagged] + rng.integers(5, 600, len(tagged)),
        }
        yield pa.table(ratings), pa.table(tags)


def _watch(
    world: _World, counts: np.ndarray, tastes: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """User and movie of each rating: counts[u] different movies for user u, in drawing order.

    Drawing with replacement and dropping repeats, a few times over, is equivalent to drawing
    without replacement and far cheaper than weighting all movies for each user. That is left to
    the few users who rate so many movies that most draws are repeats.
    """
    n_movies = len(world.movies)
    kept = np.empty(0, dtype=np.int64)
    lacking = counts.copy()
    for times in (2, 4, 16):
        user = np.repeat(np.arange(len(counts)), lacking * times)
        slot = np.searchsorted(np.cumsum(_TASTE_SHARES)[:-1], rng.random(len(user)))
        taste = tastes[user, slot]
        movie = np.empty(len(user), dtype=np.int64)
        for number in range(_TASTES):
            chosen = taste == number
            movie[chosen] = np.searchsorted(world.reach[number], rng.random(chosen.sum()))
        drawn = np.r_[kept, user * n_movies + np.minimum(movie, n_movies - 1)]
        kept, lacking = _first_of_each_user(pd.unique(drawn), counts, n_movies)

    late, have = [kept], counts - lacking
    ends = np.cumsum(have)
    for one in np.flatnonzero(lacking):
        chance = _TASTE_SHARES @ np.diff(world.reach[tastes[one]], prepend=0, axis=1)
        has = kept[ends[one] - have[one] : ends[one]]
        chance[has % n_movies] = 0
        # The first arrivals of exponential clocks with these rates are a weighted draw without
        # replacement.
        with np.errstate(divide="ignore"):
            arrival = rng.exponential(size=n_movies) / chance
        order = np.argpartition(arrival, lacking[one])[: lacking[one]]
        late.append(one * n_movies + order[np.argsort(arrival[order])])
    kept, _ = _first_of_each_user(np.concatenate(late), counts, n_movies)
    return kept // n_movies, kept % n_movies


def _first_of_each_user(
    drawn: np.ndarray, counts: np.ndarray, n_movies: int
) -> tuple[np.ndarray, np.ndarray]:
    """The first counts[u] draws of each user, sorted by user, and how many each still lacks.

    drawn: distinct, user * n_movies + movie.
    """
    drawn = drawn[np.argsort(drawn // n_movies, kind="stable")]
    user = drawn // n_movies
    have = np.bincount(user, minlength=len(counts))
    place = np.arange(len(user)) - np.repeat(np.cumsum(have) - have, have)
    return drawn[place < counts[user]], np.maximum(counts - have, 0)


def _rate(
    world: _World,
    user: np.ndarray,
    movie: np.ndarray,
    tastes: np.ndarray,
    halves: bool,
    rng: np.random.Generator,
) -> np.ndarray:
    """Half stars, (n_ratings,) int8: quality, the user's tastes and mean, and noise."""
    n_users = len(tastes)
    stars = 3.35 + world.quality[movie] + rng.normal(0, 0.4, n_users).astype(np.float32)[user]
    for slot, share in enumerate(_TASTE_SHARES):
        stars += 0.55 * share * world.appeal[tastes[user, slot], movie]
    stars += rng.normal(0, 0.8, len(user)).astype(np.float32)
    # Half of MovieLens's users hardly ever give half stars.
    step = np.where(rng.random(n_users) < 0.5, 2, 1)[user] if halves else 2
    return np.clip(np.rint(2 * stars / step) * step, 1 if halves else 2, 10).astype(np.int8)


def _date(
    world: _World, counts: np.ndarray, movie: np.ndarray, shape: Shape, rng: np.random.Generator
) -> np.ndarray:
    """Timestamps, (n_ratings,) int32: in sessions of 40 ratings, never before the movie opens."""
    start, end = _seconds([f"{shape.first_year}-01-09", f"{shape.last_year}-10-12"])
    first = rng.integers(start, end - 60 * _DAY, len(counts))
    sessions = counts // 40 + 1
    gap = np.minimum(rng.exponential(45 * _DAY, len(counts)), (end - first - _DAY) / sessions)
    place = np.arange(len(movie)) - np.repeat(np.cumsum(counts) - counts, counts)
    user = np.repeat(np.arange(len(counts)), counts)
    when = (
        first[user] + place // 40 * gap[user] + place % 40 * 25 + rng.integers(25, size=len(place))
    )
    opens = np.minimum(world.opens[movie], end - _DAY)
    later = opens + rng.random(len(place)) * (end - opens)
    return np.where(when < opens, later, when).astype(np.int32)


def _tags(world: _World, movie: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A tag for each movie: one of the catalogue's, or at times odd, capitalised or blank."""
    pick = rng.random(len(movie))
    tags = np.array(
        [world.tags[m][int(p * len(world.tags[m]))] for m, p in zip(movie, pick, strict=True)],
        dtype=object,
    )
    chance = rng.random(len(movie))
    odd = chance < 0.10
    tags[odd] = rng.choice(_ODD_TAGS, odd.sum())
    capital = (chance >= 0.10) & (chance < 0.18)
    tags[capital] = [tag.capitalize() for tag in tags[capital]]
    tags[chance > 0.995] = ""
    return tags


def _seconds(dates: list[str]) -> np.ndarray:
    """Seconds since 1970 of ISO dates, int64."""
    return np.array(dates, dtype="datetime64[s]").astype(np.int64)
