"""The stages of a run: what each asks, reads, writes and is told; the one table of them.

A stage is one notebook. Nothing passes between stages but the files named here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from movierec import settings
from movierec.paths import RunPaths, atomic_write
from movierec.settings import Settings, Value, differences

S = TypeVar("S", bound=Settings)


class MissingArtifact(FileNotFoundError):
    """A stage that writes a file which is needed has not run, or not to its end."""


class StaleInput(RuntimeError):
    """A stage would read files that were made with other settings than those in force now."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One notebook.

    parameters  what its parameters cell may say
    settings    those it owns: recorded with its files, read by later stages
    reads       files of earlier stages
    writes      files it leaves
    optional    whether a run ends well without it, since it only shows
    """

    name: str
    question: str
    parameters: type[Settings]
    settings: tuple[type[Settings], ...] = ()
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    optional: bool = False

    @property
    def record(self) -> str:
        """The file that holds its settings; it is written last."""
        return f"{self.name}.json"

    @property
    def number(self) -> str:
        return self.name[:2]


_TABLE = (
    Stage(
        "01_eda",
        "What is in the data, and what is left when only the most rated movies are kept?",
        settings.EDAParameters,
        (settings.DataSettings,),
        writes=(
            "interactions.npz movies.parquet tags.parquet given.parquet dataset.json 01_eda.json"
        ).split(),
    ),
    Stage(
        "02_content_features",
        "What do the words about a movie say of it?",
        settings.ContentParameters,
        (settings.ContentSettings,),
        reads="movies.parquet tags.parquet".split(),
        writes="content.parquet item_content.npz vectorizer.json 02_content_features.json".split(),
    ),
    Stage(
        "03_als_training",
        "Which latent factors explain who liked what?",
        settings.ALSParameters,
        (settings.ALSSettings,),
        reads="interactions.npz".split(),
        writes="als.npz 03_als_training.json".split(),
    ),
    Stage(
        "04_hybrid_similarity",
        "Which movies are alike, by content, by audience, and by both?",
        settings.HybridParameters,
        (settings.SimilaritySettings, settings.HybridSettings),
        reads=(
            "interactions.npz dataset.json content.parquet item_content.npz vectorizer.json"
            " als.npz 03_als_training.json"
        ).split(),
        writes=(
            "neighbours.parquet model.pkl hybrid.npz manifest.json 04_hybrid_similarity.json"
        ).split(),
    ),
    Stage(
        "05_evaluation",
        "Does the hybrid find what people really rated, and what does each evaluation pitfall do?",
        settings.EvaluationParameters,
        reads=(
            "interactions.npz movies.parquet tags.parquet given.parquet dataset.json"
            " 02_content_features.json 03_als_training.json 04_hybrid_similarity.json"
        ).split(),
        writes="metrics.json per_user.parquet recommendations.parquet test.parquet".split(),
    ),
    Stage(
        "06_recommend",
        "What should somebody see, and why?",
        settings.RecommendParameters,
        reads="model.pkl hybrid.npz manifest.json interactions.npz".split(),
        optional=True,
    ),
)
STAGES = {stage.name: stage for stage in _TABLE}
_MAKER = {file: stage for stage in _TABLE for file in stage.writes}


def find_stage(name: str) -> Stage:
    """The stage of that name or number ("03"). Raises ValueError."""
    for stage in _TABLE:
        if name in (stage.name, stage.number):
            return stage
    raise ValueError(f"there is no stage {name!r}; there are {', '.join(STAGES)}")


def stage_range(first: str | None, last: str | None) -> tuple[Stage, ...]:
    """The stages from `first` to `last`, by name or number. Raises ValueError."""
    start = _TABLE.index(find_stage(first)) if first else 0
    stop = _TABLE.index(find_stage(last)) if last else len(_TABLE) - 1
    if start > stop:
        raise ValueError(f"stage {_TABLE[start].name} comes after {_TABLE[stop].name}")
    return _TABLE[start : stop + 1]


def upstream(stage: Stage) -> tuple[Stage, ...]:
    """The stages whose files a stage reads, in order."""
    return tuple(sorted({_MAKER[file] for file in stage.reads}, key=_TABLE.index))


def artifact(run: RunPaths, file: str) -> Path:
    """The path of a file that a stage has left. Raises MissingArtifact, which names the remedy."""
    path, maker = run.artifacts / file, _MAKER[file]
    if not path.exists():
        raise MissingArtifact(f"{path} is missing: {_remedy(run, maker)}")
    return path


class Record(BaseModel):
    """The settings of a stage's files, and by earlier stage those of the files it read."""

    settings: dict[str, Value]
    inputs: dict[str, dict[str, Value]]


def read_record(run: RunPaths, stage: Stage) -> Record:
    """What a stage recorded when it ended. Raises MissingArtifact."""
    path = artifact(run, stage.record)
    try:
        record = Record.model_validate_json(path.read_bytes())
        for kind in stage.settings:
            kind.model_validate({name: record.settings[name] for name in kind.model_fields})
        return record
    except (ValueError, KeyError) as error:
        why = str(error).partition("\n")[0]
        raise MissingArtifact(f"{path} is damaged ({why}): {_remedy(run, stage)}") from None


class OpenStage:
    """A stage at work in a run: its inputs checked, its outputs and settings recorded.

    Raises MissingArtifact where an earlier stage has not ended, and StaleInput where one read
    files since made anew with other settings; the message names the command that mends it.
    """

    def __init__(self, name: str, run: str):
        self.stage = find_stage(name)
        self.paths = RunPaths(run)
        self._records = {
            one.name: read_record(self.paths, one) for one in upstream(self.stage) if one.settings
        }
        for made, record in self._records.items():
            for read, then in record.inputs.items():
                if changed := differences(then, read_record(self.paths, STAGES[read]).settings):
                    raise StaleInput(
                        f"{made} was made from {read} with {changed}; make it again:"
                        f" python -m movierec run --run {run} --from {STAGES[made].number}"
                    )

    def input(self, file: str) -> Path:
        """The path of a file that this stage reads. Raises MissingArtifact."""
        if file not in self.stage.reads:
            raise KeyError(f"{self.stage.name} does not read {file}")
        return artifact(self.paths, file)

    def output(self, file: str) -> Path:
        """The path of a file that this stage is about to write.

        Its record goes until `commit`, so that half of a stage's files are never taken for all.
        """
        if file not in self.stage.writes:
            raise KeyError(f"{self.stage.name} does not write {file}")
        (self.paths.artifacts / self.stage.record).unlink(missing_ok=True)
        return self.paths.output(file)

    def settings(self, kind: type[S]) -> S:
        """The settings of a class, as the earlier stage that owns them recorded them."""
        owner = next(one for one in STAGES.values() if kind in one.settings)
        return kind.of(self._records[owner.name].settings.items())

    def all_settings(self, *own: Settings) -> dict[str, dict[str, Value]]:
        """By stage, the settings that this stage's files come from, its own last."""
        inputs = {name: record.settings for name, record in self._records.items()}
        return inputs | {self.stage.name: {name: value for one in own for name, value in one}}

    def commit(self, *settings: Settings) -> None:
        """Record this stage's settings and those of its inputs. Call it last."""
        inputs = self.all_settings(*settings)
        record = Record(settings=inputs.pop(self.stage.name), inputs=inputs)
        with atomic_write(self.paths.output(self.stage.record)) as draft:
            draft.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _remedy(run: RunPaths, stage: Stage) -> str:
    return (
        f"notebook {stage.name} makes it; run it, or:"
        f" python -m movierec run --dataset DATASET --run {run.name} --to {stage.name}"
    )
