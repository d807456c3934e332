"""From a list of edits to one tree of changes: finds the places, refuses what does not go together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from nbcheck.document import edits as e
from nbcheck.document.changes import Arrange, Change, New, Old, Remove, Set, Within, apply
from nbcheck.document.fields import Kind, as_stored, joined, parse
from nbcheck.document.habits import Habits
from nbcheck.document.issues import MISSING, Issue, describe
from nbcheck.document.multiline import RICH_OUTPUTS, TRANSIENT
from nbcheck.document.positions import join_pointer
from nbcheck.document.rules import ID_SINCE, MAJOR, check
from nbcheck.document.sample import is_base64
from nbcheck.errors import DocumentError

# The way from the outermost object to a value, by keys and indexes.
_Place: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Plan:
    """What a list of edits makes of a file."""

    change: Within
    """What becomes of the outermost object."""
    stored: Mapping[str, Any]
    """Members of the outermost object that change, as they are stored; without the cells."""
    cells: Sequence[Old | New]
    """The cells in their new order."""
    expected: Mapping[int, Any]
    """Index in ``cells`` -> the cell, texts joined; of every cell that is new or changes."""


@dataclass
class _OutputPlan:
    """What becomes of the outputs of one cell."""

    replaced: dict[int, Any] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    inserted: list[tuple[int, Any]] = field(default_factory=list)
    """Index before which it goes, and the output; in the order of the edits."""


@dataclass
class _Claims:
    """Places that edits have taken."""

    taken: dict[_Place, e.Edit] = field(default_factory=dict)
    around: dict[_Place, e.Edit] = field(default_factory=dict)
    """Places around those that are taken."""

    def take(self, place: _Place, edit: e.Edit) -> e.Edit | None:
        """Take a place; return the edit that has it, or a place in it or around it, already."""
        ways = [place[:length] for length in range(1, len(place))]
        for other in (*map(self.taken.get, [*ways, place]), self.around.get(place)):
            if other is not None:
                return other
        self.taken[place] = edit
        self.around.update(dict.fromkeys(ways, edit))
        return None


class Planner:
    """Takes the edits of one file, one by one."""

    def __init__(self, habits: Habits, minor: int, path: Path | None) -> None:
        """Start with no edits.

        Args:
            habits: of the file, which is a notebook of format 4.
            minor: minor version of its format.
            path: for the text of errors.
        """
        self._habits = habits
        self._positions = habits.positions
        self._minor = minor
        self._path = path
        self._spans = self._positions.spans(self._positions.offset("/cells"))
        self._parsed: dict[int, dict[str, Any]] = {}
        self._claims = _Claims()
        # Key -> change, or the same for the keys within; of the notebook and of the cells.
        self._notebook: dict[str, Any] = {}
        self._cells: dict[int, dict[str, Any]] = defaultdict(dict)
        self._outputs: dict[int, _OutputPlan] = defaultdict(_OutputPlan)
        self._tags: dict[int, list[e.AddTag | e.RemoveTag]] = defaultdict(list)
        # The index before which it goes, and the index of a cell that moves or a new cell; in the order of the edits.
        self._arriving: list[tuple[int, int | dict[str, Any]]] = []
        self._leaving: set[int] = set()

    def add(self, edit: e.Edit) -> None:
        """Take one edit.

        Raises:
            DocumentError: its place does not exist or is taken, or its value is no JSON.
            TypeError: it is no edit.
        """
        match edit:
            case e.SetMetadata() | e.DeleteMetadata():
                self._change_metadata(edit)
            case e.InsertCell():
                self._gap(edit.cell_index, len(self._spans), ("cells",), "cell")
                self._arriving.append((edit.cell_index, self._new_cell(edit)))
            case e.DeleteCell():
                self._claim(edit, ("cells", self._cell(edit)))
                self._leaving.add(edit.cell_index)
            case e.MoveCell():
                # Where a cell stands is no value in the file, so it is claimed under a key that no cell has.
                self._claim(edit, ("cells", self._cell(edit)), "place")
                self._gap(edit.before, len(self._spans), ("cells",), "cell")
                if edit.before - edit.cell_index not in (0, 1):
                    self._arriving.append((edit.before, edit.cell_index))
                    self._leaving.add(edit.cell_index)
            case e.AddTag() | e.RemoveTag():
                self._change_tag(edit)
            case e.SetSource():
                self._set(edit, "source", edit.source)
            case e.SetCellId():
                if self._minor < ID_SINCE:
                    place = ("cells", self._cell(edit))
                    raise self._error(f"cells of format {MAJOR}.{self._minor} have no ids", place)
                self._set(edit, "id", edit.cell_id)
            case e.SetExecutionCount():
                self._code_cell(edit)
                self._set(edit, "execution_count", edit.execution_count)
            case e.ReplaceOutputs() | e.ReplaceOutput() | e.InsertOutput() | e.DeleteOutput():
                self._change_outputs(edit)
            case _:
                raise TypeError(f"no edit: {edit!r}")

    def plan(self) -> Plan:
        """Put the edits together.

        Raises:
            DocumentError: a cell or the metadata would break a rule of the format that it does not break now.
        """
        for index, outputs in self._outputs.items():
            self._cells[index]["outputs"] = self._arranged_outputs(index, outputs)
        stored: dict[str, Any] = {}
        changes: dict[str, Change] = {}
        if self._notebook:
            stored, changes = self._changed_metadata()
        cells = self._arranged_cells()
        if any(self._cells.values()) or self._arriving or self._leaving:
            changes["cells"] = Arrange(cells)
        expected = {
            number: item.value if isinstance(item, New) else self._changed_cell(item)
            for number, item in enumerate(cells)
            if isinstance(item, New) or item.change is not None
        }
        self._refuse_used_ids(cells, expected)
        return Plan(Within(changes), stored, cells, expected)

    def _set(self, edit: e.SetSource | e.SetCellId | e.SetExecutionCount, key: str, value: Any) -> None:
        place = ("cells", self._cell(edit), key)
        self._claim(edit, place)
        self._cells[edit.cell_index][key] = Set(self._as_stored(value, place))

    # Metadata

    def _change_metadata(self, edit: e.SetMetadata | e.DeleteMetadata) -> None:
        around = self._metadata_place(edit)
        place = (*around, *edit.keys)
        if not edit.keys:
            raise self._error(f"{type(edit).__name__} names no key", place)
        self._claim(edit, place)
        node = self._stored_metadata(edit.cell_index)
        for depth, key in enumerate(edit.keys):
            if node is not MISSING and not isinstance(node, dict):
                raise self._error(f"found {describe(node)}, which has no keys", place[: len(around) + depth])
            node = node.get(key, MISSING) if isinstance(node, dict) else MISSING
        if isinstance(edit, e.DeleteMetadata) and node is MISSING:
            raise self._error("there is no such key", place)
        never = TRANSIENT if edit.cell_index is None else ("trusted",)
        if isinstance(edit, e.SetMetadata) and len(edit.keys) == 1 and edit.keys[0] in never:
            raise self._error("this key is never stored", place)
        target = self._notebook if edit.cell_index is None else self._cells[edit.cell_index]
        for key in ("metadata", *edit.keys[:-1]):
            target = target.setdefault(key, {})
        new = Set(self._as_stored(edit.value, place)) if isinstance(edit, e.SetMetadata) else Remove()
        target[edit.keys[-1]] = new

    def _metadata_place(self, edit: e.SetMetadata | e.DeleteMetadata) -> _Place:
        return ("metadata",) if edit.cell_index is None else ("cells", self._cell(edit), "metadata")

    def _change_tag(self, edit: e.AddTag | e.RemoveTag) -> None:
        place = ("cells", self._cell(edit), "metadata", "tags")
        # Two reasons to add one tag are no conflict.
        if self._claims.taken.get((*place, edit.tag)) == edit:
            return
        self._claim(edit, place, edit.tag)
        metadata = self._stored_metadata(edit.cell_index)
        if metadata is not MISSING and not isinstance(metadata, dict):
            raise self._error(f"found {describe(metadata)}, which has no keys", place[:-1])
        tags = metadata.get("tags", []) if isinstance(metadata, dict) else []
        if not isinstance(tags, list):
            raise self._error(f"found {describe(tags)}, allowed: a list", place)
        if "tags" in self._cells.get(edit.cell_index, {}).get("metadata", {}):
            tags = self._cells[edit.cell_index]["metadata"]["tags"].value
        if isinstance(edit, e.AddTag) and edit.tag not in tags:
            new = [*tags, self._as_stored(edit.tag, place)]
        elif isinstance(edit, e.RemoveTag) and edit.tag in tags:
            new = [tag for tag in tags if tag != edit.tag]
        else:
            return
        self._cells[edit.cell_index].setdefault("metadata", {})["tags"] = Set(new)

    def _changed_metadata(self) -> tuple[dict[str, Any], dict[str, Change]]:
        stored = self._stored_metadata(None)
        change = _within(self._notebook["metadata"])
        old: dict[str, Any] = {} if stored is MISSING else stored
        self._refuse_new_faults(self._check(old, []), self._check(apply(old, change), []))
        return ({} if stored is MISSING else {"metadata": stored}), {"metadata": change}

    def _stored_metadata(self, cell_index: int | None) -> Any:
        if cell_index is not None:
            return self._stored(cell_index).get("metadata", MISSING)
        span = self._positions.span("/metadata")
        return MISSING if span is None else parse(self._positions.raw[slice(*span)])

    # Outputs

    def _change_outputs(
        self, edit: e.ReplaceOutputs | e.ReplaceOutput | e.InsertOutput | e.DeleteOutput
    ) -> None:
        index = self._code_cell(edit)
        place: _Place = ("cells", index, "outputs")
        count = len(self._stored_outputs(index))
        if isinstance(edit, e.ReplaceOutputs):
            self._claim(edit, place)
            new = [
                self._output(output, index, (*place, number)) for number, output in enumerate(edit.outputs)
            ]
            self._cells[index]["outputs"] = Set(new)
            return
        plan = self._outputs[index]
        if isinstance(edit, e.InsertOutput):
            # Any number of outputs may go before one, so each claims a key of its own.
            self._claim(edit, place, f"new {len(plan.inserted)}")
            self._gap(edit.output_index, count, place, "output")
            output = self._output(edit.output, index, (*place, edit.output_index))
            plan.inserted.append((edit.output_index, output))
            return
        place = (*place, edit.output_index)
        if not _is_index(edit.output_index, count):
            raise self._error(
                f"there is no output {edit.output_index!r}, the cell has {_count(count, 'output')}", place
            )
        self._claim(edit, place)
        if isinstance(edit, e.DeleteOutput):
            plan.deleted.add(edit.output_index)
        else:
            plan.replaced[edit.output_index] = self._output(edit.output, index, place)

    def _arranged_outputs(self, index: int, plan: _OutputPlan) -> Arrange | Set:
        if "outputs" not in self._stored(index):
            return Set([output for _, output in plan.inserted])
        arriving: dict[int, list[New]] = defaultdict(list)
        for before, output in plan.inserted:
            arriving[before].append(New(output))
        items: list[Old | New] = []
        count = len(self._stored_outputs(index))
        for number in range(count + 1):
            items += arriving[number]
            if number < count and number not in plan.deleted:
                new = Set(plan.replaced[number]) if number in plan.replaced else None
                items.append(Old(number, new))
        return Arrange(items)

    def _output(self, output: Mapping[str, Any], cell_index: int, place: _Place) -> Any:
        new = joined(self._as_stored(joined(output, Kind.OUTPUT), place), Kind.OUTPUT)
        if (
            isinstance(new, dict)
            and new.get("output_type") in RICH_OUTPUTS
            and isinstance(new.get("data"), dict)
        ):
            self._end_images_as_file_does(new["data"], self._stored_outputs(cell_index))
        return new

    def _end_images_as_file_does(self, bundle: dict[str, Any], stored: Sequence[Any]) -> None:
        """Give base64 the end it has in the file: old kernels and Jupyter put a line feed there, others do not."""
        for key, value in bundle.items():
            if not is_base64(key, value):
                continue
            text = value.rstrip("\n")
            bundles = [output.get("data") for output in stored if isinstance(output, dict)]
            known = [joined(data.get(key), Kind.TEXT) for data in bundles if isinstance(data, dict)]
            ends = self._habits.sample.ends_images_with_line_feed
            if text in known or text + "\n" in known:
                ends = text + "\n" in known
            if ends is not None:
                bundle[key] = text + "\n" * ends

    # Cells

    def _new_cell(self, edit: e.InsertCell) -> dict[str, Any]:
        place = ("cells", edit.cell_index)
        cell = joined(self._as_stored(joined(edit.cell, Kind.CELL), place), Kind.CELL)
        if not isinstance(cell, dict):
            raise self._error(f"found {describe(cell)}, allowed: an object", place)
        if self._minor < ID_SINCE:
            cell.pop("id", None)
        if isinstance(cell.get("metadata"), dict):
            cell["metadata"].pop("trusted", None)
        self._refuse_new_faults([], self._check({}, [cell]), place)
        return cell

    def _arranged_cells(self) -> list[Old | New]:
        arriving: dict[int, list[int | dict[str, Any]]] = defaultdict(list)
        for before, cell in self._arriving:
            arriving[before].append(cell)
        items: list[Old | New] = []
        for index in range(len(self._spans) + 1):
            for cell in arriving[index]:
                if isinstance(cell, dict):
                    items.append(New(cell))
                else:
                    items.append(Old(cell, self._cell_change(cell), is_moved=True))
            if index < len(self._spans) and index not in self._leaving:
                items.append(Old(index, self._cell_change(index)))
        return items

    def _cell_change(self, index: int) -> Within | None:
        return _within(self._cells[index]) if self._cells.get(index) else None

    def _changed_cell(self, item: Old) -> Any:
        stored = joined(self._stored(item.index), Kind.CELL)
        new = apply(stored, item.change)
        self._refuse_new_faults(self._check({}, [stored]), self._check({}, [new]), ("cells", item.index))
        return new

    def _refuse_used_ids(self, cells: Sequence[Old | New], expected: Mapping[int, Any]) -> None:
        """Refuse an id that is set or comes with a new cell when another cell has it."""
        if self._minor < ID_SINCE or not any(
            isinstance(item, New) or "id" in self._cells.get(item.index, {}) for item in cells
        ):
            return
        ids: list[Any] = [
            expected[number].get("id") if number in expected else self._stored_id(item)
            for number, item in enumerate(cells)
        ]
        used = Counter(value for value in ids if isinstance(value, str))
        for number, item in enumerate(cells):
            is_new = isinstance(item, New) or "id" in self._cells.get(item.index, {})
            if is_new and used.get(ids[number], 0) > 1:
                place = ("cells", number if isinstance(item, New) else item.index, "id")
                raise self._error(f"another cell has the id {describe(ids[number])}", place)

    def _stored_id(self, item: Old | New) -> str | None:
        if isinstance(item, New):
            return None
        at = self._positions.step(self._spans[item.index].start, "id")
        return self._positions.string(at) if at is not None and self._positions.raw[at] == ord('"') else None

    # Places and errors

    def _cell(self, edit: Any) -> int:
        index, count = edit.cell_index, len(self._spans)
        if not _is_index(index, count):
            raise self._error(
                f"there is no cell {index!r}, the notebook has {_count(count, 'cell')}", ("cells", index)
            )
        return int(index)

    def _code_cell(self, edit: Any) -> int:
        index = self._cell(edit)
        kind = self._stored(index).get("cell_type", MISSING)
        if kind != "code":
            raise self._error(
                f"{type(edit).__name__} is for code cells, and this is a cell of type {describe(kind)}",
                ("cells", index),
            )
        return index

    def _gap(self, index: int, count: int, place: _Place, noun: str) -> None:
        if not _is_index(index, count + 1):
            raise self._error(f"there is no place {index!r} among {_count(count, noun)}", (*place, index))

    def _claim(self, edit: e.Edit, place: _Place, key: str | None = None) -> None:
        other = self._claims.take(place if key is None else (*place, key), edit)
        if other is not None:
            names = f"{type(other).__name__} and {type(edit).__name__}"
            raise self._error(f"{names} edit the same place", place, remedy="give one edit for each place")

    def _stored(self, index: int) -> dict[str, Any]:
        if index not in self._parsed:
            value = parse(self._positions.raw[slice(*self._spans[index])])
            if not isinstance(value, dict):
                raise self._error(f"found {describe(value)}, allowed: an object", ("cells", index))
            self._parsed[index] = value
        return self._parsed[index]

    def _stored_outputs(self, index: int) -> list[Any]:
        outputs = self._stored(index).get("outputs", [])
        if not isinstance(outputs, list):
            raise self._error(f"found {describe(outputs)}, allowed: a list", ("cells", index, "outputs"))
        return outputs

    def _as_stored(self, value: Any, place: _Place) -> Any:
        try:
            return as_stored(value)
        except (TypeError, ValueError) as error:
            raise self._error(f"no JSON, so it cannot be written: {error}", place) from error

    def _check(self, metadata: Any, cells: list[Any]) -> list[Issue]:
        return check({"nbformat": MAJOR, "nbformat_minor": self._minor, "metadata": metadata, "cells": cells})

    def _refuse_new_faults(self, before: list[Issue], after: list[Issue], place: _Place = ()) -> None:
        """Refuse an edit that breaks a rule of the format; what was broken before may stay so."""
        known = Counter(map(_fault, before))
        for issue in after:
            known[_fault(issue)] -= 1
            if known[_fault(issue)] < 0:
                # The cell was checked as the only one of a notebook.
                pointer = join_pointer("", *place) + issue.pointer.removeprefix("/cells/0")
                raise DocumentError(
                    f"the edit is not valid: {issue.problem}", path=self._path, pointer=pointer
                )

    def _error(self, problem: str, place: _Place, remedy: str | None = None) -> DocumentError:
        pointer = join_pointer("", *place)
        line, column = self._positions.find(pointer)
        return DocumentError(
            problem, path=self._path, line=line, column=column, pointer=pointer, remedy=remedy
        )


def _within(changes: Mapping[str, Any]) -> Within:
    return Within({key: _within(item) if isinstance(item, dict) else item for key, item in changes.items()})


def _fault(issue: Issue) -> tuple[str, str]:
    """What is wrong, without the indexes that an edit may shift."""
    return re.sub(r"/\d+", "/", issue.pointer), issue.problem


def _is_index(index: object, count: int) -> bool:
    return type(index) is int and 0 <= index < count


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
