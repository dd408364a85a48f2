"""Each edition's files as they are published: separators, encodings, genres, whole stars."""

from pathlib import Path

import pytest

from movierec.data.tables import TableError, read_tables

TOY_STORY = "1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)|"
UNKNOWN = "267|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
EDITIONS = {
    "ml-100k": {
        "u.data": "196\t267\t3\t881250949\n186\t1\t3\t891717742\n",
        "u.item": TOY_STORY + "0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n" + UNKNOWN,
    },
    "ml-1m": {
        "ratings.dat": "1::1193::5::978300760\n1::661::3::978302109\n",
        "movies.dat": "661::James and the Giant Peach (1996)::Animation|Children's|Musical\n"
        "1193::One Flew Over the Cuckoo's Nest (1975)::Drama\n",
        "users.dat": "1::F::1::10::48067\n",
    },
    "ml-10m": {
        "ratings.dat": "1::122::5::838985046\n1::185::4.5::838983525\n",
        "movies.dat": "122::Boomerang (1992)::Comedy|Romance\n"
        '185::"Net", The: Live (1995)::Action|Crime\n',
        "tags.dat": '15::122::"excellent"!::1215184630\n20::185:: dark, sad::1188263867\n',
    },
    "ml-20m": {
        "ratings.csv": "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n1,29,3.0,1112484676\n",
        "movies.csv": 'movieId,title,genres\n2,Jumanji (1995),Adventure\n29,"City, The (1995)",'
        "(no genres listed)\n",
        "tags.csv": 'userId,movieId,tag,timestamp\n18,2,"jungle, ""wild""",1240597180\n'
        "65,29,dark hero,1368150078\n",
    },
}


def write(folder: Path, name: str, encoding: str = "utf-8", **changed: str) -> Path:
    for file, text in EDITIONS[name].items():
        text = changed.get(file.replace(".", "_"), text)
        (folder / file).write_bytes(text.encode(encoding))
    return folder


@pytest.mark.parametrize(
    ("name", "ratings"),
    [
        ("ml-100k", [(196, 267, 3.0, 881250949), (186, 1, 3.0, 891717742)]),
        ("ml-1m", [(1, 1193, 5.0, 978300760), (1, 661, 3.0, 978302109)]),
        ("ml-10m", [(1, 122, 5.0, 838985046), (1, 185, 4.5, 838983525)]),
        ("ml-20m", [(1, 2, 3.5, 1112486027), (1, 29, 3.0, 1112484676)]),
    ],
)
def test_ratings_of_an_edition(tmp_path, name, ratings):
    rows = read_tables(write(tmp_path, name)).ratings.itertuples(index=False, name=None)
    assert sorted(rows) == sorted(ratings)


@pytest.mark.parametrize(
    ("name", "titles", "genres"),
    [
        (
            "ml-100k",
            ["Toy Story (1995)", "unknown"],
            ["Animation|Children's|Comedy", "(no genres listed)"],
        ),
        (
            "ml-1m",
            ["James and the Giant Peach (1996)", "One Flew Over the Cuckoo's Nest (1975)"],
            ["Animation|Children's|Musical", "Drama"],
        ),
        (
            "ml-10m",
            ["Boomerang (1992)", '"Net", The: Live (1995)'],
            ["Comedy|Romance", "Action|Crime"],
        ),
        ("ml-20m", ["Jumanji (1995)", "City, The (1995)"], ["Adventure", "(no genres listed)"]),
    ],
)
def test_movies_of_an_edition(tmp_path, name, titles, genres):
    movies = read_tables(write(tmp_path, name)).movies
    assert movies["title"].tolist() == titles
    assert movies["genres"].tolist() == genres


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("ml-100k", []),
        ("ml-1m", []),
        ("ml-10m", ['"excellent"!', " dark, sad"]),
        ("ml-20m", ['jungle, "wild"', "dark hero"]),
    ],
)
def test_tags_of_an_edition(tmp_path, name, tags):
    assert read_tables(write(tmp_path, name)).tags["tag"].tolist() == tags


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
@pytest.mark.parametrize("name", ["ml-100k", "ml-1m"])
def test_early_editions_are_read_in_latin_1_and_as_converted_to_utf_8(tmp_path, name, encoding):
    accented = {
        "u_item": EDITIONS["ml-100k"]["u.item"].replace("Toy Story", "Misérables, Les"),
        "movies_dat": "1193::Misérables, Les (1995)::Drama\n661::Antz (1998)::Drama\n",
    }
    movies = read_tables(write(tmp_path, name, encoding, **accented)).movies
    assert "Misérables, Les (1995)" in movies["title"].tolist()


@pytest.mark.parametrize(
    ("name", "file", "text", "complaint"),
    [
        ("ml-100k", "u.data", "1\t1\t3\t100\n1 2 3 4\n", "line 2: userId '1 2 3 4' "),
        ("ml-100k", "u.data", "1\t1\t3\t100\n1\t1\t3\n", "line 2: 3 of 4 fields"),
        ("ml-100k", "u.item", TOY_STORY + "0|2" + "|0" * 17 + "\n", "line 1: Action '2' "),
        ("ml-100k", "u.item", TOY_STORY + "0|0\n", "line 1: 7 of 24 fields"),
        ("ml-1m", "ratings.dat", "1::2::6::100\n", "line 1: rating '6' "),
        ("ml-1m", "ratings.dat", "1:2:5:100\n", "line 1: userId '1:2:5:100' "),
        ("ml-1m", "movies.dat", "1::Alien:::Drama\n", "line 1: title is followed by ':::'"),
        ("ml-1m", "movies.dat", "1::A::B::C\n", "line 1: 4 of 3 fields"),
        ("ml-10m", "tags.dat", "1::2::a\n", "line 1: 3 of 4 fields"),
    ],
)
def test_a_bad_line_of_an_edition_is_refused(tmp_path, name, file, text, complaint):
    write(tmp_path, name)
    (tmp_path / file).write_text(text)
    with pytest.raises(TableError) as error:
        read_tables(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / file}, {complaint}")


def test_ratings_without_their_movies_are_refused(tmp_path):
    (write(tmp_path, "ml-100k") / "u.item").unlink()
    with pytest.raises(TableError, match=r"u\.item is missing"):
        read_tables(tmp_path)
