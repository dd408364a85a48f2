"""Fonts for titles in any script: what this system has of them."""

import unicodedata
from functools import cache

import matplotlib.pyplot as plt
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

# Matplotlib's own font of placeholders has a glyph for everything.
_PLACEHOLDERS = "last resort"
_UNDRAWN: set[str] = set()
_SAID: set[str] = set()


def drawable(text: str) -> str:
    """A text that figures can draw: "?" in place of characters that no font here has.

    A font that is needed joins those that figures fall back to. Marks without a glyph of their
    own are left out.
    """
    return "".join(map(_drawable, text))


def undrawn() -> str:
    """A sentence about characters that `drawable` replaced since it was last asked; or none."""
    new = sorted(_UNDRAWN - _SAID)
    _SAID.update(new)
    if not new:
        return ""
    shown = " ".join(new[:20]) + (" ..." if len(new) > 20 else "")
    return f"No font of this system can draw {shown}: figures have ? instead."


def _drawable(letter: str) -> str:
    families = plt.rcParams["font.family"]
    if any(ord(letter) in _characters(family) for family in families):
        return letter
    if (family := _family_with(letter)) is not None:
        plt.rcParams["font.family"] = [*families, family]
        return letter
    if unicodedata.category(letter) in ("Cc", "Cf", "Mn"):
        return ""
    _UNDRAWN.add(letter)
    return "?"


@cache
def _characters(family: str) -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=[family]))).get_charmap())


@cache
def _family_with(letter: str) -> str | None:
    """The first family with a character, those of plain sans-serif letters before others."""
    return next((family for family in _families() if _has(family, letter)), None)


def _has(family: str, letter: str) -> bool:
    try:
        return ord(letter) in _characters(family)
    except (RuntimeError, OSError):  # Such as emoji in colour, which are no outlines.
        return False


@cache
def _families() -> tuple[str, ...]:
    names = {entry.name for entry in fontManager.ttflist if entry.style == "normal"}
    usable = [name for name in names if not name.lower().startswith(_PLACEHOLDERS)]
    return tuple(sorted(usable, key=lambda name: ("Sans" not in name, "Mono" in name, name)))
