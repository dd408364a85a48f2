"""A run that is killed, then resumed by the same command, comes to what no kill would have left."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict:
    """What came of a kill at every change of a file, over an older run, and at random moments."""
    place, script = tmp_path_factory.mktemp("kills"), Path(__file__).with_name("kills.py")
    done = subprocess.run(
        [sys.executable, script, place, "30"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_runs_are_killed_at_least_two_hundred_times(found):
    assert len(found["results"]) == found["changes"] + 30 >= 200


def test_a_killed_run_comes_to_the_same_files_by_the_same_command_and_leaves_nothing_else(found):
    assert [one for one in found["results"] if not one["same"]] == []


def test_the_older_run_would_be_told_from_the_newer(found):
    before, whole = found["mixed"]
    changed = {name for name in whole if "artifacts" in name and before[name] != whole[name]}
    assert {"artifacts/mine/interactions.npz", "artifacts/mine/model.pkl"} <= changed
