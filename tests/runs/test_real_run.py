"""The whole run of real data."""

import json
import pickle

import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.stages import artifact


@pytest.mark.slow
def test_real_data_reach_what_was_promised(ml_latest_small):
    assert main(["run", "--dataset", str(ml_latest_small), "--run", "small"]) == 0
    run = RunPaths("small")
    models = json.loads(artifact(run, "metrics.json").read_text())["models"]
    assert models["popularity"]["ndcg@10"]["mean"] == pytest.approx(0.19, abs=0.01)
    assert models["als"]["ndcg@10"]["mean"] >= 0.37
    assert models["hybrid"]["ndcg@10"]["mean"] >= 0.405
    assert "Simulated audience" not in run.index.read_text()
    with artifact(run, "model.pkl").open("rb") as file:
        assert pickle.load(file)["item_factors"].shape == (1000, 64)
