"""Compiled products of sparse rows with all rows."""

import numba


@numba.njit(parallel=True, cache=True)
def add_products(total, items, weight, indptr, indices, data, term_indptr, term_items, term_data):
    """Add `weight` times the products of some rows of a CSR matrix with all its rows.

    The matrix is given a second time, term by term: of two rows only terms of both matter.
    """
    for place in numba.prange(len(items)):
        row = total[place]
        for entry in range(indptr[items[place]], indptr[items[place] + 1]):
            term, share = indices[entry], weight * data[entry]
            for other in range(term_indptr[term], term_indptr[term + 1]):
                row[term_items[other]] += share * term_data[other]
