"""What is pending: the fresh outputs of the cells that failed, with what is needed to judge them again.

docs/accepting.md documents the files; whoever changes their layout raises :data:`FORMAT`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from nbcheck.compare.base import CompareMode
from nbcheck.execution.address import ID_PREFIX
from nbcheck.results import Outcome

FORMAT = 1
"""Layout of the files. A file of another one is not read."""


@dataclass(frozen=True, slots=True)
class PendingCell:
    """A cell whose verdict waits for a decision."""

    number: int
    """Of the code cell, from 1."""
    cell_index: int
    """In the notebook that was run, from 0, all cell types counted."""
    outcome: Outcome
    """The verdict."""
    message: str
    """What explains it, in one line."""
    outputs: tuple[Mapping[str, Any], ...]
    """The fresh outputs, nbformat 4, all of them, secrets taken out."""
    execution_count: int | None = None
    """The kernel's number of this execution."""
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the variables whose values were taken out of an output, by its index from 0."""
    rejected: tuple[str, ...] = ()
    """Keys of the pieces that were rejected."""
    is_new: bool = False
    """Whether the file stores nothing for this cell, because its author never ran it."""
    name: str = ""
    """What its author calls it."""
    cell_id: str = ""
    """nbformat's id."""
    suggestions: Mapping[str, tuple[str, Any]] = field(
        default_factory=dict
    )  # Any: JSON, as the directive's kind says
    """Name and value of a directive that masks what differs between two fresh runs, too, by the key of a piece."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """How people point at it, see ``execution/address.py``."""
        named = [self.name] if self.name else []
        by_id = [self.cell_id, f"{ID_PREFIX}{self.cell_id}"] if self.cell_id else []
        return (f"cell-{self.number}", *named, *by_id)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decided in the run and stands in no file of the project."""

    mode: CompareMode = CompareMode.SEMANTIC
    """Strictness where nobody says another."""
    is_mode_said: bool = False
    """Whether the mode stood on the command line, and so wins over the configuration."""
    roots: tuple[str, ...] = ()
    """Folders of the machine that ran it, whose spelling in outputs is noise."""
    ignored: tuple[str, ...] = ()
    """Kinds of outputs that other testers' flags left out."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Regular expressions and replacements of other testers' flags."""


@dataclass(frozen=True, slots=True)
class PendingNotebook:
    """A notebook with something that waits. All paths are relative to the project's folder, with slashes."""

    notebook: str
    """The file that was run."""
    target: str | None
    """The file that holds its outputs, mostly the same; None for a text notebook that is paired with none."""
    files: Mapping[str, str]
    """SHA-256 of both files as they were read, by path."""
    conditions: Conditions
    """How it was judged."""
    cells: tuple[PendingCell, ...]
    """In file order."""
    kernel: str = ""
    """Name of the kernelspec that ran it."""
    made: str = ""
    """When, ISO 8601."""
    made_by: str = ""
    """Version of nbcheck."""
    format: int = FORMAT
    """Layout of the file."""

    @property
    def stopped_by(self) -> PendingCell | None:
        """The cell that kept those after it from running."""
        return next((cell for cell in self.cells if cell.outcome.stops_notebook), None)

    def updated(self, older: PendingNotebook | None, judged: Iterable[int]) -> PendingNotebook:
        """Return what is pending after a run of some cells.

        Args:
            older: what was pending before; None for nothing. What was made of other files is dropped.
            judged: numbers of the cells that this run judged; their old entries are replaced.
        """
        if older is None or older.files != self.files:
            return self
        numbers = {*judged, *(cell.number for cell in self.cells)}
        kept = [cell for cell in older.cells if cell.number not in numbers]
        return self.with_cells([*kept, *self.cells])

    def with_cells(self, cells: Iterable[PendingCell]) -> PendingNotebook:
        """Return the same notebook with other cells."""
        return replace(self, cells=tuple(sorted(cells, key=lambda cell: cell.number)))


def encode(notebook: PendingNotebook) -> bytes:
    """Write what is pending. ASCII: outputs may hold lone surrogates, for which UTF-8 has no form."""
    tree = msgspec.to_builtins(notebook)
    return json.dumps({"format": tree.pop("format"), **tree}, indent=1).encode("ascii") + b"\n"


def decode(raw: bytes) -> PendingNotebook:
    """Read what :func:`encode` wrote.

    Raises:
        ValueError: it is something else, or of another format; its text says which.
    """
    tree = json.loads(raw)
    found = tree.get("format") if isinstance(tree, dict) else None
    if found != FORMAT:
        raise ValueError(f"its format is {found!r}, and this version of nbcheck reads format {FORMAT}")
    return msgspec.convert(tree, PendingNotebook)
