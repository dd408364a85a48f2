"""The named datasets: published sizes, layouts and archive hashes."""

from dataclasses import dataclass

from movierec.data.layouts import ML_1M, ML_10M, ML_100K, ML_LATEST, Layout

SAMPLE = "sample"


@dataclass(frozen=True)
class MovieLens:
    """A dataset published by GroupLens.

    sha256       of its archive; None where the published archive changes from time to time
    head_share   share of all ratings on the 1,000 most rated movies; estimated for ml-1m, ml-10m,
                 ml-20m, ml-25m and ml-latest
    half_stars   whether ratings can be half stars
    mirrored     whether the mirror of the Recommenders project has its archive
    """

    ratings: int
    users: int
    movies: int
    tags: int
    first_year: int
    last_year: int
    sha256: str | None
    head_share: float
    layout: Layout = ML_LATEST
    half_stars: bool = True
    mirrored: bool = False


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
    "ml-100k": MovieLens(
        ratings=100_000,
        users=943,
        movies=1_682,
        tags=0,
        first_year=1997,
        last_year=1998,
        sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        head_share=0.96,
        layout=ML_100K,
        half_stars=False,
        mirrored=True,
    ),
    "ml-1m": MovieLens(
        ratings=1_000_209,
        users=6_040,
        movies=3_883,
        tags=0,
        first_year=2000,
        last_year=2003,
        sha256="a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        head_share=0.81,
        layout=ML_1M,
        half_stars=False,
        mirrored=True,
    ),
    "ml-10m": MovieLens(
        ratings=10_000_054,
        users=69_878,
        movies=10_681,
        tags=95_580,
        first_year=1995,
        last_year=2009,
        sha256="813c411ccb6122564edfe752e7f80c4dcc5aa25fa94c93622f6877a7ba252862",
        head_share=0.70,
        layout=ML_10M,
        mirrored=True,
    ),
    "ml-20m": MovieLens(
        ratings=20_000_263,
        users=138_493,
        movies=27_278,
        tags=465_564,
        first_year=1995,
        last_year=2015,
        sha256="96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
        head_share=0.65,
        mirrored=True,
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
    # As of July 2023.
    "ml-latest": MovieLens(
        ratings=33_832_162,
        users=330_975,
        movies=86_537,
        tags=2_328_315,
        first_year=1995,
        last_year=2023,
        sha256=None,
        head_share=0.59,
    ),
}
NAMES = (SAMPLE, *MOVIELENS)
