r"""The formatting habits of a notebook file: how whoever wrote it would write one value more.

Everything is read off the file and nothing is assumed from a program's name. What the file does not tell is done as
Jupyter does it. Here are the habits of the file as a whole; :mod:`nbcheck.document.splice` looks at the white space
of the place that is edited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbcheck.document.fields import Kind, kind_of, parse
from nbcheck.document.positions import Positions, Span
from nbcheck.document.sample import Sample

# What is parsed to learn the order of keys and the shape of texts: a megabyte is some hundred cells.
_SAMPLE = 1_000_000

_LINE_START = re.compile(rb"[\r\n]([ \t]*)\Z")
_HEX = re.compile(rb"\\u([0-9a-fA-F]{4})")
_UNESCAPED_SLASH = re.compile(rb"(?<!\\)/")
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|.)")


@dataclass(frozen=True, slots=True)
class Layout:
    """White space around the parts of a new value."""

    newline: str
    """Line end between items; empty when everything goes on one line."""
    indent: str = ""
    """Indentation of the line on which the value begins, and of its closing bracket."""
    unit: str = ""
    """Indentation that each level adds."""

    def inside(self) -> Layout:
        """Layout of the items of this value."""
        return Layout(self.newline, self.indent + self.unit, self.unit) if self.newline else self

    @property
    def lead(self) -> str:
        """White space before something that begins a line with this layout."""
        return self.newline + self.indent if self.newline else ""


@dataclass(frozen=True)
class Habits:
    """Habits of one file, each found out when it is asked for."""

    positions: Positions
    """The file."""

    @cached_property
    def newline(self) -> str:
        r"""Line end: that of the first line, ``\n`` for a file of one line."""
        at = self._raw.find(b"\n")
        if at < 0:
            return "\r" if b"\r" in self._raw else "\n"
        return "\r\n" if self._raw[at - 1 : at] == b"\r" else "\n"

    @cached_property
    def unit(self) -> str | None:
        """Indentation that a level adds; None when the outermost object is not spread over lines."""
        root = self.positions.root
        for member in self.positions.members(root)[:1]:
            return indentation(self._raw[root + 1 : member.key.start])
        return " "

    @cached_property
    def colon(self) -> str:
        """What stands between a key and its value."""
        for member in self.positions.members(self.positions.root)[:1]:
            between = self._raw[member.key.stop : member.value.start]
            if not has_newline(between):
                return between.decode()
        return ": "

    @cached_property
    def comma(self) -> str:
        """What stands between two items on one line."""
        between = self._between_members
        return ", " if self.unit is not None or has_newline(between) else between.decode()

    @cached_property
    def comma_at_line_end(self) -> str:
        """What stands behind an item at the end of its line: some writers put a space behind the comma."""
        match = re.match(rb"[ \t]*,[ \t]*(?=[\r\n])", self._between_members)
        return match[0].decode() if match else ","

    @cached_property
    def sample(self) -> Sample:
        """What the first cells tell."""
        names = (member.name for member in self.positions.members(self.positions.root))
        return Sample(names, (parse(self._raw[slice(*span)]) for span in self._first_cells()))

    def write(self, value: Any, layout: Layout, kind: Kind = Kind.JSON, key: str = "") -> str:
        r"""Write a new value.

        Args:
            value: as it is in memory, texts joined.
            layout: where it goes.
            kind: what it is.
            key: its key in the object around it, if any.

        Returns:
            JSON. Lone surrogates stand unescaped in it, encoding turns them to ``\udXXX``.
        """
        if kind is Kind.TEXT and isinstance(value, str) and self.sample.stores_lines(key):
            value = self.sample.split(value)
        if not isinstance(value, dict | list):
            return self.quote(value) if isinstance(value, str) else json.dumps(value)
        # Loops, since each comprehension would be a level of Python's stack for a level of the value.
        inside = layout.inside()
        items: list[str] = []
        if isinstance(value, dict):
            for name in self.sample.order(value, kind):
                item = self.write(value[name], inside, kind_of(kind, value, name), name)
                items.append(self.quote(name) + self.colon + item)
            return self._enclose("{", items, "}", layout)
        item_kind = kind_of(kind, value)
        for item in value:
            items.append(self.write(item, inside, item_kind))
        return self._enclose("[", items, "]", layout)

    def quote(self, text: str, like: bytes = b"") -> str:
        """Write a string.

        Args:
            text: the string.
            like: a string of the file in whose place it goes; its habits go before those of the file.
        """
        escapes = (not text.isascii() or "\x7f" in text) and self._escapes_unicode(like)
        quoted = json.dumps(text, ensure_ascii=escapes)
        if "/" in text and self._escapes_slashes(like):
            # No escape that json writes has a slash in it.
            quoted = quoted.replace("/", "\\/")
        if "\\u" in quoted and self._has_upper_escapes:
            quoted = _ESCAPE.sub(lambda match: f"\\u{match[1].upper()}" if match[1] else match[0], quoted)
        return quoted

    @property
    def _raw(self) -> bytes:
        return self.positions.raw

    @cached_property
    def _between_members(self) -> bytes:
        """What stands between the first two members of the outermost object."""
        members = self.positions.members(self.positions.root)[:2]
        return self._raw[members[0].value.stop : members[1].key.start] if len(members) == 2 else b", "

    def _first_cells(self) -> Iterator[Span]:
        left = _SAMPLE
        cells = self.positions.span("/cells")
        for start, stop in self.positions.spans(cells.start) if cells is not None else ():
            # A cell with a huge output is passed over, as long as others follow.
            if stop - start < _SAMPLE:
                yield Span(start, stop)
            left -= min(stop - start, _SAMPLE // 10)
            if left < 0:
                return

    def _enclose(self, opening: str, items: list[str], closing: str, layout: Layout) -> str:
        lead = layout.inside().lead
        comma = self.comma_at_line_end if layout.newline else self.comma
        inner = (comma + lead).join(items)
        return f"{opening}{lead}{inner}{layout.lead}{closing}" if inner else opening + closing

    def _escapes_unicode(self, like: bytes) -> bool:
        """Whether characters beyond ASCII are escaped; in a file that mixes both ways they are not."""
        if not like.isascii():
            return False
        return any(_is_beyond_ascii(digits) for digits in _hex_escapes(like)) or self._file_escapes_unicode

    @cached_property
    def _file_escapes_unicode(self) -> bool:
        return self._raw.isascii() and any(_is_beyond_ascii(digits) for digits in _hex_escapes(self._raw))

    def _escapes_slashes(self, like: bytes) -> bool:
        return b"\\/" in like or (b"/" not in like and self._file_escapes_slashes)

    @cached_property
    def _file_escapes_slashes(self) -> bool:
        return b"\\/" in self._raw and _UNESCAPED_SLASH.search(self._raw) is None

    @cached_property
    def _has_upper_escapes(self) -> bool:
        for digits in _hex_escapes(self._raw):
            if digits.lower() != digits.upper():
                return digits != digits.lower()
        return False


def has_newline(space: bytes) -> bool:
    """Whether white space spreads over lines."""
    return b"\n" in space or b"\r" in space


def indentation(space: bytes) -> str | None:
    """Indentation of what follows white space; None when it does not begin a line."""
    match = _LINE_START.search(space)
    return match[1].decode() if match else None


def _is_beyond_ascii(digits: bytes) -> bool:
    """Whether the four digits of an escape mean a character that ASCII does not have."""
    return int(digits, 16) > 0x7F


def _hex_escapes(raw: bytes) -> Iterator[bytes]:
    r"""Yield the digits of each ``\uXXXX``."""
    for match in _HEX.finditer(raw):
        start = match.start()
        slashes = start
        while raw[slashes - 1 : slashes] == b"\\":
            slashes -= 1
        # An odd number of backslashes before it makes it an escaped backslash and a plain u.
        if (start - slashes) % 2 == 0:
            yield match[1]
