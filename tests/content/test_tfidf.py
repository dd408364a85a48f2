"""TF-IDF against scikit-learn's, and the vectorizer as JSON."""

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


@pytest.mark.parametrize("max_features", [4, 100])
def test_weights_are_scikit_learn_s(max_features):
    vectorizer, weights = tfidf(TEXTS, max_features)
    # Its default dtype is float64, which shows what float32 costs.
    reference = TfidfVectorizer(max_features=max_features, stop_words="english")
    expected = reference.fit_transform(TEXTS).toarray()
    np.testing.assert_allclose(weights.toarray(), expected, rtol=0, atol=1e-6)
    terms = vectorizer.get_feature_names_out().tolist()
    assert terms == reference.get_feature_names_out().tolist()
    assert weights.dtype == np.float32


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


def test_the_vectorizer_transforms_the_texts_it_was_fitted_on_to_the_same_weights():
    vectorizer, weights = tfidf(TEXTS, 100)
    np.testing.assert_array_equal(vectorizer.transform(TEXTS).toarray(), weights.toarray())


def test_texts_without_terms_are_refused():
    with pytest.raises(ValueError, match="empty vocabulary"):
        tfidf(pd.Series(["", "the"]), 100)


def test_known_content_is_that_of_titles_genres_and_earlier_tags():
    movies = pd.DataFrame(
        {
            "movieId": [7, 3],
            "title": ["Heat (1995)", "Up (2009)"],
            "genres": ["Action|Crime", "Animation"],
        }
    )
    tags = pd.DataFrame(
        {"movieId": [7, 7], "tag": ["heist", "robbery"], "timestamp": [100, 200]},
    )
    texts = ["Heat (1995) Action Crime heist", "Up (2009) Animation"]
    expected = TfidfVectorizer(stop_words="english", max_features=5).fit_transform(texts).toarray()
    known = known_content(movies, tags, max_features=5, before=200)
    np.testing.assert_allclose(known.toarray(), expected, rtol=0, atol=1e-6)


def test_a_saved_vectorizer_transforms_new_text_to_the_same_weights(tmp_path):
    vectorizer, _ = tfidf(TEXTS, 100)
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
