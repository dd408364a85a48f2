"""What the user of an import decides, and the error that asks for it."""

from dataclasses import dataclass
from typing import Self


class CannotImport(ValueError):
    """A file is unreadable, or can be read in several ways; the message says what to do."""

    @classmethod
    def ask(cls, where: str, question: str, *readings: str) -> Self:
        """Two readings or more, each of which starts with the flag that chooses it."""
        lines = "".join(f"\n  {reading}" for reading in readings)
        return cls(f"{where}: {question}; choose:{lines}")


@dataclass(frozen=True)
class Choices:
    """Flags of `import`; None leaves it to what the files show.

    separator  between fields: a character, "::" or "tab"
    encoding   of text files
    header     whether the first line has names of columns
    columns    of ratings: roles in order, as "user,item,rating", or pairs, as "item=isbn"
    scale      of ratings, lowest and highest: "1-10"
    implicit   whether each line of ratings is a view or purchase, whatever its number says
    times      s, ms, us, ns, day-first, month-first or ignore
    one_user   whether the ratings are those of one person
    ratings, movies, tags, test  the file that holds them
    """

    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None
    columns: str | None = None
    scale: str | None = None
    implicit: bool = False
    times: str | None = None
    one_user: bool = False
    ratings: str | None = None
    movies: str | None = None
    tags: str | None = None
    test: str | None = None
