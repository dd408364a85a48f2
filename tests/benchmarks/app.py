"""How fast the app answers many sessions at once, and what memory it takes.

Sessions speak Streamlit's own protocol over WebSockets, as browsers do; all on loopback.
"""

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil

from movierec import load_model, paths
from movierec.app import launch
from movierec.app.profile import Profile, catalogue_of, to_text
from movierec.serving.bundle import read_manifest

MESSAGE_BYTES = 50_000_000


class Session:
    """One visitor's connection to the app."""

    def __init__(self, port: int, query: str):
        from websockets.sync.client import connect

        self._connection = connect(
            f"ws://127.0.0.1:{port}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=MESSAGE_BYTES,
            open_timeout=120,
        )
        self._query = query
        self._sliders: dict[str, str] = {}

    def __enter__(self) -> "Session":
        self._socket = self._connection.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.__exit__(*error)

    def ask(self, **sliders: float) -> str:
        """The HTML of a page, after sliders are moved: by label."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        message.rerun_script.query_string = self._query
        for label, value in sliders.items():
            widget = message.rerun_script.widget_states.widgets.add(id=self._sliders[label])
            widget.double_array_value.data.append(value)
        self._socket.send(message.SerializeToString())
        shown = []
        while True:
            found = ForwardMsg()
            found.ParseFromString(self._socket.recv(timeout=120))
            kind = found.WhichOneof("type")
            if kind == "script_finished":
                return "\n".join(shown)
            if kind == "delta":
                element = found.delta.new_element
                if element.WhichOneof("type") == "html":
                    shown.append(element.html.body)
                elif element.WhichOneof("type") == "slider":
                    self._sliders[element.slider.label] = element.slider.id


@contextlib.contextmanager
def serving(run: str) -> Iterator[tuple[int, subprocess.Popen]]:
    """The app on a free port, by its launcher; port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {launch.RUN_VARIABLE: run, "STREAMLIT_SERVER_HEADLESS": "true"}
    environment = launch.ENVIRONMENT | os.environ | told
    words = launch.command("127.0.0.1", port)
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield port, process
        finally:
            process.terminate()


def _wait_for(address: str, process: subprocess.Popen) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(address):
            return
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with status {process.returncode}")
        time.sleep(0.2)
    raise TimeoutError(address)


def ask_often(
    port: int, query: str, answers: int, pause: float = 0.0
) -> tuple[list[float], list[str]]:
    """Seconds and HTML of a session's answers, each to another position of a slider.

    pause: mean seconds before each, drawn from an exponential distribution.
    """
    took, pages = [], []
    rng = np.random.default_rng(len(query) + sum(query.encode()))
    with Session(port, query) as session:
        session.ask()
        for position in np.linspace(-1, 1, answers):
            time.sleep(pause * rng.exponential())
            start = time.perf_counter()
            pages.append(session.ask(**{"How adventurous?": float(position)}))
            took.append(time.perf_counter() - start)
    return took, pages


def queries(run: str, sessions: int) -> list[str]:
    """Addresses of as many different profiles of 20 films."""
    recommender = load_model(paths.RunPaths(run).artifacts / "model.pkl")
    movies = recommender.bundle["movies_indexed"]["movieId"].to_numpy()
    manifest = read_manifest(paths.RunPaths(run).artifacts / "model.pkl")
    catalogue = catalogue_of(manifest.dataset["name"])
    rng = np.random.default_rng(0)
    found = []
    for _ in range(sessions):
        rated = rng.choice(movies, min(20, len(movies) // 2), replace=False).tolist()
        stars = (rng.integers(1, 11, len(rated)) / 2).tolist()
        found.append(f"profile={to_text(Profile(dict(zip(rated, stars, strict=True))), catalogue)}")
    return found


def model_memory(run: str) -> int:
    """Bytes that a process takes that has loaded a model and answered once."""
    code = (
        "import sys, psutil, movierec\n"
        "model = movierec.load_model(sys.argv[1])\n"
        "first = int(model.bundle['movies_indexed']['movieId'].iloc[0])\n"
        "found = model.recommend_for({first: 5.0}); model.find('a')\n"
        "model.explain({first: 5.0}, int(found['movieId'].iloc[0]))\n"
        "print(psutil.Process().memory_info().rss)"
    )
    path = paths.RunPaths(run).artifacts / "model.pkl"
    environment = launch.ENVIRONMENT | os.environ
    done = subprocess.run(
        [sys.executable, "-c", code, path],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def search_seconds(run: str) -> list[float]:
    recommender = load_model(paths.RunPaths(run).artifacts / "model.pkl")
    recommender.find("a")
    took = []
    for typed in ("alien", "the lord of the", "godfther", "star wars episode iv", "1999", "zzzz"):
        start = time.perf_counter()
        recommender.find(typed)
        took.append(time.perf_counter() - start)
    return took


def _report(
    server: psutil.Process, port: int, asked: list[str], answers: int, pause: float
) -> None:
    before = sum(server.cpu_times()[:2])
    with ThreadPoolExecutor(len(asked)) as threads:
        found = threads.map(lambda query: ask_often(port, query, answers, pause)[0], asked)
        took = [seconds for session in found for seconds in session]
    spent = sum(server.cpu_times()[:2]) - before
    print(
        f"{len(asked)} sessions at once, {pause:g} s between answers:"
        f" median {1000 * statistics.median(took):.0f} ms,"
        f" 95th percentile {1000 * np.quantile(took, 0.95):.0f} ms;"
        f" {1000 * spent / (len(took) + len(asked)):.0f} ms of processor time each"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="sample")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--answers", type=int, default=10)
    parser.add_argument("--pause", type=float, default=3.0, help="mean seconds between answers")
    args = parser.parse_args()
    print(f"search: slowest of six {1000 * max(search_seconds(args.run)):.0f} ms")
    asked = queries(args.run, args.sessions)
    with serving(args.run) as (port, process):
        start = time.perf_counter()
        with Session(port, asked[0]) as session:
            session.ask()
        print(f"first page, the model loaded for it: {time.perf_counter() - start:.1f} s")
        start = time.perf_counter()
        with Session(port, asked[1]) as session:
            session.ask()
        print(f"first page of the next session: {time.perf_counter() - start:.2f} s")
        alone, _ = ask_often(port, asked[0], args.answers)
        print(f"one session: median answer {1000 * statistics.median(alone):.0f} ms")
        server = psutil.Process(process.pid)
        for pause in (args.pause, 0.0):
            _report(server, port, asked, args.answers, pause)
        memory = server.memory_info().rss
    alone_memory = model_memory(args.run)
    print(
        f"memory: app {memory / 1e6:.0f} MB, a process with the model alone"
        f" {alone_memory / 1e6:.0f} MB, ratio {memory / alone_memory:.2f}"
    )


if __name__ == "__main__":
    main()
