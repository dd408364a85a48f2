"""What a run can be told: the notebooks' parameters cells are the one description of it.

A line there gives name, type, default, meaning and, in brackets, what is possible:

    factors: int = 64  # latent dimensions, in [1, 4096]
    protocol: str = "user-random"  # one of user-random, leave-last-out
"""

import ast
import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import papermill

_TYPES = {"int": int, "float": float, "str": str, "bool": bool}


class ParameterError(ValueError):
    """A parameter is unknown, of a wrong type or impossible."""


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell."""

    name: str
    type: type
    default: int | float | str | bool
    help: str

    def parse(self, text: str) -> int | float | str | bool:
        """The value a shell user typed, checked. Raises ParameterError."""
        if self.type is bool:
            value = {"true": True, "false": False}.get(text.lower(), text)
        else:
            try:
                value = self.type(text)
            except ValueError:
                value = text
        return self.check(value)

    def check(self, value: object) -> int | float | str | bool:
        """The value, its type and range checked; a whole number is a float too."""
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, self.type) or isinstance(value, bool) != (self.type is bool):
            raise self._wrong(value, f"it is of type {self.type.__name__}")
        if bounds := re.search(r"\bin ([\[(])\s*(\S+),\s*(\S+?)\s*([\])])", self.help):
            opened, low, high, closed = bounds.groups()
            above = value >= float(low) if opened == "[" else value > float(low)
            below = value <= float(high) if closed == "]" else value < float(high)
            if not (above and below):
                raise self._wrong(value, f"it lies {bounds[0]}")
        if (options := re.search(r"\bone of (.*)", self.help)) and value not in options[1].split(
            ", "
        ):
            raise self._wrong(value, f"it is {options[0]}")
        return value

    def _wrong(self, value: object, why: str) -> ParameterError:
        return ParameterError(f"{self.name} = {value} is not possible: {why} ({self.help})")


def of_notebook(path: Path) -> dict[str, Parameter]:
    """The parameters of a notebook, by name."""
    found = papermill.inspect_notebook(path)
    return {
        name: Parameter(
            name=name,
            type=_TYPES[entry["inferred_type_name"]],
            default=ast.literal_eval(entry["default"]),
            help=entry["help"],
        )
        for name, entry in found.items()
    }


def of_notebooks(paths: Iterable[Path]) -> dict[str, Parameter]:
    """The parameters of several notebooks together."""
    return {name: one for path in paths for name, one in of_notebook(path).items()}


def parse_assignments(
    assignments: Iterable[str], known: dict[str, Parameter]
) -> dict[str, int | float | str | bool]:
    """Checked values from texts like "factors=128". Raises ParameterError."""
    values = {}
    for assignment in assignments:
        name, given, text = assignment.partition("=")
        if not given:
            raise ParameterError(f"{assignment!r} is not of the form name=value")
        values[name] = find(name, known).parse(text)
    return values


def find(name: str, known: dict[str, Parameter]) -> Parameter:
    """The parameter of that name. Raises ParameterError with the nearest names."""
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        raise ParameterError(
            f"there is no parameter {name!r};"
            + (f" did you mean {' or '.join(near)}?" if near else f" there are {', '.join(known)}")
        )
    return known[name]


def read_preset(preset: str, known: dict[str, Parameter]) -> dict[str, int | float | str | bool]:
    """Checked values of a preset that comes with the project, or of a TOML file.

    Raises ParameterError for a preset that is not there, or one of its values.
    """
    shipped = resources.files("movierec") / "presets"
    names = sorted(Path(entry.name).stem for entry in shipped.iterdir())
    path = shipped / f"{preset}.toml" if preset in names else Path(preset)
    if not path.is_file():
        raise ParameterError(f"preset {preset!r} is neither a file nor one of {', '.join(names)}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"preset {preset}: {error}") from None
    return {name: find(name, known).check(value) for name, value in values.items()}
