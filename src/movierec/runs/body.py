"""The body of a report: a notebook's cells as HTML that can do nothing but be read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3
from bs4 import BeautifulSoup
from markupsafe import Markup
from nbconvert.filters import ansi2html, markdown2html
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode

from movierec.runs.figures import image_address
from movierec.runs.glossary import add_terms
from movierec.runs.page import environment
from movierec.runs.tables import prepare_tables

_TAGS = set(
    "a blockquote br button caption code dd del details dfn div dl dt em figure h2 h3 h4 hr img li"
    " ol p pre s span strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
_ATTRIBUTES = {
    "*": {"class", "aria-label"},
    "a": {"href"},
    "div": {"role", "tabindex"},
    "h2": {"id"},
    "h3": {"id"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}


@dataclass(frozen=True)
class Body:
    """HTML, and its sections: id and heading of each."""

    html: Markup
    sections: list[tuple[str, str]]


def render_body(cells: list[NotebookNode]) -> Body:
    """Cells as a report shows them.

    A heading above cells that show nothing goes, and code is shown once for each run of cells
    without output. Whatever the outputs hold, no script, form, style, handler or address of
    elsewhere is left of it.
    """
    parts = environment().get_template("body.html.j2").render(blocks=list(_blocks(cells)))
    soup = BeautifulSoup(parts, "html.parser")
    sections = _name_headings(soup)
    prepare_tables(soup)
    add_terms(soup)
    return Body(_sanitised(soup.decode()), sections)


def markdown_to_html(text: str) -> str:
    # Links to headings that nbconvert adds are not needed beside a table of contents.
    return re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(text))


def last_heading(markdown: str) -> str:
    return "".join(re.findall(r"^#+ (.*)$", markdown, flags=re.MULTILINE)[-1:])


def markdown_of(output: NotebookNode) -> str:
    return output.get("data", {}).get("text/markdown", "")


def is_visible(output: NotebookNode) -> bool:
    """Whether an output shows something: no progress bar, and no table without rows."""
    data = output.get("data", {})
    table = data.get("text/html", "")
    empty_table = "<table" in table and "<td" not in table
    return "application/vnd.jupyter.widget-view+json" not in data and not empty_table


def _blocks(cells: list[NotebookNode]) -> Iterator[dict]:
    """What the template shows: Markdown, or code and outputs."""
    code: list[str] = []
    heading = ""
    for cell, shown in zip(cells, _shown(cells), strict=True):
        if cell.cell_type == "markdown":
            if shown and cell.source.strip():
                if code:
                    yield {"code": _highlighted(code)}
                    code = []
                heading = last_heading(cell.source) or heading
                yield {"html": Markup(markdown_to_html(cell.source))}
        elif cell.cell_type == "code":
            tags = cell.metadata.get("tags", [])
            if cell.source and not {"parameters", "injected-parameters"}.intersection(tags):
                code.append(cell.source)
            outputs = list(filter(is_visible, cell.outputs))
            heading = last_heading("\n".join(map(markdown_of, outputs))) or heading
            if outputs:
                rendered = [_output(one, heading) for one in outputs]
                yield {"code": _highlighted(code), "outputs": rendered}
                code = []
    if code:
        yield {"code": _highlighted(code)}


def _shown(cells: list[NotebookNode]) -> list[bool]:
    """Whether each cell is shown; a heading is not if the code below it shows nothing."""
    shown = [True] * len(cells)
    starts = [place for place, cell in enumerate(cells) if cell.cell_type == "markdown"]
    for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        below = [cell for cell in cells[start + 1 : end] if cell.cell_type == "code"]
        outputs = [one for cell in below for one in cell.outputs]
        if below and cells[start].source.startswith("#") and not any(map(is_visible, outputs)):
            shown[start] = False
    return shown


def _highlighted(sources: list[str]) -> Markup:
    highlight = Highlight2HTML(pygments_lexer="python")
    return Markup(highlight("\n\n".join(sources))) if sources else Markup()


def _output(output: NotebookNode, heading: str) -> dict:
    """One output for the template: kind, and html or, of an image, address and description."""
    if output.output_type == "stream":
        return {"kind": output.name, "html": Markup(ansi2html(output.text))}
    if output.output_type == "error":
        return {"kind": "error", "html": Markup(ansi2html("\n".join(output.traceback)))}
    data = output.data
    if found := image_address(data):
        kind, address = found
        alt = output.metadata.get(kind, {}).get("alt") or f"Figure: {heading}"
        return {"kind": "figure", "address": address, "alt": alt, "plate": kind != "image/svg+xml"}
    if "text/html" in data:
        return {"kind": "html", "html": Markup(data["text/html"])}
    if "text/markdown" in data:
        return {"kind": "markdown", "html": Markup(markdown_to_html(data["text/markdown"]))}
    return {"kind": "text", "html": Markup(ansi2html(data.get("text/plain", "")))}


def _name_headings(soup: BeautifulSoup) -> list[tuple[str, str]]:
    """Give every heading an id of its own; ids and texts of those of sections."""
    taken: dict[str, int] = {}
    sections = []
    for heading in soup.find_all(["h2", "h3"]):
        text = heading.get_text().strip()
        name = re.sub(r"\W+", "-", text.lower()).strip("-") or "section"
        taken[name] = taken.get(name, 0) + 1
        # "main" and the like are ids of the page itself.
        identity = f"s-{name}" + (f"-{taken[name]}" if taken[name] > 1 else "")
        heading["id"] = identity
        if heading.name == "h2":
            sections.append((identity, text))
    return sections


def _sanitised(html: str) -> Markup:
    return Markup(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            attribute_filter=_harmless,
            clean_content_tags={"script", "style"},
            link_rel=None,
            url_schemes={"data"},
        )
    )


def _harmless(tag: str, attribute: str, value: str) -> str | None:
    """Images lie in the page; links lead to it or to other reports."""
    if attribute == "src":
        return value if value.startswith("data:image/") else None
    if attribute == "href":
        return value if re.fullmatch(r"(?![\w.+-]+:|//|\\)[^\\]*", value) else None
    return value
