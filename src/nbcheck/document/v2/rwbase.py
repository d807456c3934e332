"""Multi-line strings of format 2: stored as lists of lines without their ends."""

from __future__ import annotations

from typing import Any

from nbcheck.document.v3.rwbase import find_texts


def rejoin_lines(nb: Any) -> Any:
    """Join lists of lines, in place."""
    for node, key, value in find_texts(nb):
        if isinstance(value, list):
            node[key] = "\n".join(value)
    return nb


def split_lines(nb: Any) -> Any:
    """Split multi-line strings into lists of lines, in place."""
    for node, key, value in find_texts(nb):
        if isinstance(value, str):
            node[key] = value.splitlines()
    return nb


def restore_bytes(nb: Any) -> Any:
    """Turn pictures, which are base64, from strings into bytes, in place."""
    for sheet in nb.worksheets:
        for cell in sheet.cells:
            if cell.cell_type == "code":
                for output in cell.outputs:
                    for key in ("png", "jpeg"):
                        if key in output:
                            output[key] = output[key].encode("ascii")
    return nb
