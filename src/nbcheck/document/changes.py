"""What edits come to: a tree of changes beside the tree of the notebook.

The splicer turns the tree of changes into new bytes, :func:`apply` turns it into a new value. That the two agree is
what is checked before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Set:
    """A value is to be this, whatever was there."""

    value: Any
    """As it is in memory, texts joined."""


@dataclass(frozen=True, slots=True)
class Remove:
    """A member of an object is to go."""


@dataclass(frozen=True, slots=True)
class Within:
    """Some members of an object change; where there is no object yet, there will be one."""

    changes: Mapping[str, Change]
    """Key -> what becomes of its value."""


@dataclass(frozen=True, slots=True)
class Old:
    """An item that the list has."""

    index: int
    """Its index before the changes."""
    change: Set | Within | None = None
    """What becomes of it."""
    is_moved: bool = False
    """Whether it changes places; those that do not are in the old order."""


@dataclass(frozen=True, slots=True)
class New:
    """An item that is inserted."""

    value: Any
    """As it is in memory, texts joined."""


@dataclass(frozen=True, slots=True)
class Arrange:
    """A list is to have these items in this order; old ones that are not named go."""

    items: Sequence[Old | New]


Change: TypeAlias = Set | Remove | Within | Arrange


def apply(value: Any, change: Change | None) -> Any:
    """Return a value as it is after a change; the old one and the change share parts with it.

    Args:
        value: the old value, texts joined; None where there is none.
        change: what becomes of it; None changes nothing. A removal is up to the object around the value.
    """
    match change:
        case Set():
            return change.value
        case Within():
            node = dict(value) if isinstance(value, dict) else {}
            for key, inner in change.changes.items():
                if isinstance(inner, Remove):
                    del node[key]
                else:
                    node[key] = apply(node.get(key), inner)
            return node
        case Arrange():
            return [
                item.value if isinstance(item, New) else apply(value[item.index], item.change)
                for item in change.items
            ]
        case _:
            return value
