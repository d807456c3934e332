"""When two printed numbers are the same number.

The rule, for two number tokens:

1. Equal text is equal.
2. Else at least one of them must print :data:`LONG` or more significant digits and have a decimal point or an
   exponent, and they must agree within the relative tolerance. So ``0.30000000000000004`` equals ``0.3``, while
   ``3.10`` and ``3.1``, ``0.333`` and ``0.334`` differ: who prints few digits means them.
3. Two floats whose fractions print as zero are exact: ``13002700.0`` and ``13002701.0`` count something.
4. In an array or a column, two values that are zero but for rounding, that is below :data:`NEGLIGIBLE` of its
   largest entry, are equal unless both are whole. A lone value has no such measure.

Integers are exact. Tokens glued to words or in dotted or colon sequences (versions, addresses, dates, times)
are no numbers but text.

The tolerance is numpy's, ``atol + rtol * size``, with one deviation: ``size`` is the larger of both values instead
of the expected one, so that a verdict does not depend on which side is which.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from operator import le, mul, sub

from nbcheck.compare.base import CompareMode, CompareOptions

LONG = 7
"""Printed significant digits from which a number is taken to be rounded rather than meant."""
NEGLIGIBLE = 1e-12
"""Share of an array's largest entry below which an entry is zero but for rounding."""
SINGLE_PRECISION_RTOL = 1e-5
"""Relative tolerance where the output itself says float32 or tensor."""

_DEFAULT_RTOL = CompareOptions().rtol
# repr prints floats from here on with an exponent.
_EXPONENT_FROM = 1e16

_CONTROLS = "\r\b\x1b"
_MARKS = "\n[]()"
_BETWEEN = " ,[]()"  # what stands between numbers of one line
_WORTHWHILE = 5_000  # characters
_BEGINNING = len("-0.12345678")
_MAX_OTHERS = 1_000

# A mantissa without a point may have one digit before an exponent: no printer writes 12345678e9, but git does.
_NUMBER = r"""
    (?= [-+.\d] )                                               # fails fast: most characters are no number's first
    (?: (?<![\w.)\]]) [+-]                                      # a sign, not an operator after an operand
      | [+-] (?= [\d.]+ (?:[eE][+-]?\d+)? [jJ] )                # ... but the imaginary part owns its sign
    )?
    (?<![\w.]) (?<!\d:)                                         # not in a word, a version or a time of day
    (?: \d{1,3} (?:,\d{3})+ (?:\.\d+)?                          # thousands separators
      | \d+\.\d* (?:[eE][+-]?\d+)?
      | \.\d+ (?:[eE][+-]?\d+)?
      | \d[eE][+-]?\d+
      | \d+
    )
    (?! \d | \.\d | ,\d{3}(?!\d) | :\d )
"""


@cache
def number_pattern() -> re.Pattern[str]:
    """The pattern of a number token, with the token as its only group, for ``split``."""
    return re.compile(f"({_NUMBER})", re.VERBOSE)


def split_numbers(text: str) -> list[str]:
    """Split a text at its numbers.

    Returns:
        Text and number tokens in turn, text first and last: ``["x = ", "1.5", " m"]``.
    """
    return number_pattern().split(text)


def significant_digits(token: str) -> int:
    """How many significant digits a token prints, trailing zeros included: 4 for ``0.01200e5``."""
    mantissa = token.partition("e" if "e" in token else "E")[0].lstrip("+-0.,")
    return len(mantissa) - mantissa.count(".") - mantissa.count(",")


def is_float(token: str) -> bool:
    """Whether a number token is printed with a decimal point or an exponent."""
    return "." in token or "e" in token or "E" in token


def number_value(token: str) -> float:
    """The value of a number token, thousands separators allowed; infinite beyond the range of a float."""
    return float(token.replace(",", "") if "," in token else token)


def says_single_precision(text: str) -> bool:
    """Whether an output itself says that its numbers have single precision."""
    return "float32" in text or "tensor(" in text or "Tensor(" in text


@dataclass(frozen=True, slots=True)
class NumberRule:
    """Decides whether two number tokens are equal."""

    rtol: float
    """Relative tolerance."""
    atol: float = 0.0
    """Absolute tolerance of tokens with a point or an exponent."""
    digits: int = LONG
    """Significant digits from which the relative tolerance applies."""
    exact: bool = False
    """Whether only equal text is equal."""

    @classmethod
    def of(cls, options: CompareOptions, *, single_precision: bool = False) -> NumberRule:
        """Make the rule for one output.

        A user's tolerance above the default also lowers the digits from which it applies to those that it
        resolves: with ``rtol=1e-3``, 0.934 is a rounded number.

        Args:
            options: what decides.
            single_precision: the output itself says float32 or tensor.
        """
        if options.mode is CompareMode.EXACT:
            return cls(rtol=0.0, exact=True)
        rtol = options.rtol
        digits = LONG if rtol <= 0 else max(1, min(LONG, math.floor(-math.log10(rtol) + 1e-9)))
        if single_precision and rtol >= _DEFAULT_RTOL:
            rtol = max(rtol, SINGLE_PRECISION_RTOL)
        return cls(rtol, options.atol, digits)

    def within(self, expected: float, actual: float) -> bool:
        """Whether two values agree within the tolerance, whatever they print."""
        if expected == actual:
            return True
        return abs(expected - actual) <= self.atol + self.rtol * max(abs(expected), abs(actual)) < math.inf

    def agrees(self, expected: str, actual: str) -> bool:
        """Whether two number tokens are equal by rules 1 to 3 of this module."""
        if expected == actual:
            return True
        if self.exact or not (is_float(expected) or is_float(actual)):
            return False
        first, second = number_value(expected), number_value(actual)
        if first != second and not self.within(first, second):
            return False
        if self.atol > 0 and abs(first - second) <= self.atol:
            return True
        if not (self._is_long(expected) or self._is_long(actual)):
            return False
        return first == second or expected[-1] not in "0." or not _are_whole(expected, actual)

    def values_agree(self, expected: float, actual: float) -> bool:
        """Whether two floats of a JSON value are equal: the token rule on what ``repr`` prints of them.

        Two floats that both print few digits and are not equal differ by more than the tolerance, so only whole
        floats need a look beside it.
        """
        if not self.within(expected, actual):
            return math.isnan(expected) and math.isnan(actual)
        if expected == actual or (self.atol > 0 and abs(expected - actual) <= self.atol):
            return True
        whole = expected.is_integer() and actual.is_integer() and abs(expected) < _EXPONENT_FROM > abs(actual)
        return not self.exact and not whole

    def negligible(self, expected: float, actual: float, expected_size: float, actual_size: float) -> bool:
        """Whether two values are zero but for rounding, measured by the largest entries of their arrays."""
        if self.exact or (expected.is_integer() and actual.is_integer()):
            # Rounding does not leave whole numbers; zeros are equal, whatever their signs and digits.
            return not self.exact and expected == actual == 0
        return abs(expected) <= NEGLIGIBLE * expected_size and abs(actual) <= NEGLIGIBLE * actual_size

    def _is_long(self, token: str) -> bool:
        return is_float(token) and significant_digits(token) >= self.digits


def only_long_floats_differ(expected: str, actual: str, rtol: float) -> bool:
    """Whether two texts are surely equal, since nothing but long floats differs and these agree.

    It is for arrays of many thousands, and says yes only where the rules of this module would, token by token:
    everything between the floats is equal to the character. It works on whole lists, so that the loops are those of C.
    A short text is left to the rules.

    Args:
        expected: text stored in the file.
        actual: text just produced.
        rtol: relative tolerance.
    """
    if any(control in expected for control in _CONTROLS):
        return False  # a number's width decides what of the text can be seen
    lines = expected.split("\n"), actual.split("\n")
    if len(lines[0]) != len(lines[1]):
        return False
    ours, theirs = _unequal(*lines)
    if sum(map(len, ours)) < _WORTHWHILE:
        return False
    # Most texts that are not equal are told by the first line that is not.
    return _long_floats_agree(ours[:1], theirs[:1], rtol) and _long_floats_agree(ours, theirs, rtol)


_Pieces = Sequence[str]


def _unequal(ours: _Pieces, theirs: _Pieces) -> tuple[_Pieces, _Pieces]:
    """Return the pieces that differ, pair by pair."""
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if one != other]
    if not pairs:
        return (), ()
    first, second = zip(*pairs, strict=True)
    return first, second


def _long_floats_agree(ours: _Pieces, theirs: _Pieces, rtol: float) -> bool:
    """Whether lines of two texts are equal; see :func:`only_long_floats_differ`."""
    texts = "\n".join(ours), "\n".join(theirs)
    if any(mark in text for text in texts for mark in _BETWEEN):
        pieces = _split(texts[0]), _split(texts[1])
        if len(pieces[0]) != len(pieces[1]):
            return False
        ours, theirs = _unequal(*pieces)
    if rtol >= _DEFAULT_RTOL:
        ours, theirs = _not_surely_alike(ours, theirs)
    # An empty piece at the end would pass for the end of the one before.
    if not all(side[-1] and _long_floats().fullmatch(" ".join(side)) for side in (ours, theirs) if side):
        return False
    first, second = list(map(float, ours)), list(map(float, theirs))
    sizes = map(mul, repeat(rtol), map(abs, first))
    return all(map(le, map(abs, map(sub, first, second)), sizes))


def _not_surely_alike(ours: _Pieces, theirs: _Pieces) -> tuple[_Pieces, _Pieces]:
    """Leave out pairs of floats of which eight digits or more are equal, which is what the default tolerance asks for.

    To read 40,000 floats takes longer than all the rest.
    """
    pairs = list(zip(ours, theirs, strict=True))
    left = [pair for pair in pairs if pair[0][:_BEGINNING] != pair[1][:_BEGINNING]]
    if len(left) > len(pairs) // 2:
        return ours, theirs
    others: set[str] = set()
    for side in (ours, theirs):
        found = _find_others(" ".join(side))
        if found is None:
            return ours, theirs
        others |= found
    if others:
        left += [pair for pair in pairs if pair[0] in others or pair[1] in others]
    return [one for one, _ in left], [other for _, other in left]


def _find_others(text: str) -> set[str] | None:
    """Find the tokens that are no plain floats; None when they are many."""
    others: set[str] = set()
    position = 0
    while position < len(text):
        match = _plain_floats().match(text, position)
        if match is not None:
            position = match.end()
            continue
        stop = text.find(" ", position)
        stop = len(text) if stop < 0 else stop
        others.add(text[position:stop])
        position = stop + 1
        if len(others) > _MAX_OTHERS:
            return None
    return others


def _split(text: str) -> list[str]:
    """Split a text at blanks, line ends, brackets and commas, so that no two texts have the same pieces."""
    for mark in _MARKS:
        text = text.replace(mark, f" {mark} ")
    return text.replace(", ", " , ").split(" ")


@cache
def _long_floats() -> re.Pattern[str]:
    """Tokens of :data:`LONG` significant digits or more that do not end in a zero, which would need a closer look."""
    return re.compile(r"(?:-?(?:[1-9]\d*+\.\d{6,}|0\.0*+[1-9]\d{6,})(?<=[1-9])(?:e[+-]\d++)?(?: |\Z))++")


@cache
def _plain_floats() -> re.Pattern[str]:
    """Such tokens without an exponent, whose first :data:`_BEGINNING` characters hold the point and eight digits."""
    return re.compile(r"(?:-?(?:[1-9]\d{0,7}\.|0\.[1-9])\d{7,}+(?<=[1-9])(?: |\Z))++")


def error_remark(expected: float, actual: float) -> str:
    """Distance of two values as a share of the larger one, in words.

    Returns:
        ``relative error 0.01``; empty when the values are equal or have no distance.
    """
    size = max(abs(expected), abs(actual))
    distance = abs(expected - actual)
    return f"relative error {distance / size:.2g}" if 0 < distance < math.inf else ""


def _are_whole(expected: str, actual: str) -> bool:
    return _has_zero_fraction(expected) and _has_zero_fraction(actual)


def _has_zero_fraction(token: str) -> bool:
    whole, point, fraction = token.partition(".")
    return bool(point) and "e" not in whole.lower() and not fraction.strip("0")
