"""Format 3 to 4, older minor versions of 4 to the newest, and 4 to 3."""

from __future__ import annotations

import json
from typing import Any

from nbcheck.document.exceptions import ValidationError
from nbcheck.document.log import get_logger
from nbcheck.document.multiline import V3_MIMETYPES
from nbcheck.document.notebooknode import NotebookNode
from nbcheck.document.rules import ID_SINCE
from nbcheck.document.v3.nbbase import nbformat as v3_nbformat
from nbcheck.document.v3.nbbase import nbformat_minor as v3_nbformat_minor
from nbcheck.document.v3.nbbase import new_worksheet
from nbcheck.document.v4.nbbase import nbformat, nbformat_minor
from nbcheck.document.validator import validate

_MAX_LEVEL = 10_000
"""Each level becomes a number sign, and a file of a few bytes can ask for 10**12 of them."""

_NOT_DATA = frozenset({"output_type", "execution_count", "metadata"})


def upgrade(nb: Any, from_version: int | None = None, from_minor: int | None = None) -> Any:
    """Bring a notebook of format 3, or of an older version of format 4, to the newest version, in place.

    Cells that get an id get the same one at every conversion of the same notebook.

    Args:
        nb: the notebook.
        from_version: its format, if not the one it names.
        from_minor: its minor version, if not the one it names.

    Returns:
        The notebook.

    Raises:
        ValidationError: a notebook of format 4 has no minor version.
        ValueError: it is of another format.
        AttributeError: it lacks a key.
    """
    if not from_version:
        from_version = nb["nbformat"]
    if not from_minor:
        if from_version == nbformat and "nbformat_minor" not in nb:
            raise ValidationError("The v4 notebook does not include the nbformat minor, which is needed.")
        from_minor = nb.get("nbformat_minor", 0)
    if from_version == 3:
        return _upgrade_v3(nb)
    if from_version == nbformat:
        return _upgrade_v4(nb, from_minor or 0)
    raise ValueError(
        f"Cannot convert a notebook directly from v{from_version} to v4.  "
        "Try using the nbformat.convert module."
    )


def downgrade(nb: Any) -> Any:
    """Bring a notebook of format 4 to format 3, in place.

    Format 3 has no place for cell ids, attachments, and data of MIME types beyond its eight.

    Returns:
        The notebook; as it is when it is not of format 4.
    """
    if nb.nbformat != nbformat:
        return nb
    _log_if_invalid(nb, nbformat)
    nb.nbformat = v3_nbformat
    nb.nbformat_minor = v3_nbformat_minor
    nb.worksheets = [new_worksheet(cells=[downgrade_cell(cell) for cell in nb.pop("cells")])]
    nb.metadata.setdefault("name", "")
    _log_if_invalid(nb, v3_nbformat)
    nb.orig_nbformat = nb.metadata.pop("orig_nbformat", nbformat)
    nb.orig_nbformat_minor = nb.metadata.pop("orig_nbformat_minor", nbformat_minor)
    return nb


def upgrade_cell(cell: Any) -> Any:
    """Bring a cell of format 3 to format 4, in place; it gets no id."""
    cell.setdefault("metadata", NotebookNode())
    kind = cell.cell_type
    if kind == "code":
        cell.pop("language", "")
        if "collapsed" in cell:
            cell.metadata["collapsed"] = cell.pop("collapsed")
        cell["source"] = cell.pop("input", "")
        cell["execution_count"] = cell.pop("prompt_number", None)
        cell["outputs"] = upgrade_outputs(cell.outputs)
    elif kind == "heading":
        cell["cell_type"] = "markdown"
        level = cell.pop("level", 1)
        if isinstance(level, int) and level > _MAX_LEVEL:
            raise ValueError(f"a heading of level {level}; more than {_MAX_LEVEL} are not converted")
        marks = "#" * level
        cell["source"] = f"{marks} {' '.join(cell.get('source', '').splitlines())}"
    elif kind == "html":
        cell["cell_type"] = "markdown"
    return cell


def downgrade_cell(cell: Any) -> Any:
    """Bring a cell of format 4 to format 3, in place; a heading in one line becomes a heading cell."""
    kind = cell.cell_type
    if kind == "code":
        cell["language"] = "python"
        cell["input"] = cell.pop("source", "")
        cell["prompt_number"] = cell.pop("execution_count", None)
        cell["collapsed"] = cell.metadata.pop("collapsed", False)
        cell["outputs"] = downgrade_outputs(cell.outputs)
    elif kind == "markdown":
        source = cell.get("source", "")
        if "\n" not in source and source.startswith("#"):
            title = source.lstrip("#")
            cell.update(cell_type="heading", source=title.lstrip(), level=len(source) - len(title))
    cell.pop("id", None)
    cell.pop("attachments", None)
    return cell


def upgrade_outputs(outputs: Any) -> list[Any]:
    """Bring the outputs of a cell from format 3 to format 4, in place."""
    return [upgrade_output(output) for output in outputs]


def downgrade_outputs(outputs: Any) -> list[Any]:
    """Bring the outputs of a cell from format 4 to format 3, in place."""
    return [downgrade_output(output) for output in outputs]


def upgrade_output(output: Any) -> Any:
    """Bring an output of format 3 to format 4, in place."""
    kind = output["output_type"]
    if kind in {"pyout", "display_data"}:
        output.setdefault("metadata", NotebookNode())
        if kind == "pyout":
            output["output_type"] = "execute_result"
            output["execution_count"] = output.pop("prompt_number", None)
        data = NotebookNode({key: output.pop(key) for key in list(output) if key not in _NOT_DATA})
        output["data"] = to_mime_key(data)
        to_mime_key(output.metadata)
        if "application/json" in data:
            # Before format 4 JSON was stored as a string of JSON.
            data["application/json"] = json.loads(data["application/json"])
        for key in ("image/png", "image/jpeg"):
            # Format 2 holds base64 as bytes in memory.
            if isinstance(data.get(key), bytes):
                data[key] = data[key].decode("ascii")
    elif kind == "pyerr":
        output["output_type"] = "error"
    elif kind == "stream":
        output["name"] = output.pop("stream", "stdout")
    return output


def downgrade_output(output: Any) -> Any:
    """Bring an output of format 4 to format 3, in place."""
    kind = output["output_type"]
    if kind in {"execute_result", "display_data"}:
        if kind == "execute_result":
            output["output_type"] = "pyout"
            output["prompt_number"] = output.pop("execution_count", None)
        data = output.pop("data", {})
        if "application/json" in data:
            data["application/json"] = json.dumps(data["application/json"])
        output.update(from_mime_key(data))
    elif kind == "error":
        output["output_type"] = "pyerr"
    elif kind == "stream":
        output["stream"] = output.pop("name")
    return output


def to_mime_key(d: Any) -> Any:
    """Rename the short names of format 3 to MIME types, in place."""
    for short, mimetype in V3_MIMETYPES.items():
        if short in d:
            d[mimetype] = d.pop(short)
    return d


def from_mime_key(d: Any) -> dict[str, Any]:
    """Return what has a short name in format 3, by that name."""
    return {short: d[mimetype] for short, mimetype in V3_MIMETYPES.items() if mimetype in d}


def _upgrade_v3(nb: Any) -> Any:
    _log_if_invalid(nb, 3)
    original = nb.pop("orig_nbformat", None) or 3
    original_minor = nb.pop("orig_nbformat_minor", None) or 0
    nb.metadata.orig_nbformat = original
    nb.metadata.orig_nbformat_minor = original_minor
    nb.nbformat = nbformat
    nb.nbformat_minor = nbformat_minor
    # Several worksheets, which hardly anybody has, become one list of cells.
    nb["cells"] = [upgrade_cell(cell) for sheet in nb.pop("worksheets", []) for cell in sheet["cells"]]
    _make_up_all_ids(nb["cells"])
    nb.metadata.pop("name", "")
    nb.metadata.pop("signature", "")
    _log_if_invalid(nb, nbformat)
    return nb


def _upgrade_v4(nb: Any, from_minor: int) -> Any:
    if from_minor == nbformat_minor:
        return nb
    if from_minor < ID_SINCE:
        _make_up_all_ids(nb.cells)
    nb.metadata.orig_nbformat_minor = from_minor
    nb.nbformat_minor = nbformat_minor
    return nb


def _make_up_all_ids(cells: list[Any]) -> None:
    # Whoever reads a notebook of format 4 imports this module and converts nothing.
    from nbcheck.document.repair import make_up_ids

    make_up_ids(cells, range(len(cells)), set())


def _log_if_invalid(nb: Any, version: int) -> None:
    try:
        validate(nb, version=version)
    except ValidationError as error:
        get_logger().error("Notebook JSON is not valid v%i: %s", version, error)
