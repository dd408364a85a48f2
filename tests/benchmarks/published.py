"""Three models beside the numbers that LensKit publishes for them, under LensKit's conventions.

    python tests/benchmarks/published.py FOLDER

FOLDER is ml-latest-small. The last fifth of all ratings is hidden, the whole catalogue is ranked,
lists have 100 movies, every hidden rating is relevant. LensKit's demonstration experiment
(https://github.com/lenskit/lk-demo-experiment, ml-latest-small) counts only users of whom
something is known, and its ideal list holds all relevant movies, not just 100; here
users of whom nothing is known count too, and the ideal list is as long as the list.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.interactions import select_interactions
from movierec.data.splits import make_split
from movierec.data.tables import read_tables
from movierec.evaluation.metrics import ndcg
from movierec.evaluation.ranking import popular_first, rank_items
from movierec.models.als import ALS
from movierec.models.base import Model
from movierec.models.item_knn import ItemKNN
from movierec.models.popularity import Popularity
from movierec.settings import ALSSettings, PreferenceSettings, ProtocolSettings

DEPTH = 100
# As LensKit's own: all neighbours with plain cosine; weight 40, regularization 0.1, 50 factors.
PUBLISHED = {"popularity": 0.1082, "item_knn": 0.1081, "als": 0.1158}


def models() -> list[Model]:
    return [
        Popularity(),
        ItemKNN(
            neighbours=2_500,
            shrinkage=0,
            preferences=PreferenceSettings(
                positive_threshold=0.5, rating_exponent=0.0, activity_discount=0.0
            ),
        ),
        ALS(
            ALSSettings(
                factors=50,
                regularization=0.1,
                alpha=40.0,
                iterations=20,
                als_solver="plain",
                positive_threshold=0.5,
                rating_exponent=1.0,
                activity_discount=0.0,
            )
        ),
    ]


def compared(folder: Path) -> pd.DataFrame:
    """Mean NDCG@100 by model: published, under LensKit's conventions, and under ours."""
    interactions = select_interactions(read_tables(folder).ratings, top_movies=10_000_000)
    split = make_split(interactions, ProtocolSettings(protocol="global-time", test_share=0.2))
    users = np.flatnonzero(np.diff(split.test.indptr))
    known, hidden = split.known[users], split.test[users]
    warm = np.diff(known.indptr) > 0
    rows = {}
    for model in models():
        model.fit(_binary(split.train))
        lists = rank_items(
            model,
            _binary(known),
            known,
            hidden,
            split.candidates,
            popular_first(split.training.ratings_per_movie, seed=0),
            DEPTH,
        )
        n_relevant = np.diff(hidden.indptr)
        # With more misses at its end a list is as good; its ideal then is not cut at 100.
        longest = max(DEPTH, n_relevant.max())
        uncut = ndcg(lists.hits, n_relevant, longest)
        rows[model.name] = {
            "LensKit": PUBLISHED[model.name],
            f"known users, ideal uncut ({warm.sum()} users)": uncut[warm].mean(),
            f"known users ({warm.sum()} users)": ndcg(lists.hits, n_relevant, DEPTH)[warm].mean(),
            f"all users ({len(users)} users)": ndcg(lists.hits, n_relevant, DEPTH).mean(),
        }
    return pd.DataFrame(rows).T


def _binary(ratings: sparse.csr_array) -> sparse.csr_array:
    """Ones in place of stars, as LensKit's implicit models take them."""
    return sparse.csr_array(
        (np.ones_like(ratings.data), ratings.indices, ratings.indptr), shape=ratings.shape
    )


if __name__ == "__main__":
    print(compared(Path(sys.argv[1])).round(4).to_string())
