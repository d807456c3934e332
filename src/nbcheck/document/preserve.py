"""Editing a notebook file so that nothing but the edits changes in it.

The canonical writer (:mod:`nbcheck.document.writer`) formats a whole notebook anew. This one copies the file byte for
byte and writes only what an edit touches, in the way the file is written, so that a version control system shows the
edits and nothing else. What was written is read again, and is given out only if it is the notebook that was meant.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from pathlib import Path

from nbcheck.document.changes import New, apply
from nbcheck.document.decode import decode
from nbcheck.document.edits import Edit
from nbcheck.document.fields import Kind, joined, parse, same
from nbcheck.document.habits import Habits
from nbcheck.document.issues import describe, is_integer
from nbcheck.document.load import Document
from nbcheck.document.notebooknode import MAX_DEPTH, adopt
from nbcheck.document.plan import Plan, Planner
from nbcheck.document.positions import Positions, Span
from nbcheck.document.rules import MAJOR
from nbcheck.document.splice import Splicer, assemble
from nbcheck.errors import DocumentError

_CHUNK = 1 << 20
# Around a cell are the list of cells and the notebook.
_CELL_DEPTH = 2


def edit_document(document: Document, edits: Iterable[Edit]) -> bytes:
    """Return the content of a notebook file after some edits.

    Args:
        document: as it was read; its ``raw`` bytes are edited, and changes made to its tree are not seen.
        edits: in any order; indexes are those of the document as read.

    Returns:
        The new content: the old one with the parts replaced that the edits change. Without edits, and with edits
        that change nothing, it is the old content itself.

        New parts follow the file: indentation, line ends, escapes, order of keys, texts as strings or as lists of
        lines, line feed behind base64. Reading the result gives the tree of the document with the edits done.

    Raises:
        DocumentError: the notebook is older than format 4; a place does not exist or two edits share one; a value
            is no JSON or breaks a rule of the format that was kept before; containers are nested too deeply.
    """
    return _edit(document.positions, edits, document.path)


def edit_bytes(raw: bytes, edits: Iterable[Edit], path: Path | None = None) -> bytes:
    """Return the content of a notebook file after some edits, without reading the notebook first.

    This does the same as :func:`edit_document` and costs a fraction of it for large files, because only the cells
    that are edited are parsed; of the others is made sure that they are JSON. Their faults go unnoticed.

    Args:
        raw: content of the file.
        edits: as for :func:`edit_document`.
        path: where the bytes come from, for error texts.

    Returns:
        As :func:`edit_document`.

    Raises:
        DocumentError: the content is no JSON or no notebook; and as :func:`edit_document`.
    """
    positions = Positions(raw)
    edits = tuple(edits)
    if edits:
        _refuse_other_text(positions, path)
    return _edit(positions, edits, path)


def _edit(positions: Positions, edits: Iterable[Edit], path: Path | None) -> bytes:
    edits, raw = tuple(edits), positions.raw
    if not edits:
        return raw
    try:
        habits = Habits(positions)
        planner = Planner(habits, _minor_version(positions, path), path)
        for edit in edits:
            planner.add(edit)
        plan = planner.plan()
        splices = Splicer(habits).splices(plan.stored, plan.change)
        if not splices:
            return raw
        new = b"".join(assemble(raw, splices, 0, len(raw)))
        _prove(positions, plan, new, path)
    except ValueError:
        # A part that nobody has parsed before is JSON, but not for Python: reading the whole says where and why.
        decode(raw, path)
        raise
    except RecursionError:
        decode(raw, path)
        raise DocumentError(
            f"the edited notebook would have lists and objects nested more than {MAX_DEPTH} deep, which are not read",
            path=path,
            remedy="give the edit a simpler value",
        ) from None
    return new


def _refuse_other_text(positions: Positions, path: Path | None) -> None:
    """Raise what reading would raise for bytes that are no JSON object."""
    raw = positions.raw
    try:
        if not raw.isascii():
            decoder = codecs.getincrementaldecoder("utf-8")()
            for start in range(0, len(raw), _CHUNK):
                decoder.decode(raw[start : start + _CHUNK])
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        pass
    else:
        if positions.is_strict():
            return
    tree = decode(raw, path)
    if not isinstance(tree, dict):
        raise DocumentError(f"found {describe(tree)} where a notebook has an object", path=path, line=1)


def _minor_version(positions: Positions, path: Path | None) -> int:
    """Minor version of a notebook of format 4; other formats are refused."""
    major, minor = (_value(positions, pointer) for pointer in ("/nbformat", "/nbformat_minor"))
    cells = positions.span("/cells")
    if major in (1, 2, 3) or (major is None and cells is not None):
        raise DocumentError(
            f"a notebook of format {major or 1} is not edited in place, because outputs of today's kernels have no "
            "place in it",
            path=path,
            remedy="upgrade it first: nbcheck doc upgrade",
        )
    if not is_integer(major) or major != MAJOR or cells is None or positions.raw[cells.start] != ord("["):
        raise DocumentError(f"no notebook of format {MAJOR}", path=path)
    return int(minor) if is_integer(minor) else 0


def _value(positions: Positions, pointer: str) -> object:
    span = positions.span(pointer)
    return None if span is None else parse(positions.raw[slice(*span)])


def _prove(old: Positions, plan: Plan, raw: bytes, path: Path | None) -> None:
    """Make sure that new bytes are the notebook that the plan describes.

    The new text is one object as a whole. Its values are the old ones, byte for byte, which a parser has accepted,
    except those that the plan changes; these are parsed and compared with what the plan says, which was worked out
    without any bytes.

    Raises:
        DocumentError: they are not.
    """
    new = Positions(raw)
    try:
        if not new.is_complete():
            decode(raw, path)
        place = _first_difference(old, plan, new)
    except (DocumentError, ValueError, IndexError) as error:
        raise _not_proven(path, "") from error
    if place is not None:
        raise _not_proven(path, place)


def _first_difference(old: Positions, plan: Plan, new: Positions) -> str | None:
    """Pointer of the first value that is not the planned one."""
    before = {member.name: member.value for member in old.members(old.root)}
    after = {member.name: member.value for member in new.members(new.root)}
    changes = plan.change.changes
    if after.keys() != before.keys() | changes.keys():
        return ""
    for name, span in after.items():
        if name not in changes and not _equal_bytes(old, before[name], new, span):
            return f"/{name}"
    if "metadata" in changes:
        expected = apply(plan.stored.get("metadata"), changes["metadata"])
        if not same(parse(new.raw[slice(*after["metadata"])]), expected):
            return "/metadata"
    return (
        _first_different_cell(old.spans(before["cells"].start), old, plan, new)
        if "cells" in changes
        else None
    )


def _first_different_cell(spans: list[Span], old: Positions, plan: Plan, new: Positions) -> str | None:
    found = new.spans(new.offset("/cells"))
    if len(found) != len(plan.cells):
        return "/cells"
    for number, (item, span) in enumerate(zip(plan.cells, found, strict=True)):
        if number in plan.expected:
            cell = parse(new.raw[slice(*span)])
            adopt(cell, MAX_DEPTH - _CELL_DEPTH)
            if not same(joined(cell, Kind.CELL), plan.expected[number]):
                return f"/cells/{number}"
        elif isinstance(item, New) or not _equal_bytes(old, spans[item.index], new, span):
            return f"/cells/{number}"
    return None


def _equal_bytes(old: Positions, span: Span, new: Positions, place: Span) -> bool:
    # Comparing slices would copy both.
    return span.stop - span.start == place.stop - place.start and new.raw.startswith(
        memoryview(old.raw)[slice(*span)], place.start
    )


def _not_proven(path: Path | None, pointer: str) -> DocumentError:
    return DocumentError(
        "after the edit the file would not read as it should, so the edit is refused: a mistake in nbcheck",
        path=path,
        pointer=pointer,
        remedy="report it with the notebook; the file is as it was",
    )
