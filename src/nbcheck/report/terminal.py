"""A difference as lines for the terminal: what was expected, what came, and which words changed.

::

    stdout: 3.14 became 3.15 (relative error 0.0032)
          1   alpha
      -   2   total 3.14 m
      ?             ^^^^
      +   2   total 3.15 m
      ?             ^^^^

Outputs are shown with their control characters spelt out: what a notebook printed must not steer the reader's terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from nbcheck.compare.base import Difference, DifferenceKind, HunkLine, TextHunk

WIDTH = 100
"""Columns that a line takes at most; longer ones are shown around their changes."""

_GUTTER = 10
_TEXT_WIDTH = WIDTH - _GUTTER
_LEAD = 20
"""Columns kept before the first change of a line that is cut."""
# Rules whose effect the shown lines already have, or nobody can see.
_SILENT = frozenset({"terminal", "ansi", "line-ends", "pandas-style"})
_CUT = "\u2026"
_COLORS = {"-": "\x1b[31m", "+": "\x1b[32m"}
_REVERSE, _RESET, _BOLD = "\x1b[7m", "\x1b[0m", "\x1b[1m"
# Categories of characters that show nothing, or change what is around them: controls, formats (bidirectional overrides,
# zero-width joiners), surrogates, private use, unassigned, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def render_difference(difference: Difference, *, color: bool) -> list[str]:
    """Write a difference for the terminal.

    Args:
        difference: what differs.
        color: mark changed words with ANSI attributes; otherwise a line of ``^`` stands below them.

    Returns:
        Lines without line ends, at most :data:`WIDTH` columns wide except the first.
    """
    head = escape(f"{difference.place}: {difference.summary}" if difference.place else difference.summary)
    lines = [f"{_BOLD}{head}{_RESET}" if color else head]
    if difference.hunks:
        for number, hunk in enumerate(difference.hunks):
            if number:
                lines.append("      ...")
            lines += _render_hunk(hunk, color)
    elif not (difference.changes or difference.details):
        lines += _render_values(difference, color)
    remarks = [*map(str, difference.changes), *difference.details]
    if len(remarks) == 1 and remarks[0] in difference.summary:
        remarks = []  # the first line has told it already
    lines += [f"    {_cut(escape(remark), WIDTH - 4)}" for remark in remarks]
    if difference.omitted > 0:
        lines.append(f"    ... {difference.omitted:,} more")
    hidden = hidden_of_interest(difference)
    if hidden:
        lines.append(f"    normalised before comparing: {', '.join(hidden)}")
    return lines


def hidden_of_interest(difference: Difference) -> tuple[str, ...]:
    """Names of the rules for noise that were at work, but for those whose effect can be seen, or cannot be."""
    return tuple(name for name in difference.hidden if name not in _SILENT)


def escape(text: str) -> str:
    r"""Spell out every character that a terminal would act on or not show: ``\x1b``, ``\t``, ``\u202e``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_escape_character, text))


def _escape_character(character: str) -> str:
    if character == " " or unicodedata.category(character) not in _INVISIBLE:
        return character
    return (
        repr(character)[1:-1] if ord(character) < 0x80 else character.encode("unicode_escape").decode("ascii")
    )


# Hunks


def _render_hunk(hunk: TextHunk, color: bool) -> Iterator[str]:
    numbers = {"-": hunk.expected_start, "+": hunk.actual_start}
    for line in hunk.lines:
        # Context is counted as the fresh output counts it: that is what the reader can reproduce.
        number = numbers["-" if line.side == "-" else "+"]
        for side in "-+" if line.side == " " else line.side:
            numbers[side] += 1
        yield from _render_line(line, number, color)


def _render_line(line: HunkLine, number: int, color: bool) -> Iterator[str]:
    text, marks = escape_marked(line.text, line.marks)
    text, marks = _window(text, marks)
    gutter = f"  {line.side} {number:>4}  "
    if not color:
        yield (gutter + text).rstrip()
        carets = _carets(text, marks)
        if carets:
            yield f"  ?{' ' * (len(gutter) - 3)}{carets}"
        return
    paint = _COLORS.get(line.side, "")
    yield f"{paint}{gutter}{_highlight(text, marks, paint)}{_RESET if paint else ''}".rstrip()


_Marks = list[tuple[int, int]]


def escape_marked(text: str, marks: tuple[tuple[int, int], ...]) -> tuple[str, _Marks]:
    """Escape a line and carry its marks over.

    Args:
        text: the line.
        marks: spans of it as (start, stop) in characters.

    Returns:
        The line as :func:`escape` makes it, and the same spans of that.
    """
    if text.isascii() and text.isprintable():
        return text, list(marks)
    pieces, moved, position, length = [], [], 0, 0
    for start, stop in marks:
        before, inside = escape(text[position:start]), escape(text[start:stop])
        moved.append((length + len(before), length + len(before) + len(inside)))
        pieces += [before, inside]
        length, position = moved[-1][1], stop
    pieces.append(escape(text[position:]))
    return "".join(pieces), moved


def _window(text: str, marks: _Marks) -> tuple[str, _Marks]:
    """Cut a line that is too wide to what stands around its first change."""
    if _columns(text) <= _TEXT_WIDTH:
        return text, marks
    first = marks[0][0] if marks else 0
    start = max(0, first - _LEAD) if first > _TEXT_WIDTH // 2 else 0
    head = _CUT if start else ""
    room = _TEXT_WIDTH - len(head)
    shown = text[start : start + room]
    while _columns(shown) > room:
        shown = shown[:-1]
    if start + len(shown) < len(text):
        while _columns(shown) > room - 1:
            shown = shown[:-1]
        tail = _CUT
    else:
        tail = ""
    stop = start + len(shown)
    shift = len(head) - start
    kept = [(max(a, start) + shift, min(b, stop) + shift) for a, b in marks if a < stop and b >= start]
    return head + shown + tail, kept


def _carets(text: str, marks: _Marks) -> str:
    """The line of ``^`` below a line; a change of no width is shown where text is missing."""
    if marks == [(0, len(text))]:
        # All of the line changed: nothing to point at.
        return ""
    line = ""
    for start, stop in marks:
        column = _columns(text[:start])
        line = line.ljust(column) + "^" * max(
            1, column + _columns(text[start:stop]) - len(line.ljust(column))
        )
    return line


def _highlight(text: str, marks: _Marks, paint: str) -> str:
    pieces, position = [], 0
    for start, stop in marks:
        if start < stop:
            pieces += [text[position:start], _REVERSE, text[start:stop], _RESET, paint]
            position = stop
    pieces.append(text[position:])
    return "".join(pieces)


def _columns(text: str) -> int:
    """Columns that escaped text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


# Values without hunks


def _render_values(difference: Difference, color: bool) -> Iterator[str]:
    """Show short values whole; long ones are told by the summary."""
    sides = (
        ("-", difference.expected, DifferenceKind.EXTRA),
        ("+", difference.actual, DifferenceKind.MISSING),
    )
    for side, value, absent in sides:
        if isinstance(value, (str, int, float)) and difference.kind is not absent and len(str(value)) < WIDTH:
            line = f"  {side} {_cut(escape(str(value)), WIDTH - 4)}"
            yield f"{_COLORS[side]}{line}{_RESET}" if color else line


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + _CUT
