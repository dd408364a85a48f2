"""Column names, file headers and the rating scale of MovieLens."""

USER = "userId"
MOVIE = "movieId"
RATING = "rating"
TIMESTAMP = "timestamp"
TITLE = "title"
GENRES = "genres"
TAG = "tag"

RATINGS_HEADER = (USER, MOVIE, RATING, TIMESTAMP)
MOVIES_HEADER = (MOVIE, TITLE, GENRES)
TAGS_HEADER = (USER, MOVIE, TAG, TIMESTAMP)

NO_GENRES = "(no genres listed)"
MIN_RATING, MAX_RATING = 0.5, 5.0
