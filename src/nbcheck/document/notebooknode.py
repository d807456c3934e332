"""Notebook nodes: dicts whose keys can also be read and set as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

MAX_DEPTH = 300
"""Levels of containers that are read. Python's own limit is 1000 frames for everything, so this leaves three for
each level to whoever walks the tree; nbformat gives up somewhere below 500."""

_SCALARS = frozenset({str, int, float, bool, type(None)})


class NotebookNode(dict[str, Any]):
    """A JSON object of a notebook, with attribute access.

    The values are whatever JSON the notebook holds, hence ``Any``. A mapping that is assigned becomes a node
    too; nothing else is copied or converted.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        # Without this, ``node.items = ...`` would set a key that attribute access can never read back.
        if hasattr(type(self), name):
            raise AttributeError(f"{name!r} is a method of NotebookNode; set node[{name!r}] instead")
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setitem__(self, key: str, value: object) -> None:
        if isinstance(value, Mapping) and not isinstance(value, NotebookNode):
            value = from_dict(value)
        super().__setitem__(key, value)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Update as a dict does; mappings among the values become nodes."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: str, default: Any = None, /) -> Any:
        """Set as a dict does; a mapping becomes a node."""
        if key not in self:
            self[key] = default
        return self[key]

    def copy(self) -> NotebookNode:
        """Copy this node; the values are shared."""
        return NotebookNode(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> NotebookNode:
        node = NotebookNode()
        memo[id(self)] = node
        for key, value in self.items():
            dict.__setitem__(node, key, deepcopy(value, memo))
        return node


def from_dict(value: Any) -> Any:
    """Turn every mapping in a JSON value into a node.

    Args:
        value: any JSON value; it is not changed and shares no list or dict with the result.

    Returns:
        The same value with :class:`NotebookNode` for every mapping and list for every tuple.

    Raises:
        RecursionError: the value is nested more deeply than Python's stack allows.
    """
    if isinstance(value, Mapping):
        return NotebookNode({key: from_dict(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [from_dict(item) for item in value]
    return value


def adopt(value: Any, room: int = MAX_DEPTH) -> Any:
    """Do what :func:`from_dict` does, faster, with a value that nobody else holds.

    Args:
        value: JSON value made of exact dicts and lists; its lists are changed in place and become the result's.
        room: how many levels of containers are allowed.

    Returns:
        The same value, made of nodes.

    Raises:
        RecursionError: containers are nested more deeply than ``room``.
    """
    kind = type(value)
    if kind is not dict and kind is not list:
        return value
    if room <= 0:
        raise RecursionError("containers are nested too deeply")
    if kind is dict:
        node = NotebookNode(value)
        for key, item in value.items():
            if type(item) not in _SCALARS:
                dict.__setitem__(node, key, adopt(item, room - 1))
        return node
    # Arrays of millions of numbers are common in plots: one look at the types, in C, is all they get.
    if not _SCALARS.issuperset(map(type, value)):
        for index, item in enumerate(value):
            if type(item) not in _SCALARS:
                value[index] = adopt(item, room - 1)
    return value
