"""Runs for the app, and the app as Streamlit's own test harness runs it."""

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from movierec import paths
from movierec.app import launch
from movierec.app.launch import RUN_VARIABLE

MAIN = paths.project() / "src" / "movierec" / "app" / "main.py"


@pytest.fixture
def app(monkeypatch) -> Callable:
    """The app at a page, run once: `app("user.py", user="501")`; the run is "sample"."""
    testing = pytest.importorskip(
        "streamlit.testing.v1", reason="the app needs pip install -r requirements-app.txt"
    )
    import streamlit as st

    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    st.cache_resource.clear()

    def open_at(page: str = "", **address: str) -> "testing.AppTest":
        at = testing.AppTest.from_file(str(MAIN), default_timeout=60)
        at.query_params.update(address)
        at.run()
        return at.switch_page(f"views/{page}").run() if page else at

    return open_at


@pytest.fixture
def sample(world) -> paths.RunPaths:
    return world.save("sample")


@pytest.fixture
def hostile(world) -> paths.RunPaths:
    """The world with titles and genres that are HTML and Markdown."""
    nasty = "<script>alert(1)</script> **b** [l](https://evil.example) :red[x] $y$ "
    genre = "<img src=https://evil.example/i.png>"
    movies = world.movies.assign(
        title=nasty + world.movies["title"],
        genres=world.movies["genres"].replace("Sci-Fi", genre),
    )
    return replace(world, bundle=world.bundle | {"movies_indexed": movies}).save("sample")


@pytest.fixture
def evaluated(sample) -> paths.RunPaths:
    """The sample's run with an evaluation: of user 501, movies 20 and 60 were held out."""
    manifest = json.loads((sample.artifacts / "manifest.json").read_text())
    lists = {"userId": 501, "model": "hybrid", "rank": [1, 2], "movieId": [10, 20], "score": 1.0}
    pd.DataFrame(lists).to_parquet(sample.output("recommendations.parquet"))
    held_out = pd.DataFrame({"userId": 501, "movieId": [60, 20], "rating": [3.0, 4.5]})
    held_out.to_parquet(sample.output("test.parquet"))
    protocol = {name: manifest["dataset"][name] for name in ("sha256", "selection")}
    ndcg = {"mean": 0.5, "se": 0.1, "ci95": [0.3, 0.7]}
    document = {
        "protocol": protocol | {"name": "user-random"},
        "settings": manifest["settings"]["03_als_training"],
        "models": {"hybrid": {"ndcg@10": ndcg}},
        "comparisons": [{"model": "hybrid"}],
    }
    sample.output("metrics.json").write_text(json.dumps(document))
    return sample


@pytest.fixture(scope="module")
def server(world, tmp_path_factory) -> Iterator[str]:
    """The address of the app, served by its launcher with the world's model as "sample"."""
    pytest.importorskip("streamlit", reason="the app needs pip install -r requirements-app.txt")
    home = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOVIEREC_HOME", str(home))
        world.save("sample")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        patch.setenv(RUN_VARIABLE, "sample")
        patch.setenv("STREAMLIT_SERVER_HEADLESS", "true")
        words = launch.command("127.0.0.1", port)
        log = home / "log"
        with log.open("w") as out, subprocess.Popen(words, stdout=out, stderr=out) as process:
            address = f"http://127.0.0.1:{port}"
            try:
                _wait_for(f"{address}/_stcore/health", process, log)
                yield address
            finally:
                process.terminate()


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    pytest.fail(f"the app did not come up: {log.read_text()}")
