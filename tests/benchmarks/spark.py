"""Seconds and memory of a whole run by both engines, on simulated ratings of MovieLens-32M's kind.

    python tests/benchmarks/spark.py --ratings 1000000
    python tests/benchmarks/spark.py --ratings 200000000 --engines spark -p iterations=3

Ratings are simulated once, under data/benchmark, and kept: as CSV for both engines, as Parquet for
Spark alone. Memory is what the driver (the notebooks' kernels), Java and Python workers each held
at most, sampled twice a second. The raw numbers go to tests/benchmarks/results-spark.json.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil

from movierec import paths
from movierec.paths import RunPaths

HOME = paths.datasets() / "benchmark"
RESULTS = Path(__file__).with_name("results-spark.json")
FEW_MODELS = ("-p", "diagnostics=false", "-p", "models=popularity,als,als_content,hybrid")


def files_of(ratings: int, parquet: bool) -> Path:
    """Simulated files with so many ratings."""
    folder = HOME / f"ml-32m-like-{ratings}{'-parquet' if parquet else ''}"
    if not folder.exists():
        command = ["simulate", "--like", "ml-32m", "--ratings", str(ratings), "--out", str(folder)]
        _movierec(*command, *(["--parquet"] if parquet else []))
    return folder


def measured(engine: str, folder: Path, assignments: list[str]) -> dict:
    """Seconds of each stage, peak memory in MB by kind of process, and NDCG@10 of each model."""
    name = f"benchmark-{engine}-{folder.name}"
    command = ["run", "--engine", engine, "--dataset", str(folder), "--run", name, "--force"]
    command += ["--to", "05", *FEW_MODELS]
    for one in assignments:
        command += ["-p", one]
    begun = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "movierec", *command], stdout=subprocess.PIPE, text=True
    )
    peaks: dict[str, float] = {}
    while running.poll() is None:
        for kind, held in _held(running.pid).items():
            peaks[kind] = max(peaks.get(kind, 0), held)
        time.sleep(0.5)
    seconds = time.perf_counter() - begun
    printed = running.stdout.read() if running.stdout else ""
    if running.returncode:
        raise SystemExit(f"the run failed:\n{printed}")
    stages = {stage: float(s) for stage, s in re.findall(r"^(\d\d_\w+) +([\d.]+) s", printed, re.M)}
    metrics = json.loads((RunPaths(name).artifacts / "metrics.json").read_text())["models"]
    return {
        "seconds": {**stages, "all": seconds},
        "MB": {kind: held / 1e6 for kind, held in peaks.items()},
        "ndcg@10": {model: values["ndcg@10"]["mean"] for model, values in metrics.items()},
    }


def _held(pid: int) -> dict[str, int]:
    """Bytes that the processes below one hold now, by kind."""
    held: dict[str, int] = {}
    with suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                command = " ".join(process.cmdline())
                kind = "driver"
                if "java" in process.name():
                    kind = "java"
                elif "pyspark" in command:
                    kind = "workers"
                size = process.memory_info().rss
                # The driver is one kernel at a time; workers are all that run at once.
                held[kind] = (
                    max(held.get(kind, 0), size) if kind == "driver" else (held.get(kind, 0) + size)
                )
    return held


def _movierec(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "movierec", *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=1_000_000)
    parser.add_argument("--engines", nargs="+", default=["local", "spark"])
    parser.add_argument("-p", action="append", default=[], metavar="NAME=VALUE")
    asked = parser.parse_args()
    folder = files_of(asked.ratings, parquet=asked.engines == ["spark"])
    found = {engine: measured(engine, folder, asked.p) for engine in asked.engines}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[f"{asked.ratings} {' '.join(asked.p)}".strip()] = found
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for part in ("seconds", "MB", "ndcg@10"):
        table = pd.DataFrame({engine: one[part] for engine, one in found.items()})
        print(f"{part}\n{table.round(4).to_string()}\n")


if __name__ == "__main__":
    main()
