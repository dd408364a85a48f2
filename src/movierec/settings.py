"""The settings of a run: each declared once, with its type, default, range and meaning.

A notebook's parameters cell names the same defaults and meanings, so that a reader sees them and
papermill can replace them; a test holds the cells against the classes here.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Value = int | float | str | bool

_PRESETS = resources.files("movierec") / "presets"


class SettingsError(ValueError):
    """A setting is unknown, of a wrong type or out of range; the message names it."""


class Settings(BaseModel):
    """Values checked when they are set. Raises ValueError for one of wrong type or range."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def replace(self, **changes: Value) -> Self:
        """A copy with some values changed, checked like any other."""
        return type(self).model_validate(self.model_dump() | changes)

    @classmethod
    def meaning(cls, name: str) -> str:
        """What a setting means, for people; where it is a choice, of what."""
        field = cls.model_fields[name]
        choices = get_args(field.annotation)
        return f"{field.description}" + (f": {', '.join(choices)}" if choices else "")


def _seed(use: str) -> Any:
    return Field(default=0, ge=0, le=2**32 - 1, description=f"seed of {use}")


_RUN = "folder under artifacts and reports"
_TITLE_QUERY = "movies to look at closely: those whose title holds this"


class DataSettings(Settings):
    """Which ratings a run works on."""

    dataset: str = Field(
        default="sample", description="sample, ml-latest-small, ml-25m, ml-32m, or a folder"
    )
    top_movies: int = Field(
        default=1000, ge=2, le=10_000_000, description="most rated movies to keep"
    )
    ratings_fraction: float = Field(
        default=1.0, gt=0, le=1, description="share of their ratings to keep"
    )
    seed: int = _seed("the sample of ratings")


class ContentSettings(Settings):
    """TF-IDF."""

    max_features: int = Field(
        default=5000, ge=1, le=1_000_000, description="most frequent terms to keep"
    )


class PreferenceSettings(Settings):
    """How stars become preferences that a model learns from (see `models.base.likes`)."""

    positive_threshold: float = Field(
        default=1.5, ge=0.5, le=5, description="stars; lower ratings are not learnt from"
    )
    rating_exponent: float = Field(
        default=0.5, ge=0, le=1, description="s is 3.5 (stars / 3.5)^rating_exponent"
    )
    activity_discount: float = Field(
        default=0.386, ge=0, le=1, description="users of n likes weigh (n / median)^-discount"
    )


class ALSSettings(PreferenceSettings):
    """Implicit ALS, for every model that is one or has one inside."""

    factors: int = Field(default=64, ge=1, le=4096, description="latent dimensions")
    regularization: float = Field(default=26.7, ge=0, le=1e6, description="L2 penalty")
    alpha: float = Field(default=1.26, gt=0, le=1e6, description="confidence is alpha * s")
    iterations: int = Field(default=15, ge=1, le=1000, description="passes over users and movies")
    als_solver: Literal["compiled", "implicit"] = Field(
        default="compiled", description="whose least squares"
    )
    seed: int = _seed("the initial factors")


class SimilaritySettings(Settings):
    """Item-to-item similarity."""

    cf_weight: float = Field(
        default=0.5, ge=0, le=1, description="weight of collaborative against content similarity"
    )
    neighbours: int = Field(
        default=100, ge=1, le=10_000, description="nearest movies to keep of each"
    )


class HybridSettings(Settings):
    """EASE, the weights of item features, and the weighted sum of component scores."""

    als_term_weight: float = Field(
        default=9.74, ge=0, le=1e6, description="s of a TF-IDF weight of 1 in ALS"
    )
    als_genre_weight: float = Field(
        default=3.54, ge=0, le=1e6, description="s of a genre or decade in ALS"
    )
    ease_regularization: float = Field(
        default=2320.0, gt=0, le=1e12, description="L2 penalty of EASE"
    )
    ease_term_weight: float = Field(
        default=15.4, ge=0, le=1e6, description="s of a TF-IDF weight of 1 in EASE"
    )
    ease_genre_weight: float = Field(
        default=7.57, ge=0, le=1e6, description="s of a genre or decade in EASE"
    )
    ease_weight: float = Field(
        default=0.426, ge=0, le=1, description="weight of EASE; ALS has 1 - ease_weight"
    )
    recency_weight: float = Field(
        default=0.0671, ge=0, le=1000, description="weight of recent popularity"
    )
    recency_half_life_years: float = Field(
        default=1.38, gt=0, le=100, description="age at which a rating counts half as recent"
    )


class ProtocolSettings(Settings):
    """What an evaluation holds out, and what counts as found."""

    protocol: Literal[
        "user-random", "leave-last-out", "global-time", "unseen-users", "cold-movies", "given"
    ] = Field(default="user-random", description="what is held out")
    test_share: float = Field(
        default=0.2, gt=0, lt=1, description="share held out, of what the protocol says"
    )
    test_from: str = Field(
        default="", description="global-time: test from this date, as 2015-01-31; empty: test_share"
    )
    relevance_threshold: float = Field(
        default=0.0,
        ge=0,
        le=5,
        description="stars from which a held-out rating is relevant; 0: all",
    )
    seed: int = _seed("split, tie order and bootstrap")


class BaselineSettings(Settings):
    """Hyperparameters of the models that the hybrid is compared with and not made of."""

    knn_neighbours: int = Field(
        default=47, ge=1, le=100_000, description="nearest movies that item KNN keeps"
    )
    knn_shrinkage: float = Field(
        default=4.75, ge=0, le=1e6, description="shrinkage of item KNN's cosines"
    )
    bpr_learning_rate: float = Field(
        default=0.0238, gt=0, le=10, description="learning rate of BPR"
    )
    bpr_regularization: float = Field(default=0.0432, ge=0, le=100, description="L2 penalty of BPR")
    bpr_iterations: int = Field(
        default=266, ge=1, le=10_000, description="passes of BPR over the likes"
    )


class ModelSettings(ALSSettings, HybridSettings, BaselineSettings):
    """Hyperparameters of all models together."""

    @classmethod
    def of(cls, *parts: Settings) -> Self:
        """All of them from the settings that several stages own."""
        return cls.model_validate({name: value for part in parts for name, value in part})


class EDAParameters(DataSettings):
    """What 01_eda takes."""

    run: str = Field(default="", description=f"{_RUN}; empty takes the name of the dataset")


class ContentParameters(ContentSettings):
    """What 02_content_features takes."""

    run: str = Field(default="sample", description=_RUN)
    title_query: str = Field(default="Star Wars", description=_TITLE_QUERY)
    seed: int = _seed("the movies shown")


class ALSParameters(ALSSettings):
    """What 03_als_training takes."""

    run: str = Field(default="sample", description=_RUN)


class HybridParameters(SimilaritySettings, HybridSettings):
    """What 04_hybrid_similarity takes."""

    run: str = Field(default="sample", description=_RUN)
    title_query: str = Field(default="Star Wars", description=_TITLE_QUERY)


class EvaluationParameters(ProtocolSettings, BaselineSettings):
    """What 05_evaluation takes."""

    run: str = Field(default="sample", description=_RUN)
    models: str = Field(default="all", description="models to compare: all, or names with commas")
    diagnostics: bool = Field(
        default=True, description="pitfalls, ablation and the check on a validation split too"
    )


class RecommendParameters(Settings):
    """What 06_recommend takes."""

    run: str = Field(default="sample", description=_RUN)
    user_id: int = Field(
        default=0, ge=0, description="a user of the data; 0: one with the median number of ratings"
    )
    ratings: str = Field(
        default="Alien: 5; Pretty Woman: 1", description="a cold-start user: TITLE: STARS; ..."
    )
    title_query: str = Field(default="Star Wars", description=_TITLE_QUERY)


def parse_assignments(
    assignments: Iterable[str], known: Iterable[type[Settings]]
) -> dict[str, Value]:
    """Checked values of texts such as "factors=128", for settings of the known classes.

    Raises SettingsError for another form, an unknown name, a wrong type or range.
    """
    known = tuple(known)
    values: dict[str, Value] = {}
    for assignment in assignments:
        name, given, text = assignment.partition("=")
        if not given:
            raise SettingsError(f"{assignment!r} is not of the form name=value")
        values[name] = _checked(name, text, known, strict=False)
    return values


def read_preset(preset: str, known: Iterable[type[Settings]]) -> dict[str, Value]:
    """Checked values of a preset that comes with the project, or of a TOML file.

    Raises SettingsError for a preset that is not there, is no TOML, or holds a wrong value.
    """
    known = tuple(known)
    shipped = sorted(Path(entry.name).stem for entry in _PRESETS.iterdir())
    path = _PRESETS / f"{preset}.toml" if preset in shipped else Path(preset)
    if not path.is_file():
        raise SettingsError(f"preset {preset!r} is neither a file nor one of {', '.join(shipped)}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"preset {preset}: {error}") from None
    return {name: _checked(name, value, known) for name, value in values.items()}


def differences(
    one: Mapping[str, Value], other: Mapping[str, Value]
) -> dict[str, tuple[Value | None, Value | None]]:
    """By name, both values of the settings in which two sets differ; None where one lacks it."""
    return {
        name: (one.get(name), other.get(name))
        for name in {**one, **other}
        if one.get(name) != other.get(name)
    }


def _checked(
    name: str, value: object, known: tuple[type[Settings], ...], strict: bool = True
) -> Value:
    """A value checked by the class that declares it; not strict: from text."""
    owner = next((one for one in known if name in one.model_fields), None)
    if owner is None:
        names = list(dict.fromkeys(field for one in known for field in one.model_fields))
        near = difflib.get_close_matches(name, names, n=3)
        raise SettingsError(
            f"there is no parameter {name!r};"
            + (f" did you mean {' or '.join(near)}?" if near else f" there are {', '.join(names)}")
        )
    try:
        if strict:
            return getattr(owner.model_validate({name: value}), name)
        return getattr(owner.model_validate_strings({name: value}), name)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise SettingsError(
            f"{name} = {value} is not possible: {why} ({owner.model_fields[name].description})"
        ) from None
