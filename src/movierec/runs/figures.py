"""Figures of notebooks as images of a page."""

import base64
from collections.abc import Mapping

from movierec.plots.dark import DARK

_DARK_STYLE = "".join(
    f'[style*="fill: {light}"]{{fill:{dark}!important}}'
    f'[style*="stroke: {light}"]{{stroke:{dark}!important}}'
    for light, dark in DARK.items()
)
# The ground of a figure and of its Axes: shadows of what scrolls lie behind it.
_TRANSPARENT = (
    '#figure_1 > #patch_1 > path, [id^="axes_"] > [id^="patch_"]:first-child > path'
    "{fill:none!important}"
)


def image_address(data: Mapping[str, str]) -> tuple[str, str] | None:
    """The kind of a figure and its address, which holds all of it; None where there is none."""
    if "image/svg+xml" in data:
        text = adapting(data["image/svg+xml"])
        return "image/svg+xml", _address("image/svg+xml", base64.b64encode(text.encode()).decode())
    kinds = ("image/png", "image/jpeg")
    return next(((kind, _address(kind, data[kind])) for kind in kinds if kind in data), None)


def adapting(svg: str) -> str:
    """A figure that has the colours of dark pages where they are preferred."""
    style = f"{_TRANSPARENT}@media (prefers-color-scheme: dark){{{_DARK_STYLE}}}"
    return svg.replace("</style>", style + "</style>", 1)


def _address(kind: str, encoded: str) -> str:
    return f"data:{kind};base64,{''.join(encoded.split())}"
