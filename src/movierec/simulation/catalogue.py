"""The movies of a simulation: a catalogue of real films, and invented titles beyond it."""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from movierec.data.columns import TITLE

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


@cache
def catalogue() -> pd.DataFrame:
    """Real films: title, genres, franchise, fame, tags, year.

    fame is 1 (obscure) to 5 (seen by nearly everyone); genres and tags are joined by "|".
    """
    with (resources.files(__package__) / "catalogue.csv").open(encoding="utf-8") as file:
        films = pd.read_csv(file, keep_default_na=False)
    return films.assign(year=films[TITLE].str.extract(r"\((\d{4})\)$", expand=False).astype(int))


def invented_titles(
    size: int, last_year: int, rng: np.random.Generator
) -> tuple[list[str], np.ndarray]:
    """`size` distinct titles in MovieLens's form, and their years from 1920 to `last_year`.

    Raises ValueError if there are not so many.
    """
    years = np.arange(1920, last_year + 1)
    pairs = [(first, last) for first in _FIRST_WORDS for last in _LAST_WORDS]
    names = [
        f"{first} {last}, The" if number % 2 else f"{first} {last}"
        for number, (first, last) in enumerate(pairs)
    ]
    most = len(names) * len(years)
    if size > most:
        raise ValueError(f"at most {most} titles can be invented, not {size}")
    drawn = rng.choice(most, size, replace=False)
    name, year = drawn % len(names), years[drawn // len(names)]
    return [f"{names[n]} ({y})" for n, y in zip(name, year, strict=True)], year
