"""Whether two texts say the same, line by line: noise out, numbers with tolerance, layout that only follows numbers.

The work goes by what differs: lines that are equal as they stand are never normalised or split into tokens.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from nbcheck.compare.base import CompareMode, CompareOptions
from nbcheck.compare.diff import changed_middle, diff_sequences
from nbcheck.compare.normalise import may_hold_paths, normalise, unify_paths
from nbcheck.compare.numbers import (
    NumberRule,
    is_float,
    number_value,
    only_long_floats_differ,
    says_single_precision,
    split_numbers,
)

# Longest text whose line breaks may move with the width of its numbers; printers abbreviate longer arrays.
_REFLOW_LIMIT = 400_000
# From this length on, only the part of a line that changed is split into tokens.
_LONG_LINE = 1_000


@dataclass(frozen=True, slots=True)
class Side:
    """The lines of one of two texts."""

    shown: Sequence[str]
    """Lines as on a screen: after the rules of the stage ``screen``."""
    clean: Sequence[str]
    """The same lines without noise. A line that is equal on both sides may have kept its noise."""


@dataclass(frozen=True, slots=True)
class TextPair:
    """Two texts, prepared for comparison."""

    expected: Side
    actual: Side
    hidden: frozenset[str]
    """Normalisers that changed either side."""
    ends_differ: bool
    """Whether only one of the texts ends with a line end."""
    single_precision: bool
    """Whether a text itself says that its numbers have single precision."""


def prepare(expected: str, actual: str, options: CompareOptions, *, scope: str = "text") -> TextPair:
    """Split two texts into lines and take the noise out of those that may differ."""
    names: set[str] = set()
    shown = []
    for text in (expected, actual):
        screen = normalise(text, options, scope=scope, stage="screen")
        names.update(screen.names)
        shown.append(screen.text)
    ends_differ = shown[0].endswith("\n") != shown[1].endswith("\n")
    first, second = ([*text.removesuffix("\n").split("\n")] if text else [] for text in shown)
    if len(first) == len(second):
        places = [index for index, (one, other) in enumerate(zip(first, second, strict=True)) if one != other]
        other_places = places
    else:
        runs = [run for run in diff_sequences(first, second) if not run.equal]
        places = [index for run in runs for index in range(run.expected_start, run.expected_stop)]
        other_places = [index for run in runs for index in range(run.actual_start, run.actual_stop)]
    clean, first_names = _clean(first, places, options, scope)
    other_clean, second_names = _clean(second, other_places, options, scope)
    names.update(first_names, second_names)
    single = any(map(says_single_precision, shown))
    return TextPair(Side(first, clean), Side(second, other_clean), frozenset(names), ends_differ, single)


def _clean(
    lines: list[str], places: Sequence[int], options: CompareOptions, scope: str
) -> tuple[list[str], tuple[str, ...]]:
    """Normalise the lines at ``places`` in one go: a rule runs once over a block, not once a line."""
    result = normalise("\n".join([lines[place] for place in places]), options, scope=scope, stage="line")
    if not result.names:
        return lines, ()
    cleaned = list(lines)
    for place, line in zip(places, result.text.split("\n"), strict=True):
        cleaned[place] = line
    return cleaned, result.names


def texts_agree(expected: str, actual: str, options: CompareOptions, *, scope: str = "text") -> bool:
    """Whether two texts are equal under the options."""
    if expected == actual:
        return True
    if options.mode is CompareMode.EXACT:
        return False
    if only_long_floats_differ(expected, actual, options.rtol):
        return True
    return LineJudge(prepare(expected, actual, options, scope=scope), options, scope=scope).texts_agree()


@dataclass(slots=True)
class _Evidence:
    """What the tokens of two lines came to."""

    agree: bool = True
    """Every word is equal and every number agrees; spacing aside."""
    spacing: bool = False
    """The lines differ in the amount of white space or in the length of rulers."""
    widened: bool = False
    """A number that agrees is printed with another length."""


@dataclass(slots=True)
class LineJudge:
    """Judges lines of two prepared texts."""

    pair: TextPair
    options: CompareOptions
    scope: str = "text"
    rule: NumberRule = field(init=False)
    _sizes: tuple[_Sizes, _Sizes] = field(init=False)

    def __post_init__(self) -> None:
        """Make the number rule of these texts."""
        sides = (self.pair.expected, self.pair.actual)
        self.rule = NumberRule.of(self.options, single_precision=self.pair.single_precision)
        columns = self.scope == "text"
        self._sizes = (_Sizes(sides[0].clean, columns=columns), _Sizes(sides[1].clean, columns=columns))

    def texts_agree(self) -> bool:
        """Whether the texts are equal as a whole."""
        if self.pair.ends_differ:
            return False
        expected, actual = self.pair.expected.clean, self.pair.actual.clean
        if len(expected) != len(actual):
            return self._reflowed_agree()
        places = [(index, index) for index in range(len(expected)) if expected[index] != actual[index]]
        return not self.unequal(places, stop_at_first=True) or self._reflowed_agree()

    def unequal(
        self, pairs: Sequence[tuple[int, int]], *, stop_at_first: bool = False
    ) -> list[tuple[int, int]]:
        """Find the pairs of line indices whose lines are unequal, all of them or the first.

        White space may differ in lines of a paragraph in which a number that agrees is printed with another length:
        the printer has moved what is right of it, or below.
        """
        unequal: list[tuple[int, int]] = []
        spaced: list[tuple[int, int]] = []
        widened: list[int] = []
        expected, actual = self.pair.expected.clean, self.pair.actual.clean
        for i, j in pairs:
            if expected[i] == actual[j]:
                continue
            evidence = self._weigh(i, j)
            if not evidence.agree:
                unequal.append((i, j))
                if stop_at_first:
                    return unequal
            elif evidence.spacing:
                spaced.append((i, j))
            if evidence.widened:
                widened.append(i)
        if spaced:
            paragraphs = _paragraph_numbers(expected)
            moved = {paragraphs[i] for i in widened}
            unequal += [(i, j) for i, j in spaced if paragraphs[i] not in moved]
            unequal.sort()
        return unequal

    def _weigh(self, i: int, j: int) -> _Evidence:
        expected, actual = self.pair.expected.clean[i], self.pair.actual.clean[j]
        if may_hold_paths(expected) or may_hold_paths(actual):
            expected, actual = unify_paths(expected, actual)
        start = 0
        if len(expected) > _LONG_LINE:
            start, stop, other_stop = changed_middle(expected, actual)
            expected, actual = expected[start:stop], actual[start:other_stop]
        return self._weigh_tokens(split_numbers(expected), split_numbers(actual), (i, j), start)

    def _weigh_tokens(
        self, expected: list[str], actual: list[str], place: tuple[int, int] | None, offset: int = 0
    ) -> _Evidence:
        """Compare alternating text and number tokens.

        Args:
            expected: tokens as ``split_numbers`` gives them.
            actual: the same of the other side.
            place: line indices of both sides; None where the tokens are those of the whole texts.
            offset: where in its line the first token begins, in characters.
        """
        if self.rule.exact or len(expected) != len(actual):
            return _Evidence(agree=False)
        evidence = _Evidence()
        starts: tuple[list[int], list[int]] | None = None
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            if one == other:
                continue
            if index % 2 == 0:
                if _without_spacing(one) != _without_spacing(other):
                    return _Evidence(agree=False, widened=evidence.widened)
                evidence.spacing = True
                continue
            if not self.rule.agrees(one, other):
                starts = starts or (_starts(expected), _starts(actual))
                if not self._negligible(
                    (one, other), (offset + starts[0][index], offset + starts[1][index]), place
                ):
                    return _Evidence(agree=False, widened=evidence.widened)
            evidence.widened |= len(one) != len(other)
        return evidence

    def _negligible(
        self, numbers: tuple[str, str], columns: tuple[int, int], place: tuple[int, int] | None
    ) -> bool:
        if not (is_float(numbers[0]) and is_float(numbers[1])):
            return False
        sizes = [
            self._sizes[side].around(place[side] if place else None, columns[side], len(numbers[side]))
            for side in (0, 1)
        ]
        return self.rule.negligible(number_value(numbers[0]), number_value(numbers[1]), sizes[0], sizes[1])

    def _reflowed_agree(self) -> bool:
        """Whether the texts are equal but for line breaks inside brackets, which follow the width of numbers."""
        expected, actual = ("\n".join(side.clean) for side in (self.pair.expected, self.pair.actual))
        if self.rule.exact or "[" not in expected or max(len(expected), len(actual)) > _REFLOW_LIMIT:
            return False
        first, second = split_numbers(expected), split_numbers(actual)
        evidence = self._weigh_tokens(first, second, None)
        return evidence.agree and evidence.widened and _same_breaks_outside_brackets(first, second)


def _starts(tokens: list[str]) -> list[int]:
    return [0, *accumulate(map(len, tokens))]


def _same_breaks_outside_brackets(expected: list[str], actual: list[str]) -> bool:
    depth = 0
    for one, other in zip(expected[::2], actual[::2], strict=True):
        if one != other and depth == 0 and "[" not in one and one.count("\n") != other.count("\n"):
            return False
        depth += one.count("[") - one.count("]")
    return True


@cache
def _ruler() -> re.Pattern[str]:
    return re.compile(r"([-=_\u2500\u2501\u2550])\1{2,}")


def _without_spacing(text: str) -> str:
    """Make runs of white space and rulers (``-----``) one character long, and none at the ends beside numbers."""
    return " ".join(_ruler().sub(r"\1", text).split())


def _paragraph_numbers(lines: Sequence[str]) -> list[int]:
    numbers, number = [], 0
    for line in lines:
        number += not line.strip()
        numbers.append(number)
    return numbers


class _Sizes:
    """The largest entry of the array or column that a printed number belongs to."""

    def __init__(self, lines: Sequence[str], *, columns: bool) -> None:
        self._lines = lines
        self._columns = columns
        self._line_starts: list[int] = []
        self._array_starts: list[int] = []
        self._arrays: list[tuple[int, float]] | None = None

    def around(self, line: int | None, column: int, width: int) -> float:
        """Find the largest absolute value in the array around a number.

        Args:
            line: index of its line; None when ``column`` counts from the beginning of the text.
            column: where it begins, in characters.
            width: its length in characters.

        Returns:
            The largest value of the outermost brackets around it, else of the right-aligned column it stands in,
            else 0.
        """
        if self._arrays is None:
            self._arrays = self._find_arrays()
        if self._arrays:
            position = column if line is None else self._line_starts[line] + column
            index = bisect_right(self._array_starts, position) - 1
            if index >= 0 and position < self._arrays[index][0]:
                return self._arrays[index][1]
        if line is None or not self._columns:
            return 0.0
        return self._column_size(line, column + width)

    def _find_arrays(self) -> list[tuple[int, float]]:
        """Find the outermost brackets of the whole text: where each ends, and its largest entry."""
        if not any("[" in line for line in self._lines):
            return []
        self._line_starts = [0, *accumulate(len(line) + 1 for line in self._lines)]
        text = "\n".join(self._lines)
        arrays = []
        depth = opened = 0
        for match in re.finditer(r"[\[\]]", text):
            if match[0] == "[":
                if depth == 0:
                    opened = match.start()
                depth += 1
            elif depth:
                depth -= 1
                if depth == 0:
                    self._array_starts.append(opened)
                    arrays.append((match.end(), _largest(text[opened : match.end()])))
        return arrays

    def _column_size(self, line: int, stop: int) -> float:
        """The largest value of the numbers that end at ``stop`` in the lines around ``line``.

        Two blanks before the number tell a column from running text; a Series or a DataFrame prints at least that.
        """
        if _token_ending_at(self._lines[line], stop) is None:
            return 0.0
        values = []
        for step in (-1, 1):
            index = line if step < 0 else line + 1
            while 0 <= index < len(self._lines):
                token = _token_ending_at(self._lines[index], stop)
                if token is None:
                    break
                values.append(abs(number_value(token)))
                index += step
        return max(values, default=0.0) if len(values) > 1 else 0.0


def _token_ending_at(line: str, stop: int) -> str | None:
    if len(line) < stop or line[stop : stop + 1].strip() or " " not in line[:stop]:
        return None
    position = 0
    for index, token in enumerate(split_numbers(line)):
        position += len(token)
        if position == stop and index % 2:
            # A sign stands in the place of a blank.
            return token if line[: stop - len(token.lstrip("+-"))].endswith(("  ", " -", " +")) else None
        if position > stop:
            return None
    return None


def _largest(text: str) -> float:
    values = [abs(number_value(token)) for token in split_numbers(text)[1::2]]
    return max(values, default=0.0)
