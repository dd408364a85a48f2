"""Every job of the pipeline on files of MovieLens-32M's shape, beside the steps it replaces.

    make bench
    python tests/benchmarks/bench.py [--repeat N] [--jobs NAME ...]

Each side of a pair runs in a process of its own, in turns; of seconds the median is shown, of
memory the most that the process held. Nothing fails by time. Files are simulated once, under
data/benchmark; the runs of the pipeline leave their reports there too.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import original
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec import paths
from movierec.content.features import ItemFeatures
from movierec.content.text import content_text
from movierec.content.tfidf import tfidf
from movierec.data import cache
from movierec.data.interactions import Interactions, select_interactions
from movierec.data.splits import make_split
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import CUTOFFS
from movierec.evaluation.metrics import hit_rate, ndcg
from movierec.evaluation.ranking import popular_first, rank_items
from movierec.models.als import ALS
from movierec.models.explain import content_factors
from movierec.models.registry import build_hybrid
from movierec.models.similarity import ItemSimilarity
from movierec.settings import ALSSettings, HybridSettings, ProtocolSettings
from movierec.simulation import simulator as simulation

HOME = paths.datasets() / "benchmark"
FILES = HOME / "ml-32m-like"
LOOPED_USERS = 2_000
DENSE_MOVIES = 10_000
# The ALS of both sides of a pair: the same settings, so the same equations.
FACTORS, REGULARIZATION, ALPHA, FIT_ITERATIONS = 64, 32.7, 1.8, 10


def read_original() -> dict:
    matrix, *_ = original.index(original.read(FILES)[0])
    return {"ratings": matrix.nnz}


def read_ours() -> dict:
    return {"ratings": _select(read_tables(FILES)).user_items.nnz}


def read_and_keep() -> dict:
    """With hashes and cache, as a dataset is read the first time; from the cache, the next."""
    return {"ratings": _select(cache.read(FILES).tables).user_items.nnz}


def content_original(movies: pd.DataFrame, tags: pd.DataFrame) -> dict:
    vectorizer, matrix = original.content(movies, tags)
    return {"terms": _terms(vectorizer), "entries": matrix.nnz}


def content_ours(movies: pd.DataFrame, tags: pd.DataFrame) -> dict:
    vectorizer, matrix = tfidf(content_text(movies, tags), 5_000)
    return {"terms": _terms(vectorizer), "entries": matrix.nnz}


def als_implicit(ratings: sparse.csr_array) -> dict:
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=FACTORS,
            regularization=REGULARIZATION,
            alpha=ALPHA,
            iterations=FIT_ITERATIONS,
            random_state=0,
        )
        model.fit(sparse.csr_matrix(ratings), show_progress=False)
    return {"model": model}


def als_ours(ratings: sparse.csr_array, iterations: int = FIT_ITERATIONS) -> dict:
    settings = ALSSettings(
        factors=FACTORS,
        regularization=REGULARIZATION,
        alpha=ALPHA,
        iterations=iterations,
        positive_threshold=0.5,
        rating_exponent=1.0,
        activity_discount=0.0,
    )
    return {"model": ALS(settings).fit(ratings).to_implicit()}


def als_plain(interactions: Interactions, features: ItemFeatures) -> dict:
    ALS(ALSSettings()).fit(interactions.user_items)
    return {}


def hybrid_ours(interactions: Interactions, features: ItemFeatures) -> dict:
    hybrid = build_hybrid(ALSSettings(), HybridSettings(), features, interactions)
    content_factors(hybrid.fit(interactions.user_items).components.als)
    return {}


def lists_implicit(model: AlternatingLeastSquares, ratings: sparse.csr_array) -> dict:
    with threadpool_limits(1, "blas"):
        model.recommend(np.arange(ratings.shape[0]), sparse.csr_matrix(ratings), N=max(CUTOFFS))
    return {}


def lists_ours(model: AlternatingLeastSquares, ratings: sparse.csr_array) -> dict:
    lists_of(model, ratings, ratings)
    return {}


def metrics_original(model, train: sparse.csr_array, test: sparse.csr_array) -> dict:
    users = np.arange(LOOPED_USERS)
    train, test = sparse.csr_matrix(train), sparse.csr_matrix(test)
    found = [original.evaluate(train, test, model.item_factors, users, k) for k in CUTOFFS]
    return {"NDCG@40": found[-1][1], "times": train.shape[0] / LOOPED_USERS}


def metrics_ours(model, train: sparse.csr_array, test: sparse.csr_array) -> dict:
    lists = lists_of(model, train, test)
    n_relevant = np.diff(test.indptr)
    counted = n_relevant > 0
    hits, n_relevant = lists.hits[counted], n_relevant[counted]
    values = [metric(hits, n_relevant, k) for metric in (hit_rate, ndcg) for k in CUTOFFS]
    return {"NDCG@40": float(values[-1].mean())}


def neighbours_dense(content: sparse.csr_array, factors: np.ndarray) -> dict:
    original.similarities(factors[:DENSE_MOVIES], content[:DENSE_MOVIES])
    return {"times": (len(factors) / DENSE_MOVIES) ** 2}


def neighbours_ours(content: sparse.csr_array, factors: np.ndarray) -> dict:
    similarity = ItemSimilarity.of(content, factors)
    columns, _ = similarity.neighbours(np.arange(len(factors)), 100, 0.5)
    return {"neighbours": columns.size}


def cells_original() -> dict:
    return {"cells": original.whole(FILES)}


def pipeline_original_preset() -> dict:
    stages = pipeline("original-preset", "--preset", "original")
    return {"bytes": int(stages["GB"].max() * 1e9), "stages": stages["s"].to_dict()}


# name: (what it is, the baseline and ours, what both are given, the ratio to reach)
PAIRS: dict[str, tuple[str, Callable, Callable, str, float]] = {
    "read": ("read three files, cut, sample, index", read_original, read_ours, "", 3),
    "first": ("the same, hashed and kept", read_original, read_and_keep, "no cache", 1),
    "again": ("the same, the second time", read_original, read_and_keep, "", 10),
    "content": ("tags joined, TF-IDF", content_original, content_ours, "texts", 2),
    "als": (f"ALS, {FIT_ITERATIONS} iterations", als_implicit, als_ours, "ratings", 0.97),
    "hybrid": ("the hybrid, against ALS alone", als_plain, hybrid_ours, "with content", 0.5),
    "lists": ("top 40 of all users", lists_implicit, lists_ours, "fitted", 6),
    "metrics": ("two metrics, six cutoffs", metrics_original, metrics_ours, "evaluated", 300),
    "neighbours": ("100 neighbours of all movies", neighbours_dense, neighbours_ours, "items", 0),
    "preset": ("whole pipeline, original preset", cells_original, pipeline_original_preset, "", 1),
}


def inputs(name: str) -> tuple:
    """What a pair is given, made and kept beforehand, read before the clock starts."""
    if name == "no cache":
        shutil.rmtree(cache.place(FILES), ignore_errors=True)
    if name == "texts":
        movies = pd.read_parquet(HOME / "movies.parquet")
        return movies, pd.read_parquet(HOME / "tags.parquet")
    if name == "with content":
        _, item_content = tfidf(content_text(*inputs("texts")), 5_000)
        features = ItemFeatures.of(inputs("texts")[0], item_content)
        return Interactions.load(HOME / "half.npz"), features
    if name == "items":
        return sparse.load_npz(HOME / "content.npz"), np.load(HOME / "item_factors.npy")
    if name not in ("ratings", "fitted", "evaluated"):
        return ()
    interactions = Interactions.load(HOME / "half.npz")
    if name == "ratings":
        return (interactions.user_items,)
    split = make_split(interactions, ProtocolSettings())
    model = als_ours(split.train, iterations=2)["model"]
    # Both sides' compiled loops are there already, as they are in every run but the first.
    lists_of(model, split.train[:100], split.test[:100])
    return (model, split.train) if name == "fitted" else (model, split.train, split.test)


def prepare() -> None:
    """Simulate the files and keep what the jobs start from."""
    HOME.mkdir(parents=True, exist_ok=True)
    if not (FILES / simulation.RECORD).exists():
        print(f"simulating {FILES}", flush=True)
        _run(sys.executable, "-m", "movierec", "simulate", "--like", "ml-32m", "--out", str(FILES))
    # So that it is kept, whatever was before.
    tables = cache.read(FILES).tables
    if (HOME / "item_factors.npy").exists():
        return
    half = _select(tables)
    half.save(HOME / "half.npz")
    movies = tables.movies.set_index("movieId").loc[half.movie_ids].reset_index()
    movies.to_parquet(HOME / "movies.parquet")
    tables.tags[tables.tags["movieId"].isin(half.movie_ids)].to_parquet(HOME / "tags.parquet")
    everything = select_interactions(tables.ratings, len(tables.movies))
    rated = tables.movies.set_index("movieId").loc[everything.movie_ids].reset_index()
    _, content = tfidf(content_text(rated, tables.tags), 5_000)
    sparse.save_npz(HOME / "content.npz", content)
    model = als_ours(everything.user_items, iterations=2)["model"]
    np.save(HOME / "item_factors.npy", model.item_factors)


def measured(side: str, given: str) -> dict:
    """Run one side of a pair in a fresh process."""
    done = _run(sys.executable, __file__, "--side", side, "--given", given)
    return json.loads(done.splitlines()[-1])


def run_side(side: str, given: str) -> None:
    """What the fresh process does: seconds, of all and by whom, bytes, what came out, as JSON."""
    job = globals()[side]
    arguments = inputs(given)
    if side.endswith("ours") and given == "ratings":
        job(arguments[0][:1000])
    if side == "neighbours_ours":
        job(arguments[0][:50], arguments[1][:50])
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    out = job(*arguments)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    # What the processors worked, and what the system did for it, such as finding memory.
    out |= {"user": after.ru_utime - before.ru_utime, "system": after.ru_stime - before.ru_stime}
    if (model := out.pop("model", None)) is not None:
        out["loss"] = _loss(model, arguments[0])
    print(json.dumps({"seconds": seconds, "bytes": _most_held()} | out))


def machine() -> str:
    """What this machine can do in a second: products of matrices, and copies in memory."""
    square = np.ones((3_000, 3_000), dtype=np.float32)
    large = np.ones(1 << 28, dtype=np.float32)
    copy = np.empty_like(large)
    fastest = {}
    for name, job in (
        ("product", lambda: square @ square),
        ("copy", lambda: copy.__setitem__(..., large)),
    ):
        took = []
        for _ in range(4):
            begun = time.perf_counter()
            job()
            took.append(time.perf_counter() - begun)
        fastest[name] = min(took)
    return (
        f"{os.cpu_count()} cores: {len(square) ** 3 / fastest['product'] / 1e9:.0f} billion"
        f" multiply-adds a second in float32 matrix products,"
        f" {large.nbytes / fastest['copy'] / 1e9:.1f} GB/s copied in memory"
    )


def table(names: list[str], repeat: int) -> pd.DataFrame:
    """A row a pair: seconds and GB of both, how many times faster, and how many times at least."""
    rows = {}
    for name in names:
        what, before, after, given, least = PAIRS[name]
        turns = 1 if name in ("neighbours", "preset") else repeat
        pairs = [[measured(side.__name__, given) for side in (before, after)] for _ in range(turns)]
        old, new = (_median([pair[side] for pair in pairs]) for side in (0, 1))
        print(f"{name}: {json.dumps([pairs[-1][0], pairs[-1][1]])}", flush=True)
        rows[what] = {
            "before, s": old["seconds"] * old.get("times", 1),
            "now, s": new["seconds"],
            "times faster": old["seconds"] * old.get("times", 1) / new["seconds"],
            "at least": least,
            "before, GB": old["bytes"] / 1e9,
            "now, GB": new["bytes"] / 1e9,
        }
    return pd.DataFrame(rows).T


def _median(turns: list[dict]) -> dict:
    return turns[-1] | {
        "seconds": statistics.median(turn["seconds"] for turn in turns),
        "bytes": max(turn["bytes"] for turn in turns),
    }


def _select(tables) -> Interactions:
    return select_interactions(tables.ratings, original.TOP_MOVIES, original.FRACTION)


def lists_of(model, train: sparse.csr_array, test: sparse.csr_array):
    scorer = Factors(model)
    everyone = np.ones(train.shape[1], dtype=bool)
    order = popular_first(np.bincount(train.indices, minlength=train.shape[1]), 0)
    return rank_items(scorer, train, train, test, everyone, order, max(CUTOFFS))


class Factors:
    """Users' factors as they were trained, as implicit recommends from them; rows in order."""

    name = "factors"

    def __init__(self, model: AlternatingLeastSquares):
        self._model, self._next = model, 0

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        first, self._next = self._next, self._next + user_items.shape[0]
        return self._model.user_factors[first : self._next] @ self._model.item_factors.T


def _most_held() -> int:
    """Bytes this process held at most (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def _terms(vectorizer) -> str:
    return cache._digest(" ".join(vectorizer.get_feature_names_out()).encode())


def _loss(model: AlternatingLeastSquares, ratings: sparse.csr_array) -> float:
    from implicit.cpu import _als

    confidences = sparse.csr_matrix(ratings * np.float32(ALPHA))
    return _als.calculate_loss(
        confidences, model.user_factors, model.item_factors, REGULARIZATION, num_threads=0
    )


def pipeline(run: str, *options: str, files: Path = FILES) -> pd.DataFrame:
    """Run all stages; a row each with s and GB, as `run` reports them: "17.8 s    1,862 MB"."""
    begun = ("--dataset", str(files), "--run", run)
    text = _run(sys.executable, "-m", "movierec", "run", *begun, *options, home=HOME)
    found = re.findall(r"(?m)^(\d\d_\w+) +([\d.]+) s +([\d,]+) MB", text)
    rows = {stage: (float(s), float(mb.replace(",", "")) / 1000) for stage, s, mb in found}
    return pd.DataFrame(rows, index=["s", "GB"]).T.rename_axis("stage")


def _run(*command: str, home: Path | None = None) -> str:
    environment = os.environ | ({"MOVIEREC_HOME": str(home)} if home else {})
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="turns of each pair [3]")
    parser.add_argument("--jobs", nargs="+", choices=PAIRS, default=[*PAIRS], help="[all]")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--given", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        run_side(asked.side, asked.given)
        return
    prepare()
    print(machine(), flush=True)
    print(table(asked.jobs, asked.repeat).round(2).to_string())


if __name__ == "__main__":
    main()
