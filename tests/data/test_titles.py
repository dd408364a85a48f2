"""The names and the year of a title, in the form they are compared in."""

import pytest

from movierec.data.titles import names_and_year, plain


@pytest.mark.parametrize(
    ("title", "names", "year"),
    [
        ("Heat (1995)", ["heat"], "1995"),
        ("Seven (a.k.a. Se7en) (1995)", ["seven", "se7en"], "1995"),
        ("Untold", ["untold"], ""),
        ("1984 (2001)", ["1984"], "2001"),
        ("M*A*S*H (a.k.a. MASH) (1970) ", ["m a s h", "mash"], "1970"),
    ],
)
def test_a_title_has_names_and_a_year(title, names, year):
    assert names_and_year(title) == (names, year)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Matrix, The", "matrix"),
        ("The Matrix", "matrix"),
        ("Léon", "leon"),
        ("Godfather: Part II, The", "godfather part 2"),
        ("Lilo & Stitch", "lilo and stitch"),
        ("The", "the"),
    ],
)
def test_a_name_has_a_plain_form(name, form):
    assert plain(name) == form
