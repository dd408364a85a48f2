"""From texts to a dataset's values: stars, seconds, ids, titles, genres."""

import ast
import json
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from movierec.data.columns import MAX_RATING, MIN_RATING, NO_GENRES
from movierec.importing.choices import CannotImport

# The most an id or a time can be.
_MOST = np.iinfo(np.int32).max
# Texts in place of a number that is not there.
_BLANK = ("", "nan", "null", "na", "none")
_UNITS = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}
# Seconds since 1970 that a rating may have: 1980 to 2036.
_EARLIEST, _LATEST = 315_532_800, 2_082_758_400


@dataclass(frozen=True)
class Scale:
    """Ratings from `low` to `high`; others are no ratings. Where both are one, it is a like."""

    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """ "1-10" or "-1-10". Raises CannotImport."""
        found = re.fullmatch(r"(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?)", text)
        if not found or float(found[1]) > float(found[2]):
            raise CannotImport(f"--scale {text}: give the lowest and highest rating, as 1-10")
        return cls(float(found[1]), float(found[2]))

    @property
    def are_stars(self) -> bool:
        return MIN_RATING <= self.low < self.high == MAX_RATING

    def stars(self, ratings: pd.Series) -> pd.Series:
        """Ratings mapped to 0.5-5 stars, to two decimals; those of five stars as they are."""
        if self.are_stars:
            return ratings
        if self.low == self.high:
            return ratings * 0 + MAX_RATING
        share = (ratings - self.low) / (self.high - self.low)
        return (MIN_RATING + share * (MAX_RATING - MIN_RATING)).round(2)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"each {self.low:g} is a view or purchase, as {MAX_RATING:g} stars"
        span = f"{self.low:g}-{self.high:g}"
        if self.are_stars:
            return f"{span} stars, as they are"
        factor = (MAX_RATING - MIN_RATING) / (self.high - self.low)
        above = f"rating {'-' if self.low >= 0 else '+'} {abs(self.low):g}"
        return f"{span}, as stars = {MIN_RATING:g} + {factor:.4g} ({above})"


def numbers(values: pd.Series, where: str, what: str) -> pd.Series:
    """Texts as float64, with a decimal point or comma; NaN where blank. Raises CannotImport."""
    texts = values.str.replace(",", ".", regex=False)
    parsed = pd.to_numeric(texts, errors="coerce").astype("float64")
    wrong = (parsed.isna() | np.isinf(parsed)) & ~values.str.lower().isin(_BLANK)
    if wrong.any():
        raise CannotImport(
            f"{where}: {what} {values[wrong].iloc[0]!r} is no number ({int(wrong.sum())} such); if"
            f" it is no {what}, say with --columns which column is"
        )
    return parsed


def find_scale(ratings: pd.Series, where: str) -> Scale:
    """The scale that ratings are on; 1-1 where every one is 1, which tells only that it is there.

    Raises CannotImport, with the readings, where several scales are possible.
    """
    low, high = float(ratings.min()), float(ratings.max())
    readings = _scales(low, high)
    if len(readings) == 1:
        return readings[0][0]
    shown = [
        f"--scale {one.low:g}-{one.high:g}".ljust(16) + f" {meaning}" for one, meaning in readings
    ]
    if high > 100 or high <= 1:
        shown.append("--implicit".ljust(16) + " each line is a view or purchase, whatever it says")
    raise CannotImport.ask(where, f"ratings lie in {low:g}-{high:g}", *shown)


def _scales(low: float, high: float) -> list[tuple[Scale, str]]:
    """The scales that ratings from `low` to `high` may be on, and what each means."""
    top = next((end for end in (1.0, 5.0, 10.0, 20.0, 100.0) if high <= end), high)
    own = Scale(low, high)
    as_seen = (own, f"{low:g} is the lowest rating, {high:g} the highest")
    if low == high:
        as_seen = (own, f"each {low:g} is a view or purchase")
    if low == high == 1:
        return [(own, "")]
    if high > 100 or high <= 0:
        return [as_seen, (Scale(min(low, 0), max(top, 100)), "as counts or per cent")]
    if high == 1 and low >= 0:
        return [
            (Scale(0, 1), "0 is a dislike, 1 a like"),
            (Scale(1, 1), "0 is no rating, and left out; 1 is a view or purchase"),
        ]
    if low < 0 or (low == 0 and high <= 20):
        no_rating = f"{low:g} is no rating, and left out; {top:g} is the highest"
        return [
            (Scale(1, top), no_rating),
            (Scale(low, top), f"{low:g} is the lowest rating, {top:g} the highest"),
        ]
    if high <= 4:
        return [(Scale(min(1, max(low, MIN_RATING)), MAX_RATING), "stars, 5 the highest"), as_seen]
    if high <= 5:
        stars = Scale(MIN_RATING if low < 1 else 1, MAX_RATING)
        return [(stars, "")] if low >= MIN_RATING else [(Scale(0, 5), "0 is the lowest"), as_seen]
    if high <= 10:
        return [(Scale(1, 10), "")] if low >= 1 else [(Scale(0, 10), "0 is the lowest"), as_seen]
    if high <= 20:
        return [(Scale(1, 20), "20 is the highest"), (Scale(0, 100), "100 is the highest")]
    return [(Scale(0, 100), "")]


def seconds(values: pd.Series, where: str, told: str | None) -> tuple[pd.Series, str]:
    """Times as whole seconds since 1970, and how they were written; blank ones are NaN.

    told: the unit, or the order of day and month, or "ignore". Raises CannotImport.
    """
    filled = values[values != ""]
    if told == "ignore" or filled.empty:
        return pd.Series(np.nan, values.index), "left out" if told else "all blank"
    numeric = pd.to_numeric(filled, errors="coerce")
    if numeric.notna().all() and told not in ("day-first", "month-first"):
        parsed, written = _of_numbers(numeric, where, told)
    else:
        parsed, written = _of_dates(filled, where, told)
    outside = parsed.notna() & ~parsed.between(0, _MOST)
    if outside.any():
        raise CannotImport(
            f"{where}: time {filled[outside].iloc[0]!r} is not between 1970 and 2038"
            f" ({int(outside.sum())} such); --times ignore leaves all times out"
        )
    return parsed.reindex(values.index), written


def units(times: pd.Series) -> list[str]:
    """Units in which all numbers are times from 1980 to 2036."""
    return [
        unit
        for unit, factor in _UNITS.items()
        if times.between(_EARLIEST * factor, _LATEST * factor).all()
    ]


def _of_numbers(times: pd.Series, where: str, told: str | None) -> tuple[pd.Series, str]:
    if (times == 0).all():
        return times * np.nan, "all 0, which is no time"
    if not told:
        fits = units(times[times != 0])
        if not fits:
            low, high = times.min(), times.max()
            raise CannotImport.ask(
                where,
                f"times lie in {low:.15g}-{high:.15g}, in no unit years from 1980 to 2036",
                "--times s       seconds since 1970 (also ms, us, ns)",
                "--times ignore  leave them out",
            )
        told = fits[0]
    return (times // _UNITS[told]).astype("float64"), f"{told} since 1970"


def _of_dates(texts: pd.Series, where: str, told: str | None) -> tuple[pd.Series, str]:
    readings = {}
    iso = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    if iso.notna().all() and not told:
        return _epoch(iso), "ISO 8601 dates"
    for name in (told,) if told else ("day-first", "month-first"):
        # Words such as Jun tell the month; pandas then ignores the order, so it may be given.
        parsed = pd.to_datetime(
            texts, format="mixed", dayfirst=name == "day-first", utc=True, errors="coerce"
        )
        kept = _keeps_order(texts, name == "day-first")
        if parsed.notna().all() and kept:
            readings[name] = parsed
    if not readings:
        bad = texts[iso.isna()].iloc[0]
        raise CannotImport(f"{where}: {bad!r} is no date; --times ignore leaves all times out")
    first, *others = readings.values()
    if others and not first.equals(others[0]):
        row = int((first != others[0]).argmax())
        shown = (f"--times {name}  {one.iloc[row]:%d %B %Y}" for name, one in readings.items())
        raise CannotImport.ask(where, f"{texts.iloc[row]!r} is two dates", *shown)
    return _epoch(first), "dates" if others else f"{next(iter(readings))} dates"


def _keeps_order(texts: pd.Series, day_first: bool) -> bool:
    """Whether day and month, where both are numbers, can stand in this order."""
    parts = texts.str.extract(r"^(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}")
    month = pd.to_numeric(parts[1 if day_first else 0])
    return bool((month.dropna() <= 12).all())


def _epoch(times: pd.Series) -> pd.Series:
    return pd.Series(times.astype("datetime64[s, UTC]").astype("int64"), times.index).astype(
        "float64"
    )


@dataclass(frozen=True)
class Ids:
    """Whole numbers for ids: themselves where they are such, else 1, 2 ... in order of the texts.

    numbers    by text
    renamed    whether they are new
    """

    numbers: pd.Series
    renamed: bool

    @classmethod
    def of(cls, *columns: pd.Series) -> "Ids":
        texts = pd.unique(pd.concat(columns, ignore_index=True))
        texts = np.sort(texts[texts != ""].astype(object))
        index = pd.Index(texts, dtype="str")
        plain = pd.Series(index).str.fullmatch(r"0|[1-9]\d{0,9}")
        if plain.all():
            own = pd.to_numeric(pd.Series(index))
            if not len(own) or own.max() <= _MOST:
                return cls(pd.Series(own.to_numpy("int64"), index), False)
        return cls(pd.Series(np.arange(1, len(index) + 1), index), True)

    def of_texts(self, texts: pd.Series) -> pd.Series:
        """The numbers of texts, int64."""
        return (texts.map(self.numbers) if self.renamed else pd.to_numeric(texts)).astype("int64")


def whole(ids: pd.Series) -> pd.Series:
    """Ids without ".0", which programs append where a column of numbers has gaps."""
    pointed = ids.str.fullmatch(r"\d+\.0")
    if pointed.any() and (pointed | (ids == "")).all():
        return ids.str.removesuffix(".0")
    return ids


def titles(title: pd.Series, year: pd.Series | None) -> pd.Series:
    """Titles on one line, with the year in parentheses at the end where it is known."""
    title = title.str.replace("\0", "").str.replace(r"\s+", " ", regex=True).str.strip()
    if year is None:
        return title
    known = year.str.extract(r"^(\d{4})(?:\.0)?$", expand=False)
    add = known.notna() & ~title.str.contains(r"\(\d{4}\)$") & (title != "")
    return title.mask(add, title + " (" + known.fillna("") + ")")


def genres(cells: pd.Series) -> pd.Series:
    """Genres joined with "|", of cells joined with "|", ";" or ",", or that are JSON lists."""
    filled = cells[cells != ""]
    if filled.str.startswith("[").all() and len(filled):
        split = filled.map(_listed)
    else:
        separator = next((one for one in "|;," if filled.str.contains(one, regex=False).any()), "|")
        split = filled.str.split(separator)
    joined = split.map(lambda one: "|".join(dict.fromkeys(filter(None, map(str.strip, one)))))
    return joined.reindex(cells.index).replace("", None).fillna(NO_GENRES)


def _listed(cell: str) -> list[str]:
    """The names in a JSON list, of texts or of objects with a name."""
    try:
        values = json.loads(cell)
    except ValueError:
        try:  # as Python writes lists
            values = ast.literal_eval(cell)
        except (ValueError, SyntaxError):
            values = [cell.strip("[]")]
    return [str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in values]
