"""What a like is, what every model must learn, and that a model is fitted once on a matrix."""

import numpy as np
import pytest
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.models.als import ALS
from movierec.models.base import (
    Model,
    NothingToLearn,
    discounted,
    fit_once,
    graded_preferences,
    likes,
    median_activity,
    user_weights,
)
from movierec.models.bpr import BPR
from movierec.models.content import Content
from movierec.models.ease import EASE
from movierec.models.hybrid import Components, Hybrid
from movierec.models.item_knn import ItemKNN
from movierec.models.kernels.ranking import top_k
from movierec.models.recency import RecentPopularity
from movierec.settings import ALSSettings, HybridSettings, PreferenceSettings

PREFERENCES = {"positive_threshold": 3.0, "rating_exponent": 1.0, "activity_discount": 0.0}


def als() -> ALS:
    return ALS(ALSSettings(factors=4, regularization=5.0, alpha=5.0, **PREFERENCES))


def ease() -> EASE:
    return EASE(10.0, PreferenceSettings(**PREFERENCES))


def content() -> Content:
    even_or_odd = np.eye(2, dtype=np.float32)[np.arange(10) % 2]
    return Content(sparse.csr_array(even_or_odd), positive_threshold=3.0)


def item_knn() -> ItemKNN:
    return ItemKNN(4, 1.0, PreferenceSettings(**PREFERENCES))


def bpr() -> BPR:
    return BPR(
        factors=4,
        learning_rate=0.05,
        regularization=0.01,
        iterations=50,
        positive_threshold=3.0,
        seed=0,
    )


def hybrid() -> Hybrid:
    nothing = Interactions(
        np.arange(20), np.arange(10), sparse.csr_array((20, 10)), np.zeros(0, dtype=np.int32)
    )
    settings = HybridSettings(ease_weight=0.5, recency_weight=0.0)
    return Hybrid(Components(als(), ease()), RecentPopularity(nothing, 1.0), settings)


class Remembers:
    """A model that knows what it was fitted on."""

    name = "remembers"

    def __init__(self):
        self.fitted_on = []

    @fit_once
    def fit(self, train):
        self.fitted_on.append(train)


@pytest.fixture(params=[als, ease, content, item_knn, bpr, hybrid], ids=lambda make: make.__name__)
def model(request) -> Model:
    return request.param()


def test_withheld_movies_come_first(model, two_tastes):
    best = top_k(model.fit(two_tastes).score(two_tastes), 1, seen=two_tastes)

    assert best[:10, 0].tolist() == list(range(10))


def test_a_user_never_seen_is_given_movies_of_their_taste(model, two_tastes):
    stranger = sparse.csr_array(np.array([[4, 0, 4, 0, 4, 0, 0, 0, 0, 0]], dtype=np.float32))

    best = top_k(model.fit(two_tastes).score(stranger), 2, seen=stranger)

    assert set(best[0].tolist()) == {6, 8}


def test_a_user_without_ratings_is_scored_too(model, two_tastes):
    nobody = sparse.csr_array((1, 10), dtype=np.float32)

    assert np.isfinite(model.fit(two_tastes).score(nobody)).all()


def test_ratings_are_not_changed(model, two_tastes):
    two_tastes.data[::3] = 1.0
    before = two_tastes.copy()

    model.fit(two_tastes).score(two_tastes)

    assert two_tastes.indices.tolist() == before.indices.tolist()
    assert two_tastes.data.tolist() == before.data.tolist()


def test_likes_begin_at_the_threshold():
    stars = sparse.csr_array(np.array([[0.5, 2.5, 3.0, 5.0]], dtype=np.float32))

    assert likes(stars, 3.0).toarray().tolist() == [[0.0, 0.0, 3.0, 5.0]]


def test_low_ratings_are_gone_and_not_stored_as_zero():
    stars = sparse.csr_array(np.array([[0.5, 2.5, 3.0, 5.0]], dtype=np.float32))

    assert likes(stars, 3.0).indices.tolist() == [2, 3]


def test_likes_leave_their_input_alone():
    stars = sparse.csr_array(np.array([[0.5, 5.0]], dtype=np.float32))

    likes(stars, 3.0)

    assert stars.data.tolist() == [0.5, 5.0]
    assert stars.indices.tolist() == [0, 1]


def test_a_model_is_fitted_once_on_a_matrix(two_tastes):
    model = Remembers()

    assert model.fit(two_tastes) is model.fit(two_tastes) is model
    assert model.fitted_on == [two_tastes]


def test_a_model_is_fitted_again_on_another_matrix(two_tastes):
    # Equal is not enough: only the very same matrix is known not to differ.
    model, other = Remembers(), two_tastes.copy()

    for train in (two_tastes, other, two_tastes):
        model.fit(train)

    assert [id(train) for train in model.fitted_on] == [
        id(train) for train in (two_tastes, other, two_tastes)
    ]


# Users with four likes, one and none.
UNEQUAL = sparse.csr_array(np.array([[4, 5, 3, 4], [0, 4, 0, 0], [0, 0, 0, 0]], dtype=np.float32))


@pytest.mark.parametrize(
    ("exponent", "worth"), [(0, [3.5, 3.5]), (0.5, [1.75, 3.5]), (1, [0.875, 3.5])]
)
def test_stars_are_worth_more_by_their_power(exponent, worth):
    stars = sparse.csr_array(np.array([[0.875, 0, 3.5]], dtype=np.float32))

    assert likes(stars, 0.5, exponent).data.tolist() == pytest.approx(worth)


def test_typical_activity_is_that_of_the_median_user_with_likes():
    assert median_activity(UNEQUAL) == 2.5
    assert median_activity(sparse.csr_array((3, 4), dtype=np.float32)) == 1


def test_likes_of_active_users_weigh_less():
    # Four likes over four typical ones weigh 1; one like weighs the root of four.
    assert user_weights(UNEQUAL, 0.5, 4)[:2].tolist() == [1, 2]


def test_without_a_discount_all_users_weigh_the_same():
    assert user_weights(UNEQUAL, 0, 4).tolist() == [1, 1, 1]


def test_weighted_likes_keep_their_order_of_stars():
    found = discounted(likes(UNEQUAL, 4.0), 0.5, 3).toarray()

    assert found[0] == pytest.approx([4, 5, 0, 4])
    assert found[1] == pytest.approx([0, 4 * np.sqrt(3), 0, 0])


def test_preferences_rise_with_the_stars_and_change_sign_in_the_middle_of_the_scale():
    stars = np.array([[0.5, 2.5, 2.75, 3.0, 5.0]], dtype=np.float32)

    g = graded_preferences(sparse.csr_array(stars)).data

    assert g.tolist() == pytest.approx([-1 / 4, -1 / 36, 0, 1 / 9, 1])


def test_a_movie_rated_in_the_middle_of_the_scale_stays_rated():
    stars = sparse.csr_array(np.array([[0, 2.75]], dtype=np.float32))

    assert graded_preferences(stars).indices.tolist() == [1]


def test_training_on_no_like_names_the_setting():
    lowest = sparse.csr_array(np.ones((3, 4), dtype=np.float32))
    with pytest.raises(NothingToLearn, match=r"positive_threshold, 3 stars \(the highest is 1\)"):
        als().fit(lowest)
