"""The shape of formats 1 to 3, as far as their conversion relies on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbcheck.document.issues import MISSING, Findings, Issue
from nbcheck.document.multiline import V3_MIMETYPES, V3_MULTILINE
from nbcheck.document.positions import Positions, join_pointer

_MAX_LEVEL = 100
"""A heading of level n becomes n number signs; HTML knows 6, and a file can ask for 10**12."""

_V1_TEXT = {"code": "code", "text": "text"}


def check_legacy(notebook: Mapping[str, Any], major: int, positions: Positions | None = None) -> list[Issue]:
    """Check a notebook of format 1, 2 or 3; every issue is fatal.

    Args:
        notebook: the tree as stored; not changed.
        major: its major version.
        positions: where the values stand in the file.

    Returns:
        Every issue, in the order of the notebook.
    """
    findings = Findings(positions)
    _is(findings, notebook.get("metadata", {}), dict, "/metadata")
    for pointer, cell in _cells(notebook, major, findings):
        if not _is(findings, cell, dict, pointer):
            continue
        if not _is(findings, cell.get("cell_type", MISSING), str, pointer + "/cell_type"):
            continue
        if major == 1:
            _v1_cell(cell, pointer, findings)
        else:
            _v3_cell(cell, pointer, findings)
    return findings.issues


def cell_pointers(notebook: Mapping[str, Any], major: int) -> tuple[str, ...]:
    """JSON pointers of the cells of a notebook of any format whose shape was accepted, in order."""
    if major in (1, 4):
        return tuple(f"/cells/{index}" for index in range(len(notebook["cells"])))
    return tuple(
        f"/worksheets/{sheet}/cells/{index}"
        for sheet, worksheet in enumerate(notebook["worksheets"])
        for index in range(len(worksheet["cells"]))
    )


def _cells(notebook: Mapping[str, Any], major: int, findings: Findings) -> Iterator[tuple[str, Any]]:
    if major == 1:
        cells = notebook.get("cells", MISSING)
        if _is(findings, cells, list, "/cells"):
            yield from ((f"/cells/{index}", cell) for index, cell in enumerate(cells))
        return
    worksheets = notebook.get("worksheets", MISSING)
    if not _is(findings, worksheets, list, "/worksheets"):
        return
    for sheet, worksheet in enumerate(worksheets):
        place = f"/worksheets/{sheet}"
        if not _is(findings, worksheet, dict, place):
            continue
        cells = worksheet.get("cells", MISSING)
        if _is(findings, cells, list, place + "/cells"):
            yield from ((f"{place}/cells/{index}", cell) for index, cell in enumerate(cells))


def _v1_cell(cell: Mapping[str, Any], pointer: str, findings: Findings) -> None:
    key = _V1_TEXT.get(cell["cell_type"])
    if key is None:
        findings.add(pointer + "/cell_type", cell["cell_type"], '"code" or "text"', fatal=True)
    else:
        _is(findings, cell.get(key, ""), str, join_pointer(pointer, key))


def _v3_cell(cell: Mapping[str, Any], pointer: str, findings: Findings) -> None:
    _is(findings, cell.get("metadata", {}), dict, pointer + "/metadata")
    kind = cell["cell_type"]
    for key in ("input",) if kind == "code" else ("source", "rendered"):
        _is_multiline(findings, cell.get(key, ""), pointer, key)
    if kind == "heading":
        level = cell.get("level", 1)
        if not (type(level) is int and 0 <= level <= _MAX_LEVEL):
            findings.add(pointer + "/level", level, "an integer from 1 to 6", fatal=True)
    outputs = cell.get("outputs", [])
    if kind == "code" and _is(findings, outputs, list, pointer + "/outputs"):
        for index, output in enumerate(outputs):
            _v3_output(output, f"{pointer}/outputs/{index}", findings)


def _v3_output(output: Any, pointer: str, findings: Findings) -> None:
    if not _is(findings, output, dict, pointer):
        return
    kind = output.get("output_type", MISSING)
    if not _is(findings, kind, str, pointer + "/output_type"):
        return
    if kind == "pyerr":
        for key in ("ename", "etype", "evalue"):
            _is(findings, output.get(key, ""), str, join_pointer(pointer, key))
        if _is(findings, output.get("traceback", []), list, pointer + "/traceback"):
            _is_multiline(findings, output.get("traceback", []), pointer, "traceback")
        return
    if kind == "stream":
        _is(findings, output.get("stream", ""), str, pointer + "/stream")
    else:
        _is(findings, output.get("metadata", {}), dict, pointer + "/metadata")
    for key, value in output.items():
        if key in V3_MULTILINE or key in V3_MIMETYPES or "/" in key:
            _is_multiline(findings, value, pointer, key)


def _is(findings: Findings, value: object, kind: type, pointer: str) -> bool:
    return findings.has_type(value, kind, pointer, fatal=True)


def _is_multiline(findings: Findings, value: object, pointer: str, key: str) -> bool:
    return findings.is_multiline(value, join_pointer(pointer, key), fatal=True)
