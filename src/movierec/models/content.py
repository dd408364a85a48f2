"""Movies whose content is like that of the user's movies."""

from typing import Self

import numpy as np
from scipy import sparse

from movierec.models.base import likes


class Content:
    """Sum over the user's liked movies of stars times TF-IDF cosine with the scored movie.

    item_content: (n_items, terms) with rows of length one.
    """

    name = "content"

    def __init__(self, item_content: sparse.csr_array, positive_threshold: float):
        self._item_content = item_content
        self._like_from = positive_threshold

    def fit(self, train: sparse.csr_array) -> Self:
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        profiles = likes(user_items, self._like_from) @ self._item_content
        return (profiles @ self._item_content.T).toarray()
