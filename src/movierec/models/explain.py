"""Where a score of a fitted model comes from: the user's movies, and the movie's features.

ALS and EASE are linear in what a movie's factors or weights were solved from, so the parts add up
to the score exactly.
"""

import numpy as np
from scipy import sparse

from movierec.models.als import ALS
from movierec.models.ease import EASE
from movierec.models.hybrid import Hybrid, spread
from movierec.models.kernels.als import solve_rows


def content_factors(als: ALS) -> np.ndarray:
    """The part of each movie's factors that its features bring: (n_items, factors) float32.

    With A_i the matrix of movie i's normal equations, its factors are
    A_i^-1 (sum_u c_ui x_u + sum_f c_fi z_f), over users u who like it and its features f; this is
    A_i^-1 sum_f c_fi z_f.
    """
    n_users = len(als.user_factors)
    raters = als.confidences.copy()
    # A negative confidence counts in A_i, but its row is not drawn towards.
    raters.data[: raters.indptr[n_users]] *= -1
    found = np.zeros_like(als.item_factors)
    rows = np.vstack([als.user_factors, als.feature_factors])
    solve_rows(sparse.csr_array(raters.T), found, rows, als.settings.regularization, exact=True)
    return found


def content_share(
    hybrid: Hybrid, als_content: np.ndarray, user_items: sparse.csr_array, items: np.ndarray
) -> np.ndarray:
    """Share of features in what users' movies and features bring some movies: (len(items),).

    als_content: `content_factors` of the hybrid's ALS; user_items: one row. Below 0 or above 1
    where the two have opposite signs; nan where neither brings anything.
    """
    content = whole = np.zeros(len(items))
    for model, weight in hybrid.weighted_components:
        scores = model.score(user_items)
        scale = weight / spread(scores).item()
        whole = whole + scale * scores[0, items]
        if isinstance(model, ALS):
            content = content + scale * (model.fold_in(user_items) @ als_content[items].T)[0]
        else:
            by_feature = [_ease_by_feature(model, user_items, item).sum() for item in items]
            content = content + scale * np.array(by_feature)
    return np.divide(content, whole, out=np.full(len(items), np.nan), where=whole != 0)


def contributions(
    hybrid: Hybrid, user_items: sparse.csr_array, item: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """The hybrid's score of one movie for one row, without recent popularity, in parts.

    By the row's movies, through what other users rated, (n_items,); by feature, (n_features,);
    and the offset that standardising subtracts from every movie alike.
    """
    by_movie = by_feature = np.zeros(1)
    offset = 0.0
    for model, weight in hybrid.weighted_components:
        scores = model.score(user_items)
        scale = weight / spread(scores).item()
        if isinstance(model, ALS):
            movies, features = als_contributions(model, user_items, item)
        else:
            movies, features = ease_contributions(model, user_items, item)
        by_movie, by_feature = by_movie + scale * movies, by_feature + scale * features
        offset -= scale * float(scores.mean())
    return by_movie, by_feature, offset


def als_contributions(
    als: ALS, user_items: sparse.csr_array, item: int
) -> tuple[np.ndarray, np.ndarray]:
    """An ALS score of one movie for one row, by the row's movies and by feature.

    With A_u the matrix of the user's normal equations, movie m brings c_um y_m' A_u^-1 y, where y
    is the part of the explained movie's factors that other users bring (Hu, Koren and Volinsky
    2008, section 5); its feature f brings c_f z_f' A^-1 x_u, with A that of the movie.
    """
    row = als.weighted(user_items)
    liked, confidence = row.indices, als.settings.alpha * row.data
    items = als.item_factors.astype(np.float64)
    user_system = _normal_matrix(items, liked, confidence, als.settings.regularization)
    drawn = np.maximum(confidence, 0)  # a negative preference has p = 0
    user = np.linalg.solve(user_system, drawn @ items[liked])

    rows = np.vstack([als.user_factors, als.feature_factors]).astype(np.float64)
    raters = als.confidences[:, [item]].tocoo()
    system = _normal_matrix(rows, raters.row, raters.data, als.settings.regularization)
    by_row = raters.data * (rows[raters.row] @ np.linalg.solve(system, user))
    is_feature = raters.row >= len(als.user_factors)
    by_feature = np.zeros(len(als.feature_factors))
    by_feature[raters.row[is_feature] - len(als.user_factors)] = by_row[is_feature]

    content = raters.data[is_feature] @ rows[raters.row[is_feature]]
    by_others = items[item] - np.linalg.solve(system, content)
    by_movie = np.zeros(len(items))
    by_movie[liked] = drawn * (items[liked] @ np.linalg.solve(user_system, by_others))
    return by_movie, by_feature


def ease_contributions(
    ease: EASE, user_items: sparse.csr_array, item: int
) -> tuple[np.ndarray, np.ndarray]:
    """An EASE score of one movie for one row, by the row's movies and by feature.

    Column j of B solves a ridge regression of column j of R and F on all others, and is linear in
    that column: the features' part is the regression of F's column alone.
    """
    own = ease.liked(user_items).toarray()[0]
    by_others = ease.weights[:, item] - _ease_content_weights(ease, item)
    return own * by_others, _ease_by_feature(ease, user_items, item)


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


def _ease_by_feature(ease: EASE, user_items: sparse.csr_array, item: int) -> np.ndarray:
    """What each feature of a movie brings to its EASE score for one row: (n_features,)."""
    features = ease.item_features
    if features is None:
        return np.zeros(0)
    own = ease.liked(user_items).toarray()[0]
    # P own, and from it the same without row and column `item` in the matrix that P inverts.
    reached = ease.diagonal * (own - ease.score(user_items)[0])
    reached -= _inverse_column(ease, item) * (reached[item] / ease.diagonal[item])
    return features[:, [item]].toarray()[:, 0] * (features @ reached)


def _inverse_column(ease: EASE, item: int) -> np.ndarray:
    """Column `item` of P, the inverse of EASE's Gram matrix: (n_items,)."""
    column = -ease.weights[item] * ease.diagonal
    column[item] = ease.diagonal[item]
    return column


def _normal_matrix(
    factors: np.ndarray, rows: np.ndarray, confidence: np.ndarray, regularization: float
) -> np.ndarray:
    """The left side of a user's or movie's normal equations: (factors, factors)."""
    some = factors[rows]
    identity = regularization * np.eye(factors.shape[1])
    return factors.T @ factors + (some.T * (np.abs(confidence) - 1)) @ some + identity
