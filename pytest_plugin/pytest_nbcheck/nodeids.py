"""Node ids, where there is nothing else to tell a notebook by."""

from __future__ import annotations

import re

_ITEM = re.compile(r"(.+?)::(?:cell-\d+|notebook)(?:\[.*\])?", re.DOTALL)


def notebook_of(nodeid: str) -> str:
    """Return the part of a node id that tells the notebook; empty for a test that is no part of one."""
    match = _ITEM.fullmatch(nodeid)
    return match[1] if match else ""
