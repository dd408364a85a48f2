"""How many threads BLAS may use."""

from contextlib import AbstractContextManager
from functools import cache

import scipy.linalg  # noqa: F401  (so that its BLAS is found as well as numpy's)
from threadpoolctl import ThreadpoolController


def blas_threads(number: int | None) -> AbstractContextManager[object]:
    """Bound BLAS to so many threads; None leaves it as it is."""
    return _libraries().limit(limits=number, user_api="blas")


@cache
def _libraries() -> ThreadpoolController:
    # Looking through what is loaded takes as long as a small fit.
    return ThreadpoolController()
