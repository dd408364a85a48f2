"""The text of a movie: its title, its genres, its tags, and facts of the film that it is."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from movierec.data.columns import GENRES, MOVIE, NO_GENRES, TAG, TITLE
from movierec.facts.tokens import fact_text


def content_text(movies: pd.DataFrame, tags: pd.DataFrame, film_facts: bool = False) -> pd.Series:
    """Title, genres and tags of each movie joined with spaces, in the order of `movies`.

    movies  movieId, title, genres
    tags    movieId, tag; tags of other movies are ignored
    film_facts  whether what the catalogue knows of a film is added, one word each (`facts.tokens`)
    """
    tags = tags[tags[MOVIE].isin(movies[MOVIE])]
    table = pa.table({MOVIE: tags[MOVIE], TAG: pa.array(tags[TAG], pa.string())})
    # With several threads the order of a movie's tags would vary.
    joined = table.group_by(MOVIE, use_threads=False).aggregate([(TAG, "list")])
    tag_text = pd.Series(
        pc.binary_join(joined[f"{TAG}_list"], " ").to_pandas().to_numpy(),
        index=joined[MOVIE].to_pandas(),
    )
    genres = movies[GENRES].replace(NO_GENRES, "").str.replace("|", " ", regex=False)
    tagged = movies[MOVIE].map(tag_text).astype("str").fillna("")
    texts = movies[TITLE] + " " + genres + " " + tagged
    if film_facts:
        texts = texts.str.strip() + " " + fact_text(movies[TITLE])
    return texts.str.strip().rename("content")
