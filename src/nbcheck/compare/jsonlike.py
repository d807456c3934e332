"""JSON: ``application/json`` and every ``+json`` type, by structure.

A walk over both trees finds the smallest pieces that differ. It pairs dictionary entries by key and the items of
lists of one length by position; lists of unequal length go to deepdiff, which tells inserted items, when they are
small enough. Numbers follow the rule of ``numbers.py`` on what they print, 1 and 1.0 are equal (JavaScript writes
both as 1), true and 1 are not.
"""

from __future__ import annotations

import array
import base64
import binascii
import json
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from nbcheck.compare.base import LISTED_CHANGES, Change, CompareOptions, Difference, DifferenceKind
from nbcheck.compare.lazy import deep_diff
from nbcheck.compare.lines import texts_agree
from nbcheck.compare.numbers import NumberRule, error_remark
from nbcheck.compare.text import shorten

# deepdiff aligns lists in quadratic time: 3,000 x 3,000 items take it half a second.
_DEEP_ITEMS = 400
_SHORT = 60
_TYPECODES = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}


class JsonComparer:
    """Judges JSON values."""

    mimetypes: Sequence[str] = ("application/json", "application/*+json")
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two JSON values; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_json(expected, actual, options)


def compare_json(
    expected: Any, actual: Any, options: CompareOptions, *, volatile: frozenset[str] = frozenset()
) -> Difference | None:
    """Compare two JSON values by structure.

    Args:
        expected: value stored in the file.
        actual: value just produced.
        options: what decides.
        volatile: keys whose values are made up anew in every run, at any depth.

    Returns:
        None when they are equal under the options, else the difference without a place.
    """
    walk = _Walk(options, volatile)
    walk.compare("", expected, actual)
    if not walk.count:
        return None
    return Difference(
        kind=DifferenceKind.CHANGED,
        place="",
        summary=_summary(walk),
        expected=expected,
        actual=actual,
        omitted=walk.count - len(walk.changes),
        changes=tuple(walk.changes),
    )


def same_json(expected: Any, actual: Any) -> bool:
    """Whether two JSON values are exactly equal; unlike ``==`` it tells true from 1."""
    if expected != actual:
        return False
    if isinstance(expected, str):
        return True
    return json.dumps(expected, sort_keys=True) == json.dumps(actual, sort_keys=True) or _same_types(
        expected, actual
    )


def _same_types(expected: Any, actual: Any) -> bool:
    """Whether two equal values have booleans at the same places."""
    stack = [(expected, actual)]
    while stack:
        one, other = stack.pop()
        if isinstance(one, bool) != isinstance(other, bool):
            return False
        if isinstance(one, Mapping):
            stack += [(value, other[key]) for key, value in one.items()]
        elif isinstance(one, list):
            stack += zip(one, other, strict=True)
    return True


@dataclass(slots=True)
class _Walk:
    """A comparison under way."""

    options: CompareOptions
    volatile: frozenset[str]
    changes: list[Change] = field(default_factory=list)
    count: int = 0
    rule: NumberRule = field(init=False)
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.rule = NumberRule.of(self.options)
        self.deadline = time.monotonic() + self.options.budget

    def compare(self, path: str, expected: Any, actual: Any) -> None:
        """Note every difference below one node. Iterative, since depth is the sender's choice."""
        stack: list[tuple[str, Any, Any, float, float]] = [(path, expected, actual, 0.0, 0.0)]
        while stack:
            where, one, other, size, other_size = stack.pop()
            if one is other:
                continue
            kinds = _kind(one), _kind(other)
            if kinds[0] != kinds[1]:
                self.note(Change(where, _brief(one), _brief(other)))
            elif kinds[0] == "object":
                stack += reversed(self._entries(where, one, other))
            elif kinds[0] == "list":
                stack += reversed(self._items(where, one, other))
            elif not self.leaves_agree(one, other, size, other_size):
                self.note(_changed(where, one, other))

    def note(self, change: Change) -> None:
        """Count a difference, and keep it while there is room."""
        self.count += 1
        if len(self.changes) < LISTED_CHANGES:
            self.changes.append(change)

    def _entries(
        self, path: str, expected: Mapping[str, Any], actual: Mapping[str, Any]
    ) -> list[tuple[str, Any, Any, float, float]]:
        unpacked = (None, None) if self.rule.exact else (unpack_array(expected), unpack_array(actual))
        if unpacked[0] is not None and unpacked[1] is not None and expected["dtype"] == actual["dtype"]:
            rests = [{k: v for k, v in side.items() if k != "bdata"} for side in (expected, actual)]
            return [
                (path, rests[0], rests[1], 0.0, 0.0),
                (f"{path}.bdata", unpacked[0], unpacked[1], 0.0, 0.0),
            ]
        for key in expected.keys() - actual.keys() - self.volatile:
            self.note(Change(_join(path, key), _brief(expected[key]), None))
        for key in actual.keys() - expected.keys() - self.volatile:
            self.note(Change(_join(path, key), None, _brief(actual[key])))
        return [
            (_join(path, key), value, actual[key], 0.0, 0.0)
            for key, value in expected.items()
            if key in actual and key not in self.volatile and value is not actual[key]
        ]

    def _items(
        self, path: str, expected: list[Any], actual: list[Any]
    ) -> list[tuple[str, Any, Any, float, float]]:
        if len(expected) != len(actual):
            self._unequal_lengths(path, expected, actual)
            return []
        # Leaves are judged here, since data is mostly long lists of numbers; anything else may hold booleans, which ==
        # does not tell from numbers.
        agree = self.rule.values_agree
        unequal = [
            (index, one, other)
            for index, (one, other) in enumerate(zip(expected, actual, strict=True))
            if not (
                (type(one) is type(other) is float and agree(one, other))
                or (type(one) is type(other) in (str, int) and one == other)
            )
        ]
        if not unequal:
            return []
        floats = any(isinstance(one, float) for _, one, _ in unequal)
        sizes = (_largest(expected), _largest(actual)) if floats else (0.0, 0.0)
        return [(f"{path}[{index}]", one, other, *sizes) for index, one, other in unequal]

    def leaves_agree(self, expected: Any, actual: Any, size: float, actual_size: float) -> bool:
        """Whether two values of one kind, not containers, are equal; sizes are the largest entries of their lists."""
        if expected == actual:
            return True
        if isinstance(expected, str):
            return texts_agree(
                expected, actual, self.options, scope="html" if "<" in expected and "<" in actual else "text"
            )
        if isinstance(expected, float) and isinstance(actual, float):
            return self.rule.values_agree(expected, actual) or self.rule.negligible(
                expected, actual, size, actual_size
            )
        return _kind(expected) == "number" and self.rule.agrees(repr(expected), repr(actual))

    def _unequal_lengths(self, path: str, expected: list[Any], actual: list[Any]) -> None:
        lengths = Change(path, f"{len(expected):,} items", f"{len(actual):,}")
        if max(len(expected), len(actual)) > _DEEP_ITEMS or _nodes_exceed(
            (expected, actual), _DEEP_ITEMS * 10
        ):
            self.note(lengths)
            return
        before = self.count
        for change in self._deep_changes(path, expected, actual):
            self.note(change)
        if self.count == before:
            self.note(lengths)

    def _deep_changes(self, path: str, expected: list[Any], actual: list[Any]) -> Iterator[Change]:
        found = deep_diff(
            expected,
            actual,
            view="tree",
            ignore_nan_inequality=True,
            threshold_to_diff_deeper=0,
            custom_operators=[_NumberOperator(self)],
        )
        for kind, levels in found.items():
            for level in levels:
                where = reduce(_join, level.path(output_format="list"), path)
                if kind.endswith("_added"):
                    yield Change(where, None, _brief(level.t2))
                elif kind.endswith("_removed"):
                    yield Change(where, _brief(level.t1), None)
                else:
                    yield _changed(where, level.t1, level.t2)


class _NumberOperator:
    """deepdiff's custom operator: leaves by our rules, and nothing at all after the deadline."""

    def __init__(self, walk: _Walk) -> None:
        self._walk = walk

    def match(self, level: Any) -> bool:
        if time.monotonic() > self._walk.deadline:
            return True
        return _kind(level.t1) == _kind(level.t2) in ("number", "text")

    def give_up_diffing(self, level: Any, diff_instance: Any) -> bool:
        """Whether deepdiff need not look at this level: its leaves are equal, or time is up."""
        if time.monotonic() > self._walk.deadline:
            return True
        return self._walk.leaves_agree(level.t1, level.t2, 0.0, 0.0)

    def normalize_value_for_hashing(self, parent: Any, obj: Any) -> Any:
        """Part of deepdiff's interface for operators; lists are compared in order, so nothing is hashed."""
        return obj


def unpack_array(value: Mapping[str, Any]) -> list[float] | None:
    """Decode a typed array as plotly writes it, ``{"dtype": "f8", "bdata": base64}``.

    Returns:
        Its numbers, flat; None when the value is no such array.
    """
    data, dtype = value.get("bdata"), value.get("dtype")
    if (
        not isinstance(data, str)
        or dtype not in _TYPECODES
        or not value.keys() <= {"bdata", "dtype", "shape"}
    ):
        return None
    numbers: array.array[Any] = array.array(_TYPECODES[dtype])
    try:
        numbers.frombytes(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return None
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    return "object" if isinstance(value, Mapping) else "list"


def _join(path: str, step: str | int) -> str:
    if isinstance(step, int):
        return f"{path}[{step}]"
    return (
        f"{path}.{step}"
        if path and step.isidentifier()
        else step
        if step.isidentifier()
        else f"{path}[{json.dumps(step)}]"
    )


def _brief(value: Any) -> str:
    kind = _kind(value)
    if kind == "object":
        return f"object of {len(value):,}"
    if kind == "list":
        return f"list of {len(value):,}"
    return shorten(json.dumps(value, ensure_ascii=False), _SHORT)


def _changed(where: str, expected: Any, actual: Any) -> Change:
    floats = isinstance(expected, float) and isinstance(actual, float)
    remark = error_remark(expected, actual) if floats else ""
    return Change(where, _brief(expected), _brief(actual), remark)


def _largest(items: list[Any]) -> float:
    return max((abs(item) for item in items if isinstance(item, float) and math.isfinite(item)), default=0.0)


def _nodes_exceed(value: Any, limit: int) -> bool:
    stack, count = [value], 0
    while stack:
        item = stack.pop()
        count += 1
        if count > limit:
            return True
        if isinstance(item, Mapping):
            stack += item.values()
        elif isinstance(item, (list, tuple)):
            stack += item
    return False


def _summary(walk: _Walk) -> str:
    if walk.count == 1:
        return str(walk.changes[0])
    return f"{walk.count:,} values differ"
