"""Notebook documents: reading, checking and writing ``.ipynb`` files without nbformat."""

from nbcheck.document import edits
from nbcheck.document.files import save_document
from nbcheck.document.issues import Issue
from nbcheck.document.load import Document, parse_document, read_document
from nbcheck.document.notebooknode import NotebookNode, from_dict
from nbcheck.document.positions import Position, Positions
from nbcheck.document.preserve import edit_bytes, edit_document
from nbcheck.document.rules import check
from nbcheck.document.writer import write_notebook, writes

__all__ = [
    "Document",
    "Issue",
    "NotebookNode",
    "Position",
    "Positions",
    "check",
    "edit_bytes",
    "edit_document",
    "edits",
    "from_dict",
    "parse_document",
    "read_document",
    "save_document",
    "write_notebook",
    "writes",
]
