"""Format 2, with the names of ``nbformat.v2``, except those of its XML form, which nbformat removed too."""

from nbcheck.document.nbpy import parse_filename
from nbcheck.document.v2.convert import downgrade, upgrade
from nbcheck.document.v2.nbbase import (
    NotebookNode,
    new_author,
    new_code_cell,
    new_metadata,
    new_notebook,
    new_output,
    new_text_cell,
    new_worksheet,
)
from nbcheck.document.v2.nbjson import reads as reads_json
from nbcheck.document.v2.nbjson import to_notebook as to_notebook_json
from nbcheck.document.v2.nbjson import writes as writes_json
from nbcheck.document.v2.nbpy import reads as reads_py
from nbcheck.document.v2.nbpy import to_notebook as to_notebook_py
from nbcheck.document.v2.nbpy import writes as writes_py

nbformat = 2
nbformat_minor = 0

# In nbformat too these work on texts.
read_json = reads_json
write_json = writes_json
read_py = reads_py
write_py = writes_py

__all__ = [
    "NotebookNode",
    "downgrade",
    "nbformat",
    "nbformat_minor",
    "new_author",
    "new_code_cell",
    "new_metadata",
    "new_notebook",
    "new_output",
    "new_text_cell",
    "new_worksheet",
    "parse_filename",
    "read_json",
    "read_py",
    "reads_json",
    "reads_py",
    "to_notebook_json",
    "to_notebook_py",
    "upgrade",
    "write_json",
    "write_py",
    "writes_json",
    "writes_py",
]
