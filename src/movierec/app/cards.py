"""Movies as HTML: a typographic card in place of artwork. All text of the data is escaped."""

import re
import zlib
from collections.abc import Iterable, Sequence
from html import escape

from movierec.data.columns import NO_GENRES
from movierec.markup import markdown
from movierec.serving.recommender import SELDOM, Part

# Degrees on the colour wheel; other genres get one from their name.
_HUES = {
    "Action": 12,
    "Adventure": 32,
    "Animation": 190,
    "Children": 55,
    "Comedy": 45,
    "Crime": 340,
    "Documentary": 95,
    "Drama": 220,
    "Fantasy": 280,
    "Film-Noir": 250,
    "Horror": 0,
    "IMAX": 205,
    "Musical": 310,
    "Mystery": 265,
    "Romance": 330,
    "Sci-Fi": 175,
    "Thriller": 235,
    "War": 80,
    "Western": 25,
}
_ARTICLES = "The|A|An|Le|La|Les|L'|Il|Lo|El|Los|Der|Die|Das"

STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding-top: 4.5rem; padding-bottom: 3rem; }
.movie {
  border-left: .5rem solid; border-radius: .4rem; padding: .55rem .8rem .6rem;
  background: color-mix(in srgb, currentcolor 5%, transparent);
}
.movie h4 { margin: 0; padding: 0; font-size: 1.1rem; line-height: 1.3; overflow-wrap: anywhere; }
.movie h4 span { font-weight: 400; opacity: .8; }
.movie p { margin: .2rem 0 0; font-size: .9rem; line-height: 1.4; overflow-wrap: anywhere; }
.movie .genre {
  display: inline-block; border-radius: .7rem; padding: 0 .55rem; margin: .1rem .25rem 0 0;
  font-size: .8rem;
}
.movie .hit { font-weight: 600; }
.movie.small { padding: .25rem .7rem .3rem; }
.movie.small h4 { font-size: 1rem; }
.for::before { content: "▲ "; color: #029e73; }
.against::before { content: "▼ "; color: #d55e00; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
</style>"""


def card(title: str, genres: str, *lines: str, rank: int | None = None, small: bool = False) -> str:
    """One movie. lines: HTML below its title, escaped already; small: without genres as words."""
    name, year = name_and_year(title)
    colours = [colour(one) for one in _listed(genres)[:2]] or ["gray"]
    band = f"{colours[0]}, {colours[-1]}"
    number = f"{rank}. " if rank else ""
    head = f"<h4>{number}{escape(name)} <span>{escape(year)}</span></h4>"
    chips = "" if small else f"<p>{''.join(map(_chip, _listed(genres)))}</p>"
    below = "".join(f"<p>{line}</p>" for line in lines)
    kind = "movie small" if small else "movie"
    return (
        f'<article class="{kind}" style="border-image: linear-gradient({band}) 1">'
        f"{head}{chips}{below}</article>"
    )


def reasons(up: Sequence[Part], down: Sequence[Part]) -> list[str]:
    """What raises a score and what lowers it, as lines of a card; none where nothing does."""
    sides = (("for", "In its favour", up), ("against", "Against it", down))
    return [
        f'<span class="{side}"><span class="sr">{spoken}: </span>{_named(parts)}</span>'
        for side, spoken, parts in sides
        if parts
    ]


def name_and_year(title: str) -> tuple[str, str]:
    """ "Matrix, The (1999)" as ("The Matrix", "1999"); the year is empty where there is none."""
    name, year = title.strip(), ""
    if dated := re.fullmatch(r"(.*\S)\s*\((\d{4})\)", name):
        name, year = dated.groups()
    if turned := re.fullmatch(rf"(.+?), ({_ARTICLES})( \(.*)?", name):
        first, article, rest = turned.groups(default="")
        name = f"{article}{'' if article.endswith(chr(39)) else ' '}{first}{rest}"
    return name, year


def stars(rating: float) -> str:
    """ "4½ ★"."""
    whole, half = divmod(rating, 1)
    return f"{whole:.0f}"[: bool(whole) or not half] + ("½" if half else "") + " ★"


def stars_short(rating: float) -> str:
    """As `stars`, without the sign."""
    return stars(rating).removesuffix(" ★")


def label(text: str) -> str:
    """Text of the data for the label of a field, which is Markdown."""
    return markdown(text)


def _named(parts: Sequence[Part]) -> str:
    names = [
        f"{escape(name_and_year(part.what)[0])} ({_because(part.because)})"
        if part.kind == "movie"
        else f"<i>{escape(part.what)}</i>"
        for part in parts
    ]
    return " · ".join(names)


def _because(text: str) -> str:
    """What `Recommender.explain` says of a rated movie, shorter."""
    given, _, _ = text.partition(" ")
    return stars(float(given)) + (", seldom liked together" if text.endswith(SELDOM) else "")


def _listed(genres: str) -> list[str]:
    return [one for one in genres.split("|") if one and one != NO_GENRES]


def _chip(genre: str) -> str:
    hue = _hue(genre)
    colours = f"background: hsl({hue} 70% 50% / .18); border: 1px solid hsl({hue} 60% 50% / .7)"
    return f'<span class="genre" style="{colours}">{escape(genre)}</span>'


def colour(genre: str) -> str:
    return f"hsl({_hue(genre)}, 65%, 50%)"


def _hue(genre: str) -> int:
    return _HUES.get(genre, zlib.crc32(genre.encode()) % 360)


def listing(cards: Iterable[str]) -> str:
    """Cards below each other."""
    return "".join(f'<div style="margin-bottom: .4rem">{one}</div>' for one in cards)
