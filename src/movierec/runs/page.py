"""Pages that need nothing but a browser: one file each, which may ask nobody for anything."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from movierec.paths import atomic_write

_FOLDER = Path(__file__).with_name("templates") / "report"


@cache
def environment() -> jinja2.Environment:
    """Everything that is put into a template is escaped, unless it is Markup."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script, try_script = (
        (_FOLDER / name).read_text(encoding="utf-8") for name in ("report.js", "try.js")
    )
    style = _style()
    made.globals |= {
        "script": Markup(script),
        "try_script": Markup(try_script),
        "style": Markup(style),
        # Browsers run and apply what has these hashes, and nothing else.
        "policy": f"default-src 'none'; img-src data:; script-src {_hash(script)}"
        f" {_hash(try_script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'",
        "when": when,
    }
    return made


def write_page(path: Path, values: Mapping[str, object], template: str = "page.html.j2") -> None:
    """Fill in a template and write it, whole or not at all."""
    text = environment().get_template(template).render(values)
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8")


def when(stamp: str | None) -> str:
    """A time in ISO 8601 to the minute, with its zone; papermill's are UTC."""
    return f"{stamp[:16].replace('T', ' ')} UTC" if stamp else ""


def _style() -> str:
    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".highlight")
        for style in ("default", "github-dark")
    )
    own = (_FOLDER / "report.css").read_text(encoding="utf-8")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{own}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
