"""Making notebooks, cells and outputs of format 4, with the signatures of ``nbformat.v4``.

New cells get random ids as in nbformat, since two equal cells of one notebook must differ; pass ``id`` to choose.
(Ids that are *missing in a file* are made up deterministically, see :func:`nbcheck.document.repair.made_up_id`.)
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from nbcheck.document.issues import Issue
from nbcheck.document.notebooknode import NotebookNode
from nbcheck.document.rules import KNOWN_MINOR, MAJOR, check, check_cell, check_output
from nbcheck.errors import DocumentError

nbformat = MAJOR
nbformat_minor = KNOWN_MINOR


def new_notebook(**kwargs: Any) -> NotebookNode:
    """Make a notebook of the newest version; keywords add to or replace its keys."""
    notebook = NotebookNode(
        nbformat=nbformat, nbformat_minor=nbformat_minor, metadata=NotebookNode(), cells=[]
    )
    notebook.update(kwargs)
    _refuse(check(notebook))
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

    Returns:
        The output.

    Raises:
        DocumentError: it is not valid.
    """
    output = NotebookNode(output_type=output_type)
    output.update(_OUTPUT_DEFAULTS.get(output_type, dict)())
    output.update(kwargs)
    if data is not None:
        output["data"] = data
    _refuse(check_output(output))
    return output


_OUTPUT_DEFAULTS: dict[str, Any] = {
    "stream": lambda: {"name": "stdout", "text": ""},
    "display_data": lambda: {"metadata": {}, "data": {}},
    "execute_result": lambda: {"metadata": {}, "data": {}, "execution_count": None},
    "error": lambda: {"ename": "NotImplementedError", "evalue": "", "traceback": []},
}


def _new_cell(cell_type: str, source: str, defaults: dict[str, Any], kwargs: dict[str, Any]) -> NotebookNode:
    cell = NotebookNode(
        id=secrets.token_hex(4), cell_type=cell_type, metadata=NotebookNode(), source=source, **defaults
    )
    cell.update(kwargs)
    _refuse(check_cell(cell))
    return cell


def _refuse(issues: list[Issue]) -> None:
    if issues:
        rest = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
        raise DocumentError(issues[0].problem + rest, pointer=issues[0].pointer)
