"""A simulated audience in MovieLens's schema: real films while the catalogue lasts, then invented.

Users are mixtures of a few tastes; a taste weighs genres, decades, franchises and tags. So the
ratings hold what a recommender lives on (long tails, shared taste, content that says something
about it) and the right files, but nobody's opinion: no number made from them says anything
about real people.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv
from scipy import optimize
from tqdm.auto import tqdm

from movierec.data.columns import (
    GENRES,
    MOVIE,
    RATING,
    RATINGS_HEADER,
    TAG,
    TAGS_HEADER,
    TIMESTAMP,
    TITLE,
    USER,
)
from movierec.data.movielens import MOVIELENS
from movierec.paths import atomic_folder

RECORD = "simulation.json"

_TASTES = 32
# A user's leading taste and the two that come after it.
_TASTE_SHARES = np.array([0.65, 0.25, 0.10], dtype=np.float32)
# How much taste moves people: the log of a movie's chance rises by this much per unit of appeal.
_PULL = 2.5
_USERS_PER_BLOCK = 10_000
_DAY = 86_400


@dataclass(frozen=True)
class Shape:
    """How large and how uneven the simulated data is.

    movies = 0 takes the catalogue as it is. The `head_movies` most rated movies hold about
    `head_share` of the ratings.
    """

    ratings: int = 150_000
    users: int = 3_000
    movies: int = 0
    tags: int = 6_000
    first_year: int = 2003
    last_year: int = 2024
    head_movies: int = 100
    head_share: float = 0.42

    def __post_init__(self):
        if self.ratings < 20 * self.users:
            raise ValueError(
                f"{self.ratings} ratings are too few for {self.users} users of 20 each"
            )

    @classmethod
    def like(cls, name: str) -> "Shape":
        """The shape of a MovieLens dataset."""
        source = MOVIELENS[name]
        return cls(
            source.ratings,
            source.users,
            source.movies,
            source.tags,
            source.first_year,
            source.last_year,
            head_movies=1_000,
            head_share=source.head_share,
        )


def simulate(out: Path, shape: Shape | None = None, seed: int = 0, progress: bool = False) -> None:
    """Write ratings.csv, movies.csv, tags.csv and a record of their making into the folder `out`.

    The same shape, seed and catalogue give the same bytes. Users come in blocks, so memory
    does not grow with their number. The folder appears only once it is whole.
    """
    shape = shape or Shape()
    rng = np.random.default_rng(seed)
    size = shape.movies or len(catalogue())
    counts = _activity(shape, size, rng)
    world = _make_world(shape, size, counts, rng)
    with atomic_folder(out) as folder:
        world.movies[[MOVIE, TITLE, GENRES]].to_csv(
            folder / "movies.csv", index=False, lineterminator="\n"
        )
        with (
            tqdm(
                total=shape.ratings, unit=" ratings", unit_scale=True, disable=not progress
            ) as bar,
            (folder / "ratings.csv").open("wb") as ratings_file,
            (folder / "tags.csv").open("w", encoding="utf-8", newline="") as tags_file,
        ):
            ratings_file.write((",".join(RATINGS_HEADER) + "\n").encode())
            tags_file.write(",".join(TAGS_HEADER) + "\n")
            for block in _blocks(world, counts, shape, rng):
                _write_ratings(block, world, ratings_file)
                _tag(block, world, rng).to_csv(
                    tags_file, header=False, index=False, lineterminator="\n"
                )
                bar.update(len(block.user))
        (folder / RECORD).write_text(json.dumps(record(shape, seed), indent=2) + "\n")


def record(shape: Shape | None = None, seed: int = 0) -> dict:
    """What a simulation depends on: an equal record means equal files."""
    return {
        "shape": asdict(shape or Shape()),
        "seed": seed,
        "catalogue": hashlib.sha256(_source("catalogue.csv")).hexdigest(),
        "simulator": hashlib.sha256(_source("simulator.py")).hexdigest(),
    }


def _source(name: str) -> bytes:
    # Line ends differ between checkouts; what the file says does not.
    return (resources.files("movierec.simulation") / name).read_text(encoding="utf-8").encode()


@cache
def catalogue() -> pd.DataFrame:
    """The real films: title, genres, franchise, fame (1 obscure to 5 seen by nearly all), tags."""
    with (resources.files("movierec.simulation") / "catalogue.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


@dataclass(frozen=True)
class _World:
    """The movies, and how each taste sees them. Arrays run over movies in order of movieId.

    movies   frame with movieId, title, genres
    tags     one array of tags for every movie
    opens    (movies,) int64, when a movie can first be rated, seconds since 1970
    quality  (movies,) float32, stars above or below the average movie
    appeal   (tastes, movies) float32, how much a taste likes a movie, about standard normal
    reach    (tastes, movies) float64, cumulated chance that a taste picks a movie
    """

    movies: pd.DataFrame
    tags: list[np.ndarray]
    opens: np.ndarray
    quality: np.ndarray
    appeal: np.ndarray
    reach: np.ndarray


def _make_world(shape: Shape, size: int, counts: np.ndarray, rng: np.random.Generator) -> _World:
    films = catalogue()
    films = films.assign(year=_years(films[TITLE]))
    films = films[films["year"] <= shape.last_year]
    # Fame leads and chance orders within it, so that the best known films are the most rated.
    films = films.iloc[np.argsort(-films["fame"] - rng.normal(0, 0.6, len(films)))]
    films = films.reset_index(drop=True)

    invented = max(size - len(films), 0)
    # An invented movie borrows genres and tags from a real one, so content says as much of it.
    model = np.r_[np.arange(size - invented), rng.integers(len(films), size=invented)]
    movies = films.loc[model].assign(rank=np.arange(size)).reset_index(drop=True)
    if invented:
        titles, years = _invented_titles(invented, shape.last_year, rng)
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
    # Tastes shift who watches a movie, not how many do.
    reach *= popularity / reach.mean(axis=0)
    reach = np.cumsum(reach, axis=1)
    reach /= reach[:, -1:]

    years = pd.to_datetime(movies["year"].astype(str) + "-07-01")
    fame_bonus = 0.25 * np.log1p(size / (10 + rank)) / np.log1p(size / 10)
    return _World(
        movies=movies[[MOVIE, TITLE, GENRES]],
        tags=[np.array(tags.split("|"), dtype=object) for tags in movies["tags"]],
        opens=_seconds(years),
        quality=(rng.normal(0, 0.35, size) + fame_bonus).astype(np.float32),
        appeal=appeal,
        reach=reach,
    )


def _appeal(films: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """How much each taste likes each film of the catalogue: (tastes, films) float32."""
    appeal = np.zeros((_TASTES, len(films)))
    decades = (films["year"] // 10 * 10).astype(str)
    for words, strength in (
        (films[GENRES], 1.0),
        (decades, 0.7),
        (films["franchise"], 0.9),
        (films["tags"], 0.9),
    ):
        has = words.str.get_dummies("|").drop(columns="", errors="ignore").to_numpy(np.float64)
        has = has / np.sqrt(np.maximum(has.sum(axis=1, keepdims=True), 1))
        appeal += strength * (has @ rng.normal(0, 1, (has.shape[1], _TASTES))).T
    return (appeal / appeal.std()).astype(np.float32)


def _popularity(size: int, shape: Shape, counts: np.ndarray) -> np.ndarray:
    """Chances of the movies by rank: a power law, bent at the head, that gives the head its share.

    Whoever rates much has soon rated the whole head, so equal chances give the head less than
    its weight. The exponent is sought with that in mind: a user with n ratings has rated a
    movie of weight w with probability 1 - exp(-c w), where c makes the sum over movies n.
    """
    edges = np.unique(np.geomspace(1, size + 1, 200).astype(int)) - 1
    # Taste scatters the chances one user gives movies about those of the crowd, log-normally;
    # the width is what brought simulated heads to their share.
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

    exponent = optimize.brentq(surplus, 0.05, 6.0, xtol=1e-3)
    weights = (np.arange(size) + bend) ** -exponent
    return weights / weights.sum()


def _activity(shape: Shape, size: int, rng: np.random.Generator) -> np.ndarray:
    """Ratings of each user, log-normal over a floor of 20, exactly `shape.ratings` in all."""
    beyond = np.exp(rng.normal(0, 1.4, shape.users))
    most = max(size // 4, 20) - 20
    wanted = shape.ratings - 20 * shape.users
    if wanted > most * shape.users:
        raise ValueError(
            f"{shape.ratings} ratings do not fit {shape.users} users and {size} movies"
        )

    def total(scale: float) -> float:
        return np.minimum(beyond * scale, most).sum() - wanted

    top = most / beyond.min() + 1
    exact = np.minimum(beyond * (optimize.brentq(total, 0, top) if wanted else 0), most)
    counts = np.floor(exact).astype(np.int64)
    rounded_up = np.argsort(counts - exact)[: wanted - counts.sum()]
    counts[rounded_up] += 1
    return counts + 20


@dataclass(frozen=True)
class _Block:
    """Ratings of a run of users, in order of user and movie; arrays of one length."""

    user: np.ndarray
    movie: np.ndarray
    half_stars: np.ndarray
    timestamp: np.ndarray
    n_tags: int


def _blocks(
    world: _World, counts: np.ndarray, shape: Shape, rng: np.random.Generator
) -> Iterator[_Block]:
    rated = 0
    for start in range(0, len(counts), _USERS_PER_BLOCK):
        block_counts = counts[start : start + _USERS_PER_BLOCK]
        tastes = rng.integers(_TASTES, size=(len(block_counts), len(_TASTE_SHARES)))
        user, movie = _watch(world, block_counts, tastes, rng)
        timestamp = _date(world, block_counts, movie, shape, rng)
        half_stars = _rate(world, user, movie, tastes, rng)
        before, rated = rated, rated + len(user)
        order = np.lexsort((movie, user))
        yield _Block(
            user=(user + start + 1)[order].astype(np.int32),
            movie=movie[order],
            half_stars=half_stars[order],
            timestamp=timestamp[order],
            n_tags=rated * shape.tags // shape.ratings - before * shape.tags // shape.ratings,
        )


def _watch(
    world: _World, counts: np.ndarray, tastes: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Who watches what: `counts[u]` different movies for user u, in the order they were drawn.

    Draws with replacement and drops repeats, a few times over for whoever still lacks some:
    the same as drawing without replacement, and far cheaper than weighing all movies for each
    user. That is done only for the few who rate so much that draws hardly bring anything new.
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
        _, first = np.unique(drawn, return_index=True)
        kept, lacking = _first_of_each_user(drawn[np.sort(first)], counts, n_movies)

    late, have = [kept], counts - lacking
    ends = np.cumsum(have)
    for user in np.flatnonzero(lacking):
        chance = _TASTE_SHARES @ np.diff(world.reach[tastes[user]], prepend=0, axis=1)
        has = kept[ends[user] - have[user] : ends[user]]
        chance[has % n_movies] = 0
        # The first arrivals of a race at these speeds are a draw without replacement.
        with np.errstate(divide="ignore"):
            arrival = rng.exponential(size=n_movies) / chance
        order = np.argpartition(arrival, lacking[user])[: lacking[user]]
        late.append(user * n_movies + order[np.argsort(arrival[order])])
    kept, _ = _first_of_each_user(np.concatenate(late), counts, n_movies)
    return kept // n_movies, kept % n_movies


def _first_of_each_user(
    drawn: np.ndarray, counts: np.ndarray, n_movies: int
) -> tuple[np.ndarray, np.ndarray]:
    """By user, the first `counts[u]` of different draws user * n_movies + movie; what lacks."""
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
    rng: np.random.Generator,
) -> np.ndarray:
    """Half stars, 1 to 10: the movie's quality, the user's tastes and mood, and chance."""
    n_users = len(tastes)
    stars = 3.35 + world.quality[movie] + rng.normal(0, 0.4, n_users).astype(np.float32)[user]
    for slot, share in enumerate(_TASTE_SHARES):
        stars += 0.55 * share * world.appeal[tastes[user, slot], movie]
    stars += rng.normal(0, 0.8, len(user)).astype(np.float32)
    # Half of MovieLens's users hardly ever give half stars.
    step = np.where(rng.random(n_users) < 0.5, 2, 1)[user]
    return np.clip(np.rint(2 * stars / step) * step, 1, 10).astype(np.int8)


def _date(
    world: _World, counts: np.ndarray, movie: np.ndarray, shape: Shape, rng: np.random.Generator
) -> np.ndarray:
    """When each rating was given: in sittings of about forty, never before the movie opened."""
    start, end = _seconds(pd.to_datetime([f"{shape.first_year}-01-09", f"{shape.last_year}-10-12"]))
    first = rng.integers(start, end - 60 * _DAY, len(counts))
    sittings = counts // 40 + 1
    gap = np.minimum(rng.exponential(45 * _DAY, len(counts)), (end - first - _DAY) / sittings)
    place = np.arange(len(movie)) - np.repeat(np.cumsum(counts) - counts, counts)
    user = np.repeat(np.arange(len(counts)), counts)
    when = (
        first[user] + place // 40 * gap[user] + place % 40 * 25 + rng.integers(25, size=len(place))
    )
    opens = np.minimum(world.opens[movie], end - _DAY)
    later = opens + rng.random(len(place)) * (end - opens)
    return np.where(when < opens, later, when).astype(np.int32)


def _tag(block: _Block, world: _World, rng: np.random.Generator) -> pd.DataFrame:
    """Tags of some of the ratings: the catalogue's, now and then odd, capitalised or missing."""
    tagged = np.sort(rng.choice(len(block.user), block.n_tags, replace=False))
    movie = block.movie[tagged]
    pick = rng.random(len(tagged))
    tags = np.array(
        [world.tags[m][int(p * len(world.tags[m]))] for m, p in zip(movie, pick, strict=True)],
        dtype=object,
    )
    chance = rng.random(len(tagged))
    odd = chance < 0.10
    tags[odd] = rng.choice(_ODD_TAGS, odd.sum())
    capital = (chance >= 0.10) & (chance < 0.18)
    tags[capital] = [tag.capitalize() for tag in tags[capital]]
    tags[chance > 0.995] = ""
    return pd.DataFrame(
        {
            USER: block.user[tagged],
            MOVIE: world.movies[MOVIE].to_numpy()[movie],
            TAG: tags,
            TIMESTAMP: block.timestamp[tagged] + rng.integers(5, 600, len(tagged)),
        }
    )


def _write_ratings(block: _Block, world: _World, file) -> None:
    stars = pa.array([f"{half / 2:.1f}" for half in range(11)])
    table = pa.table(
        {
            USER: block.user,
            MOVIE: world.movies[MOVIE].to_numpy()[block.movie],
            RATING: stars.take(pa.array(block.half_stars)),
            TIMESTAMP: block.timestamp,
        }
    )
    csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))


def _invented_titles(
    size: int, last_year: int, rng: np.random.Generator
) -> tuple[list[str], np.ndarray]:
    """Different titles with years, as MovieLens writes them, and the years."""
    years = np.arange(1920, last_year + 1)
    names = [
        f"{first} {second}, The" if number % 2 else f"{first} {second}"
        for number, (first, second) in enumerate((a, b) for a in _FIRST_WORDS for b in _LAST_WORDS)
    ]
    if size > len(names) * len(years):
        raise ValueError(f"at most {len(names) * len(years)} titles can be invented, not {size}")
    pick = rng.choice(len(names) * len(years), size, replace=False)
    name, year = pick % len(names), years[pick // len(names)]
    return [f"{names[n]} ({y})" for n, y in zip(name, year, strict=True)], year


def _years(titles: pd.Series) -> pd.Series:
    return titles.str.extract(r"\((\d{4})\)$", expand=False).astype(int)


def _seconds(dates) -> np.ndarray:
    return pd.DatetimeIndex(dates).as_unit("s").astype(np.int64).to_numpy()


_ODD_TAGS = (
    "seen more than once",
    "to see",
    "boring",
    "overrated",
    "underrated",
    "classic",
    "own it",
    "watched with friends",
    "predictable",
    "favourite",
)
_FIRST_WORDS = (
    "Silent Crimson Broken Hidden Last Burning Distant Golden Hollow Midnight Restless Paper"
    " Wandering Frozen Electric Velvet Lonely Savage Gentle Forgotten Scarlet Iron Quiet Bitter"
    " Wild Northern Second Perfect Secret Fallen Bright Stolen Endless Glass Painted Crooked"
    " Summer Winter Dancing Phantom"
).split()
_LAST_WORDS = (
    "Harbor Garden Road River Promise Shadow Kingdom Letter Stranger Orchard Station Mirror"
    " Horizon Detective Symphony Voyage Carnival Island Winter Heart Empire Lantern Witness"
    " Daughter Brothers Frontier Waltz Signal Cathedral Bargain Tide Circus Fortress Reunion"
    " Passenger Masquerade Thunder Labyrinth Farewell Machine"
).split()
