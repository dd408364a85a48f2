"""Evaluation on worlds whose right numbers are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from movierec.data.splits import Split, make_split
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.movie_sample import groups_of_movies
from movierec.settings import ProtocolSettings

# User u has rated movie u. Held out are no movie of user 0, one of user 1, two of user 2.
KNOWN = np.eye(3, 6)
HELD_OUT = np.array([[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 4, 0], [0, 0, 0, 2, 0, 5]])
NOTHING = np.zeros((3, 6))


@pytest.fixture
def world(split_of) -> Split:
    return split_of(KNOWN, HELD_OUT)


@pytest.fixture
def perfect(fixed):
    return fixed(HELD_OUT, "perfect")


def test_a_perfect_model_has_a_value_of_one(world, perfect):
    values = evaluate([perfect], world, cutoffs=(2, 3)).per_user["perfect"]

    # Precision@2 of user 1, who has one relevant movie, cannot exceed 0.5.
    assert values.drop(columns="Precision", level="metric").to_numpy() == pytest.approx(1)


def test_the_worst_model_has_a_value_of_zero(world, fixed):
    # Five movies are unseen; the one or two held-out movies come last.
    values = evaluate([fixed(-HELD_OUT, "worst")], world, cutoffs=(1, 3)).per_user["worst"]

    assert (values == 0).all(axis=None)


def test_every_model_has_every_metric_at_every_cutoff(world, perfect, fixed):
    evaluation = evaluate([perfect, fixed(-HELD_OUT, "worst")], world, cutoffs=(2, 3))

    expected = pd.MultiIndex.from_product(
        [["perfect", "worst"], METRICS, [2, 3]], names=["model", "metric", "k"]
    )
    assert evaluation.per_user.columns.equals(expected)
    assert evaluation.values("MRR", 3)["perfect"].tolist() == [1, 1]


def test_values_by_hand(world, fixed):
    # User 1 gets movies 0, 4; user 2 gets movies 0, 1, 5, one of two relevant ones among them.
    table = [[0] * 6, [5, 0, 0, 0, 4, 0], [5, 4, 0, 0, 0, 3]]

    evaluation = evaluate([fixed(table)], world, cutoffs=(3,))

    # 1 / log2(3); and 1 / log2(4) over 1 + 1 / log2(3).
    ndcg = [0.630930, 0.5 / 1.630930]
    assert evaluation.values("NDCG", 3)["fixed"].tolist() == pytest.approx(ndcg, abs=1e-6)
    assert evaluation.values("Recall", 3)["fixed"].tolist() == [1, 0.5]
    assert evaluation.values("MRR", 3)["fixed"].tolist() == pytest.approx([1 / 2, 1 / 3])


def test_users_without_a_test_rating_are_excluded(world, perfect):
    evaluation = evaluate([perfect], world, cutoffs=(2,))

    assert evaluation.users.tolist() == [1, 2]
    assert len(evaluation.per_user) == 2
    assert evaluation.lists["perfect"].items.shape == (2, 2)


def test_models_are_fitted_on_the_training_part_and_score_the_known_ratings(split_of, fixed):
    # User 2 is held out whole: not trained on, but one rating is known.
    train = [[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 0, 0]]
    known = [[3, 0, 0, 0], [0, 3, 0, 0], [0, 4, 0, 0]]
    test = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 5]]
    fitted_on, scored = [], []

    class Curious(fixed):
        def fit(self, train):
            fitted_on.append(train.toarray().tolist())
            return self

        def score(self, user_items):
            scored.append(user_items.toarray().tolist())
            return super().score(user_items)

    evaluate([Curious(np.eye(4))], split_of(train, test, known), cutoffs=(2,))

    assert fitted_on == [train]
    assert scored == [[known[2]]]


def test_known_movies_are_not_recommended(split_of, fixed):
    split = split_of(NOTHING, HELD_OUT, known=KNOWN)

    items = evaluate([fixed(9 * KNOWN)], split, cutoffs=(5,)).lists["fixed"].items

    assert [sorted(row) for row in items.tolist()] == [[0, 2, 3, 4, 5], [0, 1, 3, 4, 5]]


def test_only_candidates_are_recommended(split_of, fixed):
    candidates = [True, False, False, False, True, True]
    split = split_of(KNOWN, HELD_OUT, candidates=candidates)

    items = evaluate([fixed(HELD_OUT)], split, cutoffs=(2,)).lists["fixed"].items

    assert items[:, 0].tolist() == [4, 5]
    assert np.isin(items, [0, 4, 5]).all()


def test_lists_longer_than_the_catalogue_are_padded_with_misses(world, perfect):
    evaluation = evaluate([perfect], world, cutoffs=(8, 1))

    lists = evaluation.lists["perfect"]
    assert (lists.items[:, :5] >= 0).all()
    assert (lists.items[:, 5:] == -1).all()
    assert evaluation.values("Recall", 8)["perfect"].tolist() == [1, 1]
    assert evaluation.values("Precision", 8)["perfect"].tolist() == [1 / 8, 2 / 8]


def test_ratings_below_the_threshold_are_not_relevant(world, perfect):
    evaluation = evaluate([perfect], world, relevance_threshold=4, cutoffs=(2,))

    assert evaluation.relevant.toarray().tolist() == np.where(HELD_OUT >= 4, HELD_OUT, 0).tolist()
    assert evaluation.lists["perfect"].hits.tolist() == [[True, False], [True, False]]
    assert evaluation.values("Recall", 2)["perfect"].tolist() == [1, 1]


def test_users_without_a_relevant_rating_are_excluded(world, perfect):
    evaluation = evaluate([perfect], world, relevance_threshold=4.5, cutoffs=(2,))

    assert evaluation.users.tolist() == [2]
    assert len(evaluation.per_user) == 1


def test_a_threshold_that_no_rating_reaches_is_refused(split_of, perfect):
    split = split_of(KNOWN, np.minimum(HELD_OUT, 3))

    with pytest.raises(ValueError, match=r"no test rating has 4\.5 stars or more"):
        evaluate([perfect], split, relevance_threshold=4.5)


def test_an_empty_test_set_is_refused(split_of, perfect):
    with pytest.raises(ValueError, match="test set is empty"):
        evaluate([perfect], split_of(KNOWN, NOTHING))


def test_ties_are_ordered_by_training_ratings_of_the_candidates(split_of, fixed):
    train = [[0, 4, 0, 3], [0, 4, 1, 3], [0, 0, 0, 2], [0, 0, 0, 0]]
    test = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [5, 0, 0, 0]]
    split = split_of(train, test, candidates=[True, True, True, False])

    lists = evaluate([fixed(np.zeros((4, 4)))], split, cutoffs=(3,)).lists

    assert lists["fixed"].items.tolist() == [[1, 2, 0]]


def test_movies_with_as_many_ratings_are_ordered_by_the_seed_for_all_models(world, fixed):
    models = [fixed(NOTHING, "one"), fixed(NOTHING, "other")]
    lists = [evaluate(models, world, cutoffs=(5,), seed=seed).lists for seed in range(10)]

    assert all(one["one"].items.tolist() == one["other"].items.tolist() for one in lists)
    orders = {tuple(one["one"].items[0]) for one in lists}
    assert len(orders) > 1
    # Movies 0, 1 and 2 have a rating, 3, 4 and 5 have none; user 1 knows movie 1.
    assert {frozenset(order[:2]) for order in orders} == {frozenset({0, 2})}


def test_costs_are_seconds_and_the_share_of_tied_users(world, fixed):
    half = [[0] * 6, [1] * 6, [0, 0, 0, 0, 0, 1]]

    costs = evaluate([fixed(NOTHING, "silent"), fixed(half, "half")], world, cutoffs=(2,)).costs

    assert costs.columns.tolist() == ["fit, s", "rank, s", "all_tied"]
    assert (costs >= 0).all(axis=None)
    assert costs["all_tied"].to_dict() == {"silent": 1, "half": 0.5}


def test_the_target_is_the_hybrid_or_the_last_model(world, fixed):
    hybrid, als = fixed(NOTHING, "hybrid"), fixed(NOTHING, "als")

    assert evaluate([hybrid, als], world, cutoffs=(2,)).target == "hybrid"
    assert evaluate([als], world, cutoffs=(2,)).target == "als"


def test_users_with_and_without_a_history_are_told_apart(split_of, fixed):
    known = KNOWN * [[1], [1], [0]]
    world = split_of(known, HELD_OUT)

    evaluation = evaluate([fixed(HELD_OUT[1:].sum(axis=0) * np.ones((3, 1)))], world)

    values = evaluation.values("NDCG")["fixed"].tolist()
    with_history, without = (
        evaluation.values(n)["fixed"] for n in ("HistoryNDCG", "NoHistoryNDCG")
    )
    assert with_history.tolist() == pytest.approx([values[0], np.nan], nan_ok=True)
    assert without.tolist() == pytest.approx([np.nan, values[1]], nan_ok=True)


def test_where_all_have_a_history_nothing_is_told_apart(world, perfect):
    metrics = evaluate([perfect], world).per_user.columns.get_level_values("metric")

    assert not {"HistoryNDCG", "NoHistoryNDCG"} & {*metrics}


@pytest.fixture
def cold(interactions) -> Split:
    """Forty users; nine of thirty movies are held out."""
    return make_split(interactions, ProtocolSettings(protocol="cold-movies", test_share=0.3))


def test_means_without_movies_are_those_of_an_evaluation_without_them(cold, fixed):
    model = fixed(np.random.default_rng(0).random((30, 30)))
    evaluation = evaluate([model], cold, cutoffs=(5, 10))
    groups = list(groups_of_movies(cold.candidates, evaluation.seed))

    found = evaluation.without_movies

    assert len(found) == len(groups) == 9
    for (_, means), group in zip(found.iterrows(), groups, strict=True):
        test = cold.test.copy()
        test.data[group[test.indices]] = 0
        test.eliminate_zeros()
        fewer = replace(cold, test=test, candidates=cold.candidates & ~group)
        expected = evaluate([model], fewer, cutoffs=(5, 10)).per_user.mean()
        pd.testing.assert_series_equal(means, expected, check_names=False)


def test_movies_that_are_not_held_out_are_no_sample(world, perfect):
    assert evaluate([perfect], world).without_movies is None
