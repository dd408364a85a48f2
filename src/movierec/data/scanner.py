"""The compiled loop over the bytes of rows, which holds them to the grammar and converts them."""

import numba
import numpy as np

from movierec.data.columns import MAX_RATING, MIN_RATING
from movierec.data.grammar import Kind, Problem

_LF, _CR, _SPACE, _TAB, _QUOTE, _POINT, _ZERO = (ord(one) for one in '\n\r \t".0')
_WHOLE, _STARS = int(Kind.WHOLE), int(Kind.STARS)
_NUL, _CARRIAGE_RETURN = int(Problem.NUL), int(Problem.CARRIAGE_RETURN)
# A whole number has at most so many digits, and stars so many in all: both fit int64.
_WHOLE_DIGITS, _STARS_DIGITS = 10, 18
_POWERS = 10 ** np.arange(_STARS_DIGITS, dtype=np.int64)
_LEAST_HALVES, _MOST_HALVES = int(2 * MIN_RATING), int(2 * MAX_RATING)
# numba's cache notices a change of this file, not of the values it takes from others.
# Counting references to arrays would take most of the time: nothing here allocates or keeps any.
_compiled = numba.njit(  # type: ignore[call-overload]
    nogil=True, cache=True, error_model="numpy", _nrt=False
)


@_compiled
def _skip_blanks(data, at, separator):
    while at < len(data) and (data[at] == _SPACE or (data[at] == _TAB and separator != _TAB)):
        at += 1
    return at


@_compiled
def _line_break(data, at):
    """Length of the line break at an offset; 0 if there is none."""
    if at < len(data):
        if data[at] == _LF:
            return 1
        if data[at] == _CR and at + 1 < len(data) and data[at + 1] == _LF:
            return 2
    return 0


@_compiled
def _separates(data, at, separator, width):
    end = at + width - 1
    return end < len(data) and data[at] == separator and data[end] == separator


@_compiled
def _ends_field(data, at, separator, width):
    # Most bytes end no field, and are above all that do.
    return at == len(data) or _separates(data, at, separator, width) or _line_break(data, at) > 0


@_compiled
def _digits(data, at):
    """The whole number that digits make, modulo 2^64, and the offset after them."""
    value = 0
    while at < len(data):
        digit = np.int64(data[at]) - _ZERO
        if digit < 0 or digit > 9:
            break
        value = 10 * value + digit
        at += 1
    return value, at


@_compiled
def _begins_row(data, at, separator, width):
    """Whether a number and a separator follow."""
    first = _skip_blanks(data, at, separator)
    _, at = _digits(data, first)
    return at > first and _separates(data, _skip_blanks(data, at, separator), separator, width)


@_compiled
def _number(data, at, separator, width, quotes, kind, most):
    """A number, its number of digits, and the offset after it; -1 if it violates the grammar."""
    quoted = quotes and at < len(data) and data[at] == _QUOTE
    first = _skip_blanks(data, at + quoted, separator)
    whole, at = _digits(data, first)
    digits = at - first
    if digits == 0 or digits > _WHOLE_DIGITS or (digits > 1 and data[first] == _ZERO):
        return 0.0, 0, -1
    value = float(whole)
    if kind == _WHOLE:
        right = whole <= most
    else:
        power = 1
        if at < len(data) and data[at] == _POINT:
            decimals, end = _digits(data, at + 1)
            n_decimals = end - at - 1
            if n_decimals == 0 or digits + n_decimals > _STARS_DIGITS:
                return 0.0, 0, -1
            digits += n_decimals
            power = _POWERS[n_decimals]
            whole = whole * power + decimals
            value = whole / power
            at = end
        right = _LEAST_HALVES * power <= 2 * whole <= _MOST_HALVES * power
    at = _skip_blanks(data, at, separator)
    if quoted:
        right = right and at < len(data) and data[at] == _QUOTE
        at += 1
    if not right or not _ends_field(data, at, separator, width):
        return 0.0, 0, -1
    return value, digits, at


@_compiled
def _plain_text(data, at, separator, width, text, used):
    """Copy text up to its separator or line break: the offset there, bytes of text, problem."""
    while not _ends_field(data, at, separator, width):
        if data[at] == 0:
            return at, used, _NUL
        if data[at] == _CR:
            return at, used, _CARRIAGE_RETURN
        text[used] = data[at]
        used += 1
        at += 1
    after = at + width
    third = width == 2 and after < len(data) and data[after] == separator
    if third and _separates(data, at, separator, width):
        return at, used, Problem.AMBIGUOUS.value
    return at, used, 0


@_compiled
def _quoted_text(data, at, separator, width, ids_first, text, used):
    """As `_plain_text`, of text in quotation marks."""
    at += 1
    while at < len(data):
        if data[at] == _QUOTE:
            if at + 1 < len(data) and data[at + 1] == _QUOTE:
                at += 1
            elif _ends_field(data, at + 1, separator, width):
                return at + 1, used, 0
            else:
                return at, used, Problem.AFTER_QUOTE.value
        elif data[at] == _LF and (not ids_first or _begins_row(data, at + 1, separator, width)):
            return at, used, Problem.SWALLOWS.value
        elif data[at] == 0:
            return at, used, _NUL
        text[used] = data[at]
        used += 1
        at += 1
    return at, used, Problem.UNCLOSED.value


@_compiled
def scan(data, at, separator, width, quotes, kinds, places, most, numbers, text, ends, starts):
    """Rows, and problem, column and offset of a violation; fills numbers, text and ends."""
    last, rows, digits = len(kinds) - 1, 0, 0
    while True:
        start = at
        at = _skip_blanks(data, at, separator)
        if at == len(data):
            return rows, 0, 0, 0
        if _line_break(data, at):
            at += _line_break(data, at)
            continue
        at = start
        above, digits = digits, 0
        for column in range(last + 1):
            field, kind, problem = at, kinds[column], 0
            if kind <= _STARS:
                value, digits, at = _number(data, at, separator, width, quotes, kind, most[column])
                if at < 0:
                    return rows, Problem.NUMBER.value, column, field
                numbers[places[column], rows] = value
            else:
                place = places[column]
                kept, written = text[place], ends[place, rows]
                if quotes and at < len(data) and data[at] == _QUOTE:
                    at, written, problem = _quoted_text(
                        data, at, separator, width, kinds[0] == _WHOLE, kept, written
                    )
                else:
                    at, written, problem = _plain_text(data, at, separator, width, kept, written)
                if problem:
                    of_one = problem in (_NUL, _CARRIAGE_RETURN)
                    return rows, problem, column, at if of_one else field
                ends[place, rows + 1] = written
            separated = _separates(data, at, separator, width)
            if column < last and not separated:
                return rows, Problem.FEWER.value, column, start
            if column == last and separated:
                return rows, Problem.MORE.value, column, start
            if column < last:
                at += width
        if at == len(data) and kinds[last] <= _STARS and digits < above:
            return rows, Problem.CUT.value, last, start
        at += _line_break(data, at)
        starts[rows] = start
        rows += 1
