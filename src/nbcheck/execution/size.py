"""Sizes of memory, as people write them."""

from __future__ import annotations

import re

LEAST = 64 << 20
"""Bytes: the bundled Python kernel takes 20 MB before the first cell, ipykernel 35."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", re.IGNORECASE)
_FACTORS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def read_size(text: str) -> int:
    """Read a limit of memory, such as ``2G``, ``512M`` or a number of bytes.

    Raises:
        ValueError: it is none, or less than any kernel needs.
    """
    match = _SIZE.fullmatch(text.strip())
    size = int(float(match[1]) * _FACTORS[match[2].upper()]) if match else 0
    if size < LEAST:
        raise ValueError
    return size
