"""Example users: who is picked, and what is shown of them."""

import html
import re

import numpy as np
import pandas as pd
import pytest

from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.evaluation.examples import HIT, captioned_examples, example

TITLES = pd.Series(["Alien", "Brazil", "Clue", "Diva", "Eraserhead", "Fargo"])


@pytest.fixture
def evaluation(split_of, fixed) -> Evaluation:
    """User 1 of two rated movies 0, 2 and 3 with 3, 5 and 4 stars; movies 4 and 5 are held out."""
    split = split_of(
        [[0, 2, 0, 0, 0, 0], [3, 0, 5, 4, 0, 0], [0, 2, 0, 0, 0, 0]],
        [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 2, 5], [0, 0, 0, 0, 5, 0]],
    )
    right = fixed([[0, 1, 0, 0, 2, 3]], "right")
    wrong = fixed([[0, 3, 0, 0, 2, 1]], "wrong")
    return evaluate([right, wrong], split, cutoffs=(2, 10))


def test_examples_are_users_at_three_quantiles_of_the_first_model(split_of, fixed):
    # Of eleven users the u-th finds a movie with u others before it.
    table = np.zeros((11, 13))
    for user, row in enumerate(table):
        row[12] = 1
        row[[movie for movie in range(12) if movie != user][:user]] = 2
    split = split_of(np.eye(11, 13), np.eye(13)[[12] * 11])

    models = [fixed(np.zeros((11, 13)), "other"), fixed(table, "one")]
    evaluation = evaluate(models, split, cutoffs=(10,))

    tables = captioned_examples(evaluation, ["one", "other"], pd.Series(["Film"] * 13))

    # Users 1, 5 and 9.
    captions = [re.search("<caption>(.*)</caption>", table.data)[1] for table in tables]
    assert [html.unescape(caption) for caption in captions] == [
        "User 103, 90th percentile of one's NDCG@10",
        "User 115, median of one's NDCG@10",
        "User 127, 10th percentile of one's NDCG@10",
    ]
    heads = [re.findall("<th>(.*)</th>", table.data.split("<tbody>")[0])[1:] for table in tables]
    assert heads == [["history", "held out", "one", "other"]] * 3


def test_an_example_has_history_held_out_movies_and_the_lists_by_rank(evaluation):
    table = example(evaluation, 0, ["wrong", "right"], TITLES)

    assert table.to_dict("list") == {
        # Those with most stars come first.
        "history": ["Clue", "Diva", "Alien"],
        "held out": ["Fargo", "Eraserhead", ""],
        "wrong": ["Brazil", HIT + "Eraserhead", HIT + "Fargo"],
        "right": [HIT + "Fargo", HIT + "Eraserhead", "Brazil"],
    }
    assert table.index.tolist() == [1, 2, 3]


def test_no_column_is_longer_than_asked_for(evaluation):
    table = example(evaluation, 0, ["right"], TITLES, most=2)

    assert table.to_dict("list") == {
        "history": ["Clue", "Diva"],
        "held out": ["Fargo", "Eraserhead"],
        "right": [HIT + "Fargo", HIT + "Eraserhead"],
    }


def test_positions_are_among_the_test_users(evaluation):
    # The first user has no test rating, so the second position is the third user's.
    assert example(evaluation, 1, [], TITLES)["history"].tolist() == ["Brazil"]


def test_only_relevant_movies_are_shown_as_held_out(split_of, fixed):
    split = split_of([[3, 0, 0]], [[0, 2, 5]])
    evaluation = evaluate([fixed(np.eye(3))], split, relevance_threshold=4, cutoffs=(10,))

    assert example(evaluation, 0, [], TITLES)["held out"].tolist() == ["Clue"]


def test_a_user_without_history_or_stars_can_be_shown(split_of, fixed):
    split = split_of([[0, 0, 0], [3, 0, 0]], [[0, np.nan, np.nan], [0, 0, 0]])

    table = example(evaluate([fixed(np.eye(3))], split, cutoffs=(10,)), 0, [], TITLES)

    assert table.to_dict("list") == {"history": ["", ""], "held out": ["Brazil", "Clue"]}
