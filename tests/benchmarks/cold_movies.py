"""How far NDCG@10 depends on which movies are held out, and whether its intervals say so.

    python tests/benchmarks/cold_movies.py FOLDER

FOLDER is ml-latest-small. A random 10 % of the 1,000 most rated movies are held out, once for each
of 20 seeds; default settings. The standard deviation over seeds is shown beside the mean standard
error over users alone, and over users and movies; and how many of the seeds' intervals hold the
mean of all.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from movierec.content.features import ItemFeatures
from movierec.content.tfidf import known_content
from movierec.data.interactions import kept_metadata, select_interactions
from movierec.data.splits import make_split
from movierec.data.tables import Tables, read_tables
from movierec.evaluation.evaluate import K, evaluate
from movierec.evaluation.summary import summarise
from movierec.models.registry import build_models
from movierec.settings import ContentSettings, ModelSettings, ProtocolSettings

MODELS = ["content", "als_content", "ease_content", "hybrid"]
SEEDS = range(20)


def answered(tables: Tables, seed: int) -> pd.DataFrame:
    """NDCG@10 of one seed: a row per model, columns mean, and low and high by both kinds."""
    interactions = select_interactions(tables.ratings, top_movies=1_000)
    movies, tags = kept_metadata(tables, interactions)
    protocol = ProtocolSettings(protocol="cold-movies", test_share=0.1, seed=seed)
    split = make_split(interactions, protocol)
    content = known_content(movies, split.known_tags(tags), ContentSettings())
    features = ItemFeatures.of(movies, content)
    models = build_models(ModelSettings(), features, split.training, ",".join(MODELS))
    evaluation = evaluate([models[name] for name in MODELS], split, cutoffs=(K,), seed=seed)
    of_users = summarise(evaluation.values("NDCG"), seed)
    of_both = summarise(evaluation.values("NDCG"), seed, evaluation.movie_means("NDCG"))
    return of_users.add_suffix(" users").join(of_both.add_suffix(" users and movies"))


if __name__ == "__main__":
    tables = read_tables(Path(sys.argv[1]))
    found = pd.concat({seed: answered(tables, seed) for seed in SEEDS}, names=["seed", "model"])
    by_model = found.groupby("model")
    means = found["mean users"]
    table = pd.DataFrame(
        {"mean": by_model["mean users"].mean(), "sd": by_model["mean users"].std()}
    )
    for kind in ("users", "users and movies"):
        centre = means.groupby("model").transform("mean")
        covered = found[f"low {kind}"].le(centre) & found[f"high {kind}"].ge(centre)
        table[f"error, {kind}"] = np.sqrt(by_model[f"se {kind}"].apply(lambda se: (se**2).mean()))
        table[f"covers, {kind}"] = covered.groupby("model").mean()
    print(table.loc[MODELS].round(3).to_string())
