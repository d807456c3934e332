"""Multi-line strings: stored as lists of lines, held in memory as one string."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from nbcheck.document.notebooknode import NotebookNode

V3_MULTILINE = ("text", "html", "svg", "latex", "javascript", "json")
"""Keys of a format 2 or 3 output that may be stored as lists of lines."""

V3_MIMETYPES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
}
"""Short names of formats 2 and 3, and the MIME types they stand for."""

TRANSIENT = ("orig_nbformat", "orig_nbformat_minor", "signature")
"""Keys of the notebook's metadata that are never stored; of a cell's metadata it is ``trusted``."""

# Beside text/*, the only types that nbformat writes as lists of lines.
_SPLIT_MIMETYPES = frozenset({"application/javascript", "image/svg+xml"})
RICH_OUTPUTS = ("execute_result", "display_data")
"""Types of outputs that have a mimebundle."""


def is_json_mimetype(mimetype: str) -> bool:
    """Whether values of this MIME type are JSON and so are never joined or split."""
    return mimetype == "application/json" or (
        mimetype.startswith("application/") and mimetype.endswith("+json")
    )


def is_split_mimetype(mimetype: str) -> bool:
    """Whether texts of this MIME type are stored as lists of lines."""
    return mimetype.startswith("text/") or mimetype in _SPLIT_MIMETYPES


def join_v4(notebook: dict[str, Any]) -> None:
    """Join the lines of a format 4 notebook, in place.

    Joining is broader than splitting: base64 stored as a list is joined and will be written as one string. It is
    done with what the parser returned, before nodes are made of it: a list of lines that is gone need not be
    looked through.

    Args:
        notebook: any object; what is not of the right type is left as it is, for a check to find. (Checking
            strings is faster than checking lists of them.)

    Source: nbformat, v4/rwbase.py, ``rejoin_lines``.
    """
    for cell in _objects(notebook.get("cells")):
        if type(cell.get("source")) is list:
            _join_key(cell, "source")
        if "attachments" in cell:
            for bundle in _objects(cell["attachments"]):
                _join_bundle(bundle)
        if cell.get("cell_type") != "code":
            continue
        for output in _objects(cell.get("outputs")):
            kind = output.get("output_type")
            if kind in RICH_OUTPUTS:
                if isinstance(output.get("data"), dict):
                    _join_bundle(output["data"])
            elif kind and type(output.get("text")) is list:
                _join_key(output, "text")


def strip_transient(notebook: NotebookNode) -> None:
    """Drop from a format 4 notebook what nbformat keeps in memory only, in place.

    Source: nbformat, v4/rwbase.py, ``strip_transient``.
    """
    for key in TRANSIENT:
        notebook["metadata"].pop(key, None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("trusted", None)


def join_v3(notebook: NotebookNode) -> None:
    """Join the lines of a format 3 notebook, in place.

    Source: nbformat, v3/rwbase.py, ``rejoin_lines``.
    """
    _join_worksheets(notebook, join_v3_lines)


def join_v2(notebook: NotebookNode) -> None:
    """Join the lines of a format 2 notebook, in place.

    Source: nbformat, v2/rwbase.py, ``rejoin_lines``.
    """
    _join_worksheets(notebook, "\n".join)


def join_v3_lines(lines: list[str]) -> str:
    """Join lines that were stored with or without their ends: early writers of format 3 dropped them."""
    return ("" if v3_lines_have_ends(lines) else "\n").join(lines)


def v3_lines_have_ends(lines: list[str]) -> bool:
    """Whether stored lines still carry their line ends; the first line decides, as in nbformat."""
    return bool(lines) and lines[0].endswith(("\n", "\r"))


def to_stored(notebook: Mapping[str, Any], *, split: bool = True) -> dict[str, Any]:
    """Turn a format 4 notebook into what is stored: multi-line strings split, transient keys dropped.

    Lines end where :meth:`str.splitlines` says, so also at form feeds, U+2028 and the like.

    Args:
        notebook: format 4; not changed.
        split: whether to split; transient keys are dropped anyway.

    Returns:
        A copy that shares every value that is not split.

    Source: nbformat, v4/rwbase.py, ``split_lines`` and ``strip_transient``.
    """
    # Plain dicts from here on: they are only on their way to the encoder.
    new = dict(notebook)
    new["metadata"] = {key: value for key, value in new["metadata"].items() if key not in TRANSIENT}
    # What is empty stays what it is, also when it is no list.
    new["cells"] = [_stored_cell(cell, split) for cell in new["cells"]] or new["cells"]
    return new


def _stored_cell(cell: Mapping[str, Any], split: bool) -> dict[str, Any]:
    new = dict(cell)
    new["metadata"] = {key: value for key, value in new["metadata"].items() if key != "trusted"}
    if not split:
        return new
    if isinstance(new.get("source"), str):
        new["source"] = new["source"].splitlines(True)
    if isinstance(new.get("attachments"), dict):
        new["attachments"] = {name: _split_bundle(bundle) for name, bundle in new["attachments"].items()}
    if new["cell_type"] == "code":
        new["outputs"] = [_split_output(output) for output in new["outputs"]] or new["outputs"]
    return new


def _split_output(output: Mapping[str, Any]) -> dict[str, Any]:
    new = dict(output)
    if new["output_type"] in RICH_OUTPUTS:
        if "data" in new:
            new["data"] = _split_bundle(new["data"])
    elif new["output_type"] == "stream" and isinstance(new["text"], str):
        new["text"] = new["text"].splitlines(True)
    return new


def _split_bundle(bundle: Any) -> Any:
    # Attachments may be anything in a notebook that Jupyter opens, so such a notebook can be written too.
    if not isinstance(bundle, dict):
        return bundle
    return {
        key: value.splitlines(True) if isinstance(value, str) and is_split_mimetype(key) else value
        for key, value in bundle.items()
    }


def _objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list, or among the values of an object."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, dict)]


def _join_bundle(bundle: dict[str, Any]) -> None:
    for mimetype, value in bundle.items():
        if type(value) is list and not is_json_mimetype(mimetype):
            _join_key(bundle, mimetype)


def _join_key(node: dict[str, Any], key: str) -> None:
    # Looking first whether all are strings costs as much as joining.
    with suppress(TypeError):
        node[key] = "".join(node[key])


def _join_worksheets(notebook: NotebookNode, join: Callable[[list[str]], str]) -> None:
    for node, keys in _worksheet_texts(notebook):
        for key in keys:
            if isinstance(node.get(key), list):
                node[key] = join(node[key])


def _worksheet_texts(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, tuple[str, ...]]]:
    for worksheet in notebook["worksheets"]:
        for cell in worksheet["cells"]:
            if cell["cell_type"] == "code":
                yield cell, ("input",)
                for output in cell.get("outputs", ()):
                    yield output, V3_MULTILINE
            else:
                yield cell, ("source", "rendered")
