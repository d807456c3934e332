"""Where the values of a JSON text stand: JSON pointer to bytes, line and column.

The parser keeps no positions, since they are wanted only when something is wrong or is to be edited. They are found
afterwards, container by container and only on the way that is asked for: msgspec checks and skips the values of a
container in C and tells how long each is; a text with NaN or lone surrogates, which it refuses, is shown to it with
others in their place. What is still refused, and repeated names, of which it tells only the last, are skipped by
regular expressions that swallow strings and flat containers whole, so that Python code runs once per nested container
and not once per token. Escapes are blanked out for them first, since an expression that has to look for two
characters, quote and backslash, is several times slower than one for a quote.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb'[^ \t\r\n,\]}"]++')
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_FLAT = rb'(?:[^"\[\]{}]++|"[^"]*+")*+'
# Everything up to the next bracket that matters: arrays and objects without containers inside are skipped too.
_FILL = re.compile(rb'(?:[^"\[\]{}]++|"[^"]*+"|\[' + _FLAT + rb"\]|\{" + _FLAT + rb"\})*+")
_TO_BRACKET = re.compile(_FLAT)
_OPENING = frozenset(b"[{")
_ENDS_VALUE = frozenset(b" \t\r\n,]}")
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
# The cells are nearly all of a notebook: this way they are passed over once for the notebook and its cells together.
_NOTEBOOK = msgspec.json.Decoder(
    dict[str, list[msgspec.Raw] | dict[str, msgspec.Raw] | str | int | float | bool | None]
)
_T = TypeVar("_T")


class Position(NamedTuple):
    """A place in a file."""

    line: int
    """From 1; lines end with a line feed."""
    column: int
    """From 1, in characters."""


class Span(NamedTuple):
    """Where something stands in the bytes of a text."""

    start: int
    """Offset of its first byte."""
    stop: int
    """Offset of the first byte after it."""


class Member(NamedTuple):
    """One member of an object."""

    name: str
    """The name, decoded."""
    key: Span
    """The name as it is spelt, with its quotes."""
    value: Span
    """The value, without the white space around it."""

    @property
    def span(self) -> Span:
        """The whole member, from its name to the end of its value."""
        return Span(self.key.start, self.value.stop)


class Positions:
    """The places of the values of one JSON text; what was found once is remembered."""

    def __init__(self, raw: bytes) -> None:
        """Keep the text; nothing is scanned yet.

        Args:
            raw: JSON that a parser has accepted, UTF-8, with or without a byte order mark.
        """
        self.raw = raw
        """The text."""
        self._blanked: bytes | None = None
        self._start = len(_BOM) if raw.startswith(_BOM) else 0
        self._objects: dict[int, list[Member]] = {}
        self._values: dict[int, dict[str, int]] = {}
        self._arrays: dict[int, list[Span]] = {}
        # Ends of the containers that were passed; looking for any other end takes an expression.
        self._stops: dict[int, int] = {}
        # What msgspec looks at: the text, or one of equal length without what it refuses.
        self._text = raw
        self._is_skimmed: bool | None = None
        self._is_strict = False
        # (offset, line) of places already counted, sorted: the next count starts at the nearest one before it.
        self._counted = [(self._start, 1)]

    def find(self, pointer: str) -> Position:
        """Find a value.

        Args:
            pointer: JSON pointer (RFC 6901).

        Returns:
            Where the value begins; where the pointer leaves the text (a missing key), the place of the last
            container on its way.
        """
        return self.position(self.offset(pointer))

    def offset(self, pointer: str) -> int:
        """Find the byte offset of a value, by the rules of :meth:`find`."""
        offset = self.root
        for token in split_pointer(pointer):
            step = self.step(offset, token)
            if step is None:
                break
            offset = step
        return offset

    def span(self, pointer: str) -> Span | None:
        """Find the bytes of a value; None when the pointer leads to none."""
        offset = self.root
        for token in split_pointer(pointer):
            step = self.step(offset, token)
            if step is None:
                return None
            offset = step
        return Span(offset, self.stop(offset))

    @property
    def root(self) -> int:
        """Byte offset of the outermost value."""
        return self._skip_space(self._start)

    def step(self, offset: int, token: str) -> int | None:
        """Go from the container at a byte offset to one of its values; None when it has no such value."""
        kind = self.raw[offset : offset + 1]
        if kind == b"{":
            if offset not in self._values:
                # A repeated name: the last one wins, as in every parser used here.
                self._values[offset] = {member.name: member.value.start for member in self.members(offset)}
            return self._values[offset].get(token)
        if kind == b"[" and token.isascii() and token.isdigit():
            items = self.spans(offset)
            # The length is compared first: an index of thousands of digits is no number int() would take.
            if len(token) <= len(str(len(items))) and int(token) < len(items):
                return items[int(token)].start
        return None

    def items(self, offset: int) -> list[int]:
        """Byte offsets of the items of the array at a byte offset; empty when there is no array."""
        return [span.start for span in self.spans(offset)]

    def spans(self, offset: int) -> list[Span]:
        """Bytes of each item of the array at a byte offset; empty when there is no array."""
        if self.raw[offset : offset + 1] != b"[":
            return []
        if offset not in self._arrays:
            self._walk_array(offset, _try(_ARRAY, self._view(offset)))
        return self._arrays[offset]

    def members(self, offset: int) -> list[Member]:
        """Members of the object at a byte offset, repeated names too; empty when there is no object."""
        if self.raw[offset : offset + 1] != b"{":
            return []
        if offset not in self._objects and not (offset == self.root and self._skim()):
            values = _try(_OBJECT, self._view(offset))
            self._walk_object(offset, values or {})
        return self._objects[offset]

    def stop(self, offset: int) -> int:
        """Byte offset behind the value at a byte offset."""
        first = self.raw[offset]
        if first == ord('"'):
            return _end(_STRING, self.raw, offset)
        if first not in _OPENING:
            return _end(_SCALAR, self.raw, offset)
        if offset not in self._stops:
            self._stops[offset] = self._end_of_text() if offset == self.root else self._skip_container(offset)
        return self._stops[offset]

    def string(self, offset: int) -> str:
        """Decode the string at a byte offset."""
        # The bytes are one JSON string, so the parser's answer is a str.
        text: str = json.loads(self.raw[offset : self.stop(offset)].decode())
        return text

    def is_strict(self) -> bool:
        """Whether msgspec takes the text for one object in plain JSON; it does not look at UTF-8 in all strings.

        This and :meth:`is_complete` may be asked of any bytes; the other methods are for what a parser has accepted.
        """
        self._skim()
        return self._is_strict

    def is_complete(self) -> bool:
        """Whether the text is one object in JSON if NaN, infinities and lone surrogates stand where they may."""
        return self._skim()

    def position(self, offset: int) -> Position:
        """Line and column of a byte offset."""
        line = self.line(offset)
        begin = max(self.raw.rfind(b"\n", 0, offset) + 1, self._start)
        return Position(line, len(self.raw[begin:offset].decode(errors="replace")) + 1)

    def line(self, offset: int) -> int:
        """Line of a byte offset."""
        # Lines grow with offsets, so an infinite line sorts the probe behind an entry of the same offset.
        known, line = self._counted[bisect_right(self._counted, (offset, float("inf"))) - 1]
        if offset > known:
            line += self.raw.count(b"\n", known, offset)
            insort(self._counted, (offset, line))
        return line

    def _skim(self) -> bool:
        """Go over the outermost object with msgspec, once; tell whether that was possible."""
        root = self.root
        if self._is_skimmed is None:
            values = None
            if self.raw[root : root + 1] == b"{":
                values = _try(_NOTEBOOK, self._view(root))
                self._is_strict = values is not None
                if values is None:
                    self._text = _soften(self.raw)
                    values = _try(_NOTEBOOK, self._view(root))
            self._is_skimmed = values is not None
            if values is not None:
                self._walk_object(root, values)
        return self._is_skimmed

    def _walk_array(self, offset: int, values: Sequence[msgspec.Raw] | None) -> int:
        """Find the items of an array.

        Args:
            offset: of the array.
            values: what msgspec found in it, if it did.

        Returns:
            Offset behind the array.
        """
        spans = []
        known = iter(values or ())
        at = self._skip_space(offset + 1)
        while self.raw[at] != ord("]"):
            stop = self._pass(at, next(known, None))
            spans.append(Span(at, stop))
            at = self._skip_separator(stop)
        self._arrays[offset] = spans
        self._stops[offset] = at + 1
        return at + 1

    def _walk_object(self, offset: int, values: Mapping[str, Any]) -> int:
        """Find the members of an object.

        Args:
            offset: of the object.
            values: what msgspec found in it, as far as it did.

        Returns:
            Offset behind the object.
        """
        members = []
        at = self._skip_space(offset + 1)
        while self.raw[at] != ord("}"):
            key = Span(at, self.stop(at))
            name = self.string(at)
            start = self._skip_space(self._skip_space(key.stop) + 1)
            stop = self._pass(start, values.get(name))
            members.append(Member(name, key, Span(start, stop)))
            at = self._skip_separator(stop)
        self._objects[offset] = members
        self._stops[offset] = at + 1
        return at + 1

    def _pass(self, start: int, value: Any) -> int:
        """Go over a value.

        Args:
            start: its offset.
            value: what msgspec says that it is: its bytes, or the values in it, or the value itself if it is no
                container; None if it says nothing. Of a repeated name it knows the last value only, so what it
                says is believed only if it is what stands here.

        Returns:
            Offset behind the value.
        """
        first = self.raw[start]
        if isinstance(value, msgspec.Raw):
            stop = start + len(value)
            if self._text.startswith(memoryview(value), start) and self.raw[stop] in _ENDS_VALUE:
                if first in _OPENING:
                    self._stops[start] = stop
                return stop
        elif isinstance(value, list) and first == ord("["):
            return self._walk_array(start, value)
        elif isinstance(value, dict) and first == ord("{"):
            return self._walk_object(start, value)
        return self.stop(start)

    def _view(self, offset: int) -> memoryview:
        return memoryview(self._text)[offset : self.stop(offset)]

    def _end_of_text(self) -> int:
        stop = len(self.raw)
        # rstrip() would copy the text.
        while self.raw[stop - 1] in b" \t\r\n":
            stop -= 1
        return stop

    def _skip_space(self, offset: int) -> int:
        return _end(_SPACE, self.raw, offset)

    def _skip_separator(self, offset: int) -> int:
        offset = self._skip_space(offset)
        return self._skip_space(offset + 1) if self.raw[offset] == ord(",") else offset

    def _skip_container(self, offset: int) -> int:
        if self._blanked is None:
            self._blanked = _blank_escapes(self.raw)
        text = self._blanked
        depth = 0
        while True:
            depth += 1 if text[offset] in _OPENING else -1
            offset += 1
            if not depth:
                return offset
            offset = _end(_FILL, text, offset)


def deepest(raw: bytes) -> tuple[int, int]:
    """Find the most deeply nested container of a JSON text that may be broken.

    Returns:
        Byte offset of its opening bracket, and its depth (1 for the outermost container).
    """
    raw = _blank_escapes(raw)
    depth, best, place = 0, 0, 0
    offset = _end(_TO_BRACKET, raw, 0)
    # A string that never ends stops the expression at its quote, and the search with it.
    while offset < len(raw) and raw[offset] != ord('"'):
        depth += 1 if raw[offset] in _OPENING else -1
        if depth > best:
            best, place = depth, offset
        offset = _end(_TO_BRACKET, raw, offset + 1)
    return place, best


def split_pointer(pointer: str) -> list[str]:
    """Split a JSON pointer into its tokens."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def join_pointer(pointer: str, *tokens: str | int) -> str:
    """Extend a JSON pointer by tokens."""
    return pointer + "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def _blank_escapes(raw: bytes) -> bytes:
    """Replace escaped quotes and backslashes by bytes of no meaning; every offset stays."""
    # Pairs of backslashes first, from the left: what is left before a quote then escapes it.
    return raw.replace(b"\\\\", b"__").replace(b'\\"', b"__")


def _soften(raw: bytes) -> bytes:
    """Replace what Python reads and msgspec refuses by what it takes; every offset stays.

    In strings it is replaced as well: what they say does not matter here, only where they end.
    """
    for refused, taken in (
        (b"NaN", b"100"),
        (b"Infinity", b"10000000"),
        (b"\\ud", b"\\u0"),
        (b"\\uD", b"\\u0"),
    ):
        raw = raw.replace(refused, taken)
    return raw


def _try(decoder: msgspec.json.Decoder[_T], view: memoryview) -> _T | None:
    try:
        return decoder.decode(view)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _end(pattern: re.Pattern[bytes], raw: bytes, offset: int) -> int:
    match = pattern.match(raw, offset)
    if match is None:
        raise ValueError(f"not JSON at byte {offset}")
    return match.end()
