"""Text of the data in languages of ours: the one place where HTML and Markdown are escaped.

Titles, genres, tags, names of datasets and settings can hold anything. Figures take no text for a
formula, since `report.mplstyle` says so.
"""

import html
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
from IPython.display import HTML

# A format as `str.format` takes it, or a function.
Format = str | Callable[[Any], str]

# What has a meaning inside a line of Markdown, the slashes of bare addresses included.
_MARKDOWN = str.maketrans({mark: f"&#{ord(mark)};" for mark in r"\`*_[]<>&#~$|!/^="} | {"\n": " "})


def markdown(text: object) -> str:
    """Text that stands in Markdown for itself.

    Character references, unlike backslashes, also keep dollars from enclosing formulas.
    """
    return str(text).translate(_MARKDOWN)


def table(
    frame: pd.DataFrame,
    formats: Format | Mapping[str, Format] | None = None,
    caption: str = "",
    index: bool = True,
) -> HTML:
    """A frame as an HTML table in which all text, caption and headers too, stands for itself.

    formats: of all columns, or by column; missing values are left blank. No text is cut.
    """
    if not isinstance(formats, Mapping):
        formats = dict.fromkeys(frame.columns, formats) if formats else {}
    formatters = {column: partial(_cell, one) for column, one in formats.items()}
    with pd.option_context("display.max_colwidth", None):
        text = frame.to_html(formatters=formatters, na_rep="", border=0, index=index)
    if caption:
        head, body = text.split(">", maxsplit=1)
        text = f"{head}>\n  <caption>{html.escape(caption)}</caption>{body}"
    return HTML(text)


def _cell(form: Format, value: Any) -> str:
    if pd.isna(value):
        return ""
    return form.format(value) if isinstance(form, str) else form(value)
