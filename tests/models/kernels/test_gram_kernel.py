"""The Gram matrix is numpy's."""

import numpy as np
import pytest
from scipy import sparse

from movierec.models.kernels.gram import gram


def test_the_gram_matrix_weighs_rows():
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((40, 9)) < 0.4, rng.normal(size=(40, 9)), 0)
    dense[7], dense[:, 3] = 0, 0
    weights = rng.random(40)

    found = gram(sparse.csr_array(dense.astype(np.float32)), weights)

    assert found == pytest.approx(dense.T @ np.diag(weights) @ dense, abs=1e-6)
