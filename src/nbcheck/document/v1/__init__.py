"""Format 1, with the names of ``nbformat.v1``."""

from nbcheck.document.v1.convert import upgrade
from nbcheck.document.v1.nbbase import NotebookNode, new_code_cell, new_notebook, new_text_cell
from nbcheck.document.v1.nbjson import reads as reads_json
from nbcheck.document.v1.nbjson import to_notebook as to_notebook_json
from nbcheck.document.v1.nbjson import writes as writes_json

read_json = reads_json
write_json = writes_json

__all__ = [
    "NotebookNode",
    "new_code_cell",
    "new_notebook",
    "new_text_cell",
    "read_json",
    "reads_json",
    "to_notebook_json",
    "upgrade",
    "write_json",
    "writes_json",
]
