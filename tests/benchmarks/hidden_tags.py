"""What the tags of held-out ratings give away: the models with content, with and without them.

    python tests/benchmarks/hidden_tags.py FOLDER

FOLDER is ml-latest-small. The 1,000 most rated movies, default settings, means of NDCG@10 over the
splits of seeds 0 to 4. Evaluations do not know a tag of a held-out pair of user and movie; here
they are shown beside ones that do.
"""

import sys
from pathlib import Path

import pandas as pd

from movierec.content.features import ItemFeatures
from movierec.content.tfidf import known_content
from movierec.data.interactions import kept_metadata, select_interactions
from movierec.data.splits import make_split
from movierec.data.tables import Tables, read_tables
from movierec.evaluation.evaluate import K, evaluate
from movierec.models.registry import build_models
from movierec.settings import ContentSettings, ModelSettings, ProtocolSettings

MODELS = "content,als_content,ease_content,hybrid"
PROTOCOLS = {"cold-movies": 0.1, "user-random": 0.2, "global-time": 0.2}
SEEDS = range(5)


def answered(tables: Tables, protocol: ProtocolSettings, film_facts: bool) -> pd.DataFrame:
    """NDCG@10: a row per model, columns by whether tags of held-out pairs are known."""
    interactions = select_interactions(tables.ratings, top_movies=1_000)
    movies, tags = kept_metadata(tables, interactions)
    split, settings = make_split(interactions, protocol), ModelSettings()
    earlier = tags if split.split_time is None else tags[tags["timestamp"] < split.split_time]
    found = {}
    for name, used in {"all tags": earlier, "without": split.known_tags(tags)}.items():
        content = known_content(movies, used, ContentSettings(film_facts=film_facts))
        features = ItemFeatures.of(movies, content)
        models = build_models(settings, features, split.training, MODELS)
        found[name] = evaluate(models.values(), split, cutoffs=(K,)).values("NDCG").mean()
    return pd.DataFrame(found).assign(tags=len(earlier), hidden=len(earlier) - len(used))


if __name__ == "__main__":
    tables = read_tables(Path(sys.argv[1]))
    for name, share in PROTOCOLS.items():
        for film_facts in (False, True):
            protocols = [
                ProtocolSettings(protocol=name, test_share=share, seed=seed) for seed in SEEDS
            ]
            found = [answered(tables, protocol, film_facts) for protocol in protocols]
            print(f"\n{name}, film facts {'on' if film_facts else 'off'}")
            print((sum(found) / len(found)).round(4).to_string())
