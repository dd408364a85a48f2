"""The settings of a run: each declared once, with its type, default, range and meaning.

A notebook's parameters cell names the same defaults and meanings, so that a reader sees them and
papermill can replace them; a test holds the cells against the classes here.
"""

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Value = int | float | str | bool

_PRESETS = Path(__file__).with_name("presets")


class SettingsError(ValueError):
    """A setting is unknown, of a wrong type or out of range; the message names it."""


class Settings(BaseModel):
    """Values checked when they are set. Raises ValueError for one of wrong type or range."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def replace(self, **changes: Value) -> Self:
        """A copy with some values changed, checked like any other."""
        return type(self).model_validate(self.model_dump() | changes)

    @classmethod
    def of(cls, *parts: Iterable[tuple[str, Value]]) -> Self:
        """The settings of this class among pairs of name and value; else the defaults."""
        values = {name: value for part in parts for name, value in part}
        return cls.model_validate({name: values[name] for name in cls.model_fields & values.keys()})

    @classmethod
    def meaning(cls, name: str) -> str:
        """What a setting means, for people; where it is a choice, of what."""
        field = cls.model_fields[name]
        choices = get_args(field.annotation)
        return f"{field.description}" + (f": {', '.join(choices)}" if choices else "")


def _field(default: Value, description: str, **bounds: Any) -> Any:
    return Field(default=default, description=description, **bounds)


def _seed(use: str) -> Any:
    return _field(0, f"seed of {use}", ge=0, le=2**32 - 1)


Engine = Literal["local", "spark"]
_RUN = "folder under artifacts and reports"
_ENGINE = "who does the heavy work"
_TITLE_QUERY = "movies to look at closely: those whose title holds this"
_USER_ID = "a user by the id in the data; empty: one with the median number of ratings"


def _as_text(user_id: object) -> object:
    """An id as text; 0 is what earlier versions recorded for none."""
    return str(user_id or "") if isinstance(user_id, int) else user_id


class DataSettings(Settings):
    """Which ratings a run works on."""

    dataset: str = _field("sample", "sample, a MovieLens such as ml-1m, or a folder")
    top_movies: int = _field(1000, "most rated movies to keep", ge=2, le=10_000_000)
    ratings_fraction: float = _field(1.0, "share of their ratings to keep", gt=0, le=1)
    seed: int = _seed("the sample of ratings")


class ContentSettings(Settings):
    """TF-IDF, and the weights of film facts in it, by group (see `facts.catalogue.GROUPS`)."""

    max_features: int = _field(5000, "most frequent terms to keep", ge=1, le=1_000_000)
    film_facts: bool = _field(True, "add what the catalogue of films knows of each")
    people_weight: float = _field(0.941, "factor on directors, writers and actors", ge=0, le=1000)
    origin_weight: float = _field(0.133, "factor on countries and languages", ge=0, le=1000)
    subject_weight: float = _field(1.02, "factor on setting, themes, style ...", ge=0, le=1000)


class PreferenceSettings(Settings):
    """How stars become preferences that a model learns from (see `models.base.likes`)."""

    positive_threshold: float = _field(
        1.5, "stars; lower ratings are not learnt from", ge=0.5, le=5
    )
    rating_exponent: float = _field(0.5, "s is 3.5 (stars / 3.5)^rating_exponent", ge=0, le=1)
    activity_discount: float = _field(
        0.386, "users of n likes weigh (n / median)^-discount", ge=0, le=1
    )


class ALSSettings(PreferenceSettings):
    """Implicit ALS, for every model that is one or has one inside."""

    factors: int = _field(64, "latent dimensions", ge=1, le=4096)
    regularization: float = _field(26.7, "L2 penalty", ge=0, le=1e6)
    alpha: float = _field(1.26, "confidence is alpha * s", gt=0, le=1e6)
    iterations: int = _field(6, "passes over users and movies", ge=1, le=1000)
    als_solver: Literal["accelerated", "plain", "implicit"] = _field(
        "accelerated", "how factors are found"
    )
    seed: int = _seed("random initial factors: plain, implicit")


class SimilaritySettings(Settings):
    """Item-to-item similarity."""

    cf_weight: float = _field(0.5, "weight of collaborative against content similarity", ge=0, le=1)
    neighbours: int = _field(100, "nearest movies to keep of each", ge=1, le=10_000)


class HybridSettings(Settings):
    """EASE, the weights of item features, and the weighted sum of component scores."""

    adapt: bool = _field(True, "fit penalties and weights to the data, on a validation split")
    als_term_weight: float = _field(18.0, "s of a TF-IDF weight of 1 in ALS", ge=0, le=1e6)
    als_genre_weight: float = _field(2.41, "s of a genre or decade in ALS", ge=0, le=1e6)
    ease_regularization: float = _field(2320.0, "L2 penalty of EASE", gt=0, le=1e12)
    ease_term_weight: float = _field(19.2, "s of a TF-IDF weight of 1 in EASE", ge=0, le=1e6)
    ease_genre_weight: float = _field(4.83, "s of a genre or decade in EASE", ge=0, le=1e6)
    ease_weight: float = _field(0.426, "weight of EASE; ALS has 1 - ease_weight", ge=0, le=1)
    recency_weight: float = _field(0.0671, "weight of recent popularity", ge=0, le=1000)
    recency_half_life_years: float = _field(
        1.38, "age at which a rating counts half as recent", gt=0, le=100
    )


# The settings that `adapt` fits to the data.
ADAPTED = frozenset(
    {
        "regularization",
        "ease_regularization",
        "als_term_weight",
        "als_genre_weight",
        "ease_term_weight",
        "ease_genre_weight",
        "ease_weight",
        "recency_weight",
        "recency_half_life_years",
    }
)


class ProtocolSettings(Settings):
    """What an evaluation holds out, and what counts as found."""

    protocol: Literal[
        "user-random", "leave-last-out", "global-time", "unseen-users", "cold-movies", "given"
    ] = _field("user-random", "what is held out")
    test_share: float = _field(0.2, "share held out, of what the protocol says", gt=0, lt=1)
    test_from: str = _field(
        "", "global-time: test from this date, as 2015-01-31; empty: test_share"
    )
    relevance_threshold: float = _field(
        0.0, "stars from which a held-out rating is relevant; 0: all", ge=0, le=5
    )
    seed: int = _seed("split, tie order and bootstrap")


class BaselineSettings(Settings):
    """Hyperparameters of the models that the hybrid is compared with and not made of."""

    popularity_half_life_years: float = _field(
        1.37, "age at which a rating counts half in recent_popularity", gt=0, le=100
    )
    knn_neighbours: int = _field(62, "nearest movies that item KNN keeps", ge=1, le=100_000)
    knn_shrinkage: float = _field(2.2, "shrinkage of item KNN's cosines", ge=0, le=1e6)
    bpr_learning_rate: float = _field(0.0238, "learning rate of BPR", gt=0, le=10)
    bpr_regularization: float = _field(0.0432, "L2 penalty of BPR", ge=0, le=100)
    bpr_iterations: int = _field(266, "passes of BPR over the likes, at most", ge=1, le=10_000)


class ModelSettings(ALSSettings, HybridSettings, BaselineSettings):
    """Hyperparameters of all models together."""


class TuningSettings(DataSettings, ContentSettings, ProtocolSettings, ModelSettings):
    """What the value of a trial depends on, besides the data."""


# The parameters of each notebook: the settings it owns, and what it alone is told.


class EDAParameters(DataSettings):
    run: str = _field("", f"{_RUN}; empty: MOVIEREC_RUN, else the dataset's name")
    engine: Engine = _field("local", _ENGINE)


class ContentParameters(ContentSettings):
    run: str = _field("", f"{_RUN}; empty: MOVIEREC_RUN, else sample")
    title_query: str = _field("Star Wars", _TITLE_QUERY)
    seed: int = _seed("the movies shown")


class ALSParameters(ALSSettings):
    run: str = _field("", f"{_RUN}; empty: MOVIEREC_RUN, else sample")
    engine: Engine = _field("local", _ENGINE)


class HybridParameters(SimilaritySettings, HybridSettings):
    run: str = _field("", f"{_RUN}; empty: MOVIEREC_RUN, else sample")
    engine: Engine = _field("local", _ENGINE)
    title_query: str = _field("Star Wars", _TITLE_QUERY)


class EvaluationParameters(ProtocolSettings, BaselineSettings):
    run: str = _field("", f"{_RUN}; empty: MOVIEREC_RUN, else sample")
    engine: Engine = _field("local", _ENGINE)
    models: str = _field("all", "models to compare: all, or names with commas")
    diagnostics: bool = _field(True, "pitfalls, ablation and the check on a validation split too")


class RecommendParameters(Settings):
    run: str = _field("", f"{_RUN}; empty: MOVIEREC_RUN, else sample")
    user_id: Annotated[str, BeforeValidator(_as_text)] = _field("", _USER_ID)
    ratings: str = _field("Alien: 5; Pretty Woman: 1", "a cold-start user: TITLE: STARS; ...")
    title_query: str = _field("Star Wars", _TITLE_QUERY)


def parse_assignments(
    assignments: Iterable[str], known: Collection[type[Settings]]
) -> dict[str, Value]:
    """Checked values of texts such as "factors=128", for settings of the known classes.

    Raises SettingsError for another form, an unknown name, a wrong type or range.
    """
    values: dict[str, Value] = {}
    for assignment in assignments:
        name, given, text = assignment.partition("=")
        if not given:
            raise SettingsError(f"{assignment!r} is not of the form name=value")
        if name in ("dataset", "run"):
            raise SettingsError(f"give --{name}, not -p {name}=...")
        values[name] = _checked(name, text, known, strict=False)
    return values


def read_preset(preset: str, known: Collection[type[Settings]]) -> dict[str, Value]:
    """Checked values of a preset that comes with the project, or of a TOML file.

    Raises SettingsError for a preset that is not there, is no TOML, or holds a wrong value.
    """
    shipped = sorted(path.stem for path in _PRESETS.glob("*.toml"))
    path = _PRESETS / f"{preset}.toml" if preset in shipped else Path(preset)
    if not path.is_file():
        raise SettingsError(f"preset {preset!r} is neither a file nor one of {', '.join(shipped)}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"preset {preset}: {error}") from None
    return {name: _checked(name, value, known) for name, value in values.items()}


def check_values(values: Mapping[str, object], kind: type[Settings]) -> dict[str, Value]:
    """Values of some fields of a class, checked. Raises SettingsError, which names the value."""
    return {name: _checked(name, value, [kind]) for name, value in values.items()}


def differences(then: Mapping[str, Value], now: Mapping[str, Value]) -> str:
    """The settings that differ, with both values, for a message; None where one is missing."""
    changed = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return ", ".join(f"{name} {then.get(name)} (now {now.get(name)})" for name in changed)


def _checked(
    name: str, value: object, known: Collection[type[Settings]], strict: bool = True
) -> Value:
    """A value checked by the class that declares it; not strict: from text."""
    owner = next((one for one in known if name in one.model_fields), None)
    if owner is None:
        names = list(dict.fromkeys(field for one in known for field in one.model_fields))
        near = " or ".join(difflib.get_close_matches(name, names, n=3))
        hint = f"did you mean {near}?" if near else f"there are {', '.join(names)}"
        raise SettingsError(f"there is no parameter {name!r}; {hint}")
    validate = owner.model_validate if strict else owner.model_validate_strings
    try:
        return getattr(validate({name: value}), name)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise SettingsError(
            f"{name} = {value} is not possible: {why} ({owner.model_fields[name].description})"
        ) from None
