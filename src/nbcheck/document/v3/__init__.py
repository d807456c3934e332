"""Format 3, with the names of ``nbformat.v3``."""

from nbcheck.document.nbpy import parse_filename
from nbcheck.document.v3.convert import downgrade, upgrade
from nbcheck.document.v3.nbbase import (
    NotebookNode,
    nbformat,
    nbformat_minor,
    new_author,
    new_code_cell,
    new_heading_cell,
    new_metadata,
    new_notebook,
    new_output,
    new_text_cell,
    new_worksheet,
)
from nbcheck.document.v3.nbjson import reads as reads_json
from nbcheck.document.v3.nbjson import to_notebook as to_notebook_json
from nbcheck.document.v3.nbjson import writes as writes_json
from nbcheck.document.v3.nbpy import reads as reads_py
from nbcheck.document.v3.nbpy import to_notebook as to_notebook_py
from nbcheck.document.v3.nbpy import writes as writes_py

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
    "new_heading_cell",
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
