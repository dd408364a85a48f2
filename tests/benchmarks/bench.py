"""Every job whose speed is promised, beside its baseline, on files of MovieLens-32M's shape.

    make bench
    python tests/benchmarks/bench.py [--repeat N] [--jobs NAME ...]

Each side runs in a process of its own, in turns; of seconds the median is shown, of memory the
most that was held. Nothing fails by time. Files are simulated once, under data/benchmark. The raw
numbers go to tests/benchmarks/results.json, with commit and machine.
"""

import argparse
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import original
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec import paths
from movierec.data.interactions import Interactions, select_interactions
from movierec.data.splits import make_split
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import CUTOFFS
from movierec.evaluation.metrics import hit_rate, ndcg
from movierec.evaluation.ranking import popular_first, rank_items
from movierec.models.als import ALS
from movierec.models.kernels.als import training_loss
from movierec.settings import ALSSettings, ProtocolSettings
from movierec.simulation import simulator as simulation

HOME = paths.datasets() / "benchmark"
FILES = HOME / "ml-32m-like"
RESULTS = Path(__file__).with_name("results.json")
LOOPED_USERS = 2_000
CATALOGUE = (
    *("-p", "top_movies=10000000", "-p", "diagnostics=false"),
    *("-p", "models=popularity,als,als_content,hybrid"),
)
PLAIN = {"positive_threshold": 0.5, "rating_exponent": 1.0, "activity_discount": 0.0}
# The original's ALS, and what was tuned: settings, iterations of implicit, ratings.
FITS = {
    "original": (ALSSettings(alpha=40.0, regularization=0.1, **PLAIN), 20, "half"),
    "tuned": (ALSSettings(), 15, "half"),
    "catalogue": (ALSSettings(alpha=40.0, regularization=0.1, **PLAIN), 20, "all"),
}


@dataclass(frozen=True)
class Job:
    """What is timed: a baseline and ours, each a function that gives a dict, or seconds aimed at.

    aim     so many times faster, or with a number for a baseline, at most so many seconds
    turns   how often both sides run, at most
    """

    what: str
    baseline: Callable[[], dict] | float
    ours: Callable[[], dict]
    aim: float
    turns: int = 2


def read_original() -> dict:
    matrix, *_ = original.index(original.read(FILES)[0])
    return {"ratings": matrix.nnz}


def read_ours() -> dict:
    return {"ratings": _half(read_tables(FILES).ratings).user_items.nnz}


def implicit_als(settings: ALSSettings, iterations: int) -> AlternatingLeastSquares:
    """implicit's model, unfitted, for a matrix of confidences."""
    return AlternatingLeastSquares(
        factors=settings.factors,
        regularization=settings.regularization,
        alpha=1.0,
        iterations=iterations,
        random_state=0,
    )


def fit_implicit(name: str) -> dict:
    """implicit's iterations on the confidences that ours has; the loss it ends with."""
    settings, iterations, ratings = FITS[name]
    confidences = _confidences(settings, ratings)
    with threadpool_limits(1, "blas"):
        model = implicit_als(settings, iterations)
        begun = time.perf_counter()
        model.fit(sparse.csr_matrix(confidences), show_progress=False)
    seconds = time.perf_counter() - begun
    factors = model.user_factors, model.item_factors
    loss = training_loss(confidences, *factors, settings.regularization)
    return {"seconds": seconds, "loss": loss, "iterations": iterations}


def fit_ours(name: str) -> dict:
    """From ratings to a loss no higher than implicit's, by as many iterations as that takes."""
    settings, _, ratings = FITS[name]
    train, aim, losses = _ratings(ratings), _last(name)["loss"], []
    ALS(settings.replace(iterations=1)).fit(train[:2_000])  # compiled before the clock starts
    ALS(settings.replace(iterations=12)).fit(
        train, on_iteration=lambda _, __, loss: losses.append(loss)
    )
    needed = 1 + next(place for place, loss in enumerate(losses) if loss <= aim)
    model = ALS(settings.replace(iterations=needed))
    begun = time.perf_counter()
    model.fit(train)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "loss": losses[needed - 1], "iterations": needed}


def metrics_original() -> dict:
    train, test, model = _fitted()
    users = np.arange(LOOPED_USERS)
    begun = time.perf_counter()
    for k in CUTOFFS:
        original.evaluate(
            sparse.csr_matrix(train), sparse.csr_matrix(test), model.item_factors, users, k
        )
    return {"seconds": (time.perf_counter() - begun) * train.shape[0] / LOOPED_USERS}


def metrics_ours() -> dict:
    train, test, model = _fitted()
    _lists(model, train[:200], test[:200])  # compiled before the clock starts
    begun = time.perf_counter()
    lists, n_relevant = _lists(model, train, test), np.diff(test.indptr)
    hits, n_relevant = lists.hits[n_relevant > 0], n_relevant[n_relevant > 0]
    for k in CUTOFFS:
        hit_rate(hits, n_relevant, k), ndcg(hits, n_relevant, k)
    return {"seconds": time.perf_counter() - begun}


def tune_plain() -> dict:
    """Fifteen plain iterations, and every trial on all splits."""
    every_split = "from movierec.tuning import search; search._P_ENDS_TRIAL = 0"
    return _tune("plain", "als_solver=plain", "iterations=15", before=every_split)


def tune_ours() -> dict:
    return _tune("accelerated")


def cells_original() -> dict:
    cells = original.whole(FILES)
    return {"seconds": sum(cells.values()), "cells": cells}


def whole_default() -> dict:
    return pipeline("whole-default", "--preset", "tuned", "-p", "ratings_fraction=0.5")


def whole_original() -> dict:
    return pipeline("whole-original", "--preset", "original")


def whole_catalogue() -> dict:
    return pipeline("whole-catalogue", *CATALOGUE)


def sample_run() -> dict:
    return pipeline("sample", files="sample")


def load_sample() -> dict:
    path = HOME / "artifacts" / "sample" / "model.pkl"
    code = f"import movierec; movierec.load_model({str(path)!r})"
    begun = time.perf_counter()
    _run(sys.executable, "-c", code)
    return {"seconds": time.perf_counter() - begun}


JOBS = {
    "read": Job("read three files, cut, sample, index", read_original, read_ours, 3),
    "als": Job(
        "ALS to implicit's loss after 20 iterations",
        lambda: fit_implicit("original"),
        lambda: fit_ours("original"),
        9,
    ),
    "als-tuned": Job(
        "the same, tuned settings, 15 iterations",
        lambda: fit_implicit("tuned"),
        lambda: fit_ours("tuned"),
        6,
    ),
    "als-catalogue": Job(
        "the same, whole catalogue, 20 iterations",
        lambda: fit_implicit("catalogue"),
        lambda: fit_ours("catalogue"),
        6,
        turns=1,
    ),
    "metrics": Job("two metrics of all users, six cutoffs", metrics_original, metrics_ours, 300),
    "tune": Job("tune ALS, 50 trials, ml-latest-small's shape", tune_plain, tune_ours, 3, 1),
    "whole": Job("whole run, default preset, all reports", cells_original, whole_default, 1, 1),
    "original": Job("whole run, original preset", cells_original, whole_original, 1 / 1.5, 1),
    "sample": Job("whole run, embedded sample", 51.0, sample_run, 25),
    "load": Job("import movierec and load the sample's model", 1.0, load_sample, 1),
    "catalogue": Job(
        "whole run, whole catalogue, 32 M ratings", 19.4 * 60, whole_catalogue, 480, 1
    ),
}


def prepare() -> None:
    """Simulate the files and keep what the jobs start from."""
    HOME.mkdir(parents=True, exist_ok=True)
    if not (FILES / simulation.RECORD).exists():
        print(f"simulating {FILES}", flush=True)
        _run(sys.executable, "-m", "movierec", "simulate", "--like", "ml-32m", "--out", str(FILES))
    small = HOME / "ml-latest-small-like"
    if not (small / simulation.RECORD).exists():
        simulation.simulate(small, simulation.Shape.like("ml-latest-small"))
    if not (HOME / "all.npz").exists():
        ratings = read_tables(FILES).ratings
        _half(ratings).save(HOME / "half.npz")
        select_interactions(ratings, 10_000_000).save(HOME / "all.npz")


def measured(name: str, side: str) -> dict:
    """Run one side of a job in a fresh process: seconds, bytes held at most, and what it gives."""
    done = _run(sys.executable, __file__, "--side", name, side)
    return json.loads(done.splitlines()[-1])


def run_side(name: str, side: str) -> None:
    job = getattr(JOBS[name], side)
    begun = time.perf_counter()
    out = job()
    out = {"seconds": time.perf_counter() - begun, "bytes": _most_held()} | out
    if name.startswith("als") and side == "baseline":
        (HOME / f"{name}.json").write_text(json.dumps(out))
    print(json.dumps(out))


def result(name: str, repeat: int) -> dict:
    """Both sides of a job, in turns: medians of seconds, the most of bytes, every turn."""
    job, turns = JOBS[name], {"baseline": [], "ours": []}
    for _ in range(min(repeat, job.turns)):
        if callable(job.baseline):
            turns["baseline"].append(measured(name, "baseline"))
        turns["ours"].append(measured(name, "ours"))
    found = {"what": job.what, "aim": job.aim, "turns": turns}
    for side, runs in turns.items():
        seconds = statistics.median(run["seconds"] for run in runs) if runs else job.baseline
        found[f"{side}, s"] = seconds
        found[f"{side}, GB"] = max((run["bytes"] for run in runs), default=0) / 1e9 or None
    print(f"{name}: {json.dumps(found)}", flush=True)
    return found


def table(results: dict[str, dict]) -> pd.DataFrame:
    """A row a job: seconds and GB of both sides, the ratio, and what was aimed at."""
    rows = {}
    for found in results.values():
        before, now = found["baseline, s"], found["ours, s"]
        absolute = not found["turns"]["baseline"]
        rows[found["what"]] = {
            "baseline, s": before,
            "ours, s": now,
            "times faster": before / now,
            "aim": f"{found['aim']:g} s" if absolute else f"{found['aim']:.3g} times",
            "reached": now <= found["aim"] if absolute else before / now >= found["aim"],
            "ours, GB": found["ours, GB"],
        }
    return pd.DataFrame(rows).T


def machine() -> str:
    """What this machine can do in a second: products of matrices, and copies in memory."""
    square = np.ones((3_000, 3_000), dtype=np.float32)
    large = np.ones(1 << 28, dtype=np.float32)
    copy = np.empty_like(large)
    took = {"product": [], "copy": []}
    for _ in range(4):
        for name, job in (
            ("product", lambda: square @ square),
            ("copy", lambda: copy.__setitem__(..., large)),
        ):
            begun = time.perf_counter()
            job()
            took[name].append(time.perf_counter() - begun)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores:"
        f" {len(square) ** 3 / min(took['product']) / 1e9:.0f} billion multiply-adds a second in"
        f" float32 matrix products, {large.nbytes / min(took['copy']) / 1e9:.1f} GB/s copied"
    )


def _half(ratings: pd.DataFrame) -> Interactions:
    return select_interactions(ratings, original.TOP_MOVIES, original.FRACTION)


def _ratings(name: str) -> sparse.csr_array:
    return Interactions.load(HOME / f"{name}.npz").user_items


def _confidences(settings: ALSSettings, ratings: str) -> sparse.csr_array:
    model = ALS(settings)
    model.restore({}, _ratings(ratings))
    return sparse.csr_array(model.confidences)


def _last(name: str) -> dict:
    """What implicit came to when it ran last."""
    job = {"original": "als", "tuned": "als-tuned", "catalogue": "als-catalogue"}[name]
    return json.loads((HOME / f"{job}.json").read_text())


def _fitted() -> tuple[sparse.csr_array, sparse.csr_array, ALS]:
    split = make_split(Interactions.load(HOME / "half.npz"), ProtocolSettings())
    return split.train, split.test, ALS(ALSSettings(iterations=2)).fit(split.train)


def _lists(model: ALS, train: sparse.csr_array, test: sparse.csr_array):
    everyone = np.ones(train.shape[1], dtype=bool)
    order = popular_first(np.bincount(train.indices, minlength=train.shape[1]), 0)
    return rank_items(Trained(model), train, train, test, everyone, order, max(CUTOFFS))


class Trained:
    """Users' factors as they were trained, as the original evaluates them; rows in order."""

    name = "trained"

    def __init__(self, model: ALS):
        self._model, self._next = model, 0

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        first, self._next = self._next, self._next + user_items.shape[0]
        return self._model.user_factors[first : self._next] @ self._model.item_factors.T


def _tune(run: str, *fixed: str, before: str = "") -> dict:
    """Fifty trials of ALS, after a Python statement; the best value too."""
    words = ["--trials", "50", "--run", run, *(word for one in fixed for word in ("-p", one))]
    words = ["tune", "--model", "als", "--dataset", str(HOME / "ml-latest-small-like"), *words]
    (HOME / "artifacts" / run / "tuning.db").unlink(missing_ok=True)
    code = f"{before}\nimport sys; from movierec.cli import main; sys.exit(main({words!r}))"
    begun = time.perf_counter()
    text = _run(sys.executable, "-c", code, MOVIEREC_HOME=str(HOME))
    best = re.search(r"best of .* NDCG@10 ([\d.]+)", text)
    return {"seconds": time.perf_counter() - begun, "best": best and float(best[1])}


def pipeline(run: str, *options: str, files: str = str(FILES)) -> dict:
    """Run all stages anew; seconds of the whole command, and s and MB of each stage."""
    begun = time.perf_counter()
    text = _movierec("run", "--dataset", files, "--run", run, *options)
    seconds = time.perf_counter() - begun
    found = re.findall(r"(?m)^(\d\d_\w+) +([\d.]+) s +([\d,]+) MB", text)
    stages = {stage: [float(s), float(mb.replace(",", ""))] for stage, s, mb in found}
    return {
        "seconds": seconds,
        "bytes": max(mb for _, mb in stages.values()) * 1e6,
        "stages": stages,
    }


def _movierec(*arguments: str) -> str:
    return _run(sys.executable, "-m", "movierec", *arguments, MOVIEREC_HOME=str(HOME))


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | environment, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _most_held() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=2, help="turns of each job at most [2]")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=[*JOBS], help="[all]")
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side == ["machine", ""]:
        print(machine())
        return
    if asked.side:
        run_side(*asked.side)
        return
    prepare()
    about = {
        "revision": _run("git", "describe", "--always", "--dirty=+").strip(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": _run(sys.executable, __file__, "--side", "machine", "").strip(),
    }
    print(about["machine"], flush=True)
    results = {}
    for name in asked.jobs:
        results[name] = result(name, asked.repeat)
        RESULTS.write_text(json.dumps(about | {"jobs": results}, indent=1) + "\n")
    print(table(results).to_string(float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
