"""Which items two sequences have in common, in time that stays near linear.

Ends in common are stripped first; what is left goes to rapidfuzz's bit-parallel LCS. Where that would take too long,
items that are unique on both sides anchor the rest (the patience method). Nothing here is quadratic without a bound.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbcheck.compare.lazy import lcs_opcodes

# 5,000 x 5,000 lines take rapidfuzz 6 ms, 20,000 x 20,000 take 113 ms and 50 MB.
_LCS_CELLS = 25_000_000
# Sequences of one length of which at most this share differs are taken to correspond item by item.
_FEW = 8
_LIKENESS_CELLS = 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """Items that correspond (equal), or that replace each other (not equal)."""

    equal: bool
    """Whether the items are pairwise equal; both ranges then have one length."""
    expected_start: int
    expected_stop: int
    actual_start: int
    actual_stop: int
    """Ranges into both sequences, from 0, stop excluded; one of them may be empty when not equal."""


def diff_sequences(expected: Sequence[str], actual: Sequence[str]) -> list[Run]:
    """Align two sequences of strings.

    Returns:
        Runs in order that cover both sequences; an unequal run is followed by an equal one or the end.
    """
    start, stop = _common_ends(expected, actual)
    expected_stop, actual_stop = len(expected) - stop, len(actual) - stop
    matches = [(0, 0, start)]
    matches += _matches(expected, actual, (start, expected_stop, start, actual_stop))
    matches.append((expected_stop, actual_stop, stop))
    return _runs(matches, len(expected), len(actual))


def changed_middle(expected: str, actual: str) -> tuple[int, int, int]:
    """Find where two strings differ, cut at blanks so that no word or number is cut.

    Returns:
        Start of the changed part in both, its stop in ``expected``, its stop in ``actual``.
    """
    shorter = min(len(expected), len(actual))
    start = _bisect(shorter, lambda length: expected[:length] == actual[:length])
    start = expected.rfind(" ", 0, start) + 1
    rest = shorter - start
    tail = _bisect(rest, lambda length: expected[len(expected) - length :] == actual[len(actual) - length :])
    blank = expected.find(" ", len(expected) - tail)
    tail = len(expected) - blank if blank >= 0 else 0
    return start, len(expected) - tail, len(actual) - tail


def _bisect(limit: int, holds: Callable[[int], bool]) -> int:
    """The largest number up to ``limit`` for which a monotone claim holds; it holds for 0."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def align_by_likeness(
    expected_count: int, actual_count: int, likeness: Callable[[int, int], float]
) -> list[tuple[int | None, int | None]]:
    """Pair items in order so that the sum of their likenesses is largest.

    Args:
        expected_count: items on the expected side.
        actual_count: items on the actual side.
        likeness: of an expected and an actual index; 0 or less means that they cannot be a pair.

    Returns:
        Index pairs in reading order, None where an item has no partner. Beyond 10,000 possible pairs, items are paired
        by position.
    """
    if expected_count * actual_count > _LIKENESS_CELLS:
        return _pair_by_position(expected_count, actual_count)
    scores = [[0.0] * (actual_count + 1) for _ in range(expected_count + 1)]
    likenesses = [[likeness(i, j) for j in range(actual_count)] for i in range(expected_count)]
    for i in reversed(range(expected_count)):
        for j in reversed(range(actual_count)):
            alone = max(scores[i + 1][j], scores[i][j + 1])
            paired = scores[i + 1][j + 1] + likenesses[i][j] if likenesses[i][j] > 0 else 0.0
            scores[i][j] = max(alone, paired)
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < expected_count and j < actual_count:
        if likenesses[i][j] > 0 and scores[i][j] == scores[i + 1][j + 1] + likenesses[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif scores[i][j] == scores[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    pairs += [(rest, None) for rest in range(i, expected_count)]
    pairs += [(None, rest) for rest in range(j, actual_count)]
    return pairs


def _pair_by_position(expected_count: int, actual_count: int) -> list[tuple[int | None, int | None]]:
    both = min(expected_count, actual_count)
    pairs: list[tuple[int | None, int | None]] = [(index, index) for index in range(both)]
    pairs += [(index, None) for index in range(both, expected_count)]
    pairs += [(None, index) for index in range(both, actual_count)]
    return pairs


_Span = tuple[int, int, int, int]
_Match = tuple[int, int, int]


def _common_ends(expected: Sequence[str], actual: Sequence[str]) -> tuple[int, int]:
    shorter = min(len(expected), len(actual))
    start = next(
        (k for k, (one, other) in enumerate(zip(expected, actual, strict=False)) if one != other), shorter
    )
    ends = zip(reversed(expected), reversed(actual), strict=False)
    stop = next((k for k, (one, other) in enumerate(ends) if one != other), shorter)
    return start, min(stop, shorter - start)


def _matches(expected: Sequence[str], actual: Sequence[str], span: _Span) -> list[_Match]:
    """Equal stretches inside a span, as (expected start, actual start, length)."""
    i1, i2, j1, j2 = span
    if i1 == i2 or j1 == j2:
        return []
    if i2 - i1 == j2 - j1:
        equal = [expected[i1 + k] == actual[j1 + k] for k in range(i2 - i1)]
        if equal.count(False) * _FEW <= len(equal):
            return [(i1 + k, j1 + k, 1) for k, same in enumerate(equal) if same]
    if (i2 - i1) * (j2 - j1) <= _LCS_CELLS:
        return [
            (i1 + i, j1 + j, length)
            for i, j, length in lcs_opcodes(expected[i1:i2], actual[j1:j2])
            # rapidfuzz compares hashes.
            if expected[i1 + i : i1 + i + length] == actual[j1 + j : j1 + j + length]
        ]
    return _patience(expected, actual, span)


def _patience(expected: Sequence[str], actual: Sequence[str], span: _Span) -> list[_Match]:
    i1, i2, j1, j2 = span
    anchors = _unique_anchors(expected, actual, span)
    if not anchors:
        return []
    matches: list[_Match] = []
    i, j = i1, j1
    for anchor_i, anchor_j in [*anchors, (i2, j2)]:
        matches += _matches(expected, actual, (i, anchor_i, j, anchor_j))
        if anchor_i < i2:
            matches.append((anchor_i, anchor_j, 1))
        i, j = anchor_i + 1, anchor_j + 1
    return matches


def _unique_anchors(expected: Sequence[str], actual: Sequence[str], span: _Span) -> list[tuple[int, int]]:
    """The longest rising chain of items that occur once on both sides."""
    i1, i2, j1, j2 = span
    in_expected, in_actual = Counter(expected[i1:i2]), Counter(actual[j1:j2])
    places = {actual[j]: j for j in range(j1, j2) if in_actual[actual[j]] == 1}
    pairs = [
        (i, places[expected[i]])
        for i in range(i1, i2)
        if in_expected[expected[i]] == 1 and expected[i] in places
    ]
    tails: list[int] = []
    tail_pairs: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        length = bisect_left(tails, j)
        before.append(tail_pairs[length - 1] if length else -1)
        if length == len(tails):
            tails.append(j)
            tail_pairs.append(index)
        else:
            tails[length] = j
            tail_pairs[length] = index
    chain: list[tuple[int, int]] = []
    index = tail_pairs[-1] if tail_pairs else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _runs(matches: list[_Match], expected_count: int, actual_count: int) -> list[Run]:
    runs: list[Run] = []
    i = j = 0
    for start_i, start_j, length in [*matches, (expected_count, actual_count, 0)]:
        if start_i > i or start_j > j:
            runs.append(Run(False, i, start_i, j, start_j))
        if length:
            if runs and runs[-1].equal and start_i == i and start_j == j:
                last = runs.pop()
                runs.append(
                    Run(True, last.expected_start, start_i + length, last.actual_start, start_j + length)
                )
            else:
                runs.append(Run(True, start_i, start_i + length, start_j, start_j + length))
        i, j = start_i + length, start_j + length
    return runs
