"""What people point at: notebooks, cells and outputs, by node ids and patterns."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from nbcheck.accepting.record import PendingCell

_WHOLE = "notebook"
"""Name of the test item that stands for all cells."""


@dataclass(frozen=True, slots=True)
class Selector:
    """One thing that somebody pointed at."""

    text: str
    """As it was written."""
    paths: tuple[str, ...]
    """The notebook, relative to the project's folder: a path, a folder or a pattern; any of these."""
    cell: str = "*"
    """Pattern for ``cell-3``, a name or an id."""
    output: str = "*"
    """Pattern for the name of a piece."""

    def matches_notebook(self, notebook: str) -> bool:
        """Whether a notebook is meant, or a part of it."""
        return any(
            notebook == path or fnmatchcase(notebook, path) or notebook.startswith(f"{path.rstrip('/')}/")
            for path in self.paths
        )

    def matches(self, notebook: str, cell: PendingCell, piece: str) -> bool:
        """Whether an output is meant.

        Args:
            notebook: its path relative to the project's folder.
            cell: its cell.
            piece: name of the piece.
        """
        return (
            self.matches_notebook(notebook)
            and any(fnmatchcase(address, self.cell) for address in cell.addresses)
            and fnmatchcase(piece, self.output)
        )


def read_selector(text: str, root: Path, cwd: Path) -> Selector:
    """Read what somebody pointed at: ``docs/*.ipynb``, ``nb.ipynb::cell-3``, ``nb.ipynb::cell-3::stdout``.

    Args:
        text: as written; the path may start at the project's folder, as in pytest's summary, or where the user is.
        root: the project's folder.
        cwd: where the user is.
    """
    path, _, rest = text.partition("::")
    cell, _, output = rest.partition("::")
    from_root = os.path.normpath(path) if path else "*"
    from_here = os.path.relpath(os.path.join(cwd, path), root)
    names = dict.fromkeys(Path(name).as_posix() for name in (from_root, from_here))
    # The project's folder itself stands for everything in it.
    paths = tuple("*" if name == "." else name for name in names)
    return Selector(text, paths, "*" if cell in ("", _WHOLE) else cell, output or "*")


def is_selected(selectors: Iterable[Selector], notebook: str, cell: PendingCell, piece: str) -> bool:
    """Whether an output is meant by any of some selectors; by none of none everything is."""
    given = tuple(selectors)
    return not given or any(selector.matches(notebook, cell, piece) for selector in given)
