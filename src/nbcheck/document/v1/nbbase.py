"""Making notebooks and cells of format 1."""

from __future__ import annotations

from nbcheck.document.notebooknode import NotebookNode, from_dict
from nbcheck.document.v3.nbbase import fill

__all__ = ["NotebookNode", "from_dict", "new_code_cell", "new_notebook", "new_text_cell"]


def new_code_cell(code: object = None, prompt_number: int | None = None) -> NotebookNode:
    """Make a code cell."""
    cell = NotebookNode(cell_type="code")
    fill(cell, str, code=code)
    fill(cell, int, prompt_number=prompt_number)
    return cell


def new_text_cell(text: object = None) -> NotebookNode:
    """Make a cell of text."""
    cell = NotebookNode(cell_type="text")
    fill(cell, str, text=text)
    return cell


def new_notebook(cells: list[NotebookNode] | None = None) -> NotebookNode:
    """Make a notebook."""
    return NotebookNode(cells=[] if cells is None else cells)
