"""A sweep of real runs by its command, one of which cannot work."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

RATES = ("0.01", "0.03", "0.1", "0.3", "0.6")
DIVERGES = "10"


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory, quick, two_tastes_dataset
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A sweep of six by BPR's learning rate, two at a time, and the folder of its leaderboard."""
    home = tmp_path_factory.mktemp("sweep")
    told = [f"bpr_learning_rate={','.join([*RATES, DIVERGES])}", "models=bpr", "adapt=false"]
    command = ["sweep", "--dataset", two_tastes_dataset, "--name", "night", "--jobs", "2"]
    command += [word for one in [*told, "diagnostics=false"] for word in ("-p", one)]
    done = subprocess.run(
        [sys.executable, "-m", "movierec", *command],
        env=os.environ | quick | {"MOVIEREC_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return home / "reports" / "sweeps" / "night", done


def test_a_sweep_of_six_with_one_failing_ends_with_five_ranked_and_one_explained(swept):
    folder, done = swept
    table = pd.read_csv(folder / "leaderboard.csv")
    assert done.returncode == 1
    assert sorted(map(str, table["bpr_learning_rate"])) == sorted(RATES)
    assert table["mean"].is_monotonic_decreasing
    assert table["mean"].iloc[0] > table["mean"].iloc[-1]
    _, _, why = done.stdout.partition(f"night-bpr_learning_rate-{DIVERGES}  failed: ")
    assert why.startswith("05_evaluation: Diverged: bpr diverged with a learning rate of 10.0")
    assert "Failed\n------\n- night-bpr_learning_rate-10: 05_evaluation: Diverged" in done.stdout


def test_its_page_ranks_and_explains_too(swept):
    page = (swept[0] / "leaderboard.html").read_text(encoding="utf-8")
    assert all(f"bpr_learning_rate {rate}" in page for rate in RATES)
    assert "bpr diverged with a learning rate of 10" in page


def test_its_runs_share_what_they_have_in_common_and_each_has_a_log(swept):
    artifacts = swept[0].parents[2] / "artifacts"
    runs = [artifacts / f"night-bpr_learning_rate-{rate}" for rate in (*RATES, DIVERGES)]
    assert len({(run / "interactions.npz").stat().st_ino for run in runs}) == 1
    assert all((run / "run.log").exists() for run in runs)
