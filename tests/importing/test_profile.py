"""One person's export as ratings of a catalogue's movies."""

import io
import zipfile

import pandas as pd
import pytest

from movierec.importing.choices import CannotImport
from movierec.importing.profile import read_profile, read_upload

MOVIES = pd.DataFrame(
    [
        (1, "Matrix, The (1999)"),
        (2, "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"),
        (3, "Brazil (1985)"),
        (4, "Emma (1996)"),
        (5, "Emma (1996)"),
    ],
    columns=["movieId", "title"],
)
LETTERBOXD = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2023-01-02,The Matrix,1999,https://boxd.it/a,4.5\n"
    "2023-01-03,Brazil,1984,https://boxd.it/b,3\n"
    "2023-01-03,Nowhere,2001,https://boxd.it/c,1\n"
)
IMDB = (
    "Const,Your Rating,Date Rated,Title,Title Type,IMDb Rating,Year,Genres\n"
    "tt0110413,9,2020-05-01,Léon,Movie,8.5,1994,Crime\n"
)
MOVIELENS = (
    "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n"
    '5,0116191,3573,2.5,3.6,Emma (1996)\n1,0133093,603,4,4.1,"Matrix, The (1999)"\n'
)


@pytest.mark.parametrize(
    ("text", "ratings", "unmatched"),
    [
        (LETTERBOXD, {1: 4.5, 3: 3.0}, ["Nowhere (2001)"]),
        (IMDB, {2: 4.5}, []),
        (MOVIELENS, {1: 4.0, 5: 2.5}, []),
        ("title,rating\nBrazil (1985),5\n", {3: 5.0}, []),
    ],
    ids=["Letterboxd", "IMDb", "MovieLens", "title and rating"],
)
def test_an_export_is_matched_by_name_and_year(text, ratings, unmatched, tmp_path):
    (tmp_path / "ratings.csv").write_text(text, encoding="utf-8")
    profile = read_profile(tmp_path / "ratings.csv", MOVIES)
    assert (profile.ratings, profile.unmatched) == (ratings, unmatched)


def test_the_later_of_two_ratings_counts(tmp_path):
    again = "2022-12-31,The Matrix,1999,https://boxd.it/a,1\n"
    (tmp_path / "ratings.csv").write_text(LETTERBOXD + again)
    assert read_profile(tmp_path / "ratings.csv", MOVIES).ratings[1] == 4.5


def test_an_archive_in_memory():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ratings.csv", LETTERBOXD)
        archive.writestr("watched.csv", "Date,Name,Year,Letterboxd URI\n2023-01-02,Ran,1985,x\n")
    assert read_upload("../letterboxd.zip", content.getvalue(), MOVIES).ratings == {1: 4.5, 3: 3.0}


def test_ratings_of_several_people_are_refused(tmp_path):
    (tmp_path / "ratings.csv").write_text("user,item,rating\n1,1,5\n2,1,5\n")
    with pytest.raises(CannotImport, match="ratings of 2 users; a profile is one person's"):
        read_profile(tmp_path / "ratings.csv", MOVIES)
