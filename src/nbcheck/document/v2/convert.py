"""Format 1 to 2."""

from __future__ import annotations

from typing import Any, NoReturn

from nbcheck.document.notebooknode import NotebookNode
from nbcheck.document.v2.nbbase import new_code_cell, new_notebook, new_text_cell, new_worksheet


def upgrade(nb: Any, from_version: int = 1) -> NotebookNode:
    """Bring a notebook of format 1 to format 2.

    Args:
        nb: the notebook; not changed.
        from_version: its format.

    Returns:
        A new notebook.

    Raises:
        ValueError: it is of another format.
        UnboundLocalError: a cell has a type that format 1 does not have.
    """
    if from_version != 1:
        raise ValueError(f"Cannot convert a notebook from v{from_version} to v2")
    cells: list[NotebookNode] = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            cells.append(new_code_cell(input=cell.get("code"), prompt_number=cell.get("prompt_number")))
        elif cell.cell_type == "text":
            cells.append(new_text_cell("markdown", source=cell.get("text")))
        elif cells:
            # As in nbformat, an unknown cell is taken for what stood before it.
            cells.append(cells[-1])
        else:
            raise UnboundLocalError(f"format 1 has no cells of type {cell.cell_type!r}")
    return new_notebook(worksheets=[new_worksheet(cells=cells)])


def downgrade(nb: Any) -> NoReturn:
    """Refuse: there is no way back to format 1."""
    raise RuntimeError("Downgrade from notebook v2 to v1 is not supported.")
