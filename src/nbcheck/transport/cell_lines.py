"""Which lines of cells were run: written by the kernel when it leaves, read by who started it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from nbcheck.transport.files import replace_whole


class CellLines(msgspec.Struct):
    """Lines of a cell, from 1, as its source is without empty lines at its beginning."""

    possible: set[int] = msgspec.field(default_factory=set)
    """Those that have code."""
    run: set[int] = msgspec.field(default_factory=set)
    """Those that were run."""


def cell_key(cell_id: str, source: str) -> str:
    """Return what a cell is known by: two may have one source, and hidden code has the id of the cell it follows."""
    return f"{cell_id}\n{source}"


def write_cell_lines(path: str, cells: Mapping[str, CellLines]) -> None:
    """Write the lines of cells, by :func:`cell_key`; all of the file or none."""
    replace_whole(Path(path), msgspec.json.encode(cells))


def read_cell_lines(path: Path) -> dict[str, CellLines] | None:
    """Read what :func:`write_cell_lines` wrote; None when the kernel could not write it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, CellLines])
    except (FileNotFoundError, msgspec.DecodeError):
        return None
