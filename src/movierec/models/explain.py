"""Where a score of a fitted model comes from: the user's movies, and the movie's features.

ALS and EASE are linear in the user's preferences (see `graded_preferences`) and in what a movie's
factors or weights were solved from, so the parts add up to the score exactly.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from scipy import sparse

from movierec.models.als import ALS
from movierec.models.ease import EASE
from movierec.models.hybrid import Hybrid
from movierec.models.kernels.als import solve_rows
from movierec.models.kernels.ranking import row_blocks


def content_factors(als: ALS) -> np.ndarray:
    """The part of each movie's factors that its features bring: (n_items, factors) float32.

    With A_i the matrix of movie i's normal equations, its factors are
    A_i^-1 (sum_u c_ui x_u + sum_f c_fi z_f), over users u who like it and its features f; this is
    A_i^-1 sum_f c_fi z_f.
    """
    n_users = len(als.user_factors)
    raters = sparse.csr_array(als.confidences.T, copy=True)
    # An entry below zero counts in A_i, but its row is not drawn towards.
    raters.data[raters.indices < n_users] *= -1
    found = np.zeros_like(als.item_factors)
    rows = np.vstack([als.user_factors, als.feature_factors])
    solve_rows(raters, found, rows, als.settings.regularization, exact=True)
    return found


def content_share(
    hybrid: Hybrid, als_content: np.ndarray, preferences: sparse.csr_array, items: np.ndarray
) -> np.ndarray:
    """Share of features in what users' movies and features bring some movies: (len(items),).

    als_content: `content_factors` of the hybrid's ALS; preferences: one row. Below 0 or above 1
    where the two have opposite signs; nan where neither brings anything.
    """
    content = whole = np.zeros(len(items))
    for model, scales in hybrid.scaled_components(preferences):
        scale = scales.item()
        whole = whole + scale * model.score_preferences(preferences)[0, items]
        if isinstance(model, ALS):
            user = model.fold_in_preferences(preferences)[0]
            content = content + scale * (als_content[items] @ user)
        else:
            by_feature = [_ease_by_feature(model, preferences, item).sum() for item in items]
            content = content + scale * np.array(by_feature)
    return np.divide(content, whole, out=np.full(len(items), np.nan), where=whole != 0)


def feature_scores(
    hybrid: Hybrid, als_content: np.ndarray, ease_own: np.ndarray, preferences: sparse.csr_array
) -> np.ndarray:
    """What features bring to the scores of one row of preferences: (n_items,).

    For each movie the sum over features in `contributions`. als_content: `content_factors` of the
    hybrid's ALS; ease_own: `ease_own_features` of its EASE, empty without one.
    """
    content = np.zeros(preferences.shape[1], dtype=np.float32)
    for model, scales in hybrid.scaled_components(preferences):
        if isinstance(model, ALS):
            content += scales.item() * (als_content @ model.fold_in_preferences(preferences)[0])
        elif (features := model.item_features) is not None:
            # P own, as in `_ease_by_feature`, where row and column of each movie are left out.
            own = preferences.toarray()[0]
            reached = model.diagonal * (own - model.score_preferences(preferences)[0])
            pulled = features.T @ (features @ reached)
            content += scales.item() * (pulled - ease_own * reached / model.diagonal)
    return content


def ease_own_features(ease: EASE) -> np.ndarray:
    """The diagonal of F'F P, with P the inverse of EASE's Gram matrix: (n_items,)."""
    own = np.zeros(len(ease.diagonal))
    features = ease.item_features
    if features is None:
        return own
    by_item = sparse.csr_array(features.T)
    for rows in row_blocks(len(own), len(own)):
        inverse = -ease.weights[rows] * ease.diagonal
        inverse[np.arange(len(inverse)), np.arange(rows.start, rows.stop)] = ease.diagonal[rows]
        own[rows] = np.einsum("ij,ij->i", (by_item[rows] @ features).toarray(), inverse)
    return own


def contributions(
    hybrid: Hybrid, preferences: sparse.csr_array, item: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """The hybrid's score of one movie for one row of preferences, in parts but recent popularity.

    By the row's movies, through what other users rated, (n_items,); by feature, (n_features,);
    and the offset that standardising subtracts from every movie alike.
    """
    return next(contributions_of(hybrid, preferences, [item]))


def contributions_of(
    hybrid: Hybrid, preferences: sparse.csr_array, items: Iterable[int]
) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """`contributions` of several movies; what they share is found once."""
    components = [
        (model, scales.item(), float(model.score_preferences(preferences).mean()))
        for model, scales in hybrid.scaled_components(preferences)
    ]
    offset = -sum(scale * mean for _, scale, mean in components)
    for item in items:
        by_movie = by_feature = np.zeros(1)
        for model, scale, _ in components:
            if isinstance(model, ALS):
                movies, features = als_contributions(model, preferences, item)
            else:
                movies, features = ease_contributions(model, preferences, item)
            by_movie, by_feature = by_movie + scale * movies, by_feature + scale * features
        yield by_movie, by_feature, offset


def als_contributions(
    als: ALS, preferences: sparse.csr_array, item: int
) -> tuple[np.ndarray, np.ndarray]:
    """An ALS score of one movie for one row, by the row's movies and by feature.

    With A_u the matrix of the user's normal equations, movie m brings c_u g_m y_m' A_u^-1 y; y
    is the part of the explained movie's factors that other users bring (Hu, Koren and Volinsky
    2008, section 5); its feature f brings c_f z_f' A^-1 x_u, with A that of the movie.
    """
    of_items, of_rows = als.grams
    rated = als.item_factors[preferences.indices].astype(np.float64)
    confidence = np.full(len(rated), als.preference_confidence(preferences).item())
    user_system = _normal_matrix(of_items, rated, confidence, als.settings.regularization)
    wanted = confidence * preferences.data
    user = np.linalg.solve(user_system, wanted @ rated)

    entries = als.confidences[:, [item]]
    is_feature = entries.indices >= (n_users := len(als.user_factors))
    features = entries.indices[is_feature] - n_users
    raters = np.vstack(
        [als.user_factors[entries.indices[~is_feature]], als.feature_factors[features]]
    ).astype(np.float64)
    confidence = np.r_[entries.data[~is_feature], entries.data[is_feature]]
    system = _normal_matrix(of_rows, raters, confidence, als.settings.regularization)
    content = (confidence[:, None] * raters)[len(raters) - len(features) :]
    by_feature = np.zeros(len(als.feature_factors))
    by_feature[features] = content @ np.linalg.solve(system, user)

    by_others = als.item_factors[item] - np.linalg.solve(system, content.sum(axis=0))
    by_movie = np.zeros(len(als.item_factors))
    by_movie[preferences.indices] = wanted * (rated @ np.linalg.solve(user_system, by_others))
    return by_movie, by_feature


def ease_contributions(
    ease: EASE, preferences: sparse.csr_array, item: int
) -> tuple[np.ndarray, np.ndarray]:
    """An EASE score of one movie for one row, by the row's movies and by feature.

    Column j of B solves a ridge regression of column j of R and F on all others, and is linear in
    that column: the features' part is the regression of F's column alone.
    """
    by_others = ease.weights[:, item] - _ease_content_weights(ease, item)
    return preferences.toarray()[0] * by_others, _ease_by_feature(ease, preferences, item)


def _ease_content_weights(ease: EASE, item: int) -> np.ndarray:
    """Column `item` of the weights that features alone would give: (n_items,).

    With N = P F'F, it is N_j - P_j N_jj / P_jj.
    """
    features = ease.item_features
    if features is None:
        return np.zeros(len(ease.diagonal))
    pulled = features.T @ features[:, [item]].toarray()[:, 0]
    # P is symmetric with row j = -B[j] * diagonal but for its diagonal, so that P v is:
    column = ease.diagonal * (pulled - pulled @ ease.weights)
    return column - _inverse_column(ease, item) * (column[item] / ease.diagonal[item])


def ease_content_weights(ease: EASE, items: np.ndarray) -> np.ndarray:
    """Rows and columns of some movies of the weights that features alone would give.

    (len(items), len(items)) float32; column by column as in `ease_contributions`.
    """
    features = ease.item_features
    if features is None:
        return np.zeros((len(items), len(items)), dtype=np.float32)
    pulled = (features.T @ features[:, items]).toarray()
    diagonal = ease.diagonal[items]
    columns = diagonal[:, None] * (pulled[items] - ease.weights[:, items].T @ pulled)
    inverse = -ease.weights[np.ix_(items, items)].T * diagonal[:, None]
    np.fill_diagonal(inverse, diagonal)
    return columns - inverse * (np.diag(columns) / diagonal)


def _ease_by_feature(ease: EASE, preferences: sparse.csr_array, item: int) -> np.ndarray:
    """What each feature of a movie brings to its EASE score for one row: (n_features,)."""
    features = ease.item_features
    if features is None:
        return np.zeros(0)
    own = preferences.toarray()[0]
    # P own, and from it the same without row and column `item` in the matrix that P inverts.
    reached = ease.diagonal * (own - ease.score_preferences(preferences)[0])
    reached -= _inverse_column(ease, item) * (reached[item] / ease.diagonal[item])
    return features[:, [item]].toarray()[:, 0] * (features @ reached)


def _inverse_column(ease: EASE, item: int) -> np.ndarray:
    """Column `item` of P, the inverse of EASE's Gram matrix: (n_items,)."""
    column = -ease.weights[item] * ease.diagonal
    column[item] = ease.diagonal[item]
    return column


def _normal_matrix(
    gram: np.ndarray, rows: np.ndarray, confidence: np.ndarray, regularization: float
) -> np.ndarray:
    """The left side of a user's or movie's normal equations: (factors, factors).

    gram: the sum of outer products of all rows; rows: those of other confidence than 1.
    """
    return gram + (rows.T * (confidence - 1)) @ rows + regularization * np.eye(len(gram))
