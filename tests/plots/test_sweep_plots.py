"""The figure of a sweep shows every value where it belongs."""

import numpy as np
import pandas as pd

from movierec.plots.sweep import swept_values


def _values(index: pd.Index) -> pd.DataFrame:
    mean = np.arange(len(index)) / 10
    return pd.DataFrame({"mean": mean, "low": mean - 0.01, "high": mean + 0.02}, index)


def test_one_setting_is_a_line_in_the_order_of_its_values():
    ax = swept_values(_values(pd.Index([64, 8, 16], name="factors")), "ndcg@10")

    [line] = ax.containers
    assert line[0].get_xydata().tolist() == [[0, 0.1], [1, 0.2], [2, 0.0]]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["8", "16", "64"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("factors", "mean ndcg@10, 95 % interval")


def test_values_are_told_in_words_best_first():
    pairs = pd.MultiIndex.from_tuples([(8, 0.5), (16, 0.5)], names=["factors", "alpha"])

    assert swept_values(_values(pairs), "ndcg@10").get_label() == (
        "best first, 16 and 0.5 0.1000, 8 and 0.5 0.0000"
    )


def test_intervals_reach_from_low_to_high():
    ax = swept_values(_values(pd.Index([8], name="factors")), "ndcg@10")

    [segment] = ax.containers[0][2][0].get_segments()
    assert np.allclose(segment, [[0, -0.01], [0, 0.02]])


def test_a_second_setting_has_a_line_for_each_of_its_values():
    index = pd.MultiIndex.from_product([[8, 16], [1.0, 2.5]], names=["factors", "alpha"])

    ax = swept_values(_values(index), "ndcg@10")

    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["alpha 1", "alpha 2.5"]
    assert [line[0].get_ydata().tolist() for line in ax.containers] == [[0.0, 0.2], [0.1, 0.3]]
