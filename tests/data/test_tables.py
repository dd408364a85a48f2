"""Reading a dataset's CSV files, and the errors of invalid ones."""

import codecs
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.data.tables import TableError, in_order, read_tables, save_frame

RATINGS = "userId,movieId,rating,timestamp\n"
MOVIES = "movieId,title,genres\n"
TAGS = "userId,movieId,tag,timestamp\n"
RATED = RATINGS + "1,1,4.0,100\n2,1,3.5,200\n"
FILMS = MOVIES + '1,"American President, The (1995)",Comedy|Drama\n2,Amélie (2001),Comedy\n'
TAGGED = TAGS + "1,1,politics,150\n2,2,paris,250\n"


def write(
    folder: Path,
    ratings: str = RATED,
    movies: str = FILMS,
    tags: str | None = None,
    test: str | None = None,
) -> Path:
    """A dataset folder; texts are written as they stand, line ends included."""
    folder.mkdir(exist_ok=True)
    texts = {"ratings": ratings, "movies": movies, "tags": tags, "test": test}
    for name, text in texts.items():
        if text is not None:
            (folder / f"{name}.csv").write_bytes(text.encode())
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(TableError) as error:
        read_tables(folder)
    return str(error.value)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: codecs.BOM_UTF8 + data,
        lambda data: codecs.BOM_UTF8 + data.replace(b"\n", b"\r\n"),
    ],
    ids=["crlf", "bom", "bom and crlf"],
)
def test_line_ends_and_byte_order_mark_make_no_difference(tmp_path, rewrite):
    plain = read_tables(write(tmp_path, tags=TAGGED, test="userId,movieId\n1,2\n"))
    for file in tmp_path.iterdir():
        file.write_bytes(rewrite(file.read_bytes()))
    other = read_tables(tmp_path)
    pd.testing.assert_frame_equal(other.ratings, plain.ratings)
    pd.testing.assert_frame_equal(other.movies, plain.movies)
    pd.testing.assert_frame_equal(other.tags, plain.tags)
    pd.testing.assert_frame_equal(other.given, plain.given)


def test_a_quoted_title_keeps_its_comma_and_quotation_marks(tmp_path):
    films = FILMS + '3,"""Great Performances"" Cats (1998)",Musical\n'
    movies = read_tables(write(tmp_path, movies=films)).movies
    assert movies["title"].tolist() == [
        "American President, The (1995)",
        "Amélie (2001)",
        '"Great Performances" Cats (1998)',
    ]


def test_ids_and_times_are_int32_and_stars_float32(tmp_path):
    tables = read_tables(write(tmp_path, tags=TAGGED))
    assert tables.ratings.dtypes.astype(str).to_dict() == {
        "userId": "int32",
        "movieId": "int32",
        "rating": "float32",
        "timestamp": "int32",
    }
    assert tables.movies["movieId"].dtype == np.int32
    assert tables.tags[["userId", "movieId", "timestamp"]].dtypes.eq(np.int32).all()


def test_movies_come_in_order_of_their_id(tmp_path):
    films = MOVIES + "3,C,Drama\n1,A,Drama\n2,B,Drama\n"
    movies = read_tables(write(tmp_path, movies=films)).movies
    assert movies["title"].tolist() == ["A", "B", "C"]


def test_a_missing_tags_file_is_no_tags(tmp_path):
    tags = read_tables(write(tmp_path)).tags
    assert tags.empty
    assert tags.columns.tolist() == ["userId", "movieId", "tag", "timestamp"]


@pytest.mark.parametrize("empty", ["", '""', "  "], ids=["nothing", "quotes", "blanks"])
def test_a_tag_without_text_is_dropped_and_counted(tmp_path, empty):
    tables = read_tables(write(tmp_path, tags=TAGGED + f"2,1,{empty},300\n"))
    assert tables.tags["tag"].tolist() == ["politics", "paris"]
    assert tables.missing_tags == 1


@pytest.mark.parametrize("word", ["nan", "null", "NA", "None"])
def test_a_tag_that_looks_like_a_missing_value_is_a_word(tmp_path, word):
    tables = read_tables(write(tmp_path, tags=TAGS + f"1,1,{word},300\n"))
    assert tables.tags["tag"].tolist() == [word]
    assert tables.missing_tags == 0


@pytest.mark.parametrize("name", ["ratings.csv", "movies.csv"])
def test_a_missing_file_is_refused(tmp_path, name):
    (write(tmp_path) / name).unlink()
    assert f"{tmp_path / name} is missing" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["ratings", "movies", "tags", "test"])
def test_an_empty_file_is_refused(tmp_path, name):
    message = refusal(write(tmp_path, **{name: ""}))
    assert f"{tmp_path / name}.csv is empty" in message


@pytest.mark.parametrize("blank", ["", "\n", "\r\n\r\n"], ids=["no line", "one", "two"])
def test_ratings_without_a_single_rating_are_refused(tmp_path, blank):
    message = refusal(write(tmp_path, ratings=RATINGS + blank))
    assert f"{tmp_path / 'ratings.csv'}: there are no ratings" in message


def test_a_missing_column_is_named(tmp_path):
    message = refusal(write(tmp_path, ratings="userId,movieId,rating\n1,1,4.0\n"))
    assert f"{tmp_path / 'ratings.csv'}, line 1: " in message
    assert "; missing: timestamp;" in message


@pytest.mark.parametrize(
    "header",
    [
        "user,item,stars,time\n",
        "userId,movieId,rating,timestamp,mood\n",
        "userId,movieId,rating,rating,timestamp\n",
        "userId;movieId;rating;timestamp\n",
        "1,2,4.0,100\n",
        "\n",
        "userId,movieId,rating,timestamp\r",
        "userId,movieId,rating,timestamp\0\n",
    ],
    ids=["names", "one more", "repeated", "separator", "none", "blank", "old Mac", "NUL"],
)
def test_a_header_that_is_not_movielens_s_is_refused_with_the_right_one(tmp_path, header):
    message = refusal(write(tmp_path, ratings=header + "1,1,4.0,100\n"))
    assert f"{tmp_path / 'ratings.csv'}, line 1: " in message
    assert "userId,movieId,rating,timestamp" in message


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("3,1,7.0,300", "rating '7.0' "),
        ("3,1,0.0,300", "rating '0.0' "),
        ("3,1,-1.0,300", "rating '-1.0' "),
        ("3,1,NaN,300", "rating 'NaN' "),
        ("3,1,inf,300", "rating 'inf' "),
        ("3,1,good,300", "rating 'good' "),
        ("3,1,o'clock,300", "o'clock"),
        ("3,1,,300", "rating '' "),
        ("-3,1,4.0,300", "userId '-3' "),
        ("3,-1,4.0,300", "movieId '-1' "),
        ("3,1,4.0,-300", "timestamp '-300' "),
        ("3000000000,1,4.0,300", "userId '3000000000' "),
        ("3,3000000000,4.0,300", "movieId '3000000000' "),
        ("3.5,1,4.0,300", "userId '3.5' "),
        ("3,1,4.0,", "timestamp '' "),
        ("3,1", "2 of 4 fields (3,1)"),
        ("0x10,1,4.0,300", "userId '0x10' "),
        ("007,1,4.0,300", "userId '007' "),
        ("3,1,+4,300", "rating '+4' "),
        ("3,1,4e0,300", "rating '4e0' "),
        ("3,1,4.,300", "rating '4.' "),
        ("3,1,.5,300", "rating '.5' "),
        ("3,1,0.4999999999,300", "rating '0.4999999999' "),
        ("3,1,5.00000000000000001,300", "rating '5.00000000000000001' "),
        ("3,1,4.000000000000000000,300", "rating '4.000000000000000000' "),
        ("3,1,4.0,1_000", "timestamp '1_000' "),
        ("3,1,4.0,2147483648", "timestamp '2147483648' "),
        ("3,1,4.0,18446744073709551617", "timestamp '18446744073709551617' "),
        ("3,1,4.0,3\x000", "timestamp '3\\x000' "),
        ("3,1,4.0,3\r0", "timestamp '3\\r0' "),
        ('3,1,"4.0"0,300', "rating '\"4.0\"0' "),
        ('3,1,"4.0,300', "rating '\"4.0' "),
        ("3,1,4.0,300,5", "5 of 4 fields (3,1,4.0,300,5)"),
    ],
)
def test_a_bad_rating_is_refused_with_its_line_and_value(tmp_path, line, complaint):
    message = refusal(write(tmp_path, ratings=RATED + line + "\n4,1,4.0,400\n"))
    assert message.startswith(f"{tmp_path / 'ratings.csv'}, line 4: ")
    assert complaint in message


@pytest.mark.parametrize("blank", ["", " \t "], ids=["empty", "blanks"])
@pytest.mark.parametrize("line", ["3,1,7.0,300", "3,1,good,300", "3,1"])
def test_a_blank_line_above_counts_as_a_line(tmp_path, line, blank):
    message = refusal(write(tmp_path, ratings=f"{RATED}{blank}\n{line}\n"))
    assert message.startswith(f"{tmp_path / 'ratings.csv'}, line 5: ")


def test_a_bad_tag_is_refused_with_its_line_and_value(tmp_path):
    message = refusal(write(tmp_path, tags=TAGGED + "1,x,drama,300\n"))
    assert message.startswith(f"{tmp_path / 'tags.csv'}, line 4: movieId 'x' ")


def test_a_last_line_with_too_few_fields_is_called_truncated(tmp_path):
    message = refusal(write(tmp_path, ratings=RATED + "3,1,4\n"))
    assert message.startswith(f"{tmp_path / 'ratings.csv'}, line 4: ")
    assert "truncated" in message


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_last_line_without_line_end_is_called_truncated(tmp_path, newline):
    # All four fields are there, so only the missing line end tells of the lost digits.
    message = refusal(write(tmp_path, ratings=(RATED + "3,1,4.0,3").replace("\n", newline)))
    assert message.startswith(f"{tmp_path / 'ratings.csv'}, line 4: ")
    assert "truncated" in message


def test_a_title_that_is_not_utf_8_is_refused_with_its_line(tmp_path):
    write(tmp_path)
    (tmp_path / "movies.csv").write_bytes(FILMS.encode("latin-1"))
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path / 'movies.csv'}, line 3: ")
    assert "UTF-8" in message


def test_a_header_that_is_not_utf_8_is_refused(tmp_path):
    write(tmp_path)
    (tmp_path / "movies.csv").write_bytes(FILMS.encode("utf-16"))
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path / 'movies.csv'}, line 1: ")
    assert "UTF-8" in message


def test_a_movie_listed_twice_is_refused(tmp_path):
    message = refusal(write(tmp_path, movies=FILMS + "1,Another (1999),Drama\n"))
    assert message.startswith(f"{tmp_path / 'movies.csv'}, line 4: movieId 1 ")


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("userId,movieId,rating,timestamp\n5,2,4.5,900\n1,2,0.5,800\n", [4.5, 0.5]),
        ("userId,movieId,rating\n5,2,4.5\n1,2,0.5\n", [4.5, 0.5]),
        ("userId,movieId\n5,2\n1,2\n", [np.nan, np.nan]),
    ],
    ids=["as ratings.csv", "without times", "without stars"],
)
def test_a_given_test_set_has_stars_where_its_header_says_so(tmp_path, text, stars):
    expected = pd.DataFrame({"userId": [5, 1], "movieId": [2, 2], "rating": stars})
    pd.testing.assert_frame_equal(
        read_tables(write(tmp_path, test=text)).given,
        expected.astype({"userId": "int32", "movieId": "int32", "rating": "float32"}),
    )


@pytest.mark.parametrize(
    "text",
    [None, "userId,movieId,rating,timestamp\n", "userId,movieId,rating\n", "userId,movieId\n"],
    ids=["no file", "four columns", "three columns", "two columns"],
)
def test_a_given_test_set_without_lines_is_empty(tmp_path, text):
    given = read_tables(write(tmp_path, test=text)).given
    assert given.empty
    assert given.dtypes.astype(str).to_dict() == {
        "userId": "int32",
        "movieId": "int32",
        "rating": "float32",
    }


def test_lines_of_a_given_test_set_stay_as_they_stand(tmp_path):
    text = "userId,movieId,rating\n9,88,1.0\n1,1,2.0\n9,88,3.0\n1,1,2.0\n"
    tables = read_tables(write(tmp_path, test=text))
    rows = list(tables.given.itertuples(index=False, name=None))
    assert rows == [(9, 88, 1.0), (1, 1, 2.0), (9, 88, 3.0), (1, 1, 2.0)]


def test_a_given_test_set_changes_nothing_else(tmp_path):
    text = "userId,movieId,rating\n9,88,1.0\n1,1,2.0\n1,1,2.0\n"
    tables = read_tables(write(tmp_path, test=text))
    assert tables.ratings["userId"].tolist() == [1, 2]
    assert tables.movies["movieId"].tolist() == [1, 2]
    assert (tables.duplicate_ratings, tables.unknown_movies) == (0, 0)


@pytest.mark.parametrize(
    ("header", "line", "complaint"),
    [
        ("userId,movieId", "x,1", "userId 'x' "),
        ("userId,movieId", "1,", "movieId '' "),
        ("userId,movieId", "-1,1", "userId '-1' "),
        ("userId,movieId", "1,1,4.0", "3 of 2 fields (1,1,4.0)"),
        ("userId,movieId,rating", "1,1,good", "rating 'good' "),
        ("userId,movieId,rating", "1,1,", "rating '' "),
        ("userId,movieId,rating", "1,1", "2 of 3 fields (1,1)"),
        ("userId,movieId,rating", "1,1,0.0", "rating '0.0' "),
        ("userId,movieId,rating", "1,1,5.5", "rating '5.5' "),
        ("userId,movieId,rating", "1,1,NaN", "rating 'NaN' "),
        ("userId,movieId,rating,timestamp", "1,1,4.0,late", "timestamp 'late' "),
        ("userId,movieId,rating,timestamp", "1,1,7.0,100", "rating '7.0' "),
    ],
)
def test_a_bad_line_of_a_given_test_set_is_refused(tmp_path, header, line, complaint):
    good = ",".join(["1"] * len(header.split(",")))
    message = refusal(write(tmp_path, test=f"{header}\n{good}\n{line}\n"))
    assert message.startswith(f"{tmp_path / 'test.csv'}, line 3: ")
    assert complaint in message


@pytest.mark.parametrize(
    "header",
    [
        "user,movie",
        "userId",
        "userId,movieId,stars",
        "userId,movieId,rating,timestamp,mood",
        "1,1,4.0",
    ],
)
def test_a_given_test_set_under_another_header_is_refused_with_a_right_one(tmp_path, header):
    values = ",".join(["1"] * len(header.split(",")))
    message = refusal(write(tmp_path, test=f"{header}\n{values}\n"))
    assert message.startswith(f"{tmp_path / 'test.csv'}, line 1: the header is {header!r}")
    assert "'userId,movieId" in message.replace(repr(header), "")


@pytest.fixture(scope="module")
def long_ratings() -> list[str]:
    """Lines of ratings that the reader takes in several blocks, of 1 MB each."""
    return [f"{n // 100 + 1},{n % 100 + 1},4.0,{1_000_000_000 + n}" for n in range(200_000)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("bad", ["1,1,7.0,100", "1,1,good,100", "-1,1,4.0,100", "1,1"])
@pytest.mark.parametrize("line", [150_000, 200_001])
def test_a_bad_line_deep_in_a_long_file_is_found(tmp_path, long_ratings, newline, bad, line):
    lines = [RATINGS.strip(), *long_ratings]
    lines[line - 1] = bad
    message = refusal(write(tmp_path, ratings=newline.join([*lines, ""])))
    assert message.startswith(f"{tmp_path / 'ratings.csv'}, line {line}: ")


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_long_file_with_blank_lines_is_read_as_pandas_reads_it(tmp_path, long_ratings, newline):
    lines = [RATINGS.strip(), *long_ratings[:90_000], "", "", *long_ratings[90_000:], "", ""]
    write(tmp_path, ratings=newline.join(lines))
    expected = pd.read_csv(tmp_path / "ratings.csv")
    pd.testing.assert_frame_equal(read_tables(tmp_path).ratings, expected, check_dtype=False)


def test_a_number_longer_than_a_block_is_refused_with_its_line(tmp_path, long_ratings):
    lines = [RATINGS.strip(), *long_ratings, "1,1," + "4" * 3_000_000 + ",100", ""]
    message = refusal(write(tmp_path, ratings="\n".join(lines)))
    assert message.startswith(f"{tmp_path / 'ratings.csv'}, line 200002: rating '444")
    assert len(message) < 300


def test_a_title_longer_than_a_block_is_read(tmp_path):
    title = "Long " * 600_000
    movies = read_tables(write(tmp_path, movies=f"{FILMS}3,{title},Drama\n")).movies
    assert movies["title"].tolist()[2] == title


def test_columns_can_come_in_any_order_and_among_blanks(tmp_path):
    expected = read_tables(write(tmp_path, tags=TAGGED))
    ratings = ' timestamp,rating , userId,movieId\t\n100, 4.0,1 ,1\n\t200,3.5,2,"1"\n'
    movies = (
        "title,genres ,movieId\nAmélie (2001),Comedy,2\n"
        '"American President, The (1995)",Comedy|Drama,1\n'
    )
    tags = "tag,userId,movieId,timestamp\npolitics,1,1,150\nparis,2,2,250\n"
    found = read_tables(write(tmp_path, ratings=ratings, movies=movies, tags=tags))
    for name in ("ratings", "movies", "tags"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("times", [1, 40_000], ids=["short", "longer than a block"])
def test_a_title_in_quotation_marks_may_have_line_breaks(tmp_path, times):
    films = (
        FILMS
        + '3,"Two\nlines, (1999)\n",Drama\n'
        + "".join(f'{n},"One\nmore",Drama\n' for n in range(4, 4 + times))
    )
    movies = read_tables(write(tmp_path, movies=films)).movies
    assert movies["title"].tolist()[2] == "Two\nlines, (1999)\n"
    assert len(movies) == 3 + times


def test_lines_are_counted_after_a_title_with_line_breaks(tmp_path):
    films = FILMS + '3,"Two\nlines, (1999)",Drama\nx,Heat (1995),Action\n'
    message = refusal(write(tmp_path, movies=films))
    assert message.startswith(f"{tmp_path / 'movies.csv'}, line 6: movieId 'x' ")


@pytest.mark.parametrize(
    ("lines", "line", "complaint"),
    [
        ('3,"Heat" (1995),Action\n', 4, "title goes on after its closing quotation mark"),
        ('3,"Heat (1995),Action\n4,Up (2009),"Drama"\n', 4, "title opens a quotation mark"),
        ('3,"Heat (1995),Action\n4,Up (2009)",Drama\n', 4, "another row seems to begin"),
        ('3,"Heat (1995),Action\n', 4, "title opens a quotation mark that nothing closes"),
        ("3,He\0at (1995),Action\n", 4, "title holds a NUL"),
        ('3,"Hea\nt\0 (1995)",Action\n', 5, "title holds a NUL"),
        ("3,He\rat (1995),Action\n", 4, "title holds a carriage return"),
        ("3,Heat, The,Action\n", 4, "4 of 3 fields (3,Heat, The,Action)"),
        ("3,Heat (1995)\n", 4, "2 of 3 fields (3,Heat (1995)); the file was truncated"),
        ("3,Heat (1995)\n4,Up,Drama\n", 4, "2 of 3 fields (3,Heat (1995)); correct the line"),
    ],
)
def test_a_bad_movie_is_refused_with_its_line(tmp_path, lines, line, complaint):
    message = refusal(write(tmp_path, movies=FILMS + lines))
    assert message.startswith(f"{tmp_path / 'movies.csv'}, line {line}: ")
    assert complaint in message


def test_movies_without_a_single_movie_are_refused(tmp_path):
    assert "there are no movies" in refusal(write(tmp_path, movies=MOVIES))


def test_a_movie_of_blank_genres_has_none(tmp_path):
    movies = read_tables(write(tmp_path, movies=FILMS + "3,Heat (1995),\n")).movies
    assert movies["genres"].tolist()[2] == "(no genres listed)"


@pytest.mark.parametrize("last", ["3,1,4.0,300", "3,1,4.0,1000"])
def test_a_whole_last_line_needs_no_line_break(tmp_path, last):
    tables = read_tables(write(tmp_path, ratings=RATED + last))
    assert tables.ratings["timestamp"].tolist()[-1] == int(last[8:])


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    write(tmp_path)
    (tmp_path / "movies.csv").unlink()
    os.mkfifo(tmp_path / "movies.csv")
    assert "movies.csv is not a regular file" in refusal(tmp_path)


@pytest.mark.parametrize(
    "repeated",
    ["5,1,2.0,100\n5,1,3.0,200\n", "5,1,3.0,200\n5,1,2.0,100\n", "5,1,2.0,100\n5,1,3.0,100\n"],
    ids=["latest last", "latest first", "of equals the later line"],
)
def test_of_repeated_ratings_the_latest_counts(tmp_path, repeated):
    tables = read_tables(write(tmp_path, ratings=RATED + repeated))
    assert tables.ratings.query("userId == 5")["rating"].tolist() == [3.0]
    assert tables.duplicate_ratings == 1


def test_repeated_ratings_in_an_unsorted_file_are_dropped_as_pandas_does(tmp_path):
    rng = np.random.default_rng(0)
    given = pd.DataFrame(
        {
            "userId": rng.integers(1, 9, 300),
            "movieId": rng.integers(1, 12, 300),
            "rating": rng.integers(1, 11, 300) / 2,
            "timestamp": rng.integers(100, 105, 300),
        }
    )
    tables = read_tables(write(tmp_path, ratings=given.to_csv(index=False, lineterminator="\n")))
    pair = ["userId", "movieId"]
    expected = given.sort_values("timestamp", kind="stable").drop_duplicates(pair, keep="last")
    pd.testing.assert_frame_equal(
        tables.ratings.sort_values(pair, ignore_index=True),
        expected.sort_values(pair, ignore_index=True),
        check_dtype=False,
    )
    assert tables.duplicate_ratings == len(given) - len(expected)


def test_a_rated_movie_that_movies_csv_lacks_is_kept_and_counted(tmp_path):
    tables = read_tables(write(tmp_path, ratings=RATED + "3,77,4.0,300\n4,77,2.0,400\n"))
    kept = tables.movies.set_index("movieId").loc[77]
    assert kept.tolist() == ["movie 77", "(no genres listed)"]
    assert (tables.unknown_movies, tables.unknown_movie_ratings) == (1, 2)


@pytest.mark.parametrize("name", ["ratings", "movies", "tags"])
def test_real_data_is_read_as_pandas_reads_it(ml_latest_small, name):
    expected = pd.read_csv(ml_latest_small / f"{name}.csv", keep_default_na=False)
    frame = getattr(read_tables(ml_latest_small), name)
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)


def test_a_saved_frame_reads_the_same(tmp_path):
    tags = read_tables(write(tmp_path, tags=TAGGED)).tags
    save_frame(tags, tmp_path / "tags.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "tags.parquet"), tags)


@pytest.mark.parametrize(
    ("users", "movies", "expected"),
    [
        ([], [], True),
        ([5], [9], True),
        ([1, 1, 2], [3, 4, 1], True),
        ([1, 1, 2], [4, 3, 1], False),
        ([1, 1, 2], [3, 3, 1], False),
        ([1, 2, 1], [3, 4, 5], False),
    ],
)
def test_ratings_are_in_order_by_user_then_movie_without_repeats(users, movies, expected):
    assert in_order(np.array(users, dtype=int), np.array(movies, dtype=int)) == expected
