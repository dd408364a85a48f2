"""Runs on folders in the layouts of early editions, which have no tags."""

import json

import pytest

from movierec.cli import main
from movierec.data.movielens import MOVIELENS
from movierec.paths import RunPaths
from movierec.simulation.simulator import Shape, simulate
from movierec.stages import artifact

SMALL = Shape(ratings=4_000, users=100, tags=0, half_stars=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ml-100k", "ml-1m"])
def test_a_folder_of_an_early_edition_goes_from_one_command_to_reports(tmp_path, name):
    folder = tmp_path / name
    layout = MOVIELENS[name].layout
    simulate(folder, SMALL, layout=layout)
    assert main(["run", "--dataset", str(folder), "--to", "02"]) == 0
    run = RunPaths(name)
    facts = json.loads(artifact(run, "dataset.json").read_text())
    assert (facts["ratings"], facts["users"], facts["tags"]) == (4_000, 100, 0)
    assert list(facts["sha256"]) == [layout.ratings.name, layout.movies.name]
    assert run.report("02_content_features").exists()
    assert "4,000" in run.index.read_text()
