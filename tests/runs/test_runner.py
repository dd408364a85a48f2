"""The whole run, and how it fails."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from movierec import paths
from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs.runner import STAGES, recorded_parameters
from movierec.serving.bundle import KEYS


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """The README's main job in a process of its own, in an empty home."""
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "movierec", "run"],
        env=os.environ | {"MOVIEREC_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return home, done


@pytest.fixture
def two_dataset_run(tmp_path) -> tuple[str, str]:
    """Reports 02 and 01 of one run, 02 made from the sample and 01 then from other data."""
    other = tmp_path / "other"
    other.mkdir()
    rows = [f"{user},{movie},4.0,{user + movie}" for user in range(9) for movie in range(9)]
    (other / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *rows, ""]))
    titles = [f"{movie},Film {movie} (2000),Drama" for movie in range(9)]
    (other / "movies.csv").write_text("\n".join(["movieId,title,genres", *titles, ""]))
    assert main(["run", "--to", "02", "--run", "both"]) == 0
    assert main(["run", "--to", "01", "--run", "both", "--dataset", str(other)]) == 0
    run = RunPaths("both")
    return run.report("02_content_features").read_text(), run.report("01_eda").read_text()


@pytest.fixture
def notebooks(tmp_path, monkeypatch) -> Path:
    """The project's notebooks in a folder where a test may spoil them."""
    copy = tmp_path / "notebooks"
    shutil.copytree(paths.notebooks(), copy, ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setattr(paths, "notebooks", lambda: copy)
    return copy


def _append_cell(path: Path, source: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source, id="spoiled"))
    nbformat.write(notebook, path)


def test_run_ends_well_and_warns_of_nothing(sample_run):
    _, done = sample_run
    assert (done.returncode, done.stderr) == (0, "")


def test_run_prints_a_line_a_stage_with_seconds_and_memory(sample_run):
    lines = sample_run[1].stdout.splitlines()
    for stage, line in zip(STAGES, lines, strict=False):
        assert re.fullmatch(rf"{stage} +[\d.]+ s +[\d,]+ MB", line)


def test_run_ends_with_the_paths_of_report_and_model(sample_run):
    *_, report, model = sample_run[1].stdout.splitlines()
    assert Path(report.removeprefix("report:").strip()).name == "index.html"
    assert Path(report.removeprefix("report:").strip()).exists()
    assert Path(model.removeprefix("model:").strip()).exists()


def test_every_stage_leaves_a_report_of_at_most_three_megabytes(sample_run):
    reports = sample_run[0] / "reports" / "sample"
    sizes = {path.stem: path.stat().st_size for path in reports.glob("*.html")}
    assert set(sizes) == {*STAGES, "index"}
    assert max(sizes.values()) <= 3_000_000


def test_reports_of_the_sample_say_that_its_audience_is_simulated(sample_run):
    for report in (sample_run[0] / "reports" / "sample").glob("*.html"):
        assert "Simulated audience" in report.read_text(encoding="utf-8"), report.name


def test_reports_carry_no_warnings(sample_run):
    for report in (sample_run[0] / "reports" / "sample").glob("*.html"):
        text = report.read_text(encoding="utf-8")
        assert "Warning" not in text, report.name
        assert "output_stderr" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


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


def test_reports_ask_nobody_for_anything(sample_run):
    pictures = 0
    for report in (sample_run[0] / "reports" / "sample").glob("*.html"):
        text = report.read_text(encoding="utf-8")
        page = _Requests()
        page.feed(text)
        assert page.scripts == 0
        assert all(address.startswith("data:") for address in page.loaded), report.name
        assert not re.search(r"url\(\s*['\"]?(?!data:)|@import", text)
        pictures += len(page.loaded)
    assert pictures > 5


def test_links_between_reports_lead_somewhere(sample_run):
    reports = sample_run[0] / "reports" / "sample"
    for report in reports.glob("*.html"):
        page = _Requests()
        page.feed(report.read_text(encoding="utf-8"))
        files = [link for link in page.linked if not link.startswith("#")]
        assert len(files) >= len(STAGES)
        assert all((reports / link).exists() for link in files)


def test_reports_name_date_dataset_parameters_and_versions(sample_run):
    text = (sample_run[0] / "reports" / "sample" / "03_als_training.html").read_text()
    assert re.search(r"<dd>\d{4}-\d\d-\d\d \d\d:\d\d UTC</dd>", text)
    assert "<dd>sample</dd>" in text
    assert re.search(r"<code>factors</code></td><td><code>64</code>", text)
    assert re.search(r"implicit\s\d", text)


def test_figures_have_alternative_text(sample_run):
    for report in (sample_run[0] / "reports" / "sample").glob("*.html"):
        images = re.findall(r"<img[^>]*>", report.read_text(encoding="utf-8"))
        assert all(re.search(r'alt="Figure: [^"]+"', image) for image in images), report.name


BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(not BROWSER, reason="no Chromium here")


def _open_in_chromium(page: Path, folder: Path) -> tuple[str, set[str]]:
    """The page as Chromium has built it, and the addresses it asked for on its behalf."""
    log = folder / "net.json"
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={log}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    # A page from a file has no origin of its own to name.
    return done.stdout, set(
        re.findall(r'"initiator":"null"[^\n]*?"url":"(https?://[^"]*)"', log.read_text())
    )


@needs_browser
def test_chromium_shows_a_report_without_asking_anybody(sample_run, tmp_path):
    report = sample_run[0] / "reports" / "sample" / "05_evaluation.html"
    shown, asked = _open_in_chromium(report, tmp_path)
    assert "The answer" in shown
    assert not asked


@needs_browser
def test_a_page_that_asks_for_something_would_be_noticed(tmp_path):
    page = tmp_path / "asks.html"
    page.write_text('<p>hello</p><img src="https://example.org/picture.png">')
    assert _open_in_chromium(page, tmp_path)[1] == {"https://example.org/picture.png"}


def test_the_pickle_holds_ten_keys_where_movierec_cannot_be_imported(sample_run):
    pickled = sample_run[0] / "artifacts" / "sample" / "model.pkl"
    code = (
        "import sys; sys.modules['movierec'] = None\n"
        f"import pickle; print(*sorted(pickle.load(open({str(pickled)!r}, 'rb'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted(KEYS)


def test_the_hybrid_of_the_sample_beats_popularity(sample_run):
    metrics = json.loads((sample_run[0] / "artifacts" / "sample" / "metrics.json").read_text())
    hybrid, popularity = (metrics["models"][name]["ndcg@10"] for name in ("hybrid", "popularity"))
    assert hybrid["ci95"][0] > popularity["ci95"][1]


def test_real_data_reach_what_was_promised(ml_latest_small):
    assert main(["run", "--dataset", str(ml_latest_small), "--run", "small"]) == 0
    models = json.loads(RunPaths("small").input("metrics.json").read_text())["models"]
    assert models["popularity"]["ndcg@10"]["mean"] == pytest.approx(0.19, abs=0.01)
    assert models["als"]["ndcg@10"]["mean"] >= 0.37
    assert models["hybrid"]["ndcg@10"]["mean"] >= 0.405
    assert "Simulated audience" not in RunPaths("small").index.read_text()
    with RunPaths("small").input("model.pkl").open("rb") as file:
        assert pickle.load(file)["item_factors"].shape == (1000, 64)


def test_a_failing_stage_ends_the_run_and_shows_its_traceback(notebooks, capsys):
    _append_cell(notebooks / "02_content_features.ipynb", "1 / 0")
    assert main(["run", "-p", "top_movies=50"]) == 1
    run = RunPaths("sample")
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert "ZeroDivisionError" in run.report("02_content_features").read_text()
    assert "This stage failed" in run.report("02_content_features").read_text()
    assert "This stage failed" not in run.report("01_eda").read_text()
    assert not run.notebook("03_als_training").exists()
    assert run.input("interactions.npz").exists()


def test_what_a_stage_failed_of_is_not_taken_up_again(capsys):
    assert main(["run", "--to", "02", "-p", "title_query=Alien"]) == 0
    failing = ["run", "--from", "05", "--to", "05", "-p", "protocol=given"]
    assert main(failing) == 1
    recorded = recorded_parameters(RunPaths("sample"))
    assert recorded["title_query"] == "Alien"
    assert "protocol" not in recorded


def test_a_kernel_that_dies_is_reported_as_that(notebooks, capsys):
    _append_cell(notebooks / "01_eda.ipynb", "import os; os._exit(1)")
    assert main(["run", "--to", "01"]) == 1
    assert "kernel died" in capsys.readouterr().err
    assert "The kernel died while this cell ran." in RunPaths("sample").report("01_eda").read_text()


def test_a_stage_without_its_inputs_says_which_command_makes_them(capsys):
    assert main(["run", "--from", "02", "--to", "02"]) == 1
    assert "--to 01_eda" in capsys.readouterr().err


def test_parameters_reach_the_notebook_and_its_report():
    assert main(["run", "--to", "01", "-p", "top_movies=50", "--run", "few"]) == 0
    assert re.search(
        r"<code>top_movies</code></td><td><code>50</code>",
        RunPaths("few").report("01_eda").read_text(),
    )


def test_the_index_tells_which_stages_are_older_than_what_they_read():
    assert main(["run", "--to", "02", "-p", "top_movies=50"]) == 0
    assert main(["run", "--to", "01", "-p", "top_movies=60"]) == 0
    assert "older than 01_eda" in RunPaths("sample").index.read_text()


def test_a_run_killed_midway_can_be_started_again(tmp_path):
    home = tmp_path / "home"
    environment = os.environ | {"MOVIEREC_HOME": str(home)}
    command = [sys.executable, "-m", "movierec", "run", "--to", "02"]
    written = home / "artifacts" / "sample" / "interactions.npz"
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as run:
        while not written.exists() and run.poll() is None:
            time.sleep(0.01)
        run.kill()
    assert not (home / "reports" / "sample" / "index.html").exists()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (home / "reports" / "sample" / "index.html").exists()


def test_a_run_taken_up_again_goes_on_with_what_it_was_told():
    few = ["-p", "top_movies=50", "-p", "max_features=77"]
    assert main(["run", "--to", "02", "--run", "few", *few]) == 0
    assert main(["run", "--from", "02", "--to", "02", "--run", "few"]) == 0
    report = RunPaths("few").report("02_content_features").read_text()
    assert re.search(r"<code>max_features</code></td><td><code>77</code>", report)


def test_a_report_goes_on_naming_the_data_it_was_made_from(two_dataset_run):
    first, second = two_dataset_run
    assert "<dd>sample</dd>" in first
    assert "Simulated audience" in first
    assert "<dd>other</dd>" in second
