"""How people point at one cell of a notebook: ``cell-3``, a name its author gave it, nbformat's id, nbval's ``Cell 2``.

``cell-3`` is the name that pytest shows. All others are read here, and nowhere else, into the number of a code cell.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Protocol

ID_PREFIX = "id:"
"""Stands before an nbformat id, so that it is read as nothing else."""

_CANONICAL = re.compile(r"cell-([1-9][0-9]*)")
_NBVAL = re.compile(r"Cell ([0-9]+)")
_NAME = re.compile(r"\w[\w.-]*")
_RESERVED = re.compile(r"cell-[0-9]+|notebook|none|all", re.IGNORECASE)


class Addressed(Protocol):
    """What pointing at a code cell needs of it."""

    @property
    def number(self) -> int:
        """Number of the code cell, from 1."""
        ...

    @property
    def name(self) -> str:
        """What its author calls it; empty for no name."""
        ...

    @property
    def cell_id(self) -> str:
        """The id that nbformat has given it; empty for none."""
        ...


def is_name(text: str) -> bool:
    """Whether a cell can be called so: a word of letters, digits, ``_``, ``-`` and ``.`` that means nothing else."""
    return _NAME.fullmatch(text) is not None and _RESERVED.fullmatch(text) is None


def read_canonical(text: str) -> int | None:
    """Return the number in ``cell-3``; None when the text is not of this form."""
    match = _CANONICAL.fullmatch(text)
    return int(match[1]) if match else None


def find_cell(text: str, cells: Sequence[Addressed], *, nbval_from: int | None = None) -> int:
    """Find the cell that somebody points at.

    Args:
        text: ``cell-3``, a name, an id, ``id:`` with an id, or ``Cell 2`` where nbval's names are accepted.
        cells: the code cells of the notebook, in file order.
        nbval_from: number of the first cell in nbval's names; None to take such a name for any other.

    Returns:
        The number of the code cell, from 1.

    Raises:
        LookupError: it names no cell, or two; its text says what is there.
    """
    canonical, nbval = read_canonical(text), _NBVAL.fullmatch(text)
    if canonical is not None:
        return _check(canonical, text, cells)
    if nbval is not None and nbval_from is not None:
        return _check(int(nbval[1]) - nbval_from + 1, text, cells)
    if text.startswith(ID_PREFIX):
        found = [cell.number for cell in cells if cell.cell_id == text.removeprefix(ID_PREFIX)]
    else:
        found = [cell.number for cell in cells if text in (cell.name, cell.cell_id)]
    match found:
        case [number]:
            return number
        case []:
            raise LookupError(f"no code cell has the {_kind(text)} {text!r}; {_suggest(text, cells)}")
        case [first, *_]:
            raise LookupError(f"{text!r} is said of cells {', '.join(map(str, found))}; write cell-{first}")
    raise AssertionError(found)


def _kind(text: str) -> str:
    return "id" if text.startswith(ID_PREFIX) else "name or id"


def _check(number: int, text: str, cells: Sequence[Addressed]) -> int:
    if 1 <= number <= len(cells):
        return number
    raise LookupError(f"there is no {text!r}; {_range(cells)}")


def _range(cells: Sequence[Addressed]) -> str:
    last = len(cells)
    return {0: "the notebook has no code cells", 1: "its only code cell is cell-1"}.get(
        last, f"its code cells are cell-1 to cell-{last}"
    )


def _suggest(text: str, cells: Sequence[Addressed]) -> str:
    """Name what comes nearest; else the names there are, else the numbers."""
    names = [cell.name for cell in cells if cell.name]
    ids = [f"{ID_PREFIX if text.startswith(ID_PREFIX) else ''}{cell.cell_id}" for cell in cells]
    close = difflib.get_close_matches(text, [*names, *ids])
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"named are {', '.join(names)}" if names else _range(cells)
