"""Kills runs of small stages at every write and rename, and at random moments, and resumes them.

A process of its own, since it forks. Prints as JSON what came of it; test_kills.py judges that.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np

from movierec import paths
from movierec.paths import RunPaths, atomic_write
from movierec.runs import executed, execution, reports, runner
from movierec.runs.plan import plan_run
from movierec.sources import code_of
from movierec.stages import STAGES

EVENTS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir")
KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}

FIRST = """
from dataclasses import replace
from movierec.data.interactions import kept_metadata, select_interactions
from movierec.data.tables import save_frame
from movierec.datasets import load_dataset
from movierec.settings import DataSettings
from movierec.stages import OpenStage
tables, facts = load_dataset(dataset)
stage = OpenStage("01_eda", run)
interactions = select_interactions(tables.ratings, top_movies, ratings_fraction, seed)
movies, tags = kept_metadata(tables, interactions)
interactions.save(stage.output("interactions.npz"))
save_frame(movies, stage.output("movies.parquet"))
save_frame(tags, stage.output("tags.parquet"))
save_frame(tables.given, stage.output("given.parquet"))
facts.save(stage.output("dataset.json"))
stage.commit(DataSettings(dataset=dataset))
"""
# Every file of a later stage tells what it was made of.
LATER = """
from movierec.paths import atomic_write
from movierec.stages import STAGES, OpenStage
stage = OpenStage({name!r}, run)
read = [stage.input(file).read_bytes() for file in stage.stage.reads if file not in records]
for file in stage.stage.writes[:-1]:
    with atomic_write(stage.output(file)) as draft, draft.open("wb") as out:
        for content in read:
            out.write(content)
stage.commit(*(kind() for kind in stage.stage.settings))
"""


def write_notebooks(folder: Path) -> None:
    folder.mkdir()
    for name, stage in STAGES.items():
        fields = stage.parameters.model_fields
        told = "\n".join(f"{field} = {about.default!r}" for field, about in fields.items())
        parameters = nbformat.v4.new_code_cell(told, metadata={"tags": ["parameters"]})
        source = FIRST if name == "01_eda" else LATER.format(name=name)
        cells = [parameters, nbformat.v4.new_code_cell(source)]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
        nbformat.write(notebook, folder / f"{name}.ipynb")


def write_dataset(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir()
    rows = [
        f"{user},{movie},{rng.integers(1, 11) / 2},{1_000_000_000 + rng.integers(10**8)}"
        for user in range(1, 21)
        for movie in rng.choice(np.arange(1, 11), 5, replace=False)
    ]
    (folder / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n" + "\n".join(rows) + "\n"
    )
    movies = [f"{movie},Movie {movie} of {seed} (2000),Drama" for movie in range(1, 11)]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(movies) + "\n")


class InProcess:
    """In the place of kernels: a notebook's cells run in this process."""

    def __init__(self, notebooks: object):
        pass

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @contextmanager
    def take(self, notebook: Path) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(code=code_of(notebook))


def execute(notebook: Path, parameters: dict, kernel: object) -> execution.Executed:
    done = nbformat.read(notebook, as_version=4)
    records = {stage.record for stage in STAGES.values()}
    names = {"__name__": "__main__", "records": records, **parameters}
    exec(done.cells[1].source, names)
    for cell in done.cells:
        cell.metadata["papermill"] = {"status": "completed", "start_time": None}
    done.metadata["papermill"] = {"parameters": parameters, "start_time": "", "end_time": ""}
    return execution.Executed(done)


def render_stage(run: RunPaths, stage: object) -> None:
    with atomic_write(run.report(stage.name)) as draft:
        draft.write_text(str(executed.failure(nbformat.read(run.notebook(stage.name), 4))))


def render_run(run: RunPaths) -> None:
    for name in executed.read_executed(run):
        render_stage(run, STAGES[name])
    with atomic_write(run.index) as draft:
        draft.write_text(" ".join(executed.read_executed(run)))


def complete(dataset: Path) -> None:
    """What the command does: plan the run, run its stages."""
    plan = plan_run(str(dataset), "mine", last="04")
    for result in runner.run_stages(plan, lambda stage: None):
        assert not result.failure


def in_child(work: Callable[[], None], kill_after: float | None = None) -> int:
    """Do something in a process of its own, killed after some seconds; what it ended with."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(moment: int, counter: Path, home: Path, work: Callable[[], None]) -> None:
    """Do something, and kill this process before its n-th change of a file below a folder."""
    seen = 0

    def watch(event: str, arguments: tuple) -> None:
        nonlocal seen
        if event not in EVENTS or not str(arguments[0]).startswith(str(home)):
            return
        if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    work()
    counter.write_text(str(seen))


def state(home: Path) -> dict[str, str]:
    """By path, the hashes of artifacts; of what holds times only that it is there."""
    files = {path.relative_to(home): path for path in home.rglob("*") if path.is_file()}
    timed = ("run.json", ".lock")
    return {
        str(name): ""
        if name.parts[0] == "reports" or str(name).endswith(timed)
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in sorted(files.items())
    }


def folders(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_dir())


def main(place: Path, random_kills: int) -> None:
    notebooks, before, whole = place / "notebooks", place / "before", place / "whole"
    write_notebooks(notebooks)
    write_dataset(place / "old", seed=1)
    write_dataset(place / "new", seed=2)
    paths.notebooks = lambda: notebooks
    runner.KernelsAhead, execution.execute = InProcess, execute
    reports.render_stage, reports.render_run = render_stage, render_run
    for name in STAGES:
        code_of(notebooks / f"{name}.ipynb")  # so that no child need do it

    def at(home: Path, dataset: str) -> Callable[[], None]:
        def work() -> None:
            os.environ["MOVIEREC_HOME"] = str(home)
            complete(place / dataset)

        return work

    def check(home: Path, kind: str) -> None:
        ended = in_child(at(home, "new"))
        found = ended, state(home), folders(home)
        results.append({"kind": kind, "ended": ended, "same": found == (0, *expected)})
        shutil.rmtree(home)

    results: list[dict] = []
    assert in_child(at(before, "old")) == 0
    shutil.copytree(before, whole)
    began = time.monotonic()
    assert in_child(at(whole, "new")) == 0
    lasts = time.monotonic() - began
    expected = state(whole), folders(whole)
    counter, home = place / "counter", place / "home"
    shutil.copytree(before, home)
    assert in_child(lambda: killed_at(0, counter, home, at(home, "new"))) == 0
    shutil.rmtree(home)
    changes = int(counter.read_text())
    for moment in range(1, changes + 1):
        shutil.copytree(before, home)
        ended = in_child(lambda moment=moment: killed_at(moment, counter, home, at(home, "new")))
        assert ended == -signal.SIGKILL, ended
        check(home, f"change {moment}")
    rng = np.random.default_rng(0)
    for after in rng.uniform(0, lasts, random_kills):
        if rng.random() < 0.5:
            shutil.copytree(before, home)
        else:
            home.mkdir()
        in_child(at(home, "new"), kill_after=after)
        check(home, f"after {after:.3f} s")
    mixed = state(before), state(whole)
    print(json.dumps({"changes": changes, "lasts": lasts, "results": results, "mixed": mixed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
