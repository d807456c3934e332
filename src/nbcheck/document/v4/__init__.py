"""Format 4, the current one, with the names of ``nbformat.v4``."""

from nbcheck.document.v4.convert import downgrade, upgrade
from nbcheck.document.v4.nbbase import (
    nbformat,
    nbformat_minor,
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
    new_raw_cell,
    output_from_msg,
)
from nbcheck.document.v4.nbjson import reads, to_notebook, writes

reads_json = reads
writes_json = writes
to_notebook_json = to_notebook

__all__ = [
    "downgrade",
    "nbformat",
    "nbformat_minor",
    "new_code_cell",
    "new_markdown_cell",
    "new_notebook",
    "new_output",
    "new_raw_cell",
    "output_from_msg",
    "reads",
    "reads_json",
    "to_notebook",
    "to_notebook_json",
    "upgrade",
    "writes",
    "writes_json",
]
