"""Text of the data in HTML and in Markdown: it stands for itself."""

import html
import re

import numpy as np
import pandas as pd
import pytest
from nbconvert.filters import markdown2html

from movierec.markup import markdown, table

NASTY = [
    "x <meta http-equiv=refresh content='0;url=https://evil.example'>",
    "*a* _b_ `c` [d](https://evil.example) ![e](https://evil.example/f.png)",
    "https://evil.example/a <https://evil.example>",
    r"$x$ \\(y\\) \*z\* &lt; ~~s~~ | t | # u",
    "a\n\n# b\n- c\n<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", NASTY)
def test_text_in_markdown_is_seen_as_it_is(text):
    shown = markdown2html(f"It holds {markdown(text)} there.")
    [inside] = re.findall(r"^<p>It holds (.*) there\.</p>\s*$", shown, flags=re.DOTALL)
    assert "<" not in inside
    assert html.unescape(inside) == text.replace("\n", " ")


@pytest.mark.parametrize("text", NASTY)
def test_text_in_a_table_is_seen_as_it_is_wherever_it_stands(text):
    text = " ".join(text.split())
    made = table(pd.DataFrame({text: [text]}, index=[text]), "{}", caption=text).data
    assert set(re.findall(r"<(\w+)", made)) == set("table caption thead tbody tr th td".split())
    assert made.count(html.escape(text, quote=False).split("'")[0]) == 4


def test_values_have_the_format_of_their_column_and_missing_ones_are_blank():
    frame = pd.DataFrame({"n": [1234, 5], "share": [0.5, np.nan], "name": ["a", "b"]})
    made = table(frame, {"n": "{:,}", "share": lambda share: f"{100 * share:.0f} %"}).data
    assert re.findall("<td>(.*)</td>", made) == ["1,234", "50 %", "a", "5", "", "b"]


def test_an_index_can_be_left_out():
    assert "<th>7</th>" not in table(pd.DataFrame({"n": [1]}, [7]), index=False).data
