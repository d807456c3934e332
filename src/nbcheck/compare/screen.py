"""What a terminal would show of a printed text."""

from __future__ import annotations

import re
from functools import cache


def show_on_screen(text: str) -> str:
    r"""Apply carriage returns, backspaces, cursor-up and erase-line as a terminal does.

    ``"50%\r100%\n"`` becomes ``"100%\n"``; ``"abc\b\bX"`` becomes ``"aXc"``. Other escape sequences stay where they
    are, in front of the character they precede. Lines without such movements are not touched.

    Source: ECMA-48 CUU and EL; ``\r\n`` is an ordinary line end.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if not any(character in text for character in ("\r", "\b", "\x1b[")) or not _movement().search(text):
        return text
    screen = _Screen()
    for piece in _pieces().findall(text):
        screen.feed(piece)
    return screen.text()


@cache
def _movement() -> re.Pattern[str]:
    return re.compile(r"[\r\b]|\x1b\[\d{0,4}[AK]")


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile(
        r"\x1b\[\d{0,4}[AK]|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[^\r\n\b\x1b]+|[\r\n\b\x1b]"
    )


class _Screen:
    """Lines of cells; a cell is one character with the escape sequences before it."""

    def __init__(self) -> None:
        self._lines: list[list[str]] = [[]]
        self._row = 0
        self._column = 0
        self._pending = ""

    def feed(self, piece: str) -> None:
        if piece == "\n":
            self._row += 1
            self._column = 0
            if self._row == len(self._lines):
                self._lines.append([])
        elif piece == "\r":
            self._column = 0
        elif piece == "\b":
            self._column = max(0, self._column - 1)
        elif piece[0] == "\x1b":
            self._escape(piece)
        else:
            self._write(piece)

    def _escape(self, sequence: str) -> None:
        argument = sequence[2:-1]
        if sequence == "\x1b":
            # Not a sequence; kept, it could become one with the text that ends up behind it.
            return
        if _movement().fullmatch(sequence) is None:
            self._pending += sequence
        elif sequence[-1] == "A":
            self._row = max(0, self._row - int(argument or 1))
        else:
            self._erase(argument or "0")

    def _erase(self, what: str) -> None:
        line = self._lines[self._row]
        if what == "0":
            del line[self._column :]
        elif what == "1":
            line[: self._column] = " " * min(self._column, len(line))
        else:
            line.clear()

    def _write(self, text: str) -> None:
        line = self._lines[self._row]
        cells = list(text)
        cells[0] = self._pending + cells[0]
        self._pending = ""
        if len(line) < self._column:
            line.extend(" " * (self._column - len(line)))
        line[self._column : self._column + len(cells)] = cells
        self._column += len(cells)

    def text(self) -> str:
        return "\n".join("".join(line) for line in self._lines) + self._pending
