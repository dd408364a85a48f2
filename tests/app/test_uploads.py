"""Exports that visitors send, also hostile ones."""

import io
import zipfile

import pandas as pd
import pytest

from movierec.app import uploads
from movierec.app.uploads import Refused, ratings_of

MOVIES = pd.DataFrame({"movieId": [10, 20], "title": ["Star Harbor (1999)", "Orbit, The (1995)"]})
LETTERBOXD = (
    b"Date,Name,Year,Letterboxd URI,Rating\n"
    b"2023-01-02,The Orbit,1995,https://boxd.it/a,4.5\n"
    b"2023-01-03,Nowhere,2001,https://boxd.it/c,1\n"
)


def _zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [("ratings.csv", LETTERBOXD), ("letterboxd-me.ZIP", _zipped(ratings=LETTERBOXD))],
)
def test_an_export_is_read_and_what_is_not_there_is_named(name, content):
    found = ratings_of(name, content, MOVIES)
    assert (found.ratings, found.unmatched) == ({20: 4.5}, ["Nowhere (2001)"])


def test_what_the_app_exported_comes_back():
    exported = b'movieId,title,rating\n20,"Orbit, The (1995)",0.5\n10,Star Harbor (1999),5.0\n'
    assert ratings_of("ratings.csv", exported, MOVIES).ratings == {10: 5.0, 20: 0.5}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ratings.csv", b""),
        ("ratings.csv", b"\x00\xff\xfe" * 100),
        ("ratings.csv", b"<html><script>alert(1)</script></html>"),
        ("ratings.zip", b"PK\x03\x04 no archive"),
        ("ratings.zip", _zipped(ratings=LETTERBOXD)[:-60]),
        ("ratings.zip", _zipped(ratings=LETTERBOXD).replace(b"Orbit", b"Tibro")[::-1]),
        ("ratings.zip", _zipped()),
        ("ratings.gz", LETTERBOXD),
        ("model.pkl", LETTERBOXD),
        ("..", LETTERBOXD),
    ],
)
def test_other_files_are_refused_without_naming_the_servers_folders(name, content):
    with pytest.raises(Refused) as refused:
        ratings_of(name, content, MOVIES)
    assert "tmp" not in str(refused.value)


def test_a_file_with_several_readings_is_refused_without_options_of_a_command():
    with pytest.raises(Refused, match=r"in 1-4, so it can be read in several ways$"):
        ratings_of("ratings.csv", b"title,rating\nOrbit (1995),1\nComet (1997),4\n", MOVIES)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", 1_000_000)
    with pytest.raises(Refused, match="more than 1 MB"):
        ratings_of("ratings.zip", _zipped(ratings=b"0" * 2_000_000), MOVIES)
