"""The stages of a run: what each asks, reads, writes and is told; the one table of them.

A stage is one notebook. Nothing passes between stages but the files named here.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from movierec import locks, paths, sealed, settings
from movierec.paths import RunPaths, atomic_write, sha256_of
from movierec.settings import Settings, Value, check_values, differences
from movierec.sources import code_of

S = TypeVar("S", bound=Settings)
# A folder of Parquet files: what the engine spark reads in place of interactions.npz.
ROWS = "interactions.parquet"


class MissingArtifact(FileNotFoundError):
    """A stage that writes a file which is needed has not run, or not to its end."""


class DamagedArtifact(MissingArtifact):
    """A file is not what the stage that made it wrote."""


class StaleInput(RuntimeError):
    """A stage would read files that were made from others than those there now."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One notebook.

    parameters  what its parameters cell may say
    settings    those it owns: recorded with its files, read by later stages
    reads       files of earlier stages
    writes      files it leaves
    spark_reads, spark_writes  folders that it reads and leaves too where the engine is spark
    optional    whether a run ends well without it, since it only shows
    """

    name: str
    question: str
    parameters: type[Settings]
    settings: tuple[type[Settings], ...] = ()
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    spark_reads: Sequence[str] = ()
    spark_writes: Sequence[str] = ()
    optional: bool = False

    @property
    def record(self) -> str:
        """The file that holds its `Record`; it is written last."""
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
        spark_writes=(ROWS,),
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
        reads="interactions.npz movies.parquet".split(),
        writes="als.npz 03_als_training.json".split(),
        spark_reads=(ROWS,),
    ),
    Stage(
        "04_hybrid_similarity",
        "Which movies are alike, by content, by audience, and by both?",
        settings.HybridParameters,
        (settings.SimilaritySettings, settings.HybridSettings),
        reads=(
            "interactions.npz movies.parquet tags.parquet given.parquet dataset.json"
            " content.parquet item_content.npz vectorizer.json als.npz 03_als_training.json"
        ).split(),
        writes=(
            "neighbours.parquet model.pkl hybrid.npz manifest.json 04_hybrid_similarity.json"
        ).split(),
        spark_reads=(ROWS,),
    ),
    Stage(
        "05_evaluation",
        "Does the hybrid find what people really rated, and what does each evaluation pitfall do?",
        settings.EvaluationParameters,
        (settings.ProtocolSettings, settings.BaselineSettings),
        reads=(
            "interactions.npz movies.parquet tags.parquet given.parquet dataset.json"
            " 02_content_features.json 03_als_training.json 04_hybrid_similarity.json"
        ).split(),
        writes=(
            "metrics.json per_user.parquet recommendations.parquet test.parquet 05_evaluation.json"
        ).split(),
        spark_reads=(ROWS,),
    ),
    Stage(
        "06_recommend",
        "What should somebody see, and why?",
        settings.RecommendParameters,
        reads="model.pkl hybrid.npz manifest.json interactions.npz".split(),
        writes="06_recommend.json".split(),
        optional=True,
    ),
)
STAGES = {stage.name: stage for stage in _TABLE}
_MAKER = {file: stage for stage in _TABLE for file in (*stage.writes, *stage.spark_writes)}


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


def ancestors(stage: Stage) -> tuple[Stage, ...]:
    """The stages that a stage depends on at any remove, in order."""
    found = set(upstream(stage))
    for one in tuple(found):
        found |= set(ancestors(one))
    return tuple(sorted(found, key=_TABLE.index))


def _possible_reads(stage: Stage) -> tuple[str, ...]:
    return *stage.reads, *stage.spark_reads


def artifact(run: RunPaths, file: str) -> Path:
    """The path of a file that a stage has left, which is what its record says.

    Raises MissingArtifact, which names the remedy.
    """
    path, maker = run.artifacts / file, _MAKER[file]
    if not path.exists():
        raise MissingArtifact(f"{path} is missing: {_remedy(run, maker)}")
    if file != maker.record and sha256_of(path) != read_record(run, maker).wrote.get(file):
        raise DamagedArtifact(
            f"{path} is damaged: it is not the file that stage {maker.name} wrote;"
            f" make it again: python -m movierec run --run {run.name} --from {maker.number}"
        )
    return path


class Record(BaseModel):
    """What the files of a stage come from. Equal records mean equal files.

    settings  its own, which later stages read
    inputs    by earlier stage, the settings of the files that it read
    told      all its parameters but the run's name
    read      SHA-256 of the files that it read, by name; of the first stage those of the dataset
    wrote     SHA-256 of the files that it wrote, by name
    code      see `sources.code_of`
    """

    settings: dict[str, Value]
    inputs: dict[str, dict[str, Value]]
    told: dict[str, Value]
    read: dict[str, str]
    wrote: dict[str, str]
    code: dict[str, str]

    @property
    def checksum(self) -> str:
        return sealed.checksum(self.model_dump())


def read_record(run: RunPaths, stage: Stage) -> Record:
    """What a stage recorded when it ended. Raises MissingArtifact."""
    path = artifact(run, stage.record)
    try:
        record = Record.model_validate(sealed.unseal(path.read_bytes()))
        for kind in stage.settings:
            kind.model_validate({name: record.settings[name] for name in kind.model_fields})
        return record
    except (ValueError, KeyError) as error:
        why = str(error).partition("\n")[0]
        raise DamagedArtifact(f"{path} is damaged ({why}): {_remedy(run, stage)}") from None


def superseded(run: RunPaths, stage: Stage, record: Record) -> str:
    """What a stage read that is not what is there now, in words; empty where all still is.

    Raises MissingArtifact where a stage that it read of has not ended.
    """
    for source in upstream(stage):
        now = read_record(run, source)
        if changed := differences(record.inputs.get(source.name, {}), now.settings):
            return f"{source.name} with {changed}"
        then = {f: record.read.get(f) for f in _possible_reads(stage) if f in now.wrote}
        if other := [file for file, sha256 in then.items() if sha256 != now.wrote[file]]:
            return f"another {', '.join(other)} of {source.name}"
    return ""


class OpenStage:
    """A stage at work in a run: its inputs checked, its outputs and settings recorded.

    run: by name; empty takes what MOVIEREC_RUN names, else `default`. The parameters are those of
    the notebook that opens the stage.

    Raises MissingArtifact where an earlier stage has not ended, and StaleInput where one read
    files since made anew, of other settings or content; the message names the command that mends
    it. Raises SettingsError for a parameter of wrong type or range, ValueError where a default
    run is another dataset's.
    """

    def __init__(self, name: str, run: str, default: str = "sample"):
        self.stage = find_stage(name)
        given = str(run) or os.environ.get("MOVIEREC_RUN", "")
        self.paths = RunPaths(given or default)
        self._told = _told(self.stage, sys._getframe(1).f_globals)
        if not given:
            self._refuse_other_dataset()
        self._written: set[str] = set()
        self._records = {one.name: read_record(self.paths, one) for one in upstream(self.stage)}
        for made in ancestors(self.stage):
            record = read_record(self.paths, made)
            if other := superseded(self.paths, made, record):
                raise StaleInput(
                    f"{made.name} was made from {other}; make it again:"
                    f" python -m movierec run --run {self.paths.name} --from {made.number}"
                )

    def input(self, file: str) -> Path:
        """The path of a file that this stage reads. Raises MissingArtifact."""
        if file not in _possible_reads(self.stage):
            raise KeyError(f"{self.stage.name} does not read {file}")
        return artifact(self.paths, file)

    def output(self, file: str) -> Path:
        """The path of a file that this stage is about to write.

        Its record goes until `commit`, so that half of a stage's files are never taken for all, and
        no other process works on the run. Raises RunInUse where one does.
        """
        if file not in (*self.stage.writes, *self.stage.spark_writes):
            raise KeyError(f"{self.stage.name} does not write {file}")
        locks.acquire(self.paths)
        (self.paths.artifacts / self.stage.record).unlink(missing_ok=True)
        self._written.add(file)
        path = self.paths.output(file)
        if path.is_file() and path.stat().st_nlink > 1:
            path.unlink()  # another run has it too
        return path

    def settings(self, kind: type[S]) -> S:
        """The settings of a class, as the earlier stage that owns them recorded them."""
        owner = next(one for one in STAGES.values() if kind in one.settings)
        return kind.of(self._records[owner.name].settings.items())

    def all_settings(self, *own: Settings) -> dict[str, dict[str, Value]]:
        """By stage, the settings that this stage's files come from, its own last."""
        inputs = {name: record.settings for name, record in self._records.items()}
        return inputs | {self.stage.name: {name: value for one in own for name, value in one}}

    def commit(self, *settings: Settings) -> None:
        """Record what this stage read, was told, ran and wrote. Call it last."""
        inputs = self.all_settings(*settings)
        own = inputs.pop(self.stage.name)
        made = {file: sha for one in self._records.values() for file, sha in one.wrote.items()}
        record = Record(
            settings=own,
            inputs=inputs,
            told=self._told | {name: own[name] for name in self._told.keys() & own.keys()},
            read={file: made[file] for file in _possible_reads(self.stage) if file in made}
            or self._dataset_files(),
            wrote={file: sha256_of(self.paths.artifacts / file) for file in sorted(self._written)},
            code=code_of(notebook_of(self.stage)),
        )
        with atomic_write(self.paths.output(self.stage.record)) as draft:
            draft.write_text(sealed.seal(record.model_dump()), encoding="utf-8")
        locks.release(self.paths)
        if not locks.is_held(self.paths):
            self._tell_stale()

    def _tell_stale(self) -> None:
        """Where a stage is opened by hand, say which later ones are no longer of its files."""
        stale = []
        for stage in STAGES.values():
            with suppress(MissingArtifact):
                if superseded(self.paths, stage, read_record(self.paths, stage)):
                    stale.append(stage)
        if stale:
            print(
                f"made from other files: {', '.join(one.name for one in stale)}; make them again:"
                f" python -m movierec run --run {self.paths.name} --from {stale[0].number}"
            )

    def _refuse_other_dataset(self) -> None:
        dataset = self._told.get("dataset")
        with suppress(MissingArtifact):
            had = read_record(self.paths, self.stage).told.get("dataset")
            if dataset != had:
                raise ValueError(
                    f"run {self.paths.name!r} has the dataset {had}; name another run for {dataset}"
                )

    def _dataset_files(self) -> dict[str, str]:
        """The hashes of the dataset's files, as this stage has written them down."""
        if "dataset.json" not in self._written:
            return {}
        return json.loads((self.paths.artifacts / "dataset.json").read_bytes())["sha256"]


def notebook_of(stage: Stage) -> Path:
    return paths.notebooks() / f"{stage.name}.ipynb"


def _told(stage: Stage, names: Mapping[str, object]) -> dict[str, Value]:
    """The parameters among the variables of a notebook; outside of one, the defaults."""
    fields = stage.parameters.model_fields.keys() - {"run"}
    given = names if names.get("__name__") == "__main__" else {}
    values = {name: given[name] for name in fields if isinstance(given.get(name), Value)}
    told = stage.parameters.of(check_values(values, stage.parameters).items())
    return told.model_dump(exclude={"run"})


def _remedy(run: RunPaths, stage: Stage) -> str:
    return (
        f"notebook {stage.name} makes it; run it, or:"
        f" python -m movierec run --dataset DATASET --run {run.name} --to {stage.name}"
    )
