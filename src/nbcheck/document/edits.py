"""Edits of a notebook file, each a value.

Indexes of cells and outputs are those of the document as it was read, whatever the other edits of the same list do,
so edits can be gathered in any order. What is inserted at one place stands in the order of the edits. Cells and
outputs are given as they are in memory (nodes or plain dicts, texts as strings or lists of lines) and are not changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class ReplaceOutputs:
    """A code cell gets other outputs; those that it has already stay as they are written."""

    cell_index: int
    outputs: Sequence[Mapping[str, Any]]
    """All outputs, in order."""


@dataclass(frozen=True, slots=True)
class ReplaceOutput:
    """One output of a code cell becomes another."""

    cell_index: int
    output_index: int
    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InsertOutput:
    """A code cell gets one output more."""

    cell_index: int
    output_index: int
    """The output before which it goes; the number of outputs for the end."""
    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeleteOutput:
    """A code cell loses one output."""

    cell_index: int
    output_index: int


@dataclass(frozen=True, slots=True)
class SetExecutionCount:
    """A code cell gets another execution count; that of an ``execute_result`` is a part of the output."""

    cell_index: int
    execution_count: int | None


@dataclass(frozen=True, slots=True)
class SetSource:
    """A cell gets another source."""

    cell_index: int
    source: str


@dataclass(frozen=True, slots=True)
class SetCellId:
    """A cell gets another id, or the first one; format 4.5 and later."""

    cell_index: int
    cell_id: str


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """A key of the metadata gets a value; objects on the way to it are made."""

    keys: tuple[str, ...]
    """The way to the value, outermost key first: ``("nbcheck", "timeout")``."""
    value: Any
    """Any JSON value."""
    cell_index: int | None = None
    """The cell; None for the metadata of the notebook."""


@dataclass(frozen=True, slots=True)
class DeleteMetadata:
    """A key of the metadata goes; the object that held it stays."""

    keys: tuple[str, ...]
    """As for :class:`SetMetadata`."""
    cell_index: int | None = None
    """The cell; None for the metadata of the notebook."""


@dataclass(frozen=True, slots=True)
class AddTag:
    """A cell gets a tag, behind those that it has; nothing happens when it has this one."""

    cell_index: int
    tag: str


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """A cell loses a tag; nothing happens when it does not have it."""

    cell_index: int
    tag: str


@dataclass(frozen=True, slots=True)
class InsertCell:
    """The notebook gets one cell more. Before format 4.5 cells have no ids, there its id is left out."""

    cell_index: int
    """The cell before which it goes; the number of cells for the end."""
    cell: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeleteCell:
    """The notebook loses one cell."""

    cell_index: int


@dataclass(frozen=True, slots=True)
class MoveCell:
    """A cell goes to another place; other edits may change it on the way."""

    cell_index: int
    before: int
    """The cell before which it goes, by the index as read; the number of cells for the end."""


Edit: TypeAlias = (
    ReplaceOutputs
    | ReplaceOutput
    | InsertOutput
    | DeleteOutput
    | SetExecutionCount
    | SetSource
    | SetCellId
    | SetMetadata
    | DeleteMetadata
    | AddTag
    | RemoveTag
    | InsertCell
    | DeleteCell
    | MoveCell
)
