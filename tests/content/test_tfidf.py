"""TF-IDF against scikit-learn's, and the vectorizer as JSON."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from movierec.content.text import content_text
from movierec.content.tfidf import (
    known_content,
    load_vectorizer,
    save_vectorizer,
    tfidf,
    top_terms,
    without_facts,
)
from movierec.settings import ContentSettings

SETTINGS = ContentSettings(max_features=100)

TEXTS = pd.Series(
    [
        "Heat (1995) Action Crime bank robbery bank",
        "Up (2009) Animation Children the balloon and the boy",
        "Rififi (1955) Crime bank heist",
        "",
    ]
)


@pytest.mark.parametrize("max_features", [4, 100])
def test_weights_are_scikit_learn_s_in_float32_and_ascending_columns(max_features):
    vectorizer, weights = tfidf(TEXTS, ContentSettings(max_features=max_features))
    # Its default dtype is float64, which shows what float32 costs.
    reference = TfidfVectorizer(max_features=max_features, stop_words="english")
    expected = reference.fit_transform(TEXTS).toarray()
    np.testing.assert_allclose(weights.toarray(), expected, rtol=0, atol=1e-6)
    terms = vectorizer.get_feature_names_out().tolist()
    assert terms == reference.get_feature_names_out().tolist()
    assert weights.dtype == np.float32
    assert weights.has_sorted_indices


def test_the_vectorizer_transforms_the_texts_it_was_fitted_on_to_the_same_weights():
    vectorizer, weights = tfidf(TEXTS, SETTINGS)
    np.testing.assert_array_equal(vectorizer.transform(TEXTS).toarray(), weights.toarray())


def test_texts_without_terms_are_refused():
    with pytest.raises(ValueError, match="has a word in its title, genres or tags"):
        tfidf(pd.Series(["", "the"]), SETTINGS)


def test_known_content_is_that_of_titles_genres_and_tags():
    movies = pd.DataFrame(
        {
            "movieId": [7, 3],
            "title": ["Heat (1995)", "Up (2009)"],
            "genres": ["Action|Crime", "Animation"],
        }
    )
    tags = pd.DataFrame(
        {"movieId": [7], "tag": ["heist"]},
    )
    texts = ["Heat (1995) Action Crime heist", "Up (2009) Animation"]
    expected = TfidfVectorizer(stop_words="english", max_features=5).fit_transform(texts).toarray()
    settings = ContentSettings(max_features=5, film_facts=False)
    known = known_content(movies, tags, settings)
    np.testing.assert_allclose(known.toarray(), expected, rtol=0, atol=1e-6)


def test_a_saved_vectorizer_transforms_new_text_to_the_same_weights(tmp_path):
    vectorizer, _ = tfidf(TEXTS, SETTINGS)
    save_vectorizer(vectorizer, tmp_path / "vectorizer.json")
    new = ["A bank heist in the balloon", "Crime and unheard-of words", "nothing known"]
    loaded = load_vectorizer(tmp_path / "vectorizer.json").transform(new)
    expected = vectorizer.transform(new)
    assert expected.nnz > 0
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded.toarray(), expected.toarray())


def test_top_terms_have_the_largest_total_weight():
    weights = sparse.csr_array(np.array([[0.5, 0.0, 0.6, 0.0], [0.5, 0.0, 0.0, 0.1]]))
    terms = np.array(["bank", "unused", "heist", "robbery"])
    table = top_terms(weights, terms, pd.Series(["Heat", "Up"], index=[9, 4]), most=2)
    assert table.columns.tolist() == ["bank", "heist"]
    assert table.loc["Heat"].tolist() == [0.5, 0.6]
    assert table.loc["Up"].tolist() == [0.5, 0.0]


def test_terms_of_weight_zero_are_not_top_terms():
    weights = sparse.csr_array(np.array([[0.5, 0.0]]))
    table = top_terms(weights, np.array(["bank", "unused"]), pd.Series(["Heat"]), most=2)
    assert table.columns.tolist() == ["bank"]


MOVIES = pd.DataFrame(
    {
        "movieId": [1, 2, 3],
        "title": ["Alien (1979)", "Blade Runner (1982)", "Film 3 (1983)"],
        "genres": ["Horror|Sci-Fi", "Sci-Fi|Thriller", "Drama"],
    }
)
NO_TAGS = pd.DataFrame({"movieId": [], "tag": [], "timestamp": []})


def rows(settings: ContentSettings, movies: pd.DataFrame = MOVIES) -> pd.DataFrame:
    """Weights, titles by terms."""
    texts = content_text(movies, NO_TAGS, film_facts=settings.film_facts)
    vectorizer, weights = tfidf(texts, settings)
    return pd.DataFrame(weights.toarray(), movies["title"], vectorizer.get_feature_names_out())


def test_films_share_the_terms_that_are_their_facts():
    weights = rows(SETTINGS)
    assert (weights.loc[["Alien (1979)", "Blade Runner (1982)"], "ridley_scott"] > 0).all()
    assert weights.loc["Film 3 (1983)", "ridley_scott"] == 0


@pytest.mark.parametrize(
    ("group", "term"),
    [
        ("people", "ridley_scott"),
        ("origin", "from_usa"),
        ("subject", "set_in_space"),
        ("subject", "mood_tense"),
    ],
)
def test_a_weight_is_a_factor_on_its_group_alone(group, term):
    plain = ContentSettings(people_weight=1, origin_weight=1, subject_weight=1)
    before = rows(plain).loc["Alien (1979)"]
    after = rows(plain.replace(**{f"{group}_weight": 3.0})).loc["Alien (1979)"]

    others = ["alien", "horror"]
    ratio = after[term] / after[others] / (before[term] / before[others])
    np.testing.assert_allclose(ratio, 3, rtol=1e-5)
    assert np.square(after).sum() == pytest.approx(1)


def test_weight_zero_leaves_no_stored_entry():
    none = {f"{group}_weight": 0.0 for group in ("people", "origin", "subject")}
    weights = known_content(MOVIES, NO_TAGS, ContentSettings(**none))
    plain = known_content(MOVIES, NO_TAGS, ContentSettings(film_facts=False))
    assert weights.nnz == plain.nnz
    assert not (weights.data == 0).any()


def test_without_facts_nothing_of_them_is_read():
    off = ContentSettings(film_facts=False, people_weight=9.0, subject_weight=9.0)
    texts = content_text(MOVIES, NO_TAGS)
    expected = TfidfVectorizer(max_features=5_000, stop_words="english", dtype=np.float32)
    expected_rows = expected.fit_transform(texts)

    vectorizer, weights = tfidf(texts, off)

    assert texts.tolist() == [
        "Alien (1979) Horror Sci-Fi",
        "Blade Runner (1982) Sci-Fi Thriller",
        "Film 3 (1983) Drama",
    ]
    assert vectorizer.vocabulary_ == expected.vocabulary_
    np.testing.assert_array_equal(weights.toarray(), expected_rows.toarray())


def test_titles_that_are_no_film_are_as_they_are_without_facts():
    movies = MOVIES.assign(title=["Film 1 (1981)", "Film 2 (1982)", "Film 3 (1983)"])
    on, off = (rows(ContentSettings(film_facts=used), movies) for used in (True, False))
    pd.testing.assert_frame_equal(on, off, check_exact=True)


def test_terms_that_are_facts_can_be_left_out():
    texts = content_text(MOVIES, NO_TAGS, film_facts=True)
    vectorizer, weights = tfidf(texts, SETTINGS)

    words = without_facts(weights, vectorizer)

    # alien, blade, runner, film, horror, sci, fi, thriller, drama, and three years
    assert words.shape == (3, 12)
    assert words.nnz == tfidf(content_text(MOVIES, NO_TAGS), SETTINGS)[1].nnz


def test_a_saved_vectorizer_keeps_the_weights_of_facts(tmp_path):
    texts = content_text(MOVIES, NO_TAGS, film_facts=True)
    vectorizer, weights = tfidf(texts, ContentSettings(people_weight=5.0))
    save_vectorizer(vectorizer, tmp_path / "vectorizer.json")
    loaded = load_vectorizer(tmp_path / "vectorizer.json").transform(texts)
    np.testing.assert_array_equal(loaded.toarray(), weights.toarray())
