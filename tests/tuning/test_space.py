"""The search space of each model."""

import pytest

from movierec.settings import TuningSettings
from movierec.tuning.space import SPACES, search_space


@pytest.mark.parametrize("model", SPACES)
@pytest.mark.parametrize("end", ["low", "high"])
def test_ranges_lie_within_what_the_settings_allow(model, end):
    TuningSettings().replace(**{name: getattr(one, end) for name, one in SPACES[model].items()})


def test_what_is_fixed_is_not_searched():
    assert list(search_space("item_knn", {"knn_shrinkage": 3.0, "alpha": 1.0})) == [
        "knn_neighbours"
    ]


def test_a_model_without_hyperparameters_is_refused():
    with pytest.raises(
        ValueError, match=r"'popularity' has nothing to tune; there are als, .*hybrid"
    ):
        search_space("popularity")


def test_fixing_all_there_is_is_refused():
    with pytest.raises(
        ValueError, match="nothing of ease is left to tune: leave ease_regularization open"
    ):
        search_space("ease", SPACES["ease"])
