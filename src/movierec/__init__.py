"""Builds, evaluates and ships a hybrid movie recommender on MovieLens."""

from typing import Any


def __getattr__(name: str) -> Any:
    # The recommender brings implicit and scikit-learn; most commands do without.
    if name == "load_model":
        from movierec.serving.bundle import load_model

        return load_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
