"""A few users seen closely: who is picked, and what is shown of them."""

import numpy as np
import pandas as pd
import pytest

from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.evaluation.examples import HIT, example, typical_users

TITLES = pd.Series(["Alien", "Brazil", "Clue", "Diva", "Eraserhead", "Fargo"])


def served(ndcg: list[float], hit_rate: list[float] | None = None) -> Evaluation:
    """Of an evaluation nothing but what a model called "one" is worth to each user."""
    per_user = {("one", "NDCG", 10): ndcg, ("one", "HitRate", 10): hit_rate or ndcg}
    return Evaluation(None, None, np.arange(len(ndcg)), {}, pd.DataFrame(per_user), pd.DataFrame())


@pytest.fixture
def evaluation(split_of, fixed) -> Evaluation:
    """User 1 of two rated movies 0, 2 and 3 with 3, 5 and 4 stars; movies 4 and 5 are hidden."""
    split = split_of(
        [[0, 2, 0, 0, 0, 0], [3, 0, 5, 4, 0, 0], [0, 2, 0, 0, 0, 0]],
        [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 2, 5], [0, 0, 0, 0, 5, 0]],
    )
    right = fixed([[0, 1, 0, 0, 2, 3]], "right")
    wrong = fixed([[0, 3, 0, 0, 2, 1]], "wrong")
    return evaluate([right, wrong], split, cutoffs=(2, 10))


def test_users_stand_at_nine_tenths_half_and_one_tenth():
    values = [0.3, 0.9, 0.0, 0.5, 1.0, 0.1, 0.8, 0.2, 0.7, 0.4, 0.6]

    places = typical_users(served(values), "one")

    assert {kind: values[place] for kind, place in places.items()} == {
        "served well": 0.9,
        "served middling": 0.5,
        "served badly": 0.1,
    }


def test_users_are_picked_by_the_metric_asked_for():
    evaluation = served([0.1, 0.5, 0.9], hit_rate=[0.9, 0.5, 0.1])

    assert typical_users(evaluation, "one", "HitRate")["served well"] == 0


def test_a_single_user_is_served_well_middling_and_badly():
    assert set(typical_users(served([0.4]), "one").values()) == {0}


def test_an_example_has_a_column_for_history_hidden_movies_and_each_model(evaluation):
    table = example(evaluation, 0, ["wrong", "right"], TITLES)

    assert table.columns.tolist() == ["favourites known", "hidden", "wrong", "right"]


def test_those_with_most_stars_come_first(evaluation):
    table = example(evaluation, 0, [], TITLES)

    assert table["favourites known"].tolist() == ["Clue", "Diva", "Alien"]
    assert table["hidden"].tolist() == ["Fargo", "Eraserhead", ""]


def test_lists_stand_in_order_with_their_hits_marked(evaluation):
    table = example(evaluation, 0, ["right", "wrong"], TITLES)

    assert table["right"].tolist() == [HIT + "Fargo", HIT + "Eraserhead", "Brazil"]
    assert table["wrong"].tolist() == ["Brazil", HIT + "Eraserhead", HIT + "Fargo"]


def test_ranks_count_from_one(evaluation):
    assert example(evaluation, 0, ["right"], TITLES).index.tolist() == [1, 2, 3]


def test_no_column_is_longer_than_asked_for(evaluation):
    table = example(evaluation, 0, ["right"], TITLES, most=2)

    assert table.to_dict("list") == {
        "favourites known": ["Clue", "Diva"],
        "hidden": ["Fargo", "Eraserhead"],
        "right": [HIT + "Fargo", HIT + "Eraserhead"],
    }


def test_places_are_among_the_users_that_count(evaluation):
    # The first user has nothing hidden, so the second place is the third user's.
    assert example(evaluation, 1, [], TITLES)["favourites known"].tolist() == ["Brazil"]


def test_hidden_movies_are_those_that_count(split_of, fixed):
    split = split_of([[3, 0, 0]], [[0, 2, 5]])
    evaluation = evaluate([fixed(np.eye(3))], split, relevance_threshold=4, cutoffs=(10,))

    assert example(evaluation, 0, [], TITLES)["hidden"].tolist() == ["Clue"]


def test_hidden_movies_without_stars_are_shown(split_of, fixed):
    split = split_of([[3, 0, 0]], [[0, np.nan, np.nan]])

    table = example(evaluate([fixed(np.eye(3))], split, cutoffs=(10,)), 0, [], TITLES)

    assert table["hidden"].tolist() == ["Brazil", "Clue"]


def test_a_user_of_whom_nothing_is_known_has_no_favourites(split_of, fixed):
    split = split_of([[0, 0, 3], [0, 0, 0]], [[0, 0, 0], [5, 0, 0]])

    table = example(evaluate([fixed(np.eye(3))], split, cutoffs=(10,)), 0, [], TITLES)

    assert table["favourites known"].tolist() == [""]
