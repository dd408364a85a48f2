"""The named datasets: published sizes and archive hashes."""

from dataclasses import dataclass

SAMPLE = "sample"
BASE_URL = "https://files.grouplens.org/datasets/movielens/"


@dataclass(frozen=True)
class MovieLens:
    """A dataset published by GroupLens: its size, its years and its archive's SHA-256."""

    ratings: int
    users: int
    movies: int
    tags: int
    first_year: int
    last_year: int
    sha256: str
    # Share of all ratings on the 1,000 most rated movies; interpolated for ml-25m.
    head_share: float


MOVIELENS = {
    "ml-latest-small": MovieLens(
        ratings=100_836,
        users=610,
        movies=9_742,
        tags=3_683,
        first_year=1996,
        last_year=2018,
        sha256="696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        head_share=0.61,
    ),
    "ml-25m": MovieLens(
        ratings=25_000_095,
        users=162_541,
        movies=62_423,
        tags=1_093_360,
        first_year=1995,
        last_year=2019,
        sha256="8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
        head_share=0.60,
    ),
    "ml-32m": MovieLens(
        ratings=32_000_204,
        users=200_948,
        movies=87_585,
        tags=2_000_072,
        first_year=1995,
        last_year=2023,
        sha256="e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
        head_share=0.59,
    ),
}
NAMES = (SAMPLE, *MOVIELENS)
