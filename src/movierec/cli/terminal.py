"""Text of what pages show too."""

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd

_WIDTH = 100


def print_sections(sections: Mapping[str, Sequence[object]]) -> None:
    """Headings, text and tables; figures are for pages."""
    for heading, contents in sections.items():
        print(f"{heading}\n{'-' * len(heading)}")
        for content in contents:
            if isinstance(content, pd.DataFrame):
                print(f"{content.to_string()}\n")
            elif isinstance(content, str):
                lines = [textwrap.fill(line.strip(), width=_WIDTH) for line in content.splitlines()]
                print("\n".join(lines), end="\n\n")
