"""Builds, evaluates and ships a hybrid movie recommender on MovieLens.

    import movierec

    recommender = movierec.load_model("artifacts/sample/model.pkl")
    recommender.recommend(user_id=7, n=10)
    recommender.find("alien")                # movieId 404
    recommender.recommend_for({404: 5.0})

Files are looked for, and left, in the checkout that the package lies in, or where it is installed
in the current folder; the environment variable MOVIEREC_HOME names another.
"""

from importlib import import_module
from typing import Any

_MODULES = {
    "load_model": "movierec.serving.bundle",
    "BundleError": "movierec.serving.bundle",
    "Recommender": "movierec.serving.recommender",
    "NotInModel": "movierec.serving.recommender",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    # A recommender brings implicit and scikit-learn; most commands do without.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
