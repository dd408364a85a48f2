"""Compiled loops. Numba keeps them compiled, wherever there is a place for it."""

import os

import numba

from movierec.caches import use_temporary_caches

use_temporary_caches()
numba.config.CACHE_DIR = os.environ.get("NUMBA_CACHE_DIR", "")  # type: ignore[attr-defined]
