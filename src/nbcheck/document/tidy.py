"""What can be done to a notebook file by itself: checking it, repairing it, upgrading it, taking its outputs out.

Each function goes from the content of a file to its new content and changes nothing else in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbcheck.document.decode import decode
from nbcheck.document.edits import (
    DeleteMetadata,
    Edit,
    ReplaceOutputs,
    SetCellId,
    SetExecutionCount,
    SetMetadata,
)
from nbcheck.document.issues import Issue
from nbcheck.document.load import parse_document
from nbcheck.document.positions import Positions
from nbcheck.document.preserve import edit_document
from nbcheck.document.rules import ID_SINCE, MAJOR, check
from nbcheck.document.writer import writes

_RUN_METADATA = ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled")
"""Keys of a code cell's metadata that only say when and how it was run, or how its outputs were looked at."""
_KEEPS_OUTPUT = ("keep_output", "nbcheck-keep-output")
"""Tags, and keys of metadata, that keep a cell's outputs. The first is nbstripout's."""


def find_issues(raw: bytes, path: Path | None = None) -> list[Issue]:
    """Check the content of a notebook file.

    Args:
        raw: content of the file.
        path: where it comes from, for error texts.

    Returns:
        Every place where it leaves the format, with its line.

    Raises:
        DocumentError: it is no notebook, or one of an old format that cannot be read.
    """
    tree = decode(raw, path)
    if isinstance(tree, Mapping) and tree.get("nbformat") == MAJOR:
        return check(tree, Positions(raw))
    parse_document(raw, path)  # older formats have no rules of their own: they can be read or not
    return []


def normalize(raw: bytes, path: Path | None = None) -> bytes:
    """Repair what Jupyter repairs when it opens a notebook: missing and repeated ids, missing outputs and counts.

    Args:
        raw: content of the file.
        path: where it comes from, for error texts.

    Returns:
        The new content; the old one when nothing needs repair.

    Raises:
        DocumentError: it is no notebook.
    """
    document = parse_document(raw, path)
    if document.version[0] < MAJOR:
        return raw
    stored = decode(raw, path)["cells"]
    bare = [index for index, cell in enumerate(stored) if "metadata" not in cell]
    if bare:
        # Metadata comes by setting a key in it, and stays when the key goes.
        made = edit_document(document, [SetMetadata(("nbcheck",), None, index) for index in bare])
        emptied = [DeleteMetadata(("nbcheck",), index) for index in bare]
        return normalize(edit_document(parse_document(made, path), emptied), path)
    edits: list[Edit] = []
    for index, cell in enumerate(document.notebook["cells"]):
        if cell["cell_type"] == "code" and "outputs" not in stored[index]:
            edits.append(ReplaceOutputs(index, ()))
        if cell["cell_type"] == "code" and "execution_count" not in stored[index]:
            edits.append(SetExecutionCount(index, None))
        if index in document.invented_ids and document.version[1] >= ID_SINCE:
            edits.append(SetCellId(index, cell["id"]))
    return edit_document(document, edits)


def upgrade(raw: bytes, path: Path | None = None) -> bytes:
    """Bring a notebook to format 4.5.

    Args:
        raw: content of the file.
        path: where it comes from, for error texts.

    Returns:
        The new content; the old one when it is of that format, or of a later minor version. From before format 4 it
        is written as Jupyter writes it, since every part changes its place; later ones only get their ids.

    Raises:
        DocumentError: it is no notebook.
    """
    document = parse_document(raw, path)
    if document.version >= (MAJOR, ID_SINCE):
        return normalize(raw, path)
    minor = document.positions.span("/nbformat_minor") if document.version[0] == MAJOR else None
    if minor is None:
        notebook = {**document.notebook, "nbformat": MAJOR, "nbformat_minor": ID_SINCE}
        # UTF-8 has no lone surrogates, which stand in strings only.
        return (writes(notebook) + "\n").encode(errors="backslashreplace")
    return normalize(raw[: minor.start] + str(ID_SINCE).encode() + raw[minor.stop :], path)


def strip(raw: bytes, path: Path | None = None) -> bytes:
    """Take out everything that running left: outputs, execution counts, and metadata on when and how cells were run.

    Args:
        raw: content of the file.
        path: where it comes from, for error texts.

    Returns:
        The new content; the old one when there is nothing to take out. Cells with the tag ``keep_output`` keep theirs.

    Raises:
        DocumentError: it is no notebook of format 4.
    """
    document = parse_document(raw, path)
    edits: list[Edit] = []
    if not _keeps_output(document.notebook["metadata"]):
        for index, cell in enumerate(document.notebook["cells"]):
            if cell["cell_type"] == "code" and not _keeps_output(cell["metadata"]):
                edits += _strip_cell(index, cell)
    return edit_document(document, edits)


# Any: cells and metadata are whatever JSON the file holds
def _strip_cell(index: int, cell: Mapping[str, Any]) -> list[Edit]:
    edits: list[Edit] = []
    if cell["outputs"]:
        edits.append(ReplaceOutputs(index, ()))
    if cell["execution_count"] is not None:
        edits.append(SetExecutionCount(index, None))
    edits += [DeleteMetadata((name,), index) for name in _RUN_METADATA if name in cell["metadata"]]
    return edits


def _keeps_output(metadata: Mapping[str, Any]) -> bool:
    tags = metadata.get("tags")
    tagged = isinstance(tags, list) and any(name in tags for name in _KEEPS_OUTPUT)
    return tagged or any(metadata.get(name) is True for name in _KEEPS_OUTPUT)
