"""The catalogue of real films, and invented titles."""

import numpy as np
import pytest

from movierec.simulation.catalogue import catalogue, invented_titles


def test_films_have_what_users_may_write_of_them():
    films = catalogue().set_index("title")
    assert {"Ridley Scott", "alien", "space", "tense"} <= set(films.loc["Alien (1979)", "tags"])
    assert films["tags"].map(lambda tags: len(set(tags)) == len(tags) >= 6).all()


def test_a_film_is_the_better_known_the_more_films_share_its_people_and_series():
    fame = catalogue().set_index("title")["fame"]
    assert fame.nlargest(50).index.str.contains("Avengers").sum() >= 3
    assert fame.mean() == pytest.approx(0, abs=1e-9)
    assert fame.std(ddof=0) == pytest.approx(1)


def test_all_star_wars_episodes_are_there_once():
    titles = catalogue()["title"].tolist()
    for number in ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"):
        assert sum(title.startswith(f"Star Wars: Episode {number} - ") for title in titles) == 1
    assert "Rogue One: A Star Wars Story (2016)" in titles


def test_films_span_the_decades_from_the_1920s():
    assert set(catalogue()["year"] // 10 * 10) >= set(range(1920, 2030, 10))


def test_invented_titles_are_unique_and_end_in_their_year():
    titles, years = invented_titles(5_000, 1923, np.random.default_rng(0))
    assert len(set(titles)) == 5_000
    assert [title[-6:] for title in titles] == [f"({year})" for year in years]
    assert set(years) == {1920, 1921, 1922, 1923}


def test_more_titles_than_can_be_invented_are_refused():
    with pytest.raises(ValueError, match="at most 1600 titles can be invented, not 1601"):
        invented_titles(1_601, 1920, np.random.default_rng(0))
