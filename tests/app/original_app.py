"""An app as the original notebook meant it: Streamlit, and a pickle of ten keys.

    streamlit run original_app.py -- model.pkl

Beyond Streamlit it needs pandas, numpy, scipy, scikit-learn and implicit, which the pickle names.
"""

import pickle
import sys

import numpy as np
import streamlit as st


@st.cache_resource
def load(path):
    with open(path, "rb") as file:  # noqa: PTH123
        return pickle.load(file)


bundle = load(sys.argv[-1])
movies = bundle["movies_indexed"]
titles = dict(zip(movies["movieId"], movies["title"], strict=True))
liked = st.multiselect("Films that you like", list(titles), format_func=titles.get, key="liked")
weight = st.slider("Audience against words", 0.0, 1.0, 0.5, key="weight")

if liked:
    rows = [bundle["m2i"][movie] for movie in liked]
    factors = bundle["item_factors"]
    unit = factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), 1e-12)
    by_audience = (unit[rows] @ unit.T).sum(axis=0)
    by_words = np.asarray(bundle["cosine_sim"][rows].sum(axis=0)).ravel()
    score = weight * by_audience + (1 - weight) * by_words
    score[rows] = -np.inf
    for row in np.argsort(-score)[:10]:
        st.write(titles[bundle["i2m"][row]])
