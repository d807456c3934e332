"""Multi-line strings of format 3: stored as lists of lines, with or without their ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbcheck.document.multiline import V3_MULTILINE, join_v3_lines


def rejoin_lines(nb: Any) -> Any:
    """Join lists of lines, in place."""
    for node, key, value in find_texts(nb):
        if isinstance(value, list):
            node[key] = join_v3_lines(value)
    return nb


def split_lines(nb: Any) -> Any:
    """Split multi-line strings into lists of lines, in place."""
    for node, key, value in find_texts(nb):
        if isinstance(value, str):
            node[key] = value.splitlines(True)
    return nb


def strip_transient(nb: Any) -> Any:
    """Remove what is never stored, in place."""
    nb.pop("orig_nbformat", None)
    nb.pop("orig_nbformat_minor", None)
    for sheet in nb["worksheets"]:
        for cell in sheet["cells"]:
            cell.get("metadata", {}).pop("trusted", None)
            # An older place of it.
            cell.pop("trusted", None)
    return nb


def find_texts(nb: Any) -> Iterator[tuple[Any, str, Any]]:
    """Go through what may be stored as lines in formats 2 and 3.

    Yields:
        The object, the key and its value, which may be replaced meanwhile.

    Raises:
        AttributeError: a key is missing, or what should be an object is none.
    """
    for sheet in nb.worksheets:
        for cell in sheet.cells:
            if cell.cell_type == "code":
                if "input" in cell:
                    yield cell, "input", cell.input
                for output in cell.outputs:
                    for key in V3_MULTILINE:
                        yield output, key, output.get(key)
            else:
                for key in ("source", "rendered"):
                    yield cell, key, cell.get(key)
