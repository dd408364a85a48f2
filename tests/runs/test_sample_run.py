"""The README's main job: the whole run of the sample, its reports and its model."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import papermill
import pytest

from movierec import paths
from movierec.cli import main
from movierec.evaluation.evaluated import read_run
from movierec.paths import RunPaths
from movierec.runs import ledger
from movierec.runs.ledger import Ledger
from movierec.runs.plan import plan_run
from movierec.runs.try_page import MAX_BYTES
from movierec.serving.bundle import BundleError, load_model
from movierec.stages import STAGES, MissingArtifact, artifact, read_record

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run in a process of its own, in an empty home."""
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "movierec", "run"],
        env=os.environ | {"MOVIEREC_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return home, done


@pytest.fixture(scope="module")
def html(sample_run) -> dict[str, str]:
    """By name, the reports."""
    folder = sample_run[0] / "reports" / "sample"
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}


def test_run_ends_well_and_warns_of_nothing(sample_run):
    _, done = sample_run
    assert (done.returncode, done.stderr) == (0, "")


def test_run_prints_a_line_a_stage_then_report_and_model(sample_run):
    home, done = sample_run
    *stages, report, model = done.stdout.splitlines()
    for stage, line in zip(STAGES, stages, strict=True):
        assert re.fullmatch(rf"{stage} +[\d.]+ s +[\d,]+ MB", line)
    assert report == f"report: {home}/reports/sample/index.html"
    assert model == f"model:  {home}/artifacts/sample/model.pkl"


def test_each_stage_leaves_the_files_of_the_table(sample_run):
    left = {path.name for path in (sample_run[0] / "artifacts" / "sample").iterdir()}
    assert left == {
        "run.log",
        "run.json",
        *(file for stage in STAGES.values() for file in stage.writes),
    }


def test_the_log_tells_when_what_happened_inside_stages_too(sample_run):
    log = (sample_run[0] / "artifacts" / "sample" / "run.log").read_text(encoding="utf-8")
    events = [line[len("2026-01-31 12:00:00  ") :] for line in log.splitlines()]
    assert [event for event in events if event.endswith("began")] == [
        f"{one} began" for one in STAGES
    ]
    assert any(re.fullmatch(r" +model \d+ of \d+, \w+, about \d+ s left", one) for one in events)
    assert events[-1] == "ended"


def test_every_stage_leaves_a_report_of_at_most_three_megabytes(html):
    assert set(html) == {*STAGES, "index", "try"}
    sizes = {name: len(text.encode()) for name, text in html.items()}
    # It carries a model.
    assert sizes.pop("try") <= MAX_BYTES
    assert max(sizes.values()) <= 3_000_000


def test_reports_of_the_sample_say_that_its_audience_is_simulated(html):
    assert all("Simulated audience" in text for text in html.values())


def test_reports_carry_no_warnings(html):
    for name, text in html.items():
        assert "Warning" not in text, name
        assert "output_stderr" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_reports_name_date_dataset_parameters_and_versions(html):
    text = html["03_als_training"]
    assert re.search(r"<dd>\d{4}-\d\d-\d\d \d\d:\d\d UTC</dd>", text)
    assert "<dd>sample</dd>" in text
    assert re.search(r"<code>factors</code></th><td><code>64</code>", text)
    assert re.search(r"implicit\s\d", text)


def test_figures_have_alternative_text(html):
    images = re.findall(r"<img[^>]*>", "".join(html.values()))
    assert len(images) > 5
    # Each says what it shows, in numbers, below the title.
    assert all(re.search(r'alt="[^"]+: [^"]*\d[^"]*"', image) for image in images)


class _Requests(HTMLParser):
    """Collects what a browser would load on its own, and where links lead."""

    def __init__(self):
        super().__init__()
        self.loaded, self.linked, self.scripts = [], [], 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.scripts += tag == "script"
        self.loaded += [
            attrs[name] for name in ("src", "srcset", "data", "poster") if name in attrs
        ]
        self.loaded += [attrs["href"]] if tag == "link" else []
        self.linked += [attrs["href"]] if tag == "a" else []


def _requests(text: str) -> _Requests:
    page = _Requests()
    page.feed(text)
    return page


def test_reports_ask_nobody_for_anything(html):
    for name, text in html.items():
        page = _requests(text)
        # The page to try has one of its own, and its data.
        assert page.scripts == (3 if name == "try" else 1)
        assert all(address.startswith("data:") for address in page.loaded), name
        assert not re.search(r"url\(\s*['\"]?(?!data:)|@import", text)


def test_links_between_reports_lead_somewhere(sample_run, html):
    for text in html.values():
        linked = set(_requests(text).linked) - {"https://doi.org/10.1145/2827872"}
        files = [link for link in linked if not link.startswith("#")]
        assert len(files) >= len(STAGES)
        assert all(
            (sample_run[0] / "reports" / "sample" / link.split("#")[0]).exists() for link in files
        )


def test_the_hybrid_of_the_sample_beats_popularity(sample_run):
    metrics = json.loads((sample_run[0] / "artifacts" / "sample" / "metrics.json").read_text())
    hybrid, popularity = (metrics["models"][name]["ndcg@10"] for name in ("hybrid", "popularity"))
    assert hybrid["ci95"][0] > popularity["ci95"][1]


def test_a_second_identical_run_leaves_every_stage_as_it_is(
    sample_run, tmp_path, monkeypatch, capsys
):
    shutil.copytree(sample_run[0], tmp_path / "copy")
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "copy"))
    assert main(["run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[: len(STAGES)]] == [
        [name, "unchanged"] for name in STAGES
    ]


def test_factors_trained_anew_stop_the_evaluation_until_the_model_is_built_anew(
    sample_run, tmp_path, monkeypatch, capsys
):
    shutil.copytree(sample_run[0], tmp_path / "copy")
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "copy"))
    training = paths.notebooks() / "03_als_training.ipynb"
    papermill.execute_notebook(training, tmp_path / "out.ipynb", {"factors": 8}, progress_bar=False)
    assert main(["run", "--from", "05", "--to", "05"]) == 1
    said = capsys.readouterr().err
    assert "04_hybrid_similarity was made from 03_als_training with factors 64 (now 8)" in said
    assert "python -m movierec run --run sample --from 04" in said
    assert main(["run", "--run", "sample", "--from", "04", "--to", "04"]) == 0
    manifest = json.loads((RunPaths("sample").artifacts / "manifest.json").read_text())
    assert manifest["settings"]["03_als_training"]["factors"] == 8


def _flip(path: Path, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(bit // 8)
        [byte] = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def _bits(path: Path, rng: np.random.Generator) -> np.ndarray:
    """Some of a file: of its first bytes, its last one, and anywhere."""
    size = path.stat().st_size
    places = [rng.integers(min(size, 64)), size - 1, *rng.integers(0, size, 3)]
    return 8 * np.array(places) + rng.integers(0, 8, 5)


def _readers(run: RunPaths, file: str) -> list[Callable[[], object]]:
    """What reads a file of a run, and raises where it is damaged."""
    readers: list[Callable[[], object]] = []
    for stage in STAGES.values():
        if file == stage.record:
            readers.append(partial(read_record, run, stage))
        elif file in stage.writes:
            readers.append(partial(artifact, run, file))
    if file in ("model.pkl", "hybrid.npz", "interactions.npz", "manifest.json"):
        readers.append(partial(load_model, run.artifacts / "model.pkl"))
    if file in ("metrics.json", "05_evaluation.json"):
        readers.append(partial(read_run, run))
    return readers


def test_a_flipped_bit_of_any_file_of_a_run_is_noticed_and_nothing_false_is_read(
    sample_run, tmp_path, monkeypatch
):
    shutil.copytree(sample_run[0], tmp_path / "copy")
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "copy"))
    run, rng = RunPaths("sample"), np.random.default_rng(0)
    steps = plan_run().steps
    book = Ledger.read(run)
    files = [*run.artifacts.iterdir(), *run.reports.glob("*.ipynb")]
    unnoticed = []
    for path in sorted(set(files) - {run.artifacts / "run.log"}):  # it is for people alone
        made_by = [one for one in steps if path.name in (*one.writes, f"{one.name}.ipynb")]
        for bit in map(int, _bits(path, rng)):
            _flip(path, bit)
            for stage in made_by or steps:
                if not ledger.changes(run, stage, steps[stage]):
                    unnoticed.append((path.name, bit, stage.name))
            for read in _readers(run, path.name):
                with pytest.raises((MissingArtifact, BundleError)):
                    read()
            _flip(path, bit)
    assert unnoticed == []
    assert Ledger.read(run) == book
    assert not any(ledger.changes(run, stage, told) for stage, told in steps.items())
