"""Top-k selection over rows of scores, compiled."""

from collections.abc import Iterator

import numba
import numpy as np
from scipy import sparse

# A block of dense scores takes about this much, to stay in cache; but with too few rows a matrix
# product is dominated by its overhead.
BLOCK_BYTES = 8 << 20
FEWEST_ROWS = 128
# Longer lists are taken from the sorted row.
_SHORT = 500
# Parts of a row, per place on the list, whose maxima bound the k-th best score from below.
_PARTS = 3


def row_blocks(n_rows: int, row_length: int) -> Iterator[slice]:
    """Slices over rows: as many float32 rows of this length as fit BLOCK_BYTES, or FEWEST_ROWS."""
    size = max(FEWEST_ROWS, BLOCK_BYTES // (4 * max(row_length, 1)))
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def top_k(
    scores: np.ndarray,
    k: int,
    seen: sparse.csr_array | None = None,
    tie_order: np.ndarray | None = None,
) -> np.ndarray:
    """Column numbers of the k best items of each row, best first, those in `seen` left out.

    scores     (n_rows, n_items), no nan; compared as float32, not changed
    seen       (n_rows, n_items) CSR; stored entries are left out
    tie_order  (n_items,) all columns; ties go to the column that stands earlier in it, by default
               to the lower column, so a run repeats exactly.
    Returns (n_rows, k) int32; -1 where a row has fewer than k items to give.
    """
    n_rows, n_items = scores.shape
    if tie_order is None:
        tie_order = np.arange(n_items)
    if seen is None:
        seen = sparse.csr_array((n_rows, n_items), dtype=bool)
    return _top_k(
        scores.astype(np.float32, copy=False),
        k,
        stored(seen),
        tie_order.astype(np.int32),
        places_in(tie_order, n_items),
    )


def stored(rows: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """indptr as int64 and indices as int32 of a CSR matrix."""
    return rows.indptr.astype(np.int64, copy=False), rows.indices.astype(np.int32, copy=False)


def places_in(tie_order: np.ndarray, n_items: int) -> np.ndarray:
    """Inverse of an order of columns: (n_items,) int32, -1 for columns not in it."""
    places = np.full(n_items, -1, dtype=np.int32)
    places[tie_order] = np.arange(len(tie_order))
    return places


@numba.njit(parallel=True, cache=True)
def _top_k(scores, k, seen, tie_order, places):
    best = np.full((len(scores), k), -1, np.int32)
    for row in numba.prange(len(scores)):
        left = scores[row].copy()
        left[_columns(seen, row)] = np.nan
        _choose(left, tie_order, places, best[row])
    return best


@numba.njit(nogil=True, cache=True)
def fill_lists(scores, first, seen, relevant, outside, tie_order, places, lists):
    """Fill the lists of the users from row `first` on; False where a score is not finite.

    scores          (n_rows, n_items), any real type: those of these users
    seen, relevant  all users' `stored` entries
    outside         columns that are not candidates
    tie_order       (n_candidates,) int32 columns; and `places_in` it
    lists           items, scores, hits and all_tied of `RankedLists`, for all users; items
                    filled with -1, scores with nan, hits with False
    Runs on one thread and releases the GIL.
    """
    items, values, hits, all_tied = lists
    left = np.empty(scores.shape[1], np.float32)
    wanted = np.zeros(scores.shape[1], np.bool_)
    for row in range(len(scores)):
        user, finite = first + row, True
        for column in range(len(left)):
            left[column] = scores[row, column]
            finite &= np.isfinite(scores[row, column])
        if not finite:
            return False
        all_tied[user] = _all_equal(scores[row], tie_order)
        left[outside] = np.nan
        left[_columns(seen, user)] = np.nan
        _choose(left, tie_order, places, items[user])
        wanted[_columns(relevant, user)] = True
        for place, column in enumerate(items[user]):
            if column >= 0:
                values[user, place], hits[user, place] = scores[row, column], wanted[column]
        wanted[_columns(relevant, user)] = False
    return True


@numba.njit(nogil=True, cache=True)
def _columns(stored_rows, row):
    indptr, columns = stored_rows
    return columns[indptr[row] : indptr[row + 1]]


@numba.njit(nogil=True, cache=True)
def _all_equal(scores, columns):
    alike = 0
    while alike < len(columns) and scores[columns[alike]] == scores[columns[0]]:
        alike += 1
    return alike == len(columns)


# The loops below avoid branches and dependencies between iterations, so that they vectorise.


@numba.njit(nogil=True, cache=True)
def _choose(left, tie_order, places, best):
    """Fill `best` with the columns of the largest numbers in `left`, descending."""
    k = len(best)
    if k > _SHORT:
        in_order = left[tie_order]
        for rank, place in enumerate(np.argsort(-in_order, kind="mergesort")[:k]):
            if not np.isnan(in_order[place]):
                best[rank] = tie_order[place]
        return
    kept, n_kept = np.empty(0, np.uint32), 0
    if len(left) > _PARTS * k:
        kept, n_kept = _at_least(left, _floor(left, k))
    if k <= n_kept <= 2 * k:
        _order(left, kept[:n_kept], places, best)
    else:
        _insert(left, tie_order, best)


@numba.njit(nogil=True, cache=True)
def _floor(left, k):
    """A lower bound of the k-th largest number in `left`, usually close to it."""
    # If the maxima of k parts reach a bound, so do k numbers; and there are fewer parts to search.
    largest = np.full(_PARTS * k, np.float32(-np.inf))
    for start in range(0, len(left), len(largest)):
        piece = left[start : start + len(largest)]
        for part in range(len(piece)):
            largest[part] = piece[part] if piece[part] > largest[part] else largest[part]
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for value in largest:
        high = value if value > high else high
        within = value if value > -np.inf else np.float32(np.inf)
        low = within if within < low else low
    floor = np.float32(-np.inf)
    for _ in range(16):
        middle = np.float32((low + high) / 2)
        reached = 0
        for value in largest:
            reached += value >= middle
        if reached < k:
            high = middle
        else:
            low = floor = middle
            if reached <= k + k // 8:
                break
    return floor


@numba.njit(nogil=True, cache=True)
def _at_least(left, floor):
    """Columns whose numbers reach a bound, in a longer array, and how many they are."""
    # Unsigned, since a signed index is checked for being negative.
    kept, n_kept = np.empty(len(left) + 1, np.uint32), np.uint64(0)
    for column in range(len(left)):
        kept[n_kept] = column
        n_kept += np.uint64(left[column] >= floor)
    return kept, np.int64(n_kept)


@numba.njit(nogil=True, cache=True)
def _order(left, columns, places, best):
    """Fill `best` from at most twice as many columns, by counting the rank of each."""
    values, ties, ranks = left[columns], places[columns], np.zeros(len(columns), np.int32)
    for one in range(len(columns)):
        value, tie = values[one], ties[one]
        for other in range(len(columns)):
            ranks[other] += np.int32(
                (value > values[other]) | ((value == values[other]) & (tie < ties[other]))
            )
    for one, rank in enumerate(ranks):
        if rank < len(best):
            best[rank] = columns[one]


@numba.njit(nogil=True, cache=True)
def _insert(left, tie_order, best):
    """Fill `best` by insertion in one pass: fast where most numbers are tied."""
    k = len(best)
    values, filled, least = np.empty(k, np.float32), 0, np.float32(-np.inf)
    for column in tie_order:
        value = left[column]
        # nan is neither greater than anything nor equal to itself.
        if not (value > least or (filled < k and value == value)):
            continue
        # Only smaller numbers move, so of ties the earlier stays ahead.
        place = min(filled, k - 1)
        while place > 0 and value > values[place - 1]:
            values[place], best[place] = values[place - 1], best[place - 1]
            place -= 1
        values[place], best[place] = value, column
        filled = min(filled + 1, k)
        if filled == k:
            least = values[k - 1]
