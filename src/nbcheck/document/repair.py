"""Repairs in memory: what Jupyter accepts though the format forbids it.

Each repair is told in a note. Nothing here touches the file.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbcheck.document.decode import in_lines
from nbcheck.document.issues import describe
from nbcheck.document.notebooknode import NotebookNode
from nbcheck.document.positions import Positions

_ID_LENGTH = 8
"""Characters of an id that we make up: as long as those of nbformat and JupyterLab."""

_DEFAULTS: dict[str, dict[str, Callable[[], Any]]] = {
    "any cell": {"metadata": NotebookNode},
    "cell": {"source": str},
    "code cell": {"outputs": list, "execution_count": lambda: None},
    "execute_result": {"data": NotebookNode, "metadata": NotebookNode, "execution_count": lambda: None},
    "display_data": {"data": NotebookNode, "metadata": NotebookNode},
    "stream": {"name": lambda: "stdout", "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
}
_KNOWN_CELLS = frozenset({"code", "markdown", "raw"})


@dataclass(slots=True)
class Repairs:
    """What was repaired, kept until the notes are written."""

    places: dict[str, list[str]] = field(default_factory=dict)
    """Text of a repair -> JSON pointers in the file where it was done, in file order."""

    def add(self, text: str, pointer: str) -> None:
        """Keep one repair."""
        self.places.setdefault(text, []).append(pointer)

    def notes(self, positions: Positions) -> tuple[str, ...]:
        """Write one line for each kind of repair, in the order of their first place."""
        notes = []
        for text, pointers in self.places.items():
            lines = [str(positions.find(pointer).line) for pointer in pointers]
            notes.append(f"{in_lines(lines)}: {text}")
        return tuple(notes)


def repair_notebook(
    notebook: NotebookNode, pointers: tuple[str, ...], repairs: Repairs, *, has_ids: bool
) -> frozenset[int]:
    """Repair the cells of a format 4 notebook, in place.

    Args:
        notebook: a tree without fatal issues, multi-line strings joined.
        pointers: JSON pointers of the cells in the file, in order.
        repairs: gets what was done.
        has_ids: whether cells have ids in the version that is stored; a missing one is noted only then.

    Returns:
        Indexes of the cells whose id stands nowhere in the file.
    """
    for cell, pointer in zip(notebook["cells"], pointers, strict=True):
        kind = cell["cell_type"]
        _fill(cell, "any cell", pointer, repairs)
        if kind in _KNOWN_CELLS:
            _fill(cell, "cell", pointer, repairs)
        if kind == "code":
            _fill(cell, "code cell", pointer, repairs)
            for index, output in enumerate(cell["outputs"]):
                _repair_output(output, f"{pointer}/outputs/{index}", repairs)
        if kind not in _KNOWN_CELLS:
            repairs.add(f"cell of the unknown type {describe(kind)}, kept as it is", pointer)
    return _repair_ids(notebook["cells"], has_ids, pointers, repairs)


def made_up_id(cell: Mapping[str, Any], ordinal: int, taken: Collection[str] = ()) -> str:
    """Make up an id for a cell that has none.

    The same cell in the same notebook gets the same id on every machine and at every reading, and adding other
    cells does not change it, so that results can be matched between runs.

    Args:
        cell: its type and source are used.
        ordinal: how many cells of the same type and source stand before it.
        taken: ids that must not be used.

    Returns:
        Eight lower-case hexadecimal digits.
    """
    kind, source = _type_and_source(cell)
    attempt = 0
    while True:
        text = f"{kind}\0{ordinal}\0{attempt}\0{source}"
        new = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_ID_LENGTH]
        if new not in taken:
            return new
        attempt += 1


def make_up_ids(cells: Sequence[dict[str, Any]], missing: Collection[int], taken: set[str]) -> None:
    """Give ids to cells that have none, or one that cannot stay, in place.

    Args:
        cells: all cells of the notebook.
        missing: indexes of the cells that get an id.
        taken: ids of the other cells; those that are made up are added.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for index, cell in enumerate(cells):
        key = _type_and_source(cell)
        if index in missing:
            new = made_up_id(cell, seen[key], taken)
            cell["id"] = new
            taken.add(new)
        seen[key] += 1


def replace_used_ids(cells: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give a new id to each cell whose id stands at a cell before it, in place.

    Args:
        cells: all cells of the notebook, each with an id.

    Yields:
        Old and new id.
    """
    taken = {cell["id"] for cell in cells}
    used: set[str] = set()
    seen: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        key = _type_and_source(cell)
        old = cell["id"]
        if old in used:
            new = cell["id"] = made_up_id(cell, seen[key], taken)
            taken.add(new)
            yield old, new
        used.add(old)
        seen[key] += 1


def _type_and_source(cell: Mapping[str, Any]) -> tuple[str, str]:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(map(str, source))
    return str(cell.get("cell_type", "")), str(source)


def _repair_output(output: NotebookNode, pointer: str, repairs: Repairs) -> None:
    kind = output["output_type"]
    if kind in ("stream", "display_data", "execute_result", "error"):
        _fill(output, kind, pointer, repairs)
    else:
        repairs.add(f"output of the unknown type {describe(kind)}, kept as it is", pointer)


def _fill(node: NotebookNode, kind: str, pointer: str, repairs: Repairs) -> None:
    for key, default in _DEFAULTS[kind].items():
        if key not in node:
            value = node[key] = default()
            repairs.add(f'{kind.removeprefix("any ")} without "{key}", taken as {json.dumps(value)}', pointer)


def _repair_ids(
    cells: list[NotebookNode], has_ids: bool, pointers: tuple[str, ...], repairs: Repairs
) -> frozenset[int]:
    # Before 4.5 cells had no ids. They get one in memory all the same, without a note: nothing was wrong.
    kept: set[str] = set()
    missing = []
    for index, cell in enumerate(cells):
        value = cell.get("id")
        if isinstance(value, str) and value and value not in kept:
            kept.add(value)
            continue
        missing.append(index)
        if isinstance(value, str) and value:
            repairs.add(f"the cell id {describe(value)} is used before, another was made up", pointers[index])
        elif has_ids or "id" in cell:
            repairs.add("cell without a usable id, one was made up", pointers[index])
    if missing:
        make_up_ids(cells, frozenset(missing), kept)
    return frozenset(missing)
