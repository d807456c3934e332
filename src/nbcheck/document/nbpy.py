"""The Python scripts that formats 2 and 3 could also be stored as: code, with comments that mark the cells."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from nbcheck.document.notebooknode import NotebookNode

_ENCODING = re.compile(r"#.*coding[:=]\s*[-\w.]+")
_HEADING = re.compile(r"# <headingcell level=(\d)>")

NewCell = Callable[[str, str, int], NotebookNode]
"""Makes a cell from its type, its text and, of a heading, its level."""


def parse_filename(fname: str) -> tuple[str, str, str]:
    """Split the name of a notebook's file.

    Args:
        fname: the name; without one of the suffixes .ipynb, .json and .py it gets .ipynb.

    Returns:
        The file's name, the notebook's name, and the format, ``json`` or ``py``.
    """
    basename, suffix = os.path.splitext(fname)
    if suffix in (".ipynb", ".json"):
        return fname, basename, "json"
    if suffix == ".py":
        return fname, basename, "py"
    return fname + ".ipynb", fname, "json"


def read_cells(text: str, markers: Sequence[tuple[str, str]], new_cell: NewCell) -> list[NotebookNode]:
    """Read the cells of a script.

    Text after the last marker is a cell only if that marker begins code, as in nbformat.

    Args:
        text: the script.
        markers: the name in a marker, and the type of cell that it begins.
        new_cell: makes a cell.
    """
    cells: list[NotebookNode] = []
    kind, level = "code", 1
    lines: list[str] = []

    def end_cell() -> bool:
        content = lines if kind == "code" else [line[2:] if line.startswith("#") else line for line in lines]
        source = "\n".join(content).strip("\n")
        if source:
            cells.append(new_cell(kind, source, level))
        return bool(source)

    for line in text.splitlines():
        begins = next((begun for name, begun in markers if line.startswith(f"# <{name}")), None)
        if line.startswith("# <nbformat>") or _ENCODING.match(line):
            continue
        if begins is None:
            lines.append(line)
            continue
        heading = _HEADING.match(line) if begins == "heading" else None
        # A heading takes what stood before it and made no cell.
        if end_cell() or heading is None:
            lines = []
        kind, level = ("heading", int(heading[1])) if heading else (begins, 1)
        if begins == "heading" and heading is None:
            kind = "code"
    if kind == "code":
        end_cell()
    return cells


def write_cells(nb: Any, version: str, markers: dict[str, str]) -> str:
    """Write a notebook as a script.

    Args:
        nb: the notebook, of format 2 or 3.
        version: what is written as its version.
        markers: type of cell -> the name in the marker before it; other cells are left out.
    """
    lines = ["# -*- coding: utf-8 -*-", f"# <nbformat>{version}</nbformat>", ""]
    for sheet in nb.worksheets:
        for cell in sheet.cells:
            kind = cell.cell_type
            source = cell.get("input" if kind == "code" else "source")
            if source is None or kind not in markers:
                continue
            level = f" level={cell.get('level', 1)}" if kind == "heading" else ""
            mark = "" if kind == "code" else "# "
            lines += [f"# <{markers[kind]}{level}>", "", *(mark + line for line in source.splitlines()), ""]
    return "\n".join([*lines, ""])
