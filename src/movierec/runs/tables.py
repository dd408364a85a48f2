"""Tables of reports: numbers right, header cells named, scrolled inside themselves."""

import re
from collections.abc import Sequence

from bs4 import BeautifulSoup, Tag

_NUMBER = re.compile(
    r"(< ?)?[-+]?(\d[\d,]*\.?\d*|\.\d+)(e[-+]\d+|%| %)?( ± [\d.]+| \[[-+\d., ]+\])?|nan|"
)
# Characters from which a cell needs more than the width of a word.
_LONG = 24


def prepare_tables(soup: BeautifulSoup) -> None:
    """Make every table of a page one that sorts, scrolls and can be read aloud."""
    for table in soup.find_all("table"):
        for tag in table.find_all(True):
            del tag["style"]
        _merge_index_names(table)
        _scope_and_name(soup, table)
        _classify(table)
        _wrap(soup, table)


def _merge_index_names(table: Tag) -> None:
    """pandas names an index in a header row of its own; move the names up into the first."""
    rows = table.select("thead tr")
    if len(rows) != 2:
        return
    columns, names = ([*row.find_all("th")] for row in rows)
    given = [th.get_text().strip() for th in names]
    if len(columns) != len(names):
        return
    for above, name in zip(columns, given, strict=True):
        if name and above.get_text().strip() and above is not columns[0]:
            return
    for above, name in zip(columns, given, strict=True):
        if name:
            above.string = name
    rows[1].decompose()


def _scope_and_name(soup: BeautifulSoup, table: Tag) -> None:
    numbered = [th.get_text().strip() for th in table.select("tbody tr th:first-child")]
    for th in table.select("thead th"):
        th["scope"] = "col"
        if not th.get_text().strip():
            if numbered and all(one.isdigit() for one in numbered):
                th.string = "#"
            else:
                name = soup.new_tag("span", attrs={"class": "unseen"})
                name.string = "row"
                th.append(name)
    for th in table.select("tbody th"):
        th["scope"] = "rowgroup" if th.get("rowspan") else "row"


def _classify(table: Tag) -> None:
    """Mark columns that hold numbers alone, and cells that hold long text."""
    rows = [row.find_all("td") for row in table.select("tbody tr")]
    heads = [row.find_all("th") for row in table.select("thead tr")]
    for column in range(max(map(len, rows), default=0)):
        cells = [row[column - len(row)] for row in rows if len(row) > column]
        width = max(map(len, rows))
        if _holds_numbers([cell.get_text().strip() for cell in cells]):
            above = [head[column - width] for head in heads if len(head) >= width - column]
            for cell in [*cells, *above]:
                cell["class"] = "number"
    for cell in table.select("tbody td, tbody th"):
        if not cell.get("class") and len(cell.get_text()) > _LONG:
            cell["class"] = "long"


def _holds_numbers(texts: Sequence[str]) -> bool:
    return any(texts) and all(_NUMBER.fullmatch(text) for text in texts)


def _wrap(soup: BeautifulSoup, table: Tag) -> None:
    """Into a box that scrolls, also by keyboard."""
    caption = table.find("caption")
    heading = caption or table.find_previous(["h2", "h3"])
    name = "Table" + (f": {heading.get_text().strip()}" if heading else "")
    attributes = {"class": "scroll", "tabindex": "0", "role": "group", "aria-label": name}
    table.wrap(soup.new_tag("div", attrs=attributes))
