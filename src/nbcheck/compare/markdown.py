"""Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.text import compare_forms


class MarkdownComparer:
    """Judges Markdown by its blocks and words.

    Where lines break inside a paragraph, white space, the characters of bullets, rules and emphasis, the two spellings
    of headings and the padding of tables are noise. Words, levels of headings and lists, links, code and numbers count.
    """

    mimetypes: Sequence[str] = ("text/markdown", "text/x-markdown")
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two sources; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_forms(expected, actual, options, markdown_form)


def markdown_form(source: str) -> str:
    """Write Markdown in one way: a line for each paragraph, heading, list item and row of a table.

    Code stays as it is. Lists are indented by two blanks a level, bullets are ``-``, emphasis is ``*``.
    """
    blocks = _Blocks()
    for line in source.replace("\r\n", "\n").split("\n"):
        blocks.add(line)
    return blocks.text()


@cache
def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# Items deeper than this are words: a line of bullets must not recurse without end.
_DEEPEST = 50
_RULE = r"(?P<rule>[-*_])(?:[ \t]*+(?P=rule)){2,}+[ \t]*+"
_ITEM = r"([-*+]|\d{1,9}[.)])(?:[ \t]+|$)"
# What ends a paragraph, and the list that it stands in.
_OPENER = rf"{_ITEM}|#{{1,6}}(?:[ \t]|$)|`{{3}}|~{{3}}|{_RULE}$"
_ROW_OF_RULES = r"\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+"


class _Blocks:
    """The blocks read so far (CommonMark, with the tables of GitHub)."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._paragraph: list[str] = []
        self._lead = ""
        """What stands before the open paragraph: quote marks, indentation, bullet."""
        self._quote = ""
        self._items: list[int] = []
        """For each open list item, the column where its content begins."""
        self._fence = ""
        self._in_table = False

    def add(self, line: str) -> None:
        """Read one line, without its line end."""
        if self._fence:
            self._add_code(line)
            return
        quote, rest = _quote(line)
        if not rest.strip():
            self._close()
            return
        if quote != self._quote and (quote or not self._paragraph):
            self._close()
            self._quote, self._items = quote, []
        content = rest.lstrip(" \t")
        self._add_block(content, len(rest[: len(rest) - len(content)].expandtabs(4)))

    def text(self) -> str:
        """The form."""
        self._close()
        return "\n".join(self._lines)

    def _add_block(self, content: str, column: int) -> None:
        """Read what begins at ``column``, behind quote marks, white space and bullets."""
        in_list, outside = bool(self._items), bool(self._items) and column < self._items[-1]
        if not self._paragraph or _re(_OPENER).match(content):
            while self._items and column < self._items[-1]:
                self._items.pop()
        inside = column - (self._items[-1] if self._items else 0)
        if inside >= 4 and not self._paragraph:
            self._lines.append(f"{self._indent()}    {' ' * (inside - 4)}{content}")
        elif fence := _re(r"(`{3,}|~{3,})([^`]*)$").match(content):
            self._close()
            self._fence = fence[1]
            self._lines.append(f"{self._indent()}```{fence[2].strip()}")
        elif self._is_underline(content) and not outside:
            self._close("# " if content[0] == "=" else "## ")
        elif _re(_RULE).fullmatch(content):
            self._close()
            self._lines.append(f"{self._indent()}---")
        elif heading := _re(r"(#{1,6})(?:[ \t]+|$)").match(content):
            self._close()
            self._paragraph.append(_without_closing_marks(content[heading.end() :]))
            self._close(f"{heading[1]} ")
        elif (
            (item := _re(_ITEM).match(content))
            and (in_list or self._starts_list(item[1]))
            and (len(self._items) < _DEEPEST)
        ):
            self._add_item(item, content, column)
        else:
            self._add_words(content)

    def _is_underline(self, content: str) -> bool:
        return (
            bool(self._paragraph)
            and not self._in_table
            and not content.rstrip().strip(content[0])
            and (content[0] in "=-")
        )

    def _starts_list(self, bullet: str) -> bool:
        """Inside a paragraph, a year at the beginning of a line begins no list."""
        return not self._paragraph or not bullet[0].isdigit() or bullet[:-1] == "1"

    def _add_item(self, item: re.Match[str], content: str, column: int) -> None:
        self._close()
        bullet = "-" if item[1] in "-*+" else item[1][:-1] + "."
        lead = f"{self._indent()}{bullet} "
        rest = content[item.end() :]
        width = len(item[0]) if rest.strip() else 0
        marker = len(item[1])
        # Five blanks or more behind a bullet are one blank, and code.
        self._items.append(column + (width if marker < width <= marker + 4 else marker + 1))
        if not rest.strip():
            self._lines.append(lead.rstrip())
        elif _re(_OPENER).match(rest):
            self._lines.append(lead.rstrip())
            self._add_block(rest.lstrip(" \t"), column + item.end())
        else:
            self._lead = lead
            self._add_words(rest)

    def _add_words(self, content: str) -> None:
        rules = "|" in content and _re(_ROW_OF_RULES).fullmatch(content)
        if rules and len(self._paragraph) == 1 and "|" in self._paragraph[0]:
            self._in_table = True
        if not self._paragraph:
            self._lead = self._lead or self._indent()
        words = _re(r"[ \t]+").sub(" ", content.strip())
        if self._in_table:
            words = _row(words)
            if len(self._paragraph) == 1:
                self._paragraph[0] = _row(self._paragraph[0])
        self._paragraph.append(words)

    def _add_code(self, line: str) -> None:
        if _re(rf"[ >]*{self._fence[0]}{{{len(self._fence)},}}[ \t]*").fullmatch(line):
            self._fence = ""
            self._lines.append(f"{self._indent()}```")
        else:
            # Code in a list item is indented as deep as the item.
            lead = min(len(line) - len(line.lstrip(" ")), self._items[-1]) if self._items else 0
            self._lines.append(self._indent() * bool(self._items) + line[lead:])

    def _close(self, mark: str = "") -> None:
        """End the open paragraph; a mark makes it a heading."""
        if self._in_table:
            self._lines += [self._lead + _emphasis(row) for row in self._paragraph]
        elif self._paragraph:
            # A backslash at the end of a line breaks it, as two blanks do.
            words = " ".join(part.removesuffix("\\") for part in self._paragraph[:-1])
            text = f"{words} {self._paragraph[-1]}".strip()
            self._lines.append(f"{self._lead or self._indent()}{mark}{_emphasis(text)}")
        self._paragraph, self._lead, self._in_table = [], "", False

    def _indent(self) -> str:
        return self._quote + "  " * len(self._items)


def _quote(line: str) -> tuple[str, str]:
    marks = _re(r"(?: {0,3}> ?)*").match(line)
    assert marks is not None  # noqa: S101 (matches nothing as well)
    return "> " * marks[0].count(">"), line[marks.end() :]


def _without_closing_marks(heading: str) -> str:
    words = heading.rstrip()
    bare = words.rstrip("#")
    return bare.rstrip() if not bare or bare[-1] in " \t" else words


def _row(words: str) -> str:
    """Write a row of a table without padding: ``|  a|b |`` becomes ``| a | b |``."""
    cells = _re(r"(?<!\\)\|").split(words.strip().removeprefix("|").removesuffix("|"))
    if all(_re(r"[ ]*:?-+:?[ ]*").fullmatch(cell) for cell in cells):
        cells = [_re(r"-+").sub("---", cell) for cell in cells]
    return f"| {' | '.join(cell.strip() for cell in cells)} |"


def _emphasis(text: str) -> str:
    """Write ``_a_`` as ``*a*`` and ``__a__`` as ``**a**``, but not in code, links, tags and formulas."""
    if "_" not in text:
        return text
    kept = _re(r"\\.|(`++)(?!`)[^`]*+\1(?!`)|\]\([^()]*+\)|<[^<>]*+>|\$\$[^$]++\$\$|\$[^$]++\$")
    hidden = kept.sub(lambda match: "\0" * len(match[0]), text)
    letters = list(text)
    opened: dict[int, int] = {}
    for run in _re(r"_+").finditer(hidden):
        before, after = hidden[max(0, run.start() - 1) : run.start()], hidden[run.end() : run.end() + 1]
        length = len(run[0])
        if before.strip() and not after.isalnum() and length in opened:
            for start in (opened.pop(length), run.start()):
                letters[start : start + length] = "*" * length
        elif after.strip() and not before.isalnum():
            opened[length] = run.start()
    return "".join(letters)
