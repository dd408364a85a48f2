"""Evaluation on Spark, against the local engine on the same split."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from movierec.content.features import ItemFeatures, genres
from movierec.content.tfidf import tfidf
from movierec.data.splits import Split
from movierec.engines.local import LocalEvaluated
from movierec.engines.rows import gather
from movierec.engines.session import readable_errors
from movierec.engines.spark_rank import Rank, Totals, joined, portable
from movierec.engines.splits import HashSplit
from movierec.evaluation.beyond_accuracy import list_qualities
from movierec.evaluation.evaluate import CUTOFFS, evaluate, evaluation_of
from movierec.evaluation.ranking import popular_first
from movierec.models.base import Model
from movierec.models.registry import build_models
from movierec.settings import ContentSettings, ModelSettings, ProtocolSettings

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Case:
    """Models that are fitted on the training part of a split, and how Spark is told of them."""

    split: Split
    models: dict[str, Model]
    local: LocalEvaluated
    rank: Rank


@pytest.fixture(scope="module")
def case(kept, interactions) -> Case:
    settings = ModelSettings(factors=5, iterations=2, ease_regularization=30.0)
    rule = HashSplit(interactions.movie_ids, ProtocolSettings(test_share=0.3, seed=2))
    split, movies = rule.of(interactions), kept.movies
    content = ContentSettings(max_features=50, film_facts=False)
    _, terms = tfidf(movies["title"] + " " + movies["genres"], content)
    features = ItemFeatures.of(movies, terms)
    names = "als_content,ease_content,content,hybrid"
    models = build_models(settings, features, split.training, names)
    here = evaluate(models.values(), split, seed=2)
    qualities, overall = list_qualities(here, terms, genres(movies))
    counts = split.training.ratings_per_movie
    rank = Rank(
        rule,
        portable(models),
        "hybrid",
        0.0,
        popular_first(counts, 2),
        counts,
        np.count_nonzero(np.diff(split.train.indptr)),
        features,
        genres(movies).to_numpy(),
        share=1.0,
    )
    return Case(split, models, LocalEvaluated(here, here.per_user.join(qualities), overall), rank)


@pytest.fixture(scope="module")
def there(kept, case) -> tuple[Totals, dict]:
    """What the cluster gives: totals, and the lists of all users."""
    with readable_errors():
        parts = gather(kept.rows, case.rank)
    assert len(parts) == 3
    totals = parts[0][0] + parts[1][0] + parts[2][0]
    users = case.split.training.user_ids[case.local.evaluation.users]
    return totals, joined([listed for _, listed in parts], users)


def test_every_user_s_metrics_are_the_local_engine_s(case, there):
    one = case.local.evaluation
    found = evaluation_of(case.split, there[1], one.costs, 0.0, CUTOFFS, one.seed)
    pd.testing.assert_frame_equal(found.per_user, one.per_user, rtol=0, atol=1e-6)


def test_totals_come_to_the_means_and_errors_of_all_users(case, there):
    expected = case.local.metrics.set_index(["model", "metric", "k"])[["mean", "se"]]
    found = there[0].metrics_table(case.split.candidates).set_index(["model", "metric", "k"])
    assert set(expected.index) == set(found.index)
    found = found.loc[expected.index, ["mean", "se"]]
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-6)


def test_totals_come_to_the_differences_of_all_users(case, there):
    expected = case.local.differences("NDCG")
    found = there[0].differences("NDCG").loc[expected.index]
    columns = ["mean", "p", "better", "worse"]
    pd.testing.assert_frame_equal(found[columns], expected[columns], rtol=0, atol=1e-6)


def test_what_travels_is_without_users_factors(case):
    als = case.rank.models["als_content"]
    assert not {"training", "user_factors", "item_features"} & vars(als).keys()
    assert "training" in vars(case.models["als_content"])
