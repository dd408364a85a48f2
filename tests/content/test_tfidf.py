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
def test_weights_are_scikit_learn_s_in_float32_and_ascending_columns(max_features):
    vectorizer, weights = tfidf(TEXTS, max_features)
    # Its default dtype is float64, which shows what float32 costs.
    reference = TfidfVectorizer(max_features=max_features, stop_words="english")
    expected = reference.fit_transform(TEXTS).toarray()
    np.testing.assert_allclose(weights.toarray(), expected, rtol=0, atol=1e-6)
    terms = vectorizer.get_feature_names_out().tolist()
    assert terms == reference.get_feature_names_out().tolist()
    assert weights.dtype == np.float32
    assert weights.has_sorted_indices


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
