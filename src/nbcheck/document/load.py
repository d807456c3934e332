"""Reading notebook files of every version into one shape."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nbcheck.document.decode import BOM, RESTORE, decode
from nbcheck.document.issues import MISSING, Issue, describe, is_integer
from nbcheck.document.legacy import cell_pointers, check_legacy
from nbcheck.document.multiline import join_v4, strip_transient, v3_lines_have_ends
from nbcheck.document.notebooknode import NotebookNode
from nbcheck.document.positions import Positions
from nbcheck.document.repair import Repairs, repair_notebook
from nbcheck.document.rules import ID_SINCE, MAJOR, check
from nbcheck.errors import DocumentError

# Where a cell keeps its source in the stored format, first match wins.
_SOURCE_KEYS = {1: ("code", "text"), 2: ("input", "source"), 3: ("input", "source"), 4: ("source",)}


@dataclass(frozen=True, eq=False)
class Document:
    """A notebook as it was read, with the bytes it was read from."""

    path: Path | None
    """The file; None for bytes that came from no file."""
    raw: bytes
    """The file's bytes."""
    notebook: NotebookNode
    """The tree: format 4, multi-line strings joined, every cell with an id, unknown keys kept."""
    notes: tuple[str, ...]
    """What was repaired in memory, a line each."""
    version: tuple[int, int]
    """Major and minor version as stored."""
    cell_pointers: tuple[str, ...]
    """JSON pointer of each cell in the file; before format 4 cells stand in worksheets."""
    invented_ids: frozenset[int]
    """Indexes of the cells whose id is not in the file."""

    @cached_property
    def positions(self) -> Positions:
        """Where the values of the file stand; scanned when asked."""
        return Positions(self.raw)

    def without_invented_ids(self) -> NotebookNode:
        """The notebook as it may be checked and written: without the ids that reading made up.

        Returns:
            A copy that shares everything but the list of cells and the cells concerned.
        """
        notebook = self.notebook.copy()
        cells = list(notebook["cells"])
        for index in self.invented_ids:
            cells[index] = cells[index].copy()
            del cells[index]["id"]
        notebook["cells"] = cells
        return notebook

    def cell_line(self, cell_index: int) -> int:
        """Line in the file where a cell begins, from 1."""
        return self.positions.line(self._cell_offset(cell_index))

    def source_line(self, cell_index: int, line: int = 1) -> int:
        """Line in the file where a line of a cell's source stands.

        Args:
            cell_index: index of the cell, from 0.
            line: line of the source, from 1; past its end the last one is meant.

        Returns:
            Line from 1. A source stored as one string is all on one line; a cell without source stands where
            the cell begins.
        """
        cell = self._cell_offset(cell_index)
        steps = (self.positions.step(cell, key) for key in _SOURCE_KEYS[self.version[0]])
        source = next((offset for offset in steps if offset is not None), cell)
        place = source
        items = self.positions.items(source)
        if items:
            place = items[-1]
            before = 0
            ends = self._missing_line_ends(items[0])
            for offset in items:
                before += self.positions.string(offset).count("\n") + ends
                if before >= line:
                    place = offset
                    break
        return self.positions.line(place)

    def output_line(self, cell_index: int, output_index: int) -> int:
        """Line in the file where an output begins, from 1."""
        # Both indexes are of the tree first, so that a wrong one is an IndexError whatever the file looks like.
        self.notebook["cells"][cell_index]["outputs"][output_index]
        cell = self._cell_offset(cell_index)
        outputs = self.positions.step(cell, "outputs")
        return self.positions.line(cell if outputs is None else self.positions.items(outputs)[output_index])

    def _cell_offset(self, cell_index: int) -> int:
        return self.positions.offset(self.cell_pointers[cell_index])

    def _missing_line_ends(self, first_item: int) -> int:
        """Line ends that joining puts after each item of a source: 1 where the format left them out."""
        match self.version[0]:
            case 2:
                return 1
            case 3:
                return int(not v3_lines_have_ends([self.positions.string(first_item)]))
            case _:
                return 0


def read_document(path: Path | str) -> Document:
    """Read a notebook file.

    Args:
        path: the file; links are followed.

    Returns:
        The document.

    Raises:
        DocumentError: the file cannot be read or is no notebook; its text says where and what to do.
    """
    path = Path(path)
    return parse_document(read_bytes(path), path)


def parse_document(raw: bytes, path: Path | None = None) -> Document:
    """Read a notebook from bytes.

    Args:
        raw: the content of a notebook file.
        path: where it comes from, for error texts.

    Returns:
        The document.

    Raises:
        DocumentError: the bytes are no notebook; its text says where and what to do.
    """
    tree = decode(raw, path)
    if not isinstance(tree, NotebookNode):
        raise DocumentError(
            f"found {describe(tree)} where a notebook has an object", path=path, line=1, remedy=RESTORE
        )
    positions = Positions(raw)
    major, minor = _version(tree, path, positions)
    repairs = Repairs()
    if raw.startswith(BOM):
        repairs.add("the file starts with a byte order mark, which Jupyter does not open", "")
    _fill_notebook(tree, major, repairs)
    if major < MAJOR:
        _raise_fatal(check_legacy(tree, major), path, positions)
        # Old formats are seldom met, and all their modules hang on it.
        from nbcheck.document.upgrade import to_v4

        pointers = cell_pointers(tree, major)
        notebook = to_v4(tree, major)
        join_v4(notebook)
        _raise_fatal(_in_file(check(notebook), pointers), path, positions)
    else:
        notebook = tree
        _raise_fatal(check(notebook), path, positions)
        pointers = cell_pointers(notebook, major)
    invented = repair_notebook(notebook, pointers, repairs, has_ids=(major, minor) >= (MAJOR, ID_SINCE))
    if major == MAJOR:
        strip_transient(notebook)
    notes = repairs.notes(positions)
    return Document(path, raw, notebook, notes, (major, minor), pointers, invented)


def _version(tree: Mapping[str, Any], path: Path | None, positions: Positions) -> tuple[int, int]:
    """Major and minor version as stored; a file without version is format 1 if it looks like it."""
    major = tree.get("nbformat", 1 if _looks_like_v1(tree) else MISSING)
    minor = tree.get("nbformat_minor", 0)
    if major is MISSING:
        raise DocumentError(
            'no "nbformat" key: this is JSON, but no notebook',
            path=path,
            remedy='if it is one, add "nbformat": 4 and "nbformat_minor": 5',
        )
    if not is_integer(major) or major not in (1, 2, 3, MAJOR):
        line, column = positions.find("/nbformat")
        raise DocumentError(
            f"notebook format {describe(major)} is not known, only 1 to {MAJOR} are",
            path=path,
            line=line,
            column=column,
            pointer="/nbformat",
            remedy="upgrade pytest-nbcheck, or save the notebook in format 4",
        )
    if not is_integer(minor) or minor < 0:
        _raise_fatal(
            [Issue("/nbformat_minor", describe(minor), "an integer from 0", fatal=True)], path, positions
        )
    return int(major), int(minor)


def _looks_like_v1(tree: Mapping[str, Any]) -> bool:
    """Whether the tree has the cells of format 1, whose files may lack the version."""
    cells = tree.get("cells")
    return (
        isinstance(cells, list)
        and bool(cells)
        and all(
            isinstance(cell, dict)
            and ((cell.get("cell_type") == "code" and "code" in cell) or cell.get("cell_type") == "text")
            for cell in cells
        )
    )


def _fill_notebook(tree: NotebookNode, major: int, repairs: Repairs) -> None:
    if major > 1 and "metadata" not in tree:
        tree["metadata"] = NotebookNode()
        repairs.add('notebook without "metadata", taken as {}', "")
    if major == MAJOR and "nbformat_minor" not in tree:
        tree["nbformat_minor"] = 0
        repairs.add('notebook without "nbformat_minor", taken as 0', "")


def _in_file(issues: list[Issue], pointers: tuple[str, ...]) -> list[Issue]:
    """Point issues of an upgraded tree to the cells of the stored one."""
    moved = []
    for issue in issues:
        # "", "cells", the index, the rest
        parts = issue.pointer.split("/", 3)
        if parts[1:2] == ["cells"] and parts[2:]:
            moved.append(replace(issue, pointer="/".join([pointers[int(parts[2])], *parts[3:]])))
        else:
            moved.append(issue)
    return moved


def _raise_fatal(issues: list[Issue], path: Path | None, positions: Positions) -> None:
    fatal = [issue for issue in issues if issue.fatal]
    if not fatal:
        return
    first = fatal[0]
    rest = f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else ""
    line, column = positions.find(first.pointer)
    raise DocumentError(
        first.problem + rest,
        path=path,
        line=line,
        column=column,
        pointer=first.pointer,
        remedy=f"correct it, or {RESTORE}",
    )


def read_bytes(path: Path) -> bytes:
    """Read a regular file.

    Raises:
        DocumentError: it cannot be read, or is something else.
    """
    try:
        # Opening a FIFO waits for its writer, so what the path is must be known before.
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError):
            reason = "there is a NUL character in its path"
        else:
            reason = os.strerror(error.errno) if error.errno else str(error)
        raise DocumentError(
            f"cannot be read: {reason}", path=path, remedy="check its name and permissions"
        ) from error
    kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
    raise DocumentError(f"this is {kind}", path=path, remedy="give the path of a notebook file")
