"""Text: lines, and inside a changed line the changed words and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from nbcheck.compare.base import (
    Change,
    CompareMode,
    CompareOptions,
    Difference,
    DifferenceKind,
    HunkLine,
    Severity,
    TextHunk,
)
from nbcheck.compare.diff import align_by_likeness, changed_middle, diff_sequences
from nbcheck.compare.lazy import lcs_opcodes, likeness
from nbcheck.compare.lines import LineJudge, TextPair, prepare
from nbcheck.compare.normalise import order_names
from nbcheck.compare.numbers import (
    error_remark,
    number_pattern,
    number_value,
    only_long_floats_differ,
    split_numbers,
)

SHOWN_CHANGES = 10
"""Changed lines that a difference shows; a line that became another counts once."""
CONTEXT = 2
"""Unchanged lines shown before and after a change."""

# Beyond this many tokens the changed middle of a line is marked as a whole.
_MARKED_TOKENS = 5_000
_SHORT = 60
_LIKENESS_LENGTH = 200

_Row = tuple[int | None, int | None, bool]
"""Line indices of both sides, None where a side has no such line, and whether the lines are equal."""


class TextComparer:
    """Judges everything that is text without a structure of its own."""

    mimetypes: Sequence[str] = ("text/*",)
    priority = 0

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two texts; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_texts(expected, actual, options)


def compare_texts(
    expected: str, actual: str, options: CompareOptions, *, scope: str = "text"
) -> Difference | None:
    """Compare two texts by lines, words and numbers.

    Args:
        expected: text stored in the file.
        actual: text just produced.
        options: what decides.
        scope: which normalisers apply: ``text``, ``html`` or ``svg``.

    Returns:
        None when they are equal under the options, else the difference without a place.
    """
    if expected == actual:
        return None
    if options.mode is not CompareMode.EXACT and only_long_floats_differ(expected, actual, options.rtol):
        return None
    pair = prepare(expected, actual, options, scope=scope)
    judge = LineJudge(pair, options, scope=scope)
    if options.mode is not CompareMode.EXACT and judge.texts_agree():
        return None
    return describe(expected, actual, judge)


def compare_forms(
    expected: str,
    actual: str,
    options: CompareOptions,
    form: Callable[[str], str],
    *,
    scope: str = "text",
) -> Difference | None:
    """Compare two texts that may be spelled differently, by a form in which every spelling is the same.

    Args:
        expected: text stored in the file.
        actual: text just produced.
        options: what decides; in mode exact the texts are compared as they stand.
        form: makes the form of a text; its lines are what the difference shows.
        scope: which normalisers apply: ``text``, ``html`` or ``svg``.

    Returns:
        None when they are equal under the options, else the difference without a place.
    """
    if options.mode is CompareMode.EXACT:
        return compare_texts(expected, actual, options, scope=scope)
    difference = compare_texts(form(expected), form(actual), options, scope=scope)
    return replace(difference, expected=expected, actual=actual) if difference is not None else None


def describe(expected: str, actual: str, judge: LineJudge) -> Difference:
    """Say where two texts differ that are known to differ."""
    pair = judge.pair
    rows = _align(judge)
    changed = sum(not equal for _, _, equal in rows)
    hunks = _hunks(rows, pair)
    is_spacing = _without_blanks(pair.expected.clean) == _without_blanks(pair.actual.clean)
    details = _line_end_details(pair)
    if is_spacing and hunks:
        details = ("only white space differs", *details)
    return Difference(
        kind=DifferenceKind.CHANGED,
        place="",
        summary=_summary(rows, hunks, pair),
        expected=expected,
        actual=actual,
        hunks=hunks,
        omitted=max(0, changed - SHOWN_CHANGES),
        details=details,
        hidden=order_names(set(pair.hidden)),
        severity=Severity.PRESENTATION if is_spacing else Severity.CONTENT,
    )


def listing(text: str, side: str) -> tuple[tuple[TextHunk, ...], int]:
    """Show a text that the other side does not have at all.

    Args:
        text: all of it.
        side: ``"-"`` or ``"+"``.

    Returns:
        Its first lines as hunks, and how many lines were left out.
    """
    lines = text.removesuffix("\n").split("\n")
    shown = tuple(HunkLine(side, line) for line in lines[:SHOWN_CHANGES])
    return (TextHunk(1, 1, shown),), len(lines) - len(shown)


def shorten(text: str, length: int = _SHORT) -> str:
    """Cut a text for a summary, at its first line end or ``length`` characters."""
    line, _, rest = text.partition("\n")
    return line[: length - 1] + "\u2026" if len(line) > length else line + ("\u2026" if rest else "")


# Which lines belong together


def _align(judge: LineJudge) -> list[_Row]:
    expected, actual = judge.pair.expected.clean, judge.pair.actual.clean
    rows: list[_Row] = []
    for run in diff_sequences(expected, actual):
        ours = range(run.expected_start, run.expected_stop)
        theirs = range(run.actual_start, run.actual_stop)
        if len(ours) == len(theirs):
            rows += [(i, j, run.equal) for i, j in zip(ours, theirs, strict=True)]
        else:
            rows += _pair_alike(expected, actual, ours, theirs)
    pairs_of_lines = [(i, j) for i, j, equal in rows if not equal and i is not None and j is not None]
    unequal = set(judge.unequal(pairs_of_lines))
    return [
        (i, j, equal or (i is not None and j is not None and (i, j) not in unequal)) for i, j, equal in rows
    ]


def _pair_alike(expected: Sequence[str], actual: Sequence[str], ours: range, theirs: range) -> list[_Row]:
    def alike(i: int, j: int) -> float:
        return _line_likeness(expected[ours[i]], actual[theirs[j]])

    pairs = align_by_likeness(len(ours), len(theirs), alike)
    return [(None if i is None else ours[i], None if j is None else theirs[j], False) for i, j in pairs]


def _line_likeness(expected: str, actual: str) -> float:
    return likeness(expected[:_LIKENESS_LENGTH], actual[:_LIKENESS_LENGTH]) - 0.4


# What to show


def _hunks(rows: list[_Row], pair: TextPair) -> tuple[TextHunk, ...]:
    changes = [index for index, (_, _, equal) in enumerate(rows) if not equal][:SHOWN_CHANGES]
    windows: list[tuple[int, int]] = []
    last = changes[-1] if changes else 0
    for change in changes:
        # Context after the last shown change ends before the first that is not shown.
        start, stop = max(0, change - CONTEXT), min(len(rows), change + CONTEXT + 1)
        if change == last:
            stop = next((index for index in range(change + 1, stop) if not rows[index][2]), stop)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], stop)
        else:
            windows.append((start, stop))
    return tuple(_hunk(rows[start:stop], rows[:start], pair) for start, stop in windows)


def _hunk(rows: list[_Row], before: list[_Row], pair: TextPair) -> TextHunk:
    lines: list[HunkLine] = []
    for i, j, equal in rows:
        if equal:
            assert j is not None  # noqa: S101 (an equal row has both sides)
            lines.append(HunkLine(" ", pair.actual.shown[j]))
        elif i is None and j is not None:
            lines.append(HunkLine("+", pair.actual.shown[j]))
        elif j is None and i is not None:
            lines.append(HunkLine("-", pair.expected.shown[i]))
        elif i is not None and j is not None:
            lines += _changed_lines(pair, i, j)
    return TextHunk(
        next((i + 1 for i, _, _ in rows if i is not None), _next_line(before, 0)),
        next((j + 1 for _, j, _ in rows if j is not None), _next_line(before, 1)),
        tuple(lines),
    )


def _next_line(before: list[_Row], side: int) -> int:
    return next((index + 1 for row in reversed(before) if (index := row[side]) is not None), 0) + 1


def _changed_lines(pair: TextPair, i: int, j: int) -> list[HunkLine]:
    expected_marks, actual_marks = mark_changes(pair.expected.clean[i], pair.actual.clean[j])
    expected, actual = pair.expected.shown[i], pair.actual.shown[j]
    return [
        HunkLine("-", expected, _in_shown(expected_marks, pair.expected.clean[i], expected)),
        HunkLine("+", actual, _in_shown(actual_marks, pair.actual.clean[j], actual)),
    ]


_Marks = tuple[tuple[int, int], ...]


def mark_changes(expected: str, actual: str) -> tuple[_Marks, _Marks]:
    """Find the words, numbers and signs that differ between two lines.

    Returns:
        Changed spans of both lines as (start, stop) in characters. A span is empty where the other line has more.
    """
    begin, stop, other_stop = changed_middle(expected, actual)
    parts = expected[begin:stop], actual[begin:other_stop]
    marks = _mark_words(*([match[0] for match in _words().finditer(part)] for part in parts))
    return _shift(marks[0], begin), _shift(marks[1], begin)


def _shift(marks: _Marks, distance: int) -> _Marks:
    return tuple((start + distance, stop + distance) for start, stop in marks)


def _mark_words(ours: list[str], theirs: list[str]) -> tuple[_Marks, _Marks]:
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        start += 1
    stop = 0
    while stop < min(len(ours), len(theirs)) - start and ours[-1 - stop] == theirs[-1 - stop]:
        stop += 1
    middle, other = ours[start : len(ours) - stop], theirs[start : len(theirs) - stop]
    if max(len(middle), len(other)) > _MARKED_TOKENS:
        matches = []
    else:
        matches = [(start + i, start + j, n) for i, j, n in lcs_opcodes(middle, other)]
    # A blank between two changed words is no news: without this, marks fall to pieces.
    matches = [(i, j, n) for i, j, n in matches if "".join(ours[i : i + n]).strip()]
    matches = [(0, 0, start), *matches, (len(ours) - stop, len(theirs) - stop, stop)]
    return _gaps(ours, [(i, n) for i, _, n in matches], theirs, [(j, n) for _, j, n in matches])


def _gaps(
    ours: list[str],
    our_matches: list[tuple[int, int]],
    theirs: list[str],
    their_matches: list[tuple[int, int]],
) -> tuple[_Marks, _Marks]:
    our_starts, their_starts = _positions(ours), _positions(theirs)
    our_marks, their_marks = [], []
    i = j = 0
    for (next_i, n), (next_j, _) in zip(our_matches, their_matches, strict=True):
        if next_i > i or next_j > j:
            our_marks.append((our_starts[i], our_starts[next_i]))
            their_marks.append((their_starts[j], their_starts[next_j]))
        i, j = next_i + n, next_j + n
    return tuple(our_marks), tuple(their_marks)


def _positions(words: list[str]) -> list[int]:
    positions = [0]
    for word in words:
        positions.append(positions[-1] + len(word))
    return positions


@cache
def _words() -> re.Pattern[str]:
    return re.compile(rf"{number_pattern().pattern}|<\w+>|\w+|\s+|.", re.VERBOSE | re.DOTALL)


def _in_shown(marks: _Marks, clean: str, shown: str) -> _Marks:
    """Carry marks from a line without noise over to the line as it is shown."""
    if clean == shown:
        return marks
    stretches = [*lcs_opcodes(list(clean), list(shown)), (len(clean), len(shown), 0)]

    def carry(position: int, *, left: bool) -> int:
        for start, shown_start, length in stretches:
            if position < start + length or (left and position == start + length and length):
                return shown_start + max(0, position - start)
        return len(shown)

    return tuple(
        (carry(start, left=False), max(carry(start, left=False), carry(stop, left=True)))
        for start, stop in marks
    )


# What to say


def _summary(rows: list[_Row], hunks: tuple[TextHunk, ...], pair: TextPair) -> str:
    removed = sum(j is None for _, j, _ in rows)
    added = sum(i is None for i, _, _ in rows)
    changed = sum(not equal for _, _, equal in rows) - removed - added
    if changed == 1 and not removed and not added:
        said = _became(hunks)
        if said:
            return said
    total = max(len(pair.expected.shown), len(pair.actual.shown))
    parts = []
    if changed:
        parts.append(f"{changed:,} of {_lines(total)} differ" if total > 1 else "the line differs")
    if removed:
        parts.append(f"{_lines(removed)} missing")
    if added:
        parts.append(f"{_lines(added)} new")
    return ", ".join(parts) or "the end of the last line differs"


def _lines(count: int) -> str:
    return f"{count:,} line" + ("" if count == 1 else "s")


def _became(hunks: tuple[TextHunk, ...]) -> str | None:
    """``3.14 became 3.15`` when one short span of one line changed."""
    changed = [line for hunk in hunks for line in hunk.lines if line.side != " "]
    spans = []
    for line in changed:
        if len(line.marks) != 1:
            return None
        start, stop = line.marks[0]
        spans.append(line.text[start:stop])
    if any(not span.strip() or len(span) > _SHORT for span in spans):
        return None
    # Not the parts of a version or a date, which are no numbers.
    numbers = all(span in split_numbers(line.text)[1::2] for span, line in zip(spans, changed, strict=True))
    remark = error_remark(number_value(spans[0]), number_value(spans[1])) if numbers else ""
    return Change("", spans[0], spans[1], remark).said


def _without_blanks(lines: Sequence[str]) -> str:
    return "".join("".join(lines).split())


def _line_end_details(pair: TextPair) -> tuple[str, ...]:
    if not pair.ends_differ:
        return ()
    return ("only one side ends with a line end",)
