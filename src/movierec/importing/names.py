"""What columns are called elsewhere, and what each is."""

import re
from collections.abc import Iterable

# Roles of columns.
USER, ITEM, RATING, TIME = "user", "item", "rating", "timestamp"
TITLE, YEAR, GENRES, TAG = "title", "year", "genres", "tag"
ROLES = (USER, ITEM, RATING, TIME, TITLE, YEAR, GENRES, TAG)

# In lower case, letters and digits alone.
_NAMES = {
    USER: (
        "user userid uid usr username customer customerid cust custid client clientid visitor"
        " visitorid reviewer reviewerid member memberid account accountid person personid"
        " profilename reviewusername"
    ),
    ITEM: (
        "item itemid iid movie movieid film filmid book bookid isbn product productid asin"
        " parentasin sku anime animeid game gameid song songid track trackid artist artistid"
        " article articleid business businessid show showid const letterboxduri"
    ),
    RATING: (
        "rating score stars star rate ratings overall bookrating userrating yourrating myrating"
        " preference grade"
    ),
    TIME: (
        "timestamp ts time date datetime createdat ratedat reviewtime unixreviewtime eventtime"
        " watchedat daterated when"
    ),
    TITLE: "title name movietitle booktitle itemtitle producttitle filmtitle originaltitle",
    YEAR: "year releaseyear yearofpublication originalpublicationyear publicationyear",
    GENRES: "genres genre categories category",
    TAG: "tag tags keyword",
}
_ROLE_OF = {name: role for role, names in _NAMES.items() for name in names.split()}


def plain(name: str) -> str:
    """A column's name in lower case, letters and digits alone."""
    return re.sub(r"[\W_]", "", name.lower())


def is_known_name(name: str) -> bool:
    return plain(name) in _ROLE_OF


def roles(columns: Iterable[str]) -> dict[str, list[str]]:
    """The columns of each role; of one role, the plainest name first."""
    found: dict[str, list[str]] = {}
    for column in columns:
        if role := _ROLE_OF.get(plain(column)):
            found.setdefault(role, []).append(column)
    order = {name: place for place, name in enumerate(_ROLE_OF)}
    return {role: sorted(some, key=lambda one: order[plain(one)]) for role, some in found.items()}
