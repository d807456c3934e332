"""Format 2 to 3, and 3 to 2."""

from __future__ import annotations

from typing import Any

from nbcheck.document.v3.nbbase import nbformat, nbformat_minor


def upgrade(nb: Any, from_version: int = 2, from_minor: int = 0) -> Any:
    """Bring a notebook of format 2 to format 3, in place.

    Args:
        nb: the notebook.
        from_version: its format.
        from_minor: its minor version.

    Returns:
        The notebook.

    Raises:
        ValueError: it is of another format.
    """
    if from_version == 2:
        nb.nbformat = nbformat
        nb.nbformat_minor = nbformat_minor
        nb.orig_nbformat = 2
        _decode_bytes(nb)
        for sheet in nb["worksheets"]:
            for cell in sheet["cells"]:
                cell.setdefault("metadata", {})
        return nb
    if from_version == nbformat:
        if from_minor != nbformat_minor:
            nb.orig_nbformat_minor = from_minor
        nb.nbformat_minor = nbformat_minor
        return nb
    raise ValueError(
        f"Cannot convert a notebook directly from v{from_version} to v3.  "
        "Try using the nbformat.convert module."
    )


def downgrade(nb: Any) -> Any:
    """Bring a notebook of format 3 to format 2, in place; headings and raw cells become markdown.

    Returns:
        The notebook; as it is when it is not of format 3.
    """
    if nb.nbformat != nbformat:
        return nb
    nb.nbformat = 2
    for sheet in nb.worksheets:
        for cell in sheet.cells:
            if cell.cell_type == "heading":
                heading_to_md(cell)
            elif cell.cell_type == "raw":
                raw_to_md(cell)
    return nb


def heading_to_md(cell: Any) -> None:
    """Turn a heading cell into markdown, in place."""
    cell.cell_type = "markdown"
    cell.source = "#" * cell.pop("level", 1) + " " + cell.source


def raw_to_md(cell: Any) -> None:
    """Turn a raw cell into markdown, in place."""
    cell.cell_type = "markdown"


def _decode_bytes(value: Any) -> Any:
    """Turn bytes, which are base64 in format 2, into strings wherever they stand, in place."""
    if isinstance(value, bytes):
        return value.decode("ascii")
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(item, bytes | dict | list):
                value[key] = _decode_bytes(item)
    return value
