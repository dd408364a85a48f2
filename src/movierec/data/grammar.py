"""The grammar of MovieLens's text files, which parser.py holds them to.

    file    rows and blank lines; a row ends with LF, CRLF or the file. A last row without a line
            break is whole if its last number has no fewer digits than the one above.
    row     one field per column, with separators between
    field   plain, or, in CSV, in quotation marks, where a quotation mark is doubled
    whole   digits without sign or leading zero, 0 to the column's largest
    stars   digits with at most 17 decimals after a point, 0.5 to 5
    text    any characters but NUL; line breaks in quotation marks only, and no line there may
            begin as a row does, with a number and a separator: a quotation mark that is never
            closed would swallow rows
    blank   a line of spaces (and tabs, where they do not separate), which is skipped; spaces
            around numbers and names of columns are skipped too

Sets of columns, dialects and encodings are those of `File`.
"""

from dataclasses import dataclass
from enum import IntEnum

MOST_WHOLE = 2**31 - 1


class Kind(IntEnum):
    """What a column holds."""

    WHOLE = 0
    STARS = 1
    TEXT = 2
    SKIPPED = 3  # any text, not kept


class Problem(IntEnum):
    """How a file can violate the grammar."""

    NONE = 0
    NUMBER = 1
    FEWER = 2
    MORE = 3
    UNCLOSED = 4
    AFTER_QUOTE = 5
    SWALLOWS = 6
    NUL = 7
    CARRIAGE_RETURN = 8
    AMBIGUOUS = 9
    CUT = 10


@dataclass(frozen=True)
class Column:
    """A column: its name, what it holds, and the largest whole number."""

    name: str
    kind: Kind
    most: int = MOST_WHOLE


@dataclass(frozen=True)
class Dialect:
    """How the fields of a row are written.

    separator  one character, or the same one twice
    quotes     whether a field can be in quotation marks, as in CSV
    """

    separator: str = ","
    quotes: bool = True


CSV = Dialect()


@dataclass(frozen=True)
class File:
    """A text file of a dataset, and how it is written.

    columns    in the file's order; with a header, which can list them in any order
    optional   names of columns that the header may lack
    encodings  the first in which the bytes are valid counts
    """

    name: str
    columns: tuple[Column, ...]
    dialect: Dialect = CSV
    header: bool = True
    optional: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ("utf-8",)


class Violation(ValueError):
    """Where and how data violate the grammar.

    problem  its kind
    column   number of the column that it is in, from 0
    start    offset of the field, of the row where its number of fields is wrong, or of the
             character that is
    """

    def __init__(self, problem: Problem, column: int, start: int):
        super().__init__(f"{problem.name} at byte {start}")
        self.problem, self.column, self.start = problem, column, start
