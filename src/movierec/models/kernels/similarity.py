"""Compiled products of sparse rows with all rows."""

import numba


@numba.njit(parallel=True, cache=True)
def add_products(total, items, weight, indptr, indices, data, term_indptr, term_items, term_data):
    """total[place] += weight * M M'[items[place]], for a CSR matrix M.

    M is given a second time, transposed, so that only terms of both rows are visited.
    """
    for place in numba.prange(len(items)):
        row = total[place]
        for entry in range(indptr[items[place]], indptr[items[place] + 1]):
            term, share = indices[entry], weight * data[entry]
            for other in range(term_indptr[term], term_indptr[term + 1]):
                row[term_items[other]] += share * term_data[other]
