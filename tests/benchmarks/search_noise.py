"""How much accuracy varies with the search for hyperparameters alone.

    python tests/benchmarks/search_noise.py FOLDER

FOLDER is ml-latest-small. One test split, of seed 0; hyperparameters are fitted to its training
part as in a run, on five validation splits of different seeds. Shown are NDCG@10 on the test split
and the standard deviation over the five.
"""

import sys
from pathlib import Path

import pandas as pd

from movierec.datasets import load_dataset
from movierec.evaluation.evaluate import K, evaluate
from movierec.evaluation.inputs import EvaluationInputs
from movierec.models.registry import build_models
from movierec.settings import ContentSettings, DataSettings, ModelSettings, ProtocolSettings
from movierec.tuning.adaptation import adapt

MODELS = ["als", "ease", "als_content", "ease_content", "hybrid"]
SEEDS = range(5)


def searched(folder: Path) -> pd.DataFrame:
    """NDCG@10: a row per seed of the search, columns models and what the hybrid is ahead by."""
    tables, facts = load_dataset(str(folder))
    protocol, settings = ProtocolSettings(), ModelSettings()
    given = EvaluationInputs.of(
        tables, facts, DataSettings(), protocol, settings, ContentSettings()
    )
    split, rows = given.split(), {}
    for seed in SEEDS:
        asked = EvaluationInputs.of(
            tables, facts, DataSettings(), protocol.replace(seed=seed), settings, ContentSettings()
        )
        found = adapt(asked, split).settings
        models = build_models(found, given.features(split), split.training, ",".join(MODELS))
        means = evaluate([models[name] for name in MODELS], split, cutoffs=(K,)).values("NDCG")
        rows[seed] = means.mean()
    table = pd.DataFrame(rows).T
    return table.assign(lead=table["hybrid"] - table["ease_content"])


if __name__ == "__main__":
    found = searched(Path(sys.argv[1]))
    print(pd.concat([found, found.agg(["mean", "std"])]).round(4).to_string())
