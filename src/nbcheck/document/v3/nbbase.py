"""Making notebooks, cells and outputs of format 3."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from nbcheck.document.notebooknode import NotebookNode, from_dict

__all__ = [
    "NotebookNode",
    "from_dict",
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
]

nbformat = 3
nbformat_minor = 0


def new_output(
    output_type: str,
    output_text: str | None = None,
    output_png: str | bytes | None = None,
    output_html: str | None = None,
    output_svg: str | None = None,
    output_latex: str | None = None,
    output_json: str | None = None,
    output_javascript: str | None = None,
    output_jpeg: str | bytes | None = None,
    prompt_number: int | None = None,
    ename: str | None = None,
    evalue: str | None = None,
    traceback: Iterable[str] | None = None,
    stream: str | None = None,
    metadata: Any = None,
) -> NotebookNode:
    """Make an output: ``pyout``, ``display_data``, ``pyerr`` or ``stream``."""
    metadata = {} if metadata is None else metadata
    if not isinstance(metadata, dict):
        raise TypeError("metadata must be dict")
    output = NotebookNode(output_type=str(output_type))
    if output_type in ("pyout", "display_data"):
        output["metadata"] = metadata
    if output_type == "pyerr":
        fill(output, need_text, ename=ename, evalue=evalue)
        if traceback is not None:
            output["traceback"] = [need_text(frame) for frame in traceback]
        return output
    fill(output, need_text, text=output_text)
    fill(output, _need_base64, png=output_png, jpeg=output_jpeg)
    fill(output, need_text, html=output_html, svg=output_svg, latex=output_latex)
    fill(output, need_text, json=output_json, javascript=output_javascript)
    if output_type == "pyout":
        fill(output, int, prompt_number=prompt_number)
    elif output_type == "stream":
        output["stream"] = "stdout" if stream is None else need_text(stream)
    return output


def new_code_cell(
    input: str | None = None,
    prompt_number: int | None = None,
    outputs: list[NotebookNode] | None = None,
    language: str | None = "python",
    collapsed: bool | None = False,
    metadata: dict[str, Any] | None = None,
) -> NotebookNode:
    """Make a code cell."""
    cell = NotebookNode(cell_type="code")
    fill(cell, need_text, language=language, input=input)
    fill(cell, int, prompt_number=prompt_number)
    cell["outputs"] = [] if outputs is None else outputs
    fill(cell, bool, collapsed=collapsed)
    cell["metadata"] = NotebookNode(metadata or {})
    return cell


def new_text_cell(
    cell_type: str,
    source: str | None = None,
    rendered: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> NotebookNode:
    """Make a cell of text: ``markdown``, ``html`` or ``raw``. ``rendered`` is not used."""
    cell = NotebookNode(metadata=NotebookNode(metadata or {}))
    # A name of raw cells that was never released.
    cell["cell_type"] = "raw" if cell_type == "plaintext" else cell_type
    fill(cell, need_text, source=source)
    return cell


def new_heading_cell(
    source: str | None = None,
    level: int = 1,
    rendered: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> NotebookNode:
    """Make a heading. ``rendered`` is not used."""
    cell = NotebookNode(cell_type="heading", level=int(level), metadata=NotebookNode(metadata or {}))
    fill(cell, need_text, source=source)
    return cell


def new_worksheet(
    name: str | None = None,
    cells: Iterable[NotebookNode] | None = None,
    metadata: dict[str, Any] | None = None,
) -> NotebookNode:
    """Make a worksheet. ``name`` is not used."""
    return NotebookNode(cells=list(cells or ()), metadata=NotebookNode(metadata or {}))


def new_notebook(
    name: str | None = None,
    metadata: dict[str, Any] | None = None,
    worksheets: Iterable[NotebookNode] | None = None,
) -> NotebookNode:
    """Make a notebook."""
    notebook = NotebookNode(
        nbformat=nbformat,
        nbformat_minor=nbformat_minor,
        worksheets=list(worksheets or ()),
        metadata=new_metadata() if metadata is None else NotebookNode(metadata),
    )
    fill(notebook["metadata"], need_text, name=name)
    return notebook


def new_metadata(
    name: str | None = None,
    authors: Iterable[Any] | None = None,
    license: str | None = None,
    created: str | None = None,
    modified: str | None = None,
    gistid: str | None = None,
) -> NotebookNode:
    """Make the metadata of a notebook."""
    metadata = NotebookNode()
    fill(metadata, list, authors=authors)
    fill(metadata, need_text, name=name, created=created, modified=modified, license=license, gistid=gistid)
    return metadata


def new_author(
    name: str | None = None,
    email: str | None = None,
    affiliation: str | None = None,
    url: str | None = None,
) -> NotebookNode:
    """Make an author for the metadata of a notebook."""
    author = NotebookNode()
    fill(author, need_text, name=name, email=email, affiliation=affiliation, url=url)
    return author


def fill(node: NotebookNode, convert: Callable[[Any], Any], **values: Any) -> None:
    """Set the keys whose values are not None."""
    node.update({key: convert(value) for key, value in values.items() if value is not None})


def need_text(value: Any) -> str:
    """Return a string as it is; anything else is a TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"a string is needed, not a value of type {type(value).__name__}")
    return value


def _need_base64(value: Any) -> str:
    if not isinstance(value, bytes):
        return need_text(value)
    warnings.warn(
        "A notebook got bytes instead of likely base64 encoded values.The content will likely be corrupted.",
        UserWarning,
        stacklevel=4,
    )
    return value.decode("ascii", "replace")
