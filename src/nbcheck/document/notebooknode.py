"""Notebook nodes: dicts whose keys can also be read and set as attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

MAX_DEPTH = 300
"""Levels of containers in a document. Python's own limit is 1000 frames for everything, so this leaves three for
each level to whoever walks the tree; nbformat gives up somewhere below 500."""

_SCALARS = frozenset({str, int, float, bool, type(None)})

_Memo = dict[int, Any]


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
            raise AttributeError(f"attr {name} is a protected member of class NotebookNode.")
        try:
            self[name] = value
        except KeyError as error:
            raise AttributeError(error) from None

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setitem__(self, key: str, value: object) -> None:
        # Types first: asking a string whether it is a Mapping takes longer than all the rest.
        kind = type(value)
        if kind not in _SCALARS and kind is not list and not isinstance(value, NotebookNode):
            value = from_dict(value) if isinstance(value, Mapping) else value
        super().__setitem__(key, value)

    def __deepcopy__(self, memo: _Memo) -> NotebookNode:
        node = NotebookNode()
        memo[id(self)] = node
        for key, value in self.items():
            dict.__setitem__(node, key, value if type(value) in _SCALARS else deepcopy(value, memo))
        node.allow_new_attr(not isinstance(self, _ClosedNode))
        return node

    def __add__(self, other: Mapping[str, Any]) -> NotebookNode:
        node = self.copy()
        node.merge(other)
        return node

    def __iadd__(self, other: Mapping[str, Any]) -> NotebookNode:
        self.merge(other)
        return self

    def __sub__(self, other: Iterable[str]) -> NotebookNode:
        node = self.copy()
        node -= other
        return node

    def __isub__(self, other: Iterable[str]) -> NotebookNode:
        for key in other:
            self.pop(key, None)
        return self

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Update as a dict does; mappings among the values become nodes."""
        if len(args) > 1:
            raise TypeError(f"update expected at most 1 arguments, got {len(args)}")
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

    def merge(
        self,
        other: Mapping[str, Any],
        policies: Mapping[str | Callable[[Any, Any], Any], str | Iterable[str]] | None = None,
        /,
        **kwargs: Any,
    ) -> None:
        """Take over what another mapping has; of keys that both have the own value stays.

        Args:
            other: the mapping.
            policies: what else to do with keys that both have, as function of own and other value -> keys (a
                list, or names separated by spaces). ``preserve``, ``update``, ``add``, ``add_flip`` (other
                first) and ``add_s`` (with a space between) name such functions.
            kwargs: further keys.
        """
        chosen: dict[str, Callable[[Any, Any], Any]] = {}
        for policy, keys in (policies or {}).items():
            solve = _POLICIES[policy] if isinstance(policy, str) else policy
            chosen.update(dict.fromkeys(keys.split() if isinstance(keys, str) else keys, solve))
        for key, value in dict(other, **kwargs).items():
            if key not in self:
                self[key] = value
            elif key in chosen:
                self[key] = chosen[key](self[key], value)

    def allow_new_attr(self, allow: bool = True) -> None:
        """Choose whether keys may be added; without it a mistyped attribute is an error."""
        # A class of its own rather than a flag: a notebook has thousands of nodes, and next to none is closed.
        object.__setattr__(self, "__class__", NotebookNode if allow else _ClosedNode)

    def hasattr(self, key: str) -> bool:
        """Whether there is such a key."""
        return key in self

    def dict(self) -> NotebookNode:
        """This node, which is a dict."""
        return self


class _ClosedNode(NotebookNode):
    """A node that takes no new keys."""

    __slots__ = ()

    def __setitem__(self, key: str, value: object) -> None:
        if key not in self:
            raise KeyError(f"can't create new attribute {key} when allow_new_attr(False)")
        super().__setitem__(key, value)

    def __reduce__(self) -> tuple[Callable[..., NotebookNode], tuple[Any, ...]]:
        # pickle would make an empty node and set its keys.
        return _make_closed, (dict(self),)


def _make_closed(items: Mapping[str, Any]) -> NotebookNode:
    node = NotebookNode(items)
    node.allow_new_attr(False)
    return node


_POLICIES: dict[str, Callable[[Any, Any], Any]] = {
    "preserve": lambda own, other: own,
    "update": lambda own, other: other,
    "add": lambda own, other: own + other,
    "add_flip": lambda own, other: other + own,
    "add_s": lambda own, other: own + " " + other,
}


def from_dict(d: Any) -> Any:
    """Turn every mapping in a JSON value into a node.

    Args:
        d: any JSON value; it is not changed and shares no list or dict with the result.

    Returns:
        The same value with :class:`NotebookNode` for every mapping and list for every tuple.

    Raises:
        RecursionError: the value is nested more deeply than Python's stack allows.
    """
    if isinstance(d, Mapping):
        return NotebookNode({key: from_dict(value) for key, value in d.items()})
    if isinstance(d, list | tuple):
        return [from_dict(item) for item in d]
    return d


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
