"""Notebook documents: reading, checking, converting and writing ``.ipynb`` files.

``import nbcheck.document as nbformat`` serves the names of nbformat 5.11 with the same signatures and effects. Beside
them stands what nbformat lacks: :func:`read_document` keeps the file's bytes and knows where each cell stands in it,
:func:`check` tells every issue at once with its place and never changes a notebook.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from nbcheck.document import converter as converter
    from nbcheck.document import corpus as corpus
    from nbcheck.document import edits as edits
    from nbcheck.document import notebooknode as notebooknode
    from nbcheck.document import reader as reader
    from nbcheck.document import sentinel as sentinel
    from nbcheck.document import v1 as v1
    from nbcheck.document import v2 as v2
    from nbcheck.document import v3 as v3
    from nbcheck.document import v4 as v4
    from nbcheck.document import validator as validator
    from nbcheck.document import warnings as warnings
    from nbcheck.document.converter import convert
    from nbcheck.document.exceptions import NBFormatError, NotJSONError, ValidationError
    from nbcheck.document.files import save_document
    from nbcheck.document.issues import Issue
    from nbcheck.document.load import Document, parse_document, read_document
    from nbcheck.document.notebooknode import NotebookNode, from_dict
    from nbcheck.document.positions import Position, Positions
    from nbcheck.document.preserve import edit_bytes, edit_document
    from nbcheck.document.readwrite import read, reads, write, writes
    from nbcheck.document.rules import check
    from nbcheck.document.sentinel import NO_CONVERT, Sentinel
    from nbcheck.document.validator import isvalid, normalize, validate
    from nbcheck.document.writer import write_notebook

    versions: dict[int, ModuleType]

__all__ = [
    "NO_CONVERT",
    "Document",
    "Issue",
    "NBFormatError",
    "NotJSONError",
    "NotebookNode",
    "Position",
    "Positions",
    "Sentinel",
    "ValidationError",
    "__version__",
    "check",
    "convert",
    "current_nbformat",
    "current_nbformat_minor",
    "edit_bytes",
    "edit_document",
    "edits",
    "from_dict",
    "isvalid",
    "normalize",
    "parse_document",
    "read",
    "read_document",
    "reads",
    "save_document",
    "validate",
    "version_info",
    "versions",
    "write",
    "write_notebook",
    "writes",
]

__version__ = "5.11.1"
"""Version of nbformat whose names and effects these are; programs look for it."""
version_info = (5, 11, 1)

current_nbformat = 4
current_nbformat_minor = 5

# Name -> module that has it. Imported when first asked for: whoever reads one notebook pays for reading only.
_HOMES = {
    "NO_CONVERT": "sentinel",
    "Document": "load",
    "Issue": "issues",
    "NBFormatError": "exceptions",
    "NotJSONError": "exceptions",
    "NotebookNode": "notebooknode",
    "Position": "positions",
    "Positions": "positions",
    "Sentinel": "sentinel",
    "ValidationError": "exceptions",
    "check": "rules",
    "convert": "converter",
    "edit_bytes": "preserve",
    "edit_document": "preserve",
    "from_dict": "notebooknode",
    "isvalid": "validator",
    "normalize": "validator",
    "parse_document": "load",
    "read": "readwrite",
    "read_document": "load",
    "reads": "readwrite",
    "save_document": "files",
    "validate": "validator",
    "write": "readwrite",
    "write_notebook": "writer",
    "writes": "readwrite",
}
_MODULES = frozenset(
    {
        "converter",
        "corpus",
        "edits",
        "notebooknode",
        "reader",
        "sentinel",
        "v1",
        "v2",
        "v3",
        "v4",
        "validator",
        "warnings",
    }
)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    elif name == "versions":
        value = {number: import_module(f"{__name__}.v{number}") for number in (1, 2, 3, 4)}
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
