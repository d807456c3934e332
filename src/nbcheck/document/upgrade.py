"""Older formats to format 4, one step function per version.

The steps work in place on trees whose shape :mod:`nbcheck.document.legacy` has accepted.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from nbcheck.document.multiline import join_v2, join_v3
from nbcheck.document.notebooknode import NotebookNode, adopt
from nbcheck.document.v4.convert import upgrade_cell, upgrade_output


def to_v4(notebook: NotebookNode, major: int) -> NotebookNode:
    """Bring a notebook of an older format to format 4.

    Args:
        notebook: a tree of format ``major``; changed in place and not to be used afterwards.
        major: its major version, 1 to 4; for 4 nothing is done, whatever the minor version.

    Returns:
        The format 4 tree. Multi-line strings that only format 4 joins may still be lists.
    """
    if major in _JOIN:
        _JOIN[major](notebook)
    for step in range(major, 4):
        notebook = _STEPS[step](notebook)
    return notebook


def _v1_to_v2(notebook: NotebookNode) -> NotebookNode:
    """Format 1: top-level cells; ``code`` cells keep their text in ``code``, ``text`` cells in ``text``."""
    cells = [_cell_v1_to_v2(cell) for cell in notebook["cells"]]
    return NotebookNode(
        nbformat=2, metadata=NotebookNode(), worksheets=[NotebookNode(cells=cells, metadata=NotebookNode())]
    )


def _cell_v1_to_v2(cell: NotebookNode) -> NotebookNode:
    if cell["cell_type"] == "text":
        return NotebookNode(cell_type="markdown", source=cell.get("text", ""))
    new = NotebookNode(
        cell_type="code", input=cell.get("code", ""), outputs=[], language="python", collapsed=False
    )
    if cell.get("prompt_number") is not None:
        new["prompt_number"] = cell["prompt_number"]
    return new


def _v2_to_v3(notebook: NotebookNode) -> NotebookNode:
    notebook["nbformat"] = 3
    notebook["nbformat_minor"] = 0
    notebook["orig_nbformat"] = 2
    for worksheet in notebook["worksheets"]:
        for cell in worksheet["cells"]:
            for output in cell.get("outputs", ()):
                # Format 3 renamed it; nbformat leaves it and the error without its name.
                if "etype" in output:
                    output.setdefault("ename", output.pop("etype"))
    return notebook


def _v3_to_v4(notebook: NotebookNode) -> NotebookNode:
    metadata = notebook["metadata"]
    metadata["orig_nbformat"] = notebook.pop("orig_nbformat", None) or 3
    metadata["orig_nbformat_minor"] = notebook.pop("orig_nbformat_minor", None) or 0
    metadata.pop("name", None)
    metadata.pop("signature", None)
    notebook["nbformat"] = 4
    notebook["nbformat_minor"] = 5
    notebook["cells"] = [
        _cell_v3_to_v4(cell) for worksheet in notebook.pop("worksheets") for cell in worksheet["cells"]
    ]
    return notebook


def _cell_v3_to_v4(cell: NotebookNode) -> NotebookNode:
    # Unlike nbformat this goes on where a code cell has no outputs and where an output's JSON is none.
    outputs = cell.pop("outputs", None)
    is_code = cell["cell_type"] == "code"
    if is_code:
        cell["outputs"] = []
    upgrade_cell(cell)
    if outputs is not None:
        cell["outputs"] = [_output_v3_to_v4(output) for output in outputs] if is_code else outputs
    elif is_code:
        del cell["outputs"]
    return cell


def _output_v3_to_v4(output: NotebookNode) -> NotebookNode:
    if output["output_type"] not in ("pyout", "display_data"):
        upgrade_output(output)
        return output
    stored = [output.pop(name) for name in ("json", "application/json") if name in output]
    upgrade_output(output)
    if stored:
        value = stored[0]
        output["data"]["application/json"] = _decode_inner_json(value) if isinstance(value, str) else value
    return output


def _decode_inner_json(text: str) -> object:
    # Before format 4 JSON was stored as a string of JSON. A text that is none stays the string it is.
    try:
        return adopt(json.loads(text))
    except (ValueError, RecursionError):
        return text


_STEPS: dict[int, Callable[[NotebookNode], NotebookNode]] = {1: _v1_to_v2, 2: _v2_to_v3, 3: _v3_to_v4}
# Lines are joined once, by the rules of the stored format; format 1 never splits them.
_JOIN: dict[int, Callable[[NotebookNode], None]] = {2: join_v2, 3: join_v3}
