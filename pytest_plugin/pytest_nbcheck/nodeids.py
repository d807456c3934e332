"""Node ids, where there is nothing else to tell a notebook by."""

from __future__ import annotations

import re

_ITEM = re.compile(r"(.+?)::(?:cell-\d+|notebook)(?:\[.*\])?", re.DOTALL)


def with_parameters(name: str, parameters: str) -> str:
    """Return the name of an item or notebook for a set of parameters: ``cell-3[alpha=0.1]``; without one as it is."""
    return f"{name}[{parameters}]" if parameters else name


def split_parameters(name: str) -> tuple[str, str]:
    """Undo :func:`with_parameters`: return the name, and the set of parameters, empty for none."""
    name, _, parameters = name.removesuffix("]").partition("[")
    return name, parameters


def notebook_of(nodeid: str) -> str:
    """Return the part of a node id that tells the notebook; empty for a test that is no part of one."""
    match = _ITEM.fullmatch(nodeid)
    return match[1] if match else ""
