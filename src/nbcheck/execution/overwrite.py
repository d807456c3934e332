"""Carriage return and backspace, as a terminal shows them.

Progress bars print over themselves. A front-end shows, and a notebook stores, what is left at the end; to compare
outputs both sides have to be brought to that state.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\r\x08]")
_SPLIT = re.compile(r"([\r\x08]+)")


def apply_overwrites(text: str) -> str:
    """Return what a terminal shows after ``text`` was printed.

    A carriage return moves to the beginning of the line, a backspace one character back but not beyond it;
    what is printed next replaces what stood there. Neither removes anything by itself. The time taken is
    proportional to the length of ``text``.

    Args:
        text: everything printed to one stream, in one piece: a line may be overwritten by a later chunk.

    Returns:
        The text without carriage returns and backspaces, but for one carriage return at its very end: what the
        stream prints next may stand in another output, and begins at the start of this line.
    """
    if "\r\n" in text:
        # Not needed for the result, but output of Windows programs has one of these in every line.
        text = text.replace("\r\n", "\n")
    found = _CONTROL.search(text)
    if found is None:
        return text
    shown: list[str] = []
    done = 0
    while found is not None:
        start = text.rfind("\n", done, found.start()) + 1 or done
        end = text.find("\n", found.end())
        if end < 0:
            end = len(text)
        shown.append(text[done:start])
        shown.append(_overwrite_line(text[start:end]))
        done = end
        found = _CONTROL.search(text, done)
    shown.append(text[done:])
    if text.endswith("\r"):
        shown.append("\r")
    return "".join(shown)


def _overwrite_line(line: str) -> str:
    """Return what is left of one line, given without its line end."""
    if "\x08" not in line:
        return _overwrite_from_start(line.split("\r"))
    shown: list[str] = []
    cursor = 0
    for index, piece in enumerate(_SPLIT.split(line)):
        if index % 2:
            cursor = max(0, cursor - len(piece)) if "\r" not in piece else 0
        else:
            shown[cursor : cursor + len(piece)] = piece
            cursor += len(piece)
    return "".join(shown)


def _overwrite_from_start(layers: list[str]) -> str:
    """Return what is seen of texts printed over each other, the last one on top."""
    pieces: list[str] = []
    covered = 0
    for layer in reversed(layers):
        if len(layer) > covered:
            pieces.append(layer[covered:])
            covered = len(layer)
    return "".join(pieces)
