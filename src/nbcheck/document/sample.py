"""What the cells of a notebook file tell about whoever wrote it: the order of keys and the shape of texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbcheck.document.fields import Kind, kind_of
from nbcheck.document.issues import is_strings
from nbcheck.document.multiline import is_split_mimetype

_BASE64 = re.compile(r"[A-Za-z0-9+/=]+\n?")
_BASE64_TYPES = ("image/", "audio/", "video/", "application/pdf")


class Sample:
    """Counts over stored values; what they do not tell is done as Jupyter does it."""

    def __init__(self, notebook_keys: Iterable[str], cells: Iterable[Any]) -> None:
        """Count.

        Args:
            notebook_keys: keys of the notebook itself, in the order of the file.
            cells: cells as they are stored, keys in the order of the file.
        """
        # Whether the keys of an object are sorted -> how many objects.
        self._sorted = Counter[bool]()
        # Cell or output, and its type -> its keys.
        self._orders: dict[tuple[Kind, Any], list[str]] = {}
        # Key of a text -> whether it is stored as a list -> how many texts.
        self._as_lines: dict[str, Counter[bool]] = {}
        # Whether base64 ends with a line feed -> how many values.
        self._images = Counter[bool]()
        self._has_long_pieces = False
        self._add_keys(dict.fromkeys(notebook_keys), Kind.NOTEBOOK)
        for cell in cells:
            self._add(cell, Kind.CELL, "")

    @property
    def sorts_keys(self) -> bool:
        """Whether keys are sorted: in nine objects out of ten they are."""
        return self._sorted[False] * 9 <= self._sorted[True]

    @property
    def ends_images_with_line_feed(self) -> bool | None:
        """Whether base64 ends with a line feed; None when there is none."""
        return self._images[True] > self._images[False] if self._images else None

    def stores_lines(self, key: str) -> bool:
        """Whether a text of this key (``source``, ``text``, a MIME type) is stored as a list of lines."""
        if key not in self._as_lines and not _is_split(key):
            return False
        names = [key] if key in self._as_lines else filter(_is_split, self._as_lines)
        votes = sum((self._as_lines[name] for name in names), Counter[bool]())
        return votes[True] >= votes[False]

    def split(self, text: str) -> list[str]:
        """Split a text into the lines that are stored."""
        return split_at_line_feed(text) if self._has_long_pieces else split_at_line_ends(text)

    def order(self, node: Mapping[str, Any], kind: Kind) -> list[str]:
        """Return the keys of a new object in the order in which they are written."""
        if self.sorts_keys:
            return sorted(node)
        known = self._orders.get(_type_of(node, kind), [])
        return [key for key in known if key in node] + [key for key in node if key not in known]

    def place(self, key: str, existing: Sequence[str], node: Mapping[str, Any], kind: Kind) -> int:
        """Say where a new key goes in an object.

        Args:
            key: the new one.
            existing: keys that are there, in order.
            node: the object with the new key.
            kind: its kind.

        Returns:
            Index among the existing keys before which it goes.
        """
        known = self._orders.get(_type_of(node, kind), [])
        if self.sorts_keys and list(existing) == sorted(existing):
            known = sorted([*existing, key])
        return _place(key, existing, known) if key in known else len(existing)

    def _add(self, value: Any, kind: Kind, key: str) -> None:
        if kind is Kind.TEXT:
            self._add_text(value, key)
        elif isinstance(value, dict):
            self._add_keys(value, kind)
            for name, item in value.items():
                self._add(item, kind_of(kind, value, name), name)
        elif isinstance(value, list) and (kind is not Kind.JSON or isinstance(next(iter(value), None), dict)):
            # Lists of numbers tell nothing and may be long.
            for item in value:
                self._add(item, kind_of(kind, value), "")

    def _add_keys(self, node: Mapping[str, Any], kind: Kind) -> None:
        keys = list(node)
        if len(keys) > 1:
            self._sorted[keys == sorted(keys)] += 1
        if kind in (Kind.CELL, Kind.OUTPUT):
            known = self._orders.setdefault(_type_of(node, kind), keys)
            for key in keys:
                if key not in known:
                    known.insert(_place(key, known, keys), key)

    def _add_text(self, value: Any, key: str) -> None:
        if isinstance(value, str) and value:
            self._as_lines.setdefault(key, Counter())[False] += 1
            if is_base64(key, value):
                self._images[value.endswith("\n")] += 1
        elif value and is_strings(value):
            self._as_lines.setdefault(key, Counter())[True] += 1
            if not self._has_long_pieces:
                self._has_long_pieces = any(len(item.splitlines()) > 1 for item in value)


def split_at_line_ends(text: str) -> list[str]:
    """Split a text into lines as Python programs do: also at carriage returns, form feeds and the like."""
    return text.splitlines(True)


def split_at_line_feed(text: str) -> list[str]:
    """Split a text into lines as JavaScript programs do; line feeds are kept."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def is_base64(key: str, value: object) -> bool:
    """Whether a value of a mimebundle is base64 on one line."""
    return key.startswith(_BASE64_TYPES) and isinstance(value, str) and _BASE64.fullmatch(value) is not None


def _is_split(key: str) -> bool:
    """Whether Jupyter stores texts of this key as lists of lines."""
    return key in ("source", "text") or is_split_mimetype(key)


def _type_of(node: Mapping[str, Any], kind: Kind) -> tuple[Kind, Any]:
    value = node.get("output_type" if kind is Kind.OUTPUT else "cell_type")
    return kind, value if isinstance(value, str) else None


def _place(key: str, existing: Sequence[str], order: Sequence[str]) -> int:
    """Index behind the existing key that comes last before ``key`` in ``order``."""
    before = order[: order.index(key)]
    return max((index + 1 for index, name in enumerate(existing) if name in before), default=0)
