"""A dataset of a few ratings to tune on, and a task whose best parameters are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from movierec.datasets import DatasetFacts
from movierec.settings import TuningSettings
from movierec.tuning.search import TuningTask, run_search


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Thirty users, thirty movies, a rating of every third pair, at random moments of 31 years."""
    folder = tmp_path / "few"
    folder.mkdir()
    rng = np.random.default_rng(0)
    ratings = [
        f"{user},{movie},{rng.integers(1, 11) / 2},{rng.integers(10**9)}"
        for user in range(30)
        for movie in range(30)
        if rng.random() < 1 / 3
    ]
    movies = [f"{movie},Film {movie} ({1980 + movie}),Drama|War" for movie in range(30)]
    files = {
        "ratings.csv": ["userId,movieId,rating,timestamp", *ratings],
        "movies.csv": ["movieId,title,genres", *movies],
        "tags.csv": ["userId,movieId,tag,timestamp", "1,1,funny,5", "2,2,dull,999999999"],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join([*lines, ""]))
    return folder


@pytest.fixture(scope="session")
def hill() -> TuningTask:
    return make_hill()


def make_hill() -> TuningTask:
    """A task: the best ease_weight is 0.8, whatever bpr_iterations is; the start's is 0.5."""
    facts = DatasetFacts("hills", False, 7, 1, 1, 0, 0, 0, 0, 0, sha256={"ratings.csv": "abc"})
    return TuningTask(
        model="hill",
        preset={"cf_weight": 0.25, "ease_weight": 0.5},
        fixed={},
        settings=TuningSettings(ease_weight=0.5),
        facts=facts,
        space={"ease_weight": FloatDistribution(0, 1), "bpr_iterations": IntDistribution(30, 500)},
        n_splits=2,
        scores=lambda settings: iter([1 - (settings.ease_weight - 0.8) ** 2] * 2),
    )


@pytest.fixture(scope="session")
def explore() -> Callable[[TuningTask, int], optuna.Study]:
    """Search without a file: `explore(task, trials)`."""

    def run(task: TuningTask, trials: int) -> optuna.Study:
        study = optuna.create_study(direction="maximize")
        list(run_search(task, study, trials))
        return study

    return run
