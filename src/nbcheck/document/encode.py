"""Notebooks to JSON text, byte for byte as nbformat spells it.

The standard library's encoder defines the spelling, and :func:`dump` uses it. But it is written in Python as soon as
lines are indented, so :func:`dump_canonical` puts the text of a format 4 notebook together from pieces that msgspec
encodes. What costs time on large notebooks is memory: each copy of the text is one pass too many. Hence base64 goes
into the result as it is, lines are split in encoded text, and the pieces are joined once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from nbcheck.document.multiline import RICH_OUTPUTS, TRANSIENT, is_split_mimetype, to_stored

_encode = msgspec.json.Encoder(order="sorted").encode
_encode_into = msgspec.json.Encoder().encode_into

_PLAIN = frozenset({str, int, bool, type(None)})
"""Types that msgspec and the standard library spell the same."""

# Where str.splitlines breaks besides the line feed, and the character that stands for it below.
_OTHER_BREAKS = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_MARK = "\x7f"
_MARK_BYTE = _MARK.encode()
_SHORT = 2000
"""Characters of a text below which its lines are encoded one by one."""
_CHUNK = 1 << 16


class _NotPlainError(Exception):
    """Something that is left to the standard library."""


def dump(value: Any, options: Mapping[str, Any], *, indent: int = 1) -> str:
    """Encode with the standard library.

    Args:
        value: JSON value; bytes, which are base64 in notebooks, become strings.
        options: options of :func:`json.dumps`; those that nbformat fixes have no effect.
        indent: spaces for each level.
    """
    fixed: dict[str, Any] = {"cls": None, "indent": indent, "separators": (",", ": "), "default": _ascii}
    return json.dumps(value, **{**options, **fixed})


def dump_canonical(notebook: Mapping[str, Any]) -> str:
    """Encode a notebook of format 4: keys sorted, indented by one space, multi-line strings as lists of lines.

    Args:
        notebook: the notebook as it is held in memory, or as it is stored; not changed.

    Returns:
        JSON text without a line end after it.

    Raises:
        KeyError, AttributeError: the notebook lacks what every notebook has.
        TypeError, ValueError: it holds what JSON has no form for.
        RecursionError: it is nested too deeply.
    """
    pieces = _Pieces()
    try:
        pieces.notebook(notebook)
    except (_NotPlainError, msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError):
        return dump(to_stored(notebook), {"sort_keys": True, "ensure_ascii": False})
    return "".join(pieces.done)


class _Pieces:
    """The text of one notebook, in pieces."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def notebook(self, notebook: Mapping[str, Any]) -> None:
        """Write the whole notebook."""
        _need(notebook, "metadata", "cells")
        for key in self._keys(notebook, 0):
            value = notebook[key]
            if key == "metadata":
                self._value({name: value[name] for name in _names(value) if name not in TRANSIENT}, 1)
            elif key == "cells":
                self._list(value, 1, self._cell)
            else:
                self._value(value, 1)
        self._close(notebook, 0)

    def _cell(self, cell: Any) -> None:
        _need(cell, "metadata", "cell_type")
        is_code = cell["cell_type"] == "code"
        if is_code:
            _need(cell, "outputs")
        for key in self._keys(cell, 2):
            value = cell[key]
            if key == "source":
                self._text(value, 3)
            elif key == "metadata":
                if "trusted" in _names(value):
                    value = {name: value[name] for name in value if name != "trusted"}
                self._value(value, 3)
            elif key == "outputs" and is_code:
                self._list(value, 3, self._output)
            elif key == "attachments":
                for name in self._keys(value, 3):
                    self._bundle(value[name], 4)
                self._close(value, 3)
            else:
                self._value(value, 3)
        self._close(cell, 2)

    def _output(self, output: Any) -> None:
        _need(output, "output_type")
        kind = output["output_type"]
        if kind == "stream":
            _need(output, "text")
        for key in self._keys(output, 4):
            if key == "data" and kind in RICH_OUTPUTS:
                self._bundle(output[key], 5)
            elif key == "text" and kind == "stream":
                self._text(output[key], 5)
            else:
                self._value(output[key], 5)
        self._close(output, 4)

    def _bundle(self, bundle: Any, depth: int) -> None:
        if not isinstance(bundle, dict):
            self._value(bundle, depth)
            return
        for mimetype in self._keys(bundle, depth):
            if is_split_mimetype(mimetype):
                self._text(bundle[mimetype], depth + 1)
            else:
                self._value(bundle[mimetype], depth + 1)
        self._close(bundle, depth)

    def _list(self, values: Any, depth: int, add: Any) -> None:
        if type(values) is not list:
            raise _NotPlainError
        separator = "[" + _BREAKS[depth + 1]
        for value in values:
            self.done.append(separator)
            add(value)
            separator = "," + _BREAKS[depth + 1]
        self.done.append(_BREAKS[depth] + "]" if values else "[]")

    def _keys(self, value: Any, depth: int) -> Any:
        """Go through the keys of an object, each written before its value is wanted."""
        separator = "{" + _BREAKS[depth + 1]
        for key in sorted(_names(value)):
            self.done.append(f"{separator}{_encode(key).decode()}: ")
            yield key
            separator = "," + _BREAKS[depth + 1]

    def _close(self, value: Any, depth: int) -> None:
        self.done.append(_BREAKS[depth] + "}" if value else "{}")

    def _text(self, text: Any, depth: int) -> None:
        """Write a multi-line string as a list of lines."""
        if type(text) is not str:
            self._value(text, depth)
            return
        if not text:
            self.done.append("[]")
            return
        between = "," + _BREAKS[depth + 1]
        self.done.append("[" + _BREAKS[depth + 1])
        if len(text) < _SHORT or _MARK in text or any(character in text for character in _OTHER_BREAKS):
            self.done.append(between.join([_encode(line).decode() for line in text.splitlines(True)]))
        else:
            # The mark needs no escape, so after encoding it still shows where lines end.
            ends = text.endswith("\n")
            encoded = _encode((text[:-1] if ends else text).replace("\n", _MARK))
            lines = encoded.replace(_MARK_BYTE, f'\\n"{between}"'.encode()).decode()
            self.done += [lines[:-1], '\\n"'] if ends else [lines]
        self.done.append(_BREAKS[depth] + "]")

    def _value(self, value: Any, depth: int) -> None:
        kind = type(value)
        if kind is str and len(value) > _CHUNK and value.isascii() and _needs_no_escape(value):
            self.done += ['"', value, '"']
        elif kind in _PLAIN:
            self.done.append(_encode(value).decode())
        elif not value and isinstance(value, dict | list):
            self.done.append("{}" if isinstance(value, dict) else "[]")
        else:
            text = msgspec.json.format(_encode(_plain(value)), indent=1)
            # Strings have no line ends in JSON, so every one here is followed by the indentation.
            self.done.append(text.decode().replace("\n", _BREAKS[depth]))


_BREAKS = ["\n" + " " * depth for depth in range(10)]


def _need(value: Any, *keys: str) -> None:
    if not isinstance(value, dict) or not all(key in value for key in keys):
        raise _NotPlainError


def _names(value: Any) -> Any:
    """The keys of an object; they must be strings."""
    if not isinstance(value, dict) or not {str}.issuperset(map(type, value)):
        raise _NotPlainError
    return value.keys()


def _needs_no_escape(text: str) -> bool:
    """Whether JSON spells an ASCII text as it is; encoded in pieces that stay in the processor's cache."""
    buffer = bytearray(_CHUNK + 2)
    for start in range(0, len(text), _CHUNK):
        piece = text[start : start + _CHUNK]
        _encode_into(piece, buffer)
        if len(buffer) != len(piece) + 2:
            return False
    return True


def _plain(value: Any) -> Any:
    """Make a value such that msgspec spells it as the standard library does: with floats as Python spells them.

    Raises:
        _NotPlainError: msgspec cannot do that.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return _plain_float(value)
    if isinstance(value, dict):
        _names(value)
        if _PLAIN.issuperset(map(type, value.values())):
            return value
        return {key: _plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        kinds = set(map(type, value))
        if kinds <= _PLAIN:
            return value
        if kinds <= _NUMBERS:
            encoded = _encode(value)
            # Exponents, small numbers with many zeros, and the null that stands for NaN.
            if not (b"e" in encoded or b"0.0000" in encoded or b"n" in encoded):
                return msgspec.Raw(encoded)
        return [_plain(item) for item in value]
    raise _NotPlainError


_NUMBERS = frozenset({int, float})


def _plain_float(value: float) -> Any:
    if 1e-4 <= value < 1e16 or -1e16 < value <= -1e-4 or value == 0:
        return value
    text = float.__repr__(value)
    if "n" in text:
        # NaN and the infinities are not JSON, and msgspec would not take them.
        raise _NotPlainError
    return msgspec.Raw(text.encode())


def _ascii(value: object) -> str:
    # As in nbformat: bytes in a notebook are base64.
    if isinstance(value, bytes):
        return value.decode("ascii")
    raise TypeError(f"a value of type {type(value).__name__}")
