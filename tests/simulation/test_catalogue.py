"""The catalogue of real films, and invented titles."""

import numpy as np
import pytest

from movierec.simulation.catalogue import catalogue, invented_titles

# As the README of MovieLens lists them, with IMAX, which it uses without listing it.
GENRE_WORDS = set(
    "Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror"
    " IMAX Musical Mystery Romance Sci-Fi Thriller War Western".split()
)


def test_the_catalogue_has_at_least_500_films():
    assert len(catalogue()) >= 500


def test_titles_are_unique_and_end_in_a_year():
    titles = catalogue()["title"]
    assert titles.is_unique
    assert titles.str.fullmatch(r".+ \(\d{4}\)").all()


def test_genres_are_movielens_s():
    genres = catalogue()["genres"].str.split("|")
    assert set().union(*genres) <= GENRE_WORDS


def test_each_film_has_three_to_eight_different_tags():
    tags = catalogue()["tags"].str.split("|")
    assert tags.map(lambda words: 3 <= len(set(words)) == len(words) <= 8).all()
    assert all(tag.strip() for tag in np.concatenate(tags.to_list()))


def test_all_star_wars_episodes_are_there_once():
    titles = catalogue()["title"].tolist()
    for number in ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"):
        assert sum(title.startswith(f"Star Wars: Episode {number} - ") for title in titles) == 1
    assert "Rogue One: A Star Wars Story (2016)" in titles


def test_films_span_the_decades_from_the_1920s():
    assert set(catalogue()["year"] // 10 * 10) == set(range(1920, 2030, 10))


def test_invented_titles_are_unique_and_end_in_their_year():
    titles, years = invented_titles(5_000, 1923, np.random.default_rng(0))
    assert len(set(titles)) == 5_000
    assert [title[-6:] for title in titles] == [f"({year})" for year in years]
    assert set(years) == {1920, 1921, 1922, 1923}


def test_more_titles_than_can_be_invented_are_refused():
    with pytest.raises(ValueError, match="at most 1600 titles can be invented, not 1601"):
        invented_titles(1_601, 1920, np.random.default_rng(0))
