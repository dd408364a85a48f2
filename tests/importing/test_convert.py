"""`import`: each format that people bring, to the same tables."""

import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from movierec.data.tables import read_tables
from movierec.importing.choices import CannotImport, Choices
from movierec.importing.convert import Imported, import_folder, read

# Three users' ratings of three films, as (user, item, stars, seconds).
RATINGS = [
    (7, 20, 4.5, 1_100_000_000),
    (7, 30, 2.0, 1_200_000_000),
    (8, 10, 5.0, 1_250_000_000),
    (9, 30, 0.5, 1_300_000_000),
]
MOVIES = [(10, "Amélie (2001)", "Comedy|Romance"), (20, "Brazil (1985)", ""), (30, "Ran", "War")]


def lines(rows, separator=",", header=None) -> str:
    texts = [separator.join(map(str, row)) for row in rows]
    return "\n".join([*([header] if header else []), *texts]) + "\n"


def given(folder: Path, **files: str | bytes) -> Path:
    """A folder of files; "__" in a name stands for its dot."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        content = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def brought(path: Path, **choices) -> Imported:
    return read(path, Choices(**choices))


def rows(imported: Imported) -> list[tuple]:
    columns = ["userId", "movieId", "rating", "timestamp"]
    return list(imported.ratings[columns].itertuples(index=False, name=None))


def note(imported: Imported, subject: str) -> str:
    return "; ".join(text for about, text in imported.notes if about == subject)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "given"


HEADER = "user_id,book_id,score,ts"


@pytest.mark.parametrize(
    "separator", [",", ";", "\t", "::", "|"], ids=["comma", "semicolon", "tab", "colons", "bar"]
)
def test_separators(folder, separator):
    text = lines(RATINGS, separator, HEADER.replace(",", separator))
    assert rows(brought(given(folder, mine__csv=text))) == RATINGS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_encodings(folder, encoding):
    movies = lines(MOVIES, ";", "id;title;genres").replace("id;", "item_id;", 1)
    ratings = lines(RATINGS, ";", HEADER.replace(",", ";"))
    given(folder, movies__csv=movies.encode(encoding), ratings__csv=ratings.encode(encoding))
    imported = brought(folder)
    assert imported.movies["title"].tolist() == ["Amélie (2001)", "Brazil (1985)", "Ran"]
    assert rows(imported) == RATINGS


def test_text_in_another_script_needs_an_encoding_and_shows_both_readings(folder):
    films = ["Сталкер", "Зеркало", "Летят журавли", "Ирония судьбы", "Москва слезам не верит"]
    text = lines([(film, 1) for film in films], header="title,user")
    given(folder, ratings__csv=text.encode("cp1251"))
    with pytest.raises(CannotImport, match=r"--encoding latin-1.*\n.*--encoding cp1251.*Сталкер"):
        brought(folder)
    assert sorted(brought(folder, encoding="cp1251").movies["title"]) == sorted(films)


def test_gzip(tmp_path):
    path = tmp_path / "ratings.csv.gz"
    path.write_bytes(gzip.compress(lines(RATINGS, header=HEADER).encode()))
    assert rows(brought(path)) == RATINGS


def test_zip_with_movies_in_a_folder(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/ratings.csv", lines(RATINGS, header=HEADER))
        archive.writestr("data/books.csv", lines(MOVIES, header="book_id,title,genres"))
        archive.writestr("data/README.txt", "a, b\nc, d\n")
    imported = brought(path)
    assert rows(imported) == RATINGS
    assert imported.movies["genres"].tolist() == ["Comedy|Romance", "(no genres listed)", "War"]
    assert note(imported, "left out") == "data/README.txt"


def test_parquet_of_other_types(tmp_path):
    path = tmp_path / "ratings.parquet"
    frame = pd.DataFrame(RATINGS, columns=["userId", "itemId", "stars", "date"])
    frame["date"] = pd.to_datetime(frame["date"], unit="s")
    frame.to_parquet(path)
    assert rows(brought(path)) == RATINGS


def test_order_of_columns_and_others_between(folder):
    shuffled = [(stars, "x", item, user, time) for user, item, stars, time in RATINGS]
    text = lines(shuffled, header="overall,comment,asin,reviewerID,unixReviewTime")
    imported = brought(given(folder, mine__csv=text))
    assert rows(imported) == RATINGS
    assert "not used: comment" in note(imported, "read")


def test_no_header_asks_which_is_the_user(folder):
    given(folder, mine__csv=lines(RATINGS))
    with pytest.raises(CannotImport) as error:
        brought(folder)
    assert "--columns user,item,rating,timestamp  user 7, item 20" in str(error.value)
    assert "--columns item,user,rating,timestamp  user 20, item 7" in str(error.value)
    assert rows(brought(folder, columns="user,item,rating,timestamp")) == RATINGS


def test_no_header_needs_no_question_where_a_file_of_movies_tells(folder):
    turned = [(item, user, stars, time) for user, item, stars, time in RATINGS]
    given(folder, mine__csv=lines(turned), films__csv=lines(MOVIES, ","))
    assert rows(brought(folder)) == RATINGS


def test_movielens_files_without_header(folder):
    given(
        folder,
        ratings__dat=lines(RATINGS, "::"),
        movies__dat=lines(MOVIES, "::").encode("latin-1"),
        users__dat="7::F::1::10::48067\n8::M::25::15::55117\n",
    )
    imported = brought(folder)
    assert rows(imported) == RATINGS
    assert imported.movies["title"].tolist() == ["Amélie (2001)", "Brazil (1985)", "Ran"]


def test_a_first_line_of_words_may_be_names_or_data(folder):
    given(folder, mine__csv="alice,Alien\nbob,Brazil\n")
    with pytest.raises(CannotImport, match=r"--header .*\n.*--no-header"):
        brought(folder)


def test_ids_of_letters_are_numbered_and_come_back(folder, tmp_path):
    text = lines([("zoe", "B07", 3, 0), ("al", "A1", 5, 0)], header=HEADER)
    out = tmp_path / "out"
    imported = import_folder(given(folder, mine__csv=text), out, Choices())
    assert imported.ratings["userId"].tolist() == [2, 1]
    assert (out / "users.csv").read_text() == "userId,original\n1,al\n2,zoe\n"
    assert (out / "items.csv").read_text() == "movieId,original\n1,A1\n2,B07\n"
    assert read_tables(out).movies["title"].tolist() == ["A1", "B07"]


def test_ids_that_gaps_made_floats_are_whole(folder):
    text = lines([("7.0", 20, 5, 0), ("", 30, 5, 0)], header=HEADER)
    imported = brought(given(folder, mine__csv=text))
    assert imported.ratings["userId"].tolist() == [7]
    assert note(imported, "dropped") == "1 lines without user or item"


@pytest.mark.parametrize(
    ("ratings", "stars"),
    [
        ([1, 3, 5], [1, 3, 5]),
        ([0.5, 3.5, 5], [0.5, 3.5, 5]),
        ([1, 5.5, 10], [0.5, 2.75, 5]),
        ([0, 50, 100], [0.5, 2.75, 5]),
    ],
    ids=["1-5", "0.5-5", "1-10", "0-100"],
)
def test_scales(folder, ratings, stars):
    given(folder, mine__csv=lines(enumerate(ratings), header="item,rating"))
    assert brought(folder, one_user=True).ratings["rating"].tolist() == stars


def test_the_mapping_of_a_scale_is_stated(folder):
    given(folder, mine__csv=lines([(1, 1, 4), (1, 2, 9)], header="user,item,rating"))
    assert note(brought(folder), "ratings") == "1-10, as stars = 0.5 + 0.5 (rating - 1)"


@pytest.mark.parametrize(
    ("ratings", "first", "second"),
    [
        ([0, 6, 10], "--scale 1-10", "--scale 0-10"),
        ([0, 3, 5], "--scale 1-5", "--scale 0-5"),
        ([-1, 6, 10], "--scale 1-10", "--scale -1-10"),
        ([1, 2, 3], "--scale 1-5", "--scale 1-3"),
        ([0, 1, 1], "--scale 0-1", "--scale 1-1"),
        ([2, 14, 18], "--scale 1-20", "--scale 0-100"),
        ([1, 7, 4000], "--scale 1-4000", "--implicit"),
    ],
)
def test_an_ambiguous_scale_is_asked_about(folder, ratings, first, second):
    given(folder, mine__csv=lines(enumerate(ratings), header="item,rating"))
    with pytest.raises(CannotImport) as error:
        brought(folder, one_user=True)
    assert first in str(error.value)
    assert second in str(error.value)


def test_a_scale_from_one_drops_zeros(folder):
    text = lines([(1, 1, 0), (1, 2, 10), (2, 1, 1)], header="user,isbn,book-rating")
    imported = brought(given(folder, mine__csv=text), scale="1-10")
    assert rows(imported) == [(1, 2, 5.0, 0), (2, 1, 0.5, 0)]
    assert note(imported, "dropped") == "1 lines without a rating in 1-10"


def test_decimal_commas(folder):
    text = "user;item;rating\n1;2;4,5\n1;3;2,0\n"
    assert brought(given(folder, mine__csv=text)).ratings["rating"].tolist() == [4.5, 2.0]


@pytest.mark.parametrize("header", ["user,item", "user,item,rating"])
def test_views_without_ratings_count_as_five_stars(folder, header):
    one = (1,) * (header.count(",") - 1)
    given(folder, log__csv=lines([(1, 2, *one), (3, 4, *one)], header=header))
    assert brought(folder).ratings["rating"].tolist() == [5.0, 5.0]


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda time: time * 1000, "ms since 1970"),
        (lambda time: f"{pd.Timestamp(time, unit='s').isoformat()}Z", "ISO 8601 dates"),
        (lambda time: f"{pd.Timestamp(time, unit='s'):%Y-%m-%d %H:%M:%S}", "ISO 8601 dates"),
    ],
    ids=["ms", "ISO", "space"],
)
def test_times(folder, write, told):
    given(folder, mine__csv=lines([(*row[:3], write(row[3])) for row in RATINGS], header=HEADER))
    imported = brought(folder)
    assert rows(imported) == RATINGS
    assert note(imported, "times") == told


def test_a_date_in_two_orders_is_asked_about(folder):
    text = lines([(1, 2, 5, "03/04/2020"), (1, 3, 1, "01/02/2020")], header=HEADER)
    given(folder, mine__csv=text)
    with pytest.raises(CannotImport, match=r"day-first  03 April 2020\n.*month-first  04 March"):
        brought(folder)
    assert brought(folder, times="month-first").ratings["timestamp"].tolist()[0] == 1583280000


def test_a_date_that_tells_its_order_is_not(folder):
    text = lines([(1, 2, 5, "03/04/2020"), (1, 3, 1, "31/12/2019")], header=HEADER)
    imported = brought(given(folder, mine__csv=text))
    assert imported.ratings["timestamp"].tolist() == [1585872000, 1577750400]


def test_what_is_not_known_is_said(folder):
    imported = brought(given(folder, mine__csv=lines([(1, 2, 5)], header="user,item,rating")))
    assert "unknown (no such column)" in note(imported, "times")
    assert note(imported, "movies") == "no file of them; unknown: title and genres"
    assert imported.movies.to_numpy().tolist() == [[2, "movie 2", "(no genres listed)"]]


def test_lists_of_items_with_a_test_file(folder):
    imported = brought(given(folder, train__txt="0 1 2 3\n1 2\n2 0 4\n", test__txt="0 4\n1 0 1\n"))
    assert len(imported.ratings) == 6
    assert imported.test.to_numpy().tolist() == [[0, 4], [1, 0], [1, 1]]


def test_ids_of_lists_beside_are_the_own_ones(folder, tmp_path):
    given(folder, train__txt="0 1 2 3\n1 2\n2 0 4\n", test__txt="0 4\n1 0 1\n")
    given(folder, item_list__txt=lines([(f"B00{n}X", n) for n in range(5)], " ", "org_id remap_id"))
    given(
        folder, user_list__txt=lines([(f"A{9 - n}", n) for n in range(3)], " ", "org_id remap_id")
    )
    imported = import_folder(folder, tmp_path / "out", Choices())
    pairs = imported.ratings[["userId", "movieId"]].to_numpy().tolist()
    users, movies = imported.originals.users, imported.originals.movies
    assert [(users[user], movies[movie]) for user, movie in pairs] == [
        *[("A9", "B001X"), ("A9", "B002X"), ("A9", "B003X"), ("A8", "B002X")],
        *[("A7", "B000X"), ("A7", "B004X")],
    ]
    assert movies[imported.test["movieId"]].tolist() == ["B004X", "B000X", "B001X"]
    assert "left out" not in dict(imported.notes)


def test_an_id_that_its_list_lacks_is_named(folder):
    given(folder, train__txt="0 1 2\n1 2\n", item_list__txt="org_id remap_id\nx 1\ny 0\n")
    with pytest.raises(CannotImport, match=r"train\.txt: item 2 is not among .* item_list\.txt"):
        brought(folder)


def test_part_files_are_one_table(folder):
    movies = pd.DataFrame(MOVIES, columns=["movie_id", "title", "genres"])
    given(folder, movies__csv=movies.to_csv(index=False))
    parts = given(folder / "ratings")
    frame = pd.DataFrame(RATINGS, columns=HEADER.split(","))
    frame = frame.rename(columns={"book_id": "movie_id"})
    frame[:3].to_parquet(parts / "part-00000-9f3a-c000.snappy.parquet")
    frame[3:].to_parquet(parts / "part-00001-9f3a-c000.snappy.parquet")
    imported = brought(folder)
    assert rows(imported) == RATINGS
    assert "ratings/*.parquet: Parquet, 2 parts" in note(imported, "read")


@pytest.mark.parametrize("name", ["part-{}.csv", "ratings-{}-of-00002.csv", "{}.csv"])
def test_part_files_of_csv_have_the_same_header(folder, name):
    given(folder)
    for number, some in enumerate((RATINGS[:1], RATINGS[1:])):
        text = lines(some, header=HEADER)
        (folder / name.format(f"{number:05}")).write_text(text)
    assert rows(brought(folder)) == RATINGS
    (folder / name.format("00001")).write_text(lines(RATINGS, header="user_id,score,book_id,ts"))
    with pytest.raises(CannotImport, match=r"00001.*: columns user_id, score, .* of the same"):
        brought(folder)


def test_a_damaged_part_is_not_left_out(folder):
    given(folder)
    frame = pd.DataFrame(RATINGS, columns=HEADER.split(","))
    frame.to_parquet(folder / "part-0.parquet")
    (folder / "part-1.parquet").write_bytes((folder / "part-0.parquet").read_bytes()[:-90])
    with pytest.raises(CannotImport, match=r"part-1\.parquet: damaged Parquet"):
        brought(folder)


def test_the_folds_of_movielens_100k_are_no_parts(folder):
    fold = lines(RATINGS, "\t")
    with pytest.raises(CannotImport, match="2 files: each may hold the ratings"):
        brought(given(folder, u1__base=fold, u2__base=fold), columns="user,item,rating,timestamp")


@pytest.mark.parametrize("yes", ["1", "True"])
def test_columns_of_flags_are_genres(folder, yes):
    no = {"1": "0", "True": "False"}[yes]
    header = "movie_id,title,adult,year,unknown,Action,genre_Sci-Fi,Anime"
    films = [
        (20, "Brazil", yes, 1985, no, yes, yes, no),
        (30, "Ran", no, 1985, no, no, no, yes),
        (10, "Amélie", no, 2001, yes, no, no, no),
    ]
    given(folder, films__csv=lines(films, header=header))
    imported = brought(
        given(folder, ratings__csv=lines(RATINGS, header=HEADER.replace("book", "movie")))
    )
    found = imported.movies.set_index("title")["genres"].to_dict()
    assert found == {
        "Amélie (2001)": "(no genres listed)",
        "Brazil (1985)": "Action|Sci-Fi",
        "Ran (1985)": "Anime",
    }
    assert "genres from 4 columns, unknown to Anime" in note(imported, "read")


def test_flags_without_names_are_those_of_movielens_100k(folder):
    def film(item, title, *genres):
        return (
            item,
            title,
            "01-Jan-1995",
            "",
            "http://imdb",
            *(int(n in genres) for n in range(19)),
        )

    films = [film(10, "Amélie (2001)", 5), film(20, "Brazil (1985)", 8, 15), film(30, "Ran")]
    given(folder, films__txt=lines(films, "|"))
    imported = brought(
        given(folder, u__data=lines([(*row[:2], 4, row[3]) for row in RATINGS], "\t")), scale="1-5"
    )
    assert imported.movies["genres"].tolist() == ["Comedy", "Drama|Sci-Fi", "(no genres listed)"]


def test_letterboxd(tmp_path):
    path = tmp_path / "letterboxd-me.zip"
    uri = "https://boxd.it/"
    rated = [
        ("2023-01-02", "Brazil", 1985, uri + "a", 4.5),
        ("2023-01-03", "Ran", 1985, uri + "b", 3),
    ]
    header = "Date,Name,Year,Letterboxd URI"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ratings.csv", lines(rated, header=f"{header},Rating"))
        archive.writestr("watched.csv", lines([row[:4] for row in rated], header=header))
        archive.writestr("diary.csv", lines(rated, header=f"{header},Rating"))
        archive.writestr("profile.csv", "Username,Location\nme,\n")
    imported = brought(path)
    assert imported.ratings[["userId", "rating"]].to_numpy().tolist() == [[1, 4.5], [1, 3.0]]
    assert imported.movies["title"].tolist() == ["Brazil (1985)", "Ran (1985)"]
    assert note(imported, "left out") == "diary.csv, profile.csv, watched.csv"


IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),"
    "Year,Genres,Num Votes,Release Date,Directors\n"
    'tt0088846,9,2020-05-01,Brazil,Brazil,https://www.imdb.com/title/tt0088846,Movie,7.8,132,1985,"Drama,'
    ' Sci-Fi",212345,1985-02-20,Terry Gilliam\n'
)


def test_imdb_in_the_encoding_of_its_years(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_bytes(IMDB.encode("cp1252"))
    imported = brought(path)
    assert rows(imported) == [(1, 1, 4.5, 1588291200)]
    assert imported.movies.to_numpy().tolist() == [[1, "Brazil (1985)", "Drama|Sci-Fi"]]


def test_goodbooks(folder):
    given(
        folder,
        ratings__csv=lines([(1, 258, 5), (2, 4081, 1)], header="user_id,book_id,rating"),
        to_read__csv=lines([(1, 112)], header="user_id,book_id"),
        books__csv="book_id,goodreads_book_id,isbn,authors,original_publication_year,title\n"
        '258,1,439023483,Suzanne Collins,2008.0,"The Hunger Games (The Hunger Games, #1)"\n'
        "4081,2,439554934,J.K. Rowling,1997.0,Harry Potter\n",
        book_tags__csv=lines([(1, 30574, 167)], header="goodreads_book_id,tag_id,count"),
    )
    imported = brought(folder)
    assert imported.ratings["movieId"].tolist() == [258, 4081]
    assert imported.movies["title"].tolist()[1] == "Harry Potter (1997)"
    assert note(imported, "left out") == "book_tags.csv, to_read.csv"


def test_book_crossing(folder):
    given(
        folder,
        **{
            "BX-Book-Ratings__csv": '"User-ID";"ISBN";"Book-Rating"\n"276725";"034545104X";"0"\n'
            '"276726";"0155061224";"5"\n"276727";"0155061224";"10"\n',
            "BX-Books__csv": '"ISBN";"Book-Title";"Year-Of-Publication"\n'
            '"034545104X";"Flesh Tones: A Novel";"2002"\n'
            '"0155061224";"Rites of \\"Passage\\"; new";"2001"\n',
            "BX-Users__csv": '"User-ID";"Location";"Age"\n"1";"nyc, new york, usa";NULL\n',
        },
    )
    imported = brought(folder, scale="1-10")
    assert imported.movies["title"].tolist() == [
        'Rites of "Passage"; new (2001)',
        "Flesh Tones: A Novel (2002)",
    ]
    assert imported.ratings["rating"].tolist() == [2.5, 5.0]


def test_tags(folder):
    given(
        folder,
        ratings__csv=lines(RATINGS, header=HEADER),
        tags__csv=lines([(7, 20, "dreams", 1_100_000_000)], header="user,book_id,tag,ts"),
    )
    assert brought(folder).tags.to_numpy().tolist() == [[7, 20, "dreams", 1_100_000_000]]


def test_two_files_of_ratings_are_asked_about(folder):
    given(folder, a__csv=lines(RATINGS, header=HEADER), b__csv=lines(RATINGS, header=HEADER))
    with pytest.raises(CannotImport, match=r"--ratings a.csv .*\n.*--ratings b.csv"):
        brought(folder)
    assert rows(brought(folder, ratings="b.csv")) == RATINGS


def test_two_columns_of_items_are_asked_about(folder):
    given(folder, a__csv=lines([(1, 2, 3, 5)], header="user,isbn,book_id,rating"))
    with pytest.raises(CannotImport, match=r"--columns item=.*\n.*--columns item="):
        brought(folder)
    assert brought(folder, columns="item=isbn").ratings["movieId"].tolist() == [2]


def test_a_file_without_users_says_what_to_name(folder):
    given(folder, a__csv=lines([(1, 2)], header="film,stars"))
    with pytest.raises(CannotImport, match=r"--columns user=NAME, or.*--one-user"):
        brought(folder)


def test_a_broken_line_is_named(folder):
    given(folder, ratings__csv=lines([*RATINGS * 9, (1, 2, 3, 4, 5)], header=HEADER))
    with pytest.raises(CannotImport, match=r"ratings.csv, row 38: .*got 5"):
        brought(folder)


def test_what_is_written_is_read_as_it_was(folder, tmp_path):
    given(
        folder,
        ratings__csv=lines(RATINGS, header=HEADER),
        books__csv='book_id,title,genres\n20,"Two\n""lines"", a comma",Drama\n',
    )
    import_folder(folder, tmp_path / "out", Choices())
    tables = read_tables(tmp_path / "out")
    assert list(tables.ratings.itertuples(index=False, name=None)) == RATINGS
    assert tables.movies["title"].tolist() == ["movie 10", 'Two "lines", a comma', "movie 30"]


def test_what_is_written_as_parquet_is_read_as_csv_is(folder, tmp_path):
    given(folder, movies__csv=lines(MOVIES, ";", "movieId;title;genres"))
    given(folder, ratings__csv=lines(RATINGS, header="user,movieId,score,ts"))
    given(folder, tags__csv=lines([(7, 20, "odd", 1_300_000_000)], header="user,movieId,tag,ts"))
    tables = []
    for suffix in ("csv", "parquet"):
        import_folder(folder, tmp_path / suffix, Choices(), suffix)
        tables.append(read_tables(tmp_path / suffix))
    assert {path.suffix for path in (tmp_path / "parquet").iterdir()} == {".parquet", ".json"}
    for name in ("ratings", "movies", "tags", "given"):
        pd.testing.assert_frame_equal(getattr(tables[0], name), getattr(tables[1], name))


def test_nothing_is_written_over(folder, tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(CannotImport, match="name a new folder"):
        import_folder(given(folder, a__csv=lines(RATINGS, header=HEADER)), tmp_path, Choices())


def test_a_folder_in_an_older_layout_of_movielens_keeps_its_genres(folder):
    flags = "|".join("1" if place in (5, 14) else "0" for place in range(19))
    item = f"20|Brazil (1985)|01-Jan-1985||http://x|{flags}\n"
    imported = brought(given(folder, u__data="7\t20\t4\t1100000000\n", u__item=item))
    assert rows(imported) == [(7, 20, 4.0, 1_100_000_000)]
    assert imported.movies["genres"].tolist() == ["Comedy|Romance"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no rows in mine.csv"),
        (b"user,item,rating\n", "no rows in mine.csv"),
        (bytes(range(256)) * 9, "is no text"),
        (b"user,item,rating\n1,2,5\n1,3\n", "row 3: .*got 2"),
        (b'user,item,title\n1,2,"a\n1,3,b\n', "not closed, maybe that of line 2"),
        (b"user,item,rating\n1,2,good\n", "rating 'good' is no number"),
        (b"user,item,rating\n1,2,inf\n", "rating 'inf' is no number"),
        (b"user,item,rating,date\n1,2,5,soon\n", "'soon' is no date"),
        (b"user,item,rating,date\n1,2,5,1950-01-01\n", "not between 1970 and 2038"),
        (b"user,item,rating,ts\n1,2,5,2019\n", "--times s .*\n.*--times ignore"),
        (b"PAR1....PAR1", "damaged Parquet"),
    ],
)
def test_what_cannot_be_read_is_said(content, message, folder):
    given(folder, mine__csv=content)
    with pytest.raises(CannotImport, match=message):
        brought(folder)


@pytest.mark.parametrize("name", ["mine.csv.gz", "mine.zip"])
def test_a_cut_archive_is_said(name, tmp_path):
    whole = io.BytesIO()
    if name.endswith("zip"):
        with zipfile.ZipFile(whole, "w") as archive:
            archive.writestr("mine.csv", lines(RATINGS, header=HEADER))
        content = whole.getvalue().replace(b"7,20", b"7,21")
    else:
        content = gzip.compress(lines(RATINGS, header=HEADER).encode())[:-9]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CannotImport, match="cannot be unpacked"):
        brought(tmp_path / name)


def test_inches_in_a_title_are_no_open_quotation(folder):
    imported = brought(given(folder, mine__csv='user,item,title\n1,2,The 12" remix\n1,3,b\n'))
    assert imported.movies["title"].tolist() == ['The 12" remix', "b"]
