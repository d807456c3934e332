"""Format 2 as a Python script."""

from __future__ import annotations

from typing import Any

from nbcheck.document.nbpy import read_cells, write_cells
from nbcheck.document.notebooknode import NotebookNode
from nbcheck.document.v2.nbbase import new_code_cell, new_notebook, new_text_cell, new_worksheet

_READ = (("codecell>", "code"), ("htmlcell>", "html"), ("markdowncell>", "markdown"))
_WRITTEN = {"code": "codecell", "html": "htmlcell", "markdown": "markdowncell"}


def reads(s: str, **kwargs: Any) -> NotebookNode:
    """Read a notebook from a script."""
    return to_notebook(s)


def read(fp: Any, **kwargs: Any) -> NotebookNode:
    """Read a notebook from an open script."""
    return reads(fp.read())


def to_notebook(s: str, **kwargs: Any) -> NotebookNode:
    """Read a notebook from a script."""
    return new_notebook(worksheets=[new_worksheet(cells=read_cells(s, _READ, _new_cell))])


def write(nb: Any, fp: Any, **kwargs: Any) -> Any:
    """Write a notebook to an open script."""
    return fp.write(writes(nb))


def writes(nb: Any, **kwargs: Any) -> str:
    """Write a notebook as a script; outputs are left out."""
    return write_cells(nb, "2", _WRITTEN)


def _new_cell(kind: str, source: str, level: int) -> NotebookNode:
    return new_code_cell(input=source) if kind == "code" else new_text_cell(kind, source=source)
