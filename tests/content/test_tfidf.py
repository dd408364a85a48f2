"""What a movie's words are, and what they weigh."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from movierec.content.tfidf import known_content, load_vectorizer, save_vectorizer, tfidf, top_terms

TEXTS = pd.Series(
    [
        "Heat (1995) Action Crime bank robbery bank",
        "Up (2009) Animation Children the balloon and the boy",
        "Rififi (1955) Crime bank heist",
        "",
    ]
)


@pytest.fixture
def movies() -> pd.DataFrame:
    """In no order of id, under an index that is not 0, 1, 2."""
    return pd.DataFrame(
        {
            "movieId": [7, 3, 5],
            "title": ["Heat (1995)", "Up (2009)", "Untold"],
            "genres": ["Action|Crime", "Animation", "(no genres listed)"],
        },
        index=[20, 10, 30],
    )


@pytest.mark.parametrize("max_features", [4, 100])
def test_weights_are_scikit_learn_s(max_features):
    vectorizer, weights = tfidf(TEXTS, max_features)
    # Its default dtype is float64, which shows what float32 costs.
    reference = TfidfVectorizer(max_features=max_features, stop_words="english")
    expected = reference.fit_transform(TEXTS).toarray()
    np.testing.assert_allclose(weights.toarray(), expected, rtol=0, atol=1e-6)
    terms = vectorizer.get_feature_names_out().tolist()
    assert terms == reference.get_feature_names_out().tolist()


# Of the 50 terms many are equally frequent.
@pytest.mark.parametrize("max_features", [1, 20, 49, 50])
def test_of_equally_frequent_terms_scikit_learn_s_are_chosen(max_features):
    rng = np.random.default_rng(0)
    texts = pd.Series([" ".join(f"term{n}" for n in rng.integers(50, size=9)) for _ in range(40)])
    vectorizer, weights = tfidf(texts, max_features)
    reference = TfidfVectorizer(max_features=max_features, dtype=np.float32)
    expected = reference.fit_transform(texts).toarray()
    terms = vectorizer.get_feature_names_out().tolist()
    assert terms == reference.get_feature_names_out().tolist()
    np.testing.assert_allclose(weights.toarray(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "Sci-Fi's can't",
        "bank\theist\nbank  heist ",
        "caf\u00e9\u2003CAF\u00c9",
        "ΟΔΟΣ ΟΔΟΣ.Α İ",
        "a_b 7 42",
    ],
    ids=["joined words", "white space", "accents", "final sigma", "digits"],
)
def test_texts_are_split_into_scikit_learn_s_terms(text):
    vectorizer, weights = tfidf(pd.Series([text, "heat"]), 100)
    reference = TfidfVectorizer(stop_words="english")
    expected = reference.fit_transform([text, "heat"]).toarray()
    terms = vectorizer.get_feature_names_out().tolist()
    assert terms == reference.get_feature_names_out().tolist()
    np.testing.assert_allclose(weights.toarray(), expected, rtol=0, atol=1e-6)


def test_the_vectorizer_weighs_the_texts_it_was_fitted_on_as_it_did():
    vectorizer, weights = tfidf(TEXTS, 100)
    np.testing.assert_array_equal(vectorizer.transform(TEXTS).toarray(), weights.toarray())


def test_rows_have_length_one_or_zero_without_terms():
    _, weights = tfidf(TEXTS, 100)
    lengths = np.linalg.norm(weights.toarray(), axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 0], atol=1e-6)
    assert weights.dtype == np.float32


def test_stop_words_are_no_terms():
    vectorizer, _ = tfidf(TEXTS, 100)
    terms = vectorizer.get_feature_names_out()
    assert "balloon" in terms
    assert not {"the", "and"} & set(terms)


def test_texts_without_terms_are_refused():
    with pytest.raises(ValueError, match="empty vocabulary"):
        tfidf(pd.Series(["", "the"]), 100)


@pytest.fixture
def tags_in_time() -> pd.DataFrame:
    """Of Heat at 100 and 200, of Up at 300, by a word already known of Heat."""
    return pd.DataFrame(
        {
            "movieId": [7, 7, 3],
            "tag": ["heist", "robbery", "heist"],
            "timestamp": [100, 200, 300],
        }
    )


# Of titles and genres there are seven terms: 1995, 2009, action, animation, crime, heat, untold.
@pytest.mark.parametrize(
    ("before", "terms"),
    [(50, 7), (100, 7), (101, 8), (200, 8), (201, 9), (301, 9), (None, 9)],
)
def test_a_word_has_a_column_when_a_tag_before_the_moment_has_it(
    movies, tags_in_time, before, terms
):
    assert known_content(movies, tags_in_time, 100, before).shape == (3, terms)


def test_a_word_of_a_late_tag_weighs_nothing(movies, tags_in_time):
    known = known_content(movies, tags_in_time, 100, before=300)
    # Up, by its year and its genre.
    assert known[[1]].nnz == 2
    assert known_content(movies, tags_in_time, 100)[[1]].nnz == 3


def test_late_tags_do_not_change_what_early_words_weigh(movies, tags_in_time):
    known = known_content(movies, tags_in_time, 100, before=300)
    as_if_never_given = known_content(movies, tags_in_time[:2], 100)
    np.testing.assert_array_equal(known.toarray(), as_if_never_given.toarray())


def test_known_words_weigh_what_scikit_learn_says(movies, tags_in_time):
    texts = ["Heat (1995) Action Crime heist", "Up (2009) Animation", "Untold"]
    expected = TfidfVectorizer(stop_words="english").fit_transform(texts).toarray()
    known = known_content(movies, tags_in_time, 100, before=200)
    np.testing.assert_allclose(known.toarray(), expected, rtol=0, atol=1e-6)


def test_known_words_are_no_more_than_asked_for(movies, tags_in_time):
    assert known_content(movies, tags_in_time, max_features=4).shape == (3, 4)


def test_a_saved_vectorizer_weighs_new_text_the_same(tmp_path):
    vectorizer, _ = tfidf(TEXTS, 100)
    save_vectorizer(vectorizer, tmp_path / "vectorizer.json")
    new = ["A bank heist in the balloon", "Crime and unheard-of words", "nothing known"]
    loaded = load_vectorizer(tmp_path / "vectorizer.json").transform(new)
    expected = vectorizer.transform(new)
    assert expected.nnz > 0
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded.toarray(), expected.toarray())


def test_top_terms_are_the_heaviest_of_all_movies_together():
    weights = sparse.csr_array(np.array([[0.5, 0.0, 0.6, 0.0], [0.5, 0.0, 0.0, 0.1]]))
    terms = np.array(["bank", "unused", "heist", "robbery"])
    table = top_terms(weights, terms, pd.Series(["Heat", "Up"], index=[9, 4]), most=2)
    assert table.columns.tolist() == ["bank", "heist"]
    assert table.loc["Heat"].tolist() == [0.5, 0.6]
    assert table.loc["Up"].tolist() == [0.5, 0.0]


def test_terms_of_no_weight_are_no_top_terms():
    weights = sparse.csr_array(np.array([[0.5, 0.0]]))
    table = top_terms(weights, np.array(["bank", "unused"]), pd.Series(["Heat"]), most=2)
    assert table.columns.tolist() == ["bank"]
