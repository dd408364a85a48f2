"""The files of the catalogue: format, vocabulary, one spelling for one person, no film twice."""

import re
import unicodedata
from collections import Counter, defaultdict
from importlib import resources

import pandas as pd
import pytest

from movierec.data.titles import names_and_year
from movierec.facts.catalogue import FACTS, GROUPS, films

TERMS = (*GROUPS["origin"], *GROUPS["subject"])
# MovieLens's, with IMAX, which it uses without listing it.
GENRES = set(
    "Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror"
    " IMAX Musical Mystery Romance Sci-Fi Thriller War Western".split()
)
# What tells of ratings, not of the film.
OPINIONS = re.compile(
    r"\b(award|oscar|palme|top \d|best|worst|classic|cult film|masterpiece|rated|famous)\b"
)


@pytest.fixture(scope="module")
def text() -> str:
    return (resources.files("movierec.facts") / "films.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def vocabulary() -> pd.DataFrame:
    with (resources.files("movierec.facts") / "vocabulary.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def folded(name: str) -> str:
    """A name without accents, case, spaces and punctuation."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in decomposed if letter.isalnum()).lower()


def test_columns_are_those_of_the_readme(text):
    assert text.splitlines()[0].split(",") == ["title", "genres", *FACTS]


def test_characters_are_composed_and_lines_end_as_on_unix(text):
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    assert text.endswith("\n")


def test_titles_end_in_a_year_and_are_sorted_and_unique():
    titles = films()["title"]
    assert titles.str.fullmatch(r"\S.* \((19|20)\d\d\)").all()
    assert titles.is_unique

    def key(title: str) -> tuple[str, str]:
        decomposed = unicodedata.normalize("NFKD", title)
        letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
        return letters.lower(), title

    assert titles.tolist() == sorted(titles, key=key)


def test_no_two_films_have_a_name_in_common_within_a_year():
    named = defaultdict(list)
    for title in films()["title"]:
        names, year = names_and_year(title)
        for name in set(names):
            named[name].append((int(year), title))
    near = [
        (first, second)
        for same in named.values()
        for number, (year, first) in enumerate(same)
        for other, second in same[number + 1 :]
        if abs(year - other) <= 1
    ]
    assert near == []


def test_no_film_stands_under_two_titles():
    made = defaultdict(list)
    for film in films().itertuples():
        made[film.director, film.title[-6:]].append((film.title, set(film.cast)))
    twice = [
        (first, second)
        for same in made.values()
        for number, (first, cast) in enumerate(same)
        for second, other in same[number + 1 :]
        if len(cast & other) >= 4
    ]
    # Two parts of one story, made together.
    assert twice in ([], [("Matrix Reloaded, The (2003)", "Matrix Revolutions, The (2003)")])


@pytest.mark.parametrize("column", FACTS)
def test_values_are_trimmed_and_none_stands_twice(column):
    for values in films()[column]:
        assert len(set(values)) == len(values)
        assert all(value == " ".join(value.split()) for value in values)


def test_genres_are_movielens_s():
    genres = films()["genres"].str.split("|")
    assert set().union(*genres) <= GENRES
    assert genres.map(lambda names: len(names) == len(set(names)) > 0).all()


def test_every_film_has_a_director_a_country_and_a_language():
    for column in ("director", "countries", "languages"):
        assert films()[column].map(len).min() >= 1


def test_up_to_five_actors_lead():
    assert films()["cast"].map(len).max() == 5


def test_six_to_fifteen_terms_describe_a_film():
    described = ["setting", "themes", "mood", "style", "craft"]
    counts = films()[described].map(len).sum(axis=1)
    assert counts.between(6, 15).all()


def test_a_person_is_spelt_in_one_way():
    people = {name for column in GROUPS["people"] for names in films()[column] for name in names}
    spelt = defaultdict(set)
    for name in people:
        spelt[folded(name)].add(name)
    assert [names for names in spelt.values() if len(names) > 1] == []


def test_people_have_no_titles_macrons_or_spaced_initials():
    people = {name for column in GROUPS["people"] for names in films()[column] for name in names}
    odd = [name for name in people if re.search(r"^(Sir|Dame) |[āīōēĀĪŌĒ]|\b[A-Z]\. [A-Z]\.", name)]
    assert odd == []


@pytest.mark.parametrize("column", TERMS)
def test_terms_are_lower_case_ascii(column):
    terms = {term for terms in films()[column] for term in terms}
    assert [term for term in terms if not term.isascii() or term != term.lower()] == []


def test_a_term_stands_with_two_films_at_least():
    for column in GROUPS["subject"]:
        counts = Counter(term for terms in films()[column] for term in terms)
        assert [term for term, count in counts.items() if count < 2] == []


def test_a_term_belongs_to_one_column_but_for_the_names_of_series():
    columns = Counter()
    for column in GROUPS["subject"]:
        if column != "series":
            columns.update({term for terms in films()[column] for term in terms})
    assert [term for term, count in columns.items() if count > 1] == []


def test_terms_differ_in_more_than_spaces_hyphens_and_a_plural():
    for column in GROUPS["subject"]:
        spelt = defaultdict(set)
        for term in {term for terms in films()[column] for term in terms}:
            spelt[folded(term).removesuffix("s")].add(term)
        assert [terms for terms in spelt.values() if len(terms) > 1] == []


def test_the_vocabulary_lists_every_term_with_its_number_of_films(vocabulary):
    counted = [
        (column, term, count)
        for column in TERMS
        for term, count in sorted(
            Counter(term for terms in films()[column] for term in terms).items(),
            key=lambda pair: (-pair[1], pair[0]),
        )
    ]
    assert [*vocabulary.itertuples(index=False, name=None)] == counted


def test_no_term_is_an_opinion_an_award_or_a_list(vocabulary):
    assert [term for term in vocabulary["term"] if OPINIONS.search(term)] == []


def test_facts_are_as_everybody_knows_them():
    alien = films().set_index("title").loc["Alien (1979)"]
    assert alien["director"] == ("Ridley Scott",)
    assert "Sigourney Weaver" in alien["cast"]
    assert "alien" in alien["series"]
    assert {"space", "spaceship"} <= set(alien["setting"])
