"""Making notebooks, cells and outputs of format 4.

New cells get random ids as in nbformat, since two equal cells of one notebook must differ; pass ``id`` to choose.
(Ids that are *missing in a file* are made up deterministically, see :func:`nbcheck.document.repair.made_up_id`.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nbcheck.document.corpus.words import generate_corpus_id as random_cell_id
from nbcheck.document.notebooknode import NotebookNode
from nbcheck.document.rules import KNOWN_MINOR, MAJOR
from nbcheck.document.validator import validate as validate_version

nbformat = MAJOR
nbformat_minor = KNOWN_MINOR


def validate(node: Any, ref: str | None = None) -> None:
    """Check a notebook, or the part named ``ref``, against the newest version of format 4."""
    validate_version(node, ref=ref, version=nbformat)


def new_notebook(**kwargs: Any) -> NotebookNode:
    """Make a notebook of the newest version; keywords add to or replace its keys."""
    notebook = NotebookNode(
        nbformat=nbformat, nbformat_minor=nbformat_minor, metadata=NotebookNode(), cells=[]
    )
    notebook.update(kwargs)
    validate(notebook)
    return notebook


def new_code_cell(source: str = "", **kwargs: Any) -> NotebookNode:
    """Make a code cell; keywords add to or replace its keys."""
    return _new_cell("code", source, {"execution_count": None, "outputs": []}, kwargs)


def new_markdown_cell(source: str = "", **kwargs: Any) -> NotebookNode:
    """Make a markdown cell; keywords add to or replace its keys."""
    return _new_cell("markdown", source, {}, kwargs)


def new_raw_cell(source: str = "", **kwargs: Any) -> NotebookNode:
    """Make a raw cell; keywords add to or replace its keys."""
    return _new_cell("raw", source, {}, kwargs)


def new_output(output_type: str, data: Mapping[str, Any] | None = None, **kwargs: Any) -> NotebookNode:
    """Make an output.

    Args:
        output_type: ``stream``, ``display_data``, ``execute_result`` or ``error``.
        data: mimebundle of the two rich types.
        kwargs: keys that add to or replace the defaults.

    Raises:
        ValidationError: it is not valid.
    """
    output = NotebookNode(output_type=output_type)
    output.update(_OUTPUT_DEFAULTS.get(output_type, dict)())
    output.update(kwargs)
    if data is not None:
        output["data"] = data
    validate(output, output_type)
    return output


def output_from_msg(msg: Mapping[str, Any]) -> NotebookNode:
    """Make the output that a kernel's message on the iopub channel stands for.

    Args:
        msg: the message, with ``header`` and ``content``.

    Raises:
        ValueError: no message of that type has an output.
    """
    msg_type = msg["header"]["msg_type"]
    if msg_type not in _MESSAGE_KEYS:
        raise ValueError(f"Unrecognized output msg type: {msg_type!r}")
    content = msg["content"]
    return new_output(msg_type, **{key: content[key] for key in _MESSAGE_KEYS[msg_type]})


_OUTPUT_DEFAULTS: dict[str, Callable[[], dict[str, Any]]] = {
    "stream": lambda: {"name": "stdout", "text": ""},
    "display_data": lambda: {"metadata": {}, "data": {}},
    "execute_result": lambda: {"metadata": {}, "data": {}, "execution_count": None},
    "error": lambda: {"ename": "NotImplementedError", "evalue": "", "traceback": []},
}
_MESSAGE_KEYS = {
    "execute_result": ("metadata", "data", "execution_count"),
    "stream": ("name", "text"),
    "display_data": ("metadata", "data"),
    "error": ("ename", "evalue", "traceback"),
}


def _new_cell(cell_type: str, source: str, defaults: dict[str, Any], kwargs: dict[str, Any]) -> NotebookNode:
    cell = NotebookNode(
        id=random_cell_id(), cell_type=cell_type, metadata=NotebookNode(), source=source, **defaults
    )
    cell.update(kwargs)
    validate(cell, f"{cell_type}_cell")
    return cell
