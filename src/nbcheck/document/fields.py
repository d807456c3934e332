"""What the fields of a stored notebook of format 4 hold, and when two values are the same.

A text may be stored as one string or as a list of pieces, so whether ``["a"]`` is a text or a list depends on where
it stands. Whoever walks a stored tree carries the kind of each value along.
"""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import Any

import msgspec

from nbcheck.document.issues import is_strings
from nbcheck.document.multiline import RICH_OUTPUTS, is_json_mimetype

_SCALARS = frozenset({str, int, float, bool, type(None)})


class Kind(Enum):
    """What a value is."""

    NOTEBOOK = auto()
    CELLS = auto()
    CELL = auto()
    OUTPUTS = auto()
    """The list of outputs of a code cell."""
    OUTPUT = auto()
    BUNDLE = auto()
    """A mimebundle: MIME type -> value."""
    ATTACHMENTS = auto()
    """Name -> mimebundle."""
    TEXT = auto()
    """A string that may be stored as a list of pieces."""
    JSON = auto()
    """Anything else; a list is a list there."""


def kind_of(parent: Kind, node: Any, key: str = "") -> Kind:
    """Say what a value is by where it stands; the rules are those of :func:`~.multiline.join_v4`.

    Args:
        parent: kind of the container.
        node: the container.
        key: the value's key, when the container is an object.
    """
    match parent:
        case Kind.CELL | Kind.OUTPUT | Kind.BUNDLE if not isinstance(node, dict):
            return Kind.JSON
        case Kind.NOTEBOOK if key == "cells":
            return Kind.CELLS
        case Kind.CELLS:
            return Kind.CELL
        case Kind.CELL if key == "source":
            return Kind.TEXT
        case Kind.CELL if key == "outputs" and node.get("cell_type") == "code":
            return Kind.OUTPUTS
        case Kind.CELL if key == "attachments":
            return Kind.ATTACHMENTS
        case Kind.OUTPUTS:
            return Kind.OUTPUT
        case Kind.OUTPUT if node.get("output_type") in RICH_OUTPUTS:
            return Kind.BUNDLE if key == "data" else Kind.JSON
        case Kind.OUTPUT if key == "text":
            return Kind.TEXT
        case Kind.ATTACHMENTS:
            return Kind.BUNDLE
        case Kind.BUNDLE if not is_json_mimetype(key):
            return Kind.TEXT
        case _:
            return Kind.JSON


def joined(value: Any, kind: Kind) -> Any:
    """Return a value with the pieces of its texts joined; containers are new, except in plain JSON."""
    if kind is Kind.TEXT:
        return "".join(value) if is_strings(value) else value
    if kind is Kind.JSON:
        return value
    if isinstance(value, dict):
        return {key: joined(item, kind_of(kind, value, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [joined(item, kind_of(kind, value)) for item in value]
    return value


def as_stored(value: Any) -> Any:
    """Return what reading gives after a value was written: plain dicts and lists, text for base64 bytes.

    Raises:
        TypeError, ValueError: JSON has no form for it.
        RecursionError: containers are nested too deeply.
    """
    return json.loads(json.dumps(value, default=_ascii))


def parse(raw: bytes) -> Any:
    """Read one JSON value into plain dicts and lists.

    Raises:
        ValueError: this is no JSON, or not UTF-8.
        RecursionError: containers are nested too deeply.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return json.loads(raw.decode())


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are written alike: 1, 1.0 and true differ, NaN equals NaN; order of keys is free."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(map(same, left.values(), map(right.get, left)))
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return False
        if _SCALARS.issuperset(map(type, left)):
            # Comparing is many times faster than repr, but to it -0.0 is 0.0.
            if left == right and 0 not in left:
                return list(map(type, left)) == list(map(type, right))
            return list(map(repr, left)) == list(map(repr, right))
        return all(map(same, left, right))
    # repr tells 1 from 1.0 and True, and 0.0 from -0.0, which are equal; it does not tell NaN from NaN, which are not.
    return type(left) is type(right) and (
        left == right if isinstance(left, str) else repr(left) == repr(right)
    )


def identity(value: Any) -> str:
    """Return a text that is equal for values that are the :func:`same`, and only for these."""
    return repr(value) if type(value) in _SCALARS else json.dumps(value, sort_keys=True)


def _ascii(value: object) -> str:
    # As the canonical writer does: bytes in a notebook are base64.
    if isinstance(value, bytes):
        return value.decode("ascii")
    raise TypeError(f"a value of type {type(value).__name__}")
