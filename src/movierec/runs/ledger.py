"""What a run was told and did, stage by stage, and why a stage of it must run again."""

from typing import Self

from pydantic import BaseModel, Field

from movierec import sealed, sources
from movierec.data.cache import file_hashes
from movierec.datasets import locate
from movierec.paths import RunPaths, atomic_write, sha256_of
from movierec.settings import Settings, Value, differences
from movierec.stages import (
    DamagedArtifact,
    MissingArtifact,
    Record,
    Stage,
    artifact,
    notebook_of,
    read_record,
    superseded,
)

FILE = "run.json"


class Execution(BaseModel):
    """A stage that ended well: what it was told, which record and executed notebook it left.

    text: SHA-256 of the notebook that it is of, words and all
    """

    told: dict[str, Value]
    record: str
    notebook: str
    text: str


class Ledger(BaseModel):
    """What is known of a run beside the records of its stages.

    dataset   name or folder; empty where it is not known
    stages    by name, the latest execution that ended well
    rendered  digest of what its pages were last made of
    """

    dataset: str = ""
    stages: dict[str, Execution] = Field(default_factory=dict)
    rendered: str = ""

    @classmethod
    def read(cls, run: RunPaths) -> Self:
        """That of a run; where there is none, or a damaged one, what the records tell."""
        try:
            return cls.model_validate(sealed.unseal((run.artifacts / FILE).read_bytes()))
        except (OSError, ValueError):
            return cls()

    def write(self, run: RunPaths) -> None:
        with atomic_write(run.output(FILE)) as draft:
            draft.write_text(sealed.seal(self.model_dump()), encoding="utf-8")


def told_of(values: Settings) -> dict[str, Value]:
    """Parameters as a record has them: without the run's name, which changes no result."""
    return values.model_dump(exclude={"run"})


def changes(run: RunPaths, stage: Stage, told: Settings) -> list[str]:
    """Why a stage must run, in words: what its record no longer holds for. Empty if it may rest.

    A stage rests if it read, was told and ran what it would now, and if the files and the
    executed notebook that it left are there, unchanged.
    """
    try:
        record = read_record(run, stage)
        reasons = [superseded(run, stage, record)]
    except DamagedArtifact as error:
        return [str(error).partition(":")[0]]
    except MissingArtifact:
        return ["it has not run to its end"]
    reasons += [differences(record.told, told_of(told))]
    reasons += [_changed_dataset(record, told), *_changed_code(record, stage)]
    reasons += _changed_files(run, stage, record)
    return [reason for reason in reasons if reason]


def _changed_dataset(record: Record, told: Settings) -> str:
    dataset = getattr(told, "dataset", None)
    if dataset is None:
        return ""
    now = file_hashes(locate(dataset))
    changed = sorted(name for name in now | record.read if now.get(name) != record.read.get(name))
    return f"{', '.join(changed)} of the dataset" if changed else ""


def _changed_code(record: Record, stage: Stage) -> list[str]:
    now = sources.code_of(notebook_of(stage))
    versions = {"Python", *sources.VERSIONS}
    names = [name for name in now | record.code if now.get(name) != record.code.get(name)]
    return [
        f"{name} {record.code.get(name)} (now {now.get(name)})"
        if name in versions
        else f"the code of {name}"
        for name in names
    ]


def _changed_files(run: RunPaths, stage: Stage, record: Record) -> list[str]:
    for file in record.wrote:
        try:
            artifact(run, file)
        except DamagedArtifact:
            return [f"{file} is damaged"]
        except MissingArtifact:
            return [f"{file} is missing"]
    execution = Ledger.read(run).stages.get(stage.name)
    notebook = run.notebook(stage.name)
    if execution is None or execution.record != record.checksum:
        return ["its report is of another run of it"]
    if not notebook.exists() or sha256_of(notebook) != execution.notebook:
        return ["its report is missing or changed"]
    return []
