"""Evaluation on worlds whose right numbers are known."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.data.splits import Protocol, Split, make_split
from movierec.evaluation.evaluate import Evaluation, evaluate, list_qualities
from movierec.evaluation.metrics import METRICS
from movierec.models.kernels import ranking
from movierec.models.popularity import Popularity

# User u has rated movie u, and what is hidden is: nothing of user 0, one movie of user 1, two
# of user 2.
KNOWN = np.eye(3, 6)
HIDDEN = np.array([[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 4, 0], [0, 0, 0, 2, 0, 5]])
NOTHING = np.zeros((3, 6))


@pytest.fixture
def world(split_of) -> Split:
    return split_of(KNOWN, HIDDEN)


@pytest.fixture
def perfect(fixed):
    return fixed(HIDDEN, "perfect")


def test_a_perfect_model_gets_one(world, perfect):
    values = evaluate([perfect], world, cutoffs=(2, 3)).per_user["perfect"]

    # Of a list of two half would be right for user 1, whatever the model.
    assert values.drop(columns="Precision", level="metric").to_numpy() == pytest.approx(1)


def test_the_worst_model_gets_zero(world, fixed):
    # Five movies are unseen, of which the worst model puts the hidden one or two last.
    values = evaluate([fixed(-HIDDEN, "worst")], world, cutoffs=(1, 3)).per_user["worst"]

    assert (values == 0).all(axis=None)


def test_every_model_has_every_metric_at_every_cutoff(world, perfect, fixed):
    per_user = evaluate([perfect, fixed(-HIDDEN, "worst")], world, cutoffs=(2, 3)).per_user

    expected = pd.MultiIndex.from_product(
        [["perfect", "worst"], METRICS, [2, 3]], names=["model", "metric", "k"]
    )
    assert per_user.columns.equals(expected)


def test_values_by_hand(world, fixed):
    # User 1 gets movies 0, 4; user 2 gets movies 0, 1, 5, with one of two hidden ones among them.
    table = [[0] * 6, [5, 0, 0, 0, 4, 0], [5, 4, 0, 0, 0, 3]]

    values = (
        evaluate([fixed(table)], world, cutoffs=(3,)).per_user["fixed"].xs(3, axis=1, level="k")
    )

    # 1 / log2(3); and 1 / log2(4) over 1 + 1 / log2(3).
    assert values["NDCG"].tolist() == pytest.approx([0.630930, 0.5 / 1.630930], abs=1e-6)
    assert values["Recall"].tolist() == [1, 0.5]
    assert values["MRR"].tolist() == pytest.approx([1 / 2, 1 / 3])


def test_users_without_a_test_rating_count_nowhere(world, perfect):
    evaluation = evaluate([perfect], world, cutoffs=(2,))

    assert evaluation.users.tolist() == [1, 2]
    assert len(evaluation.per_user) == 2
    assert evaluation.lists["perfect"].items.shape == (2, 2)


def test_a_user_with_one_rating_counts_nowhere(interactions):
    split = make_split(interactions, Protocol(test_share=0.3))

    assert 0 not in evaluate([Popularity()], split, cutoffs=(5,)).users


def test_models_learn_from_the_training_part_of_all_users(world, fixed):
    fitted_on = []

    class Curious(fixed):
        def fit(self, train):
            fitted_on.append(train.toarray())
            return self

    evaluate([Curious(HIDDEN)], world, cutoffs=(2,))

    assert np.array_equal(fitted_on, [KNOWN])


def test_models_are_told_what_is_known_of_the_test_users(split_of, fixed):
    # User 2 is held out whole: nobody learns from them, but something of them is told.
    train = [[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 0, 0]]
    known = [[3, 0, 0, 0], [0, 3, 0, 0], [0, 4, 0, 0]]
    test = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 5]]
    fitted_on, told = [], []

    class Curious(fixed):
        def fit(self, train):
            fitted_on.append(train.toarray().tolist())
            return self

        def score(self, user_items):
            told.append(user_items.toarray().tolist())
            return super().score(user_items)

    evaluate([Curious(np.eye(4))], split_of(train, test, known), cutoffs=(2,))

    assert fitted_on == [train]
    assert told == [[known[2]]]


def test_what_is_known_is_not_recommended(split_of, fixed):
    split = split_of(NOTHING, HIDDEN, known=KNOWN)

    items = evaluate([fixed(9 * KNOWN)], split, cutoffs=(5,)).lists["fixed"].items

    assert [sorted(row) for row in items.tolist()] == [[0, 2, 3, 4, 5], [0, 1, 3, 4, 5]]


def test_only_candidates_are_recommended(split_of, fixed):
    candidates = [True, False, False, False, True, True]
    split = split_of(KNOWN, HIDDEN, candidates=candidates)

    items = evaluate([fixed(HIDDEN)], split, cutoffs=(2,)).lists["fixed"].items

    assert items[:, 0].tolist() == [4, 5]
    assert np.isin(items, [0, 4, 5]).all()


def test_lists_longer_than_the_catalogue_are_padded_and_count_misses(world, perfect):
    evaluation = evaluate([perfect], world, cutoffs=(8,))

    lists, values = evaluation.lists["perfect"], evaluation.per_user["perfect"]
    assert (lists.items[:, :5] >= 0).all()
    assert (lists.items[:, 5:] == -1).all()
    assert values["Recall", 8].tolist() == [1, 1]
    assert values["Precision", 8].tolist() == [1 / 8, 2 / 8]


def test_lists_are_as_deep_as_the_largest_cutoff(world, perfect):
    assert evaluate([perfect], world, cutoffs=(4, 1)).lists["perfect"].items.shape == (2, 4)


def test_a_movie_that_nobody_rated_can_be_recommended(world, perfect):
    # None of the hidden movies has a training rating.
    assert evaluate([perfect], world, cutoffs=(1,)).lists["perfect"].items.tolist() == [[4], [5]]


def test_low_ratings_are_not_relevant_to_a_threshold(world, perfect):
    evaluation = evaluate([perfect], world, relevance_threshold=4, cutoffs=(2,))

    assert evaluation.relevant.toarray().tolist() == np.where(HIDDEN >= 4, HIDDEN, 0).tolist()
    assert evaluation.lists["perfect"].hits.tolist() == [[True, False], [True, False]]
    assert evaluation.per_user["perfect", "Recall", 2].tolist() == [1, 1]


def test_users_without_a_relevant_rating_are_left_out(world, perfect):
    evaluation = evaluate([perfect], world, relevance_threshold=4.5, cutoffs=(2,))

    assert evaluation.users.tolist() == [2]
    assert len(evaluation.per_user) == 1


def test_a_threshold_that_no_rating_reaches_is_refused(split_of, perfect):
    split = split_of(KNOWN, np.minimum(HIDDEN, 3))

    with pytest.raises(ValueError, match=r"no test rating has 4\.5 stars or more"):
        evaluate([perfect], split, relevance_threshold=4.5)


def test_an_empty_test_set_is_refused(split_of, perfect):
    with pytest.raises(ValueError, match="test set is empty"):
        evaluate([perfect], split_of(KNOWN, NOTHING))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused(world, fixed, wrong):
    with pytest.raises(ValueError, match="broken"):
        evaluate([fixed(np.full((3, 6), wrong), "broken")], world)


def test_scores_of_the_wrong_shape_are_refused(world, fixed):
    with pytest.raises(ValueError, match="narrow"):
        evaluate([fixed(np.ones((3, 5)), "narrow")], world)


def test_of_equal_scores_the_most_rated_movie_goes_first(split_of, fixed):
    train = [[0, 0, 0, 4], [0, 5, 0, 3], [0, 5, 2, 1], [0, 0, 0, 0]]
    test = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [5, 0, 0, 0]]

    lists = evaluate([fixed(np.zeros((4, 4)))], split_of(train, test), cutoffs=(4,)).lists

    assert lists["fixed"].items.tolist() == [[3, 1, 2, 0]]


def test_popularity_among_candidates_settles_their_ties(split_of, fixed):
    train = [[0, 4, 0, 3], [0, 4, 1, 3], [0, 0, 0, 2], [0, 0, 0, 0]]
    test = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [5, 0, 0, 0]]
    split = split_of(train, test, candidates=[True, True, True, False])

    lists = evaluate([fixed(np.zeros((4, 4)))], split, cutoffs=(3,)).lists

    assert lists["fixed"].items.tolist() == [[1, 2, 0]]


def test_equally_rated_movies_are_drawn_by_the_seed(world, fixed):
    orders = {
        tuple(evaluate([fixed(NOTHING)], world, cutoffs=(5,), seed=seed).lists["fixed"].items[0])
        for seed in range(10)
    }

    assert len(orders) > 1
    # Movies 0, 1 and 2 have a rating, 3, 4 and 5 have none; user 1 knows movie 1.
    assert {frozenset(order[:2]) for order in orders} == {frozenset({0, 2})}


def test_all_models_settle_ties_the_same_way(world, fixed):
    lists = evaluate([fixed(NOTHING, "one"), fixed(NOTHING, "other")], world, cutoffs=(5,)).lists

    assert lists["one"].items.tolist() == lists["other"].items.tolist()


def test_the_share_of_users_to_whom_all_is_the_same_is_told(world, fixed):
    half = [[0] * 6, [1] * 6, [0, 0, 0, 0, 0, 1]]

    costs = evaluate([fixed(NOTHING, "silent"), fixed(half, "half")], world, cutoffs=(2,)).costs

    assert costs["all_tied"].to_dict() == {"silent": 1, "half": 0.5}


def test_costs_cover_every_model(evaluation):
    assert evaluation.costs.index.tolist() == ["popularity", "ease"]
    assert evaluation.costs.columns.tolist() == ["fit, s", "rank, s", "all_tied"]
    assert (evaluation.costs >= 0).all(axis=None)


def test_blocks_change_nothing(split, evaluation, monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 7 * 4 * 30)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    in_blocks = evaluate([Popularity()], split, cutoffs=(5, 10))

    assert in_blocks.per_user["popularity"].equals(evaluation.per_user["popularity"])


@pytest.fixture
def qualities(split_of, fixed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of two users with something hidden, who get movies 0, 1 and 1, 3 by one of two models.

    Movies 0 and 2 are of one genre, 1 and 3 of another, and their content is the same.
    Of four users with a training rating one rated movie 0, one movie 2 and two movie 3; user 1
    is held out whole, and knows movie 2.
    """
    nothing = [0, 0, 0, 0]
    train = [[0, 0, 0, 5], nothing, [0, 0, 0, 5], [5, 0, 0, 0], [0, 0, 5, 0]]
    known = [train[0], [0, 0, 5, 0], *train[2:]]
    test = [[0, 5, 0, 0], [0, 5, 0, 0], *[nothing] * 3]
    tables = {"given": [[0] * 4, [0] * 4, [0, 3, 0, 0], [5, 4, 0, 0]], "silent": np.zeros((4, 4))}
    models = [fixed(table, name) for name, table in tables.items()]
    evaluation = evaluate(models, split_of(train, test, known), cutoffs=(2,))
    genres = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    return list_qualities(evaluation, sparse.csr_array(genres), genres, k=2)


def test_qualities_are_told_of_every_model_and_user(qualities):
    per_user, overall = qualities

    metrics = ["Novelty", "Diversity", "PopularityLift", "Miscalibration"]
    expected = [["given", "silent"], metrics, [2]]
    names = ["model", "metric", "k"]
    assert per_user.columns.equals(pd.MultiIndex.from_product(expected, names=names))
    assert len(per_user) == 2
    assert overall.index.tolist() == ["given", "silent"]
    assert overall.columns.tolist() == [("Coverage", 2), ("Gini", 2)]


def test_qualities_by_hand(qualities):
    # User 0 gets movies 0 and 1, user 1 gets movies 1 and 3. A rating by one of the four who
    # rated anything is worth 2 bits, by two of them 1 bit; none counts like one.
    per_user, overall = qualities[0]["given"].xs(2, axis=1, level="k"), qualities[1].loc["given"]

    assert per_user["Novelty"].tolist() == pytest.approx([2, 1.5])
    assert per_user["Diversity"].tolist() == pytest.approx([1, 0])
    # Ratings of the list's movies, 1 and 0, 0 and 2, against those of the user's, 2 and 1.
    assert per_user["PopularityLift"].tolist() == pytest.approx([0.5 / 2 - 1, 1 / 1 - 1])
    # Half of the first list is of the history's genre; nothing of the second is.
    assert per_user["Miscalibration"].tolist() == pytest.approx([0.311278, 1], abs=1e-6)
    assert overall["Coverage", 2] == 0.75
    # Exposures 0, 1, 1, 2: a mean difference of 0.75 over twice the mean of 1.
    assert overall["Gini", 2] == pytest.approx(0.375)


def test_qualities_are_those_of_the_first_k(split, evaluation: Evaluation):
    n_movies = split.train.shape[1]
    content = sparse.csr_array(np.eye(n_movies, dtype=np.float32))
    genres = np.eye(3, dtype=np.float32)[np.arange(n_movies) % 3]

    _, overall = list_qualities(evaluation, content, genres, k=5)

    for name, lists in evaluation.lists.items():
        assert overall.loc[name, ("Coverage", 5)] == len(np.unique(lists.items[:, :5])) / n_movies
