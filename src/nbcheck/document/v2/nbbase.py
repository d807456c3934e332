"""Making notebooks, cells and outputs of format 2. What is given as text is converted by ``str``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbcheck.document.notebooknode import NotebookNode, from_dict
from nbcheck.document.v3.nbbase import fill

__all__ = [
    "NotebookNode",
    "from_dict",
    "new_author",
    "new_code_cell",
    "new_metadata",
    "new_notebook",
    "new_output",
    "new_text_cell",
    "new_worksheet",
]


def new_output(
    output_type: str | None = None,
    output_text: object = None,
    output_png: bytes | None = None,
    output_html: object = None,
    output_svg: object = None,
    output_latex: object = None,
    output_json: object = None,
    output_javascript: object = None,
    output_jpeg: bytes | None = None,
    prompt_number: int | None = None,
    etype: object = None,
    evalue: object = None,
    traceback: Iterable[object] | None = None,
) -> NotebookNode:
    """Make an output: ``pyout``, ``display_data``, ``pyerr`` or ``stream``."""
    output = NotebookNode()
    fill(output, str, output_type=output_type)
    if output_type == "pyerr":
        fill(output, str, etype=etype, evalue=evalue)
        if traceback is not None:
            output["traceback"] = [str(frame) for frame in traceback]
        return output
    fill(output, str, text=output_text)
    fill(output, bytes, png=output_png, jpeg=output_jpeg)
    fill(output, str, html=output_html, svg=output_svg, latex=output_latex)
    fill(output, str, json=output_json, javascript=output_javascript)
    if output_type == "pyout":
        fill(output, int, prompt_number=prompt_number)
    return output


def new_code_cell(
    input: object = None,
    prompt_number: int | None = None,
    outputs: list[NotebookNode] | None = None,
    language: object = "python",
    collapsed: bool | None = False,
) -> NotebookNode:
    """Make a code cell."""
    cell = NotebookNode(cell_type="code")
    fill(cell, str, language=language, input=input)
    fill(cell, int, prompt_number=prompt_number)
    cell["outputs"] = [] if outputs is None else outputs
    fill(cell, bool, collapsed=collapsed)
    return cell


def new_text_cell(cell_type: str, source: object = None, rendered: object = None) -> NotebookNode:
    """Make a cell of text: ``markdown`` or ``html``."""
    cell = NotebookNode()
    fill(cell, str, source=source, rendered=rendered)
    cell["cell_type"] = cell_type
    return cell


def new_worksheet(name: object = None, cells: Iterable[NotebookNode] | None = None) -> NotebookNode:
    """Make a worksheet."""
    worksheet = NotebookNode()
    fill(worksheet, str, name=name)
    worksheet["cells"] = list(cells or ())
    return worksheet


def new_notebook(
    metadata: dict[str, Any] | None = None, worksheets: Iterable[NotebookNode] | None = None
) -> NotebookNode:
    """Make a notebook."""
    return NotebookNode(
        nbformat=2,
        worksheets=list(worksheets or ()),
        metadata=new_metadata() if metadata is None else NotebookNode(metadata),
    )


def new_metadata(
    name: object = None,
    authors: Iterable[Any] | None = None,
    license: object = None,
    created: object = None,
    modified: object = None,
    gistid: object = None,
) -> NotebookNode:
    """Make the metadata of a notebook."""
    metadata = NotebookNode()
    fill(metadata, list, authors=authors)
    fill(metadata, str, name=name, created=created, modified=modified, license=license, gistid=gistid)
    return metadata


def new_author(
    name: object = None, email: object = None, affiliation: object = None, url: object = None
) -> NotebookNode:
    """Make an author for the metadata of a notebook."""
    author = NotebookNode()
    fill(author, str, name=name, email=email, affiliation=affiliation, url=url)
    return author
