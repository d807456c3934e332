"""Hypothesis strategies for edits, and what edits mean for a tree."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

from hypothesis import strategies as st

from helpers.notebook_strategies import cells, json_values, outputs, texts
from nbcheck.document import Document, NotebookNode, from_dict
from nbcheck.document import edits as e
from nbcheck.document.multiline import join_v4
from nbcheck.document.positions import Span

keys = st.sampled_from(["a", "nbcheck", "x", "z\u00e9/~"])


@st.composite
def edits(draw: st.DrawFn, document: Document) -> e.Edit:
    """An edit of a document; alone it is always possible."""
    stored = document.notebook["cells"]
    code = [index for index, cell in enumerate(stored) if cell["cell_type"] == "code"]
    full = [index for index in code if stored[index]["outputs"]]
    has_ids = document.version >= (4, 5)
    kinds = ["insert_cell", "notebook_metadata"]
    kinds += ["source", "metadata", "tag", "delete_cell", "move_cell"] if stored else []
    kinds += ["id"] if stored and has_ids else []
    kinds += ["count", "outputs", "insert_output"] if code else []
    kinds += ["output", "delete_output", "nudge"] if full else []
    kind = draw(st.sampled_from(kinds))
    index = draw(st.integers(0, len(stored) - 1)) if stored else 0
    if kind in ("count", "outputs", "insert_output"):
        index = draw(st.sampled_from(code))
    elif kind in ("output", "delete_output", "nudge"):
        index = draw(st.sampled_from(full))
    count = len(stored[index].get("outputs", [])) if stored else 0
    match kind:
        case "insert_cell":
            new_id = f"new-{draw(st.integers(0, 10**9))}" if has_ids or draw(st.booleans()) else None
            cell = draw(cells(cell_id=new_id))
            cell["metadata"].pop("trusted", None)
            return e.InsertCell(draw(st.integers(0, len(stored))), cell)
        case "notebook_metadata" | "metadata":
            return draw(_metadata_edits(document, index if kind == "metadata" else None))
        case "source":
            return e.SetSource(index, draw(_changed(stored[index]["source"])))
        case "tag":
            tag = draw(st.sampled_from(["a", "b b", "new"]))
            return draw(st.sampled_from([e.AddTag, e.RemoveTag]))(index, tag)
        case "delete_cell":
            return e.DeleteCell(index)
        case "move_cell":
            return e.MoveCell(index, draw(st.integers(0, len(stored))))
        case "id":
            return e.SetCellId(index, f"id-{draw(st.integers(0, 10**9))}")
        case "count":
            return e.SetExecutionCount(index, draw(st.none() | st.integers(0, 99)))
        case "outputs":
            some = draw(st.lists(st.sampled_from(range(count)), unique=True)) if count else []
            return e.ReplaceOutputs(
                index, draw(st.permutations([stored[index]["outputs"][i] for i in some] + [draw(outputs())]))
            )
        case "insert_output":
            return e.InsertOutput(index, draw(st.integers(0, count)), draw(outputs()))
        case "output":
            return e.ReplaceOutput(index, draw(st.integers(0, count - 1)), draw(outputs()))
        case "delete_output":
            return e.DeleteOutput(index, draw(st.integers(0, count - 1)))
        case _:
            number = draw(st.integers(0, count - 1))
            return e.ReplaceOutput(index, number, draw(_nudged(stored[index]["outputs"][number])))


@st.composite
def _metadata_edits(draw: st.DrawFn, document: Document, cell_index: int | None) -> e.Edit:
    metadata = _metadata(document.notebook, cell_index)
    if metadata and draw(st.booleans()):
        return e.DeleteMetadata((draw(st.sampled_from(sorted(metadata))),), cell_index)
    way = draw(st.lists(keys, min_size=1, max_size=3))
    if isinstance(metadata.get(way[0], {}), dict):
        return e.SetMetadata(tuple(way), draw(json_values()), cell_index)
    return e.SetMetadata((way[0],), draw(json_values()), cell_index)


@st.composite
def _changed(draw: st.DrawFn, text: str) -> str:
    """A text with a piece of it replaced."""
    start = draw(st.integers(0, len(text)))
    stop = draw(st.integers(start, len(text)))
    return text[:start] + draw(texts()) + text[stop:]


@st.composite
def _nudged(draw: st.DrawFn, output: NotebookNode) -> NotebookNode:
    """An output with one text of it changed."""
    output = copy.deepcopy(output)
    holder, names = output, [key for key in ("text", "evalue") if key in output]
    if output.get("data"):
        holder, names = (
            output["data"],
            [key for key, value in output["data"].items() if isinstance(value, str)],
        )
    if names:
        name = draw(st.sampled_from(names))
        holder[name] = draw(_changed(holder[name]))
    return output


def _metadata(tree: dict[str, Any], cell_index: int | None) -> dict[str, Any]:
    return (tree if cell_index is None else tree["cells"][cell_index])["metadata"]


def edited_tree(document: Document, edits: list[e.Edit]) -> NotebookNode:
    """What edits mean, done to the tree; edits that share a place are not asked about."""
    tree = copy.deepcopy(document.without_invented_ids())
    stored = list(tree["cells"])
    arriving: dict[int, list[Any]] = defaultdict(list)
    leaving = set()
    new_outputs: dict[tuple[int, int], list[Any]] = defaultdict(list)
    gone_outputs = set()
    for edit in edits:
        cell = stored[edit.cell_index] if getattr(edit, "cell_index", None) in range(len(stored)) else None
        match edit:
            case e.SetMetadata():
                node = _metadata({"metadata": tree["metadata"], "cells": stored}, edit.cell_index)
                for key in edit.keys[:-1]:
                    node = node.setdefault(key, {})
                node[edit.keys[-1]] = edit.value
            case e.DeleteMetadata():
                node = _metadata({"metadata": tree["metadata"], "cells": stored}, edit.cell_index)
                for key in edit.keys[:-1]:
                    node = node[key]
                del node[edit.keys[-1]]
            case e.InsertCell():
                new = copy.deepcopy(edit.cell)
                if document.version < (4, 5):
                    new.pop("id", None)
                arriving[edit.cell_index].append(new)
            case e.DeleteCell():
                leaving.add(edit.cell_index)
            case e.MoveCell():
                if edit.before not in (edit.cell_index, edit.cell_index + 1):
                    leaving.add(edit.cell_index)
                    arriving[edit.before].append(cell)
            case e.SetSource():
                cell["source"] = edit.source
            case e.SetCellId():
                cell["id"] = edit.cell_id
            case e.SetExecutionCount():
                cell["execution_count"] = edit.execution_count
            case e.AddTag():
                tags = cell["metadata"].setdefault("tags", [])
                tags += [] if edit.tag in tags else [edit.tag]
            case e.RemoveTag():
                if edit.tag in cell["metadata"].get("tags", []):
                    cell["metadata"]["tags"].remove(edit.tag)
            case e.ReplaceOutputs():
                cell["outputs"] = copy.deepcopy(list(edit.outputs))
            case e.ReplaceOutput():
                cell["outputs"][edit.output_index] = copy.deepcopy(edit.output)
            case e.InsertOutput():
                new_outputs[edit.cell_index, edit.output_index].append(copy.deepcopy(edit.output))
            case e.DeleteOutput():
                gone_outputs.add((edit.cell_index, edit.output_index))
    for index, cell in enumerate(stored):
        if cell["cell_type"] == "code":
            old = cell["outputs"]
            cell["outputs"] = [
                output
                for number in range(len(old) + 1)
                for output in new_outputs[index, number]
                + ([old[number]] if number < len(old) and (index, number) not in gone_outputs else [])
            ]
    tree["cells"] = [
        cell
        for index in range(len(stored) + 1)
        for cell in arriving[index]
        + ([stored[index]] if index < len(stored) and index not in leaving else [])
    ]
    tree = from_dict(tree)
    join_v4(tree)
    return tree


def touched(document: Document, edit: e.Edit) -> Span:
    """The bytes of the file outside of which an edit changes nothing."""
    index = getattr(edit, "cell_index", None)
    cell = "" if index is None else f"/cells/{index}"
    match edit:
        case e.InsertCell() | e.DeleteCell() | e.MoveCell():
            ways = ["/cells"]
        case e.SetSource():
            ways = [f"{cell}/source"]
        case e.SetCellId():
            ways = [f"{cell}/id"]
        case e.SetExecutionCount():
            ways = [f"{cell}/execution_count"]
        case e.ReplaceOutput():
            ways = [f"{cell}/outputs/{edit.output_index}"]
        case e.ReplaceOutputs() | e.InsertOutput() | e.DeleteOutput():
            ways = [f"{cell}/outputs"]
        case _:
            ways = [f"{cell}/metadata"]
    spans = map(document.positions.span, [*ways, cell, ""])
    return next(span for span in spans if span is not None)
