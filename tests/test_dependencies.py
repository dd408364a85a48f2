"""Dependencies: ranges in pyproject.toml, one version each in requirements*.txt."""

import itertools
import re
import tomllib

import pytest
from packaging.requirements import Requirement

from movierec import paths


@pytest.fixture(scope="module")
def ranges() -> dict[str, Requirement]:
    declared = tomllib.loads((paths.project() / "pyproject.toml").read_text())["project"]
    extras = declared["optional-dependencies"].values()
    lines = itertools.chain(declared["dependencies"], *extras)
    return {one.name: one for one in map(Requirement, lines)}


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    files = paths.project().glob("requirements*.txt")
    text = "\n".join(file.read_text() for file in files)
    return dict(re.findall(r"^([\w-]+)==(\S+)  +# \S", text, flags=re.MULTILINE))


def test_each_dependency_is_pinned_and_nothing_else(ranges, pins):
    assert sorted(pins) == sorted(ranges)


def test_each_pin_lies_in_its_range(ranges, pins):
    assert [name for name, pin in pins.items() if pin not in ranges[name].specifier] == []


def test_each_range_has_a_lower_end(ranges):
    assert all(">=" in str(one.specifier) for one in ranges.values())
