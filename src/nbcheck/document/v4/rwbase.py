"""Multi-line strings of format 4: stored as lists of lines, held in memory as one string."""

from __future__ import annotations

from typing import Any

from nbcheck.document.multiline import TRANSIENT, is_json_mimetype, is_split_mimetype

# A set, so that a type that is a list or an object is the same TypeError as in nbformat.
_RICH_OUTPUTS = frozenset({"execute_result", "display_data"})


def rejoin_lines(nb: Any) -> Any:
    """Join lists of lines, in place.

    Raises:
        AttributeError: a key is missing, or what should be an object is none.
        TypeError: what should be a list of strings is none.
    """
    for cell in nb.cells:
        if "source" in cell and isinstance(cell.get("source"), list):
            cell["source"] = "".join(cell["source"])
        if "attachments" in cell:
            for bundle in cell["attachments"].values():
                _rejoin_bundle(bundle)
        if cell.get("cell_type") == "code":
            for output in cell.get("outputs", ()):
                kind = output.get("output_type", "")
                if kind in _RICH_OUTPUTS:
                    _rejoin_bundle(output.get("data", {}))
                elif kind and isinstance(output.get("text"), list):
                    output["text"] = "".join(output["text"])
    return nb


def split_lines(nb: Any) -> Any:
    """Split multi-line strings into lists of lines, in place."""
    for cell in nb.cells:
        if isinstance(cell.get("source"), str):
            cell["source"] = cell["source"].splitlines(True)
        for bundle in cell.get("attachments", {}).values():
            _split_bundle(bundle)
        if cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type in _RICH_OUTPUTS:
                    _split_bundle(output.get("data", {}))
                elif output.output_type == "stream" and isinstance(output.text, str):
                    output["text"] = output.text.splitlines(True)
    return nb


def strip_transient(nb: Any) -> Any:
    """Remove what is never stored, in place."""
    metadata = nb.metadata
    for key in TRANSIENT:
        metadata.pop(key, None)
    for cell in nb.cells:
        cell.metadata.pop("trusted", None)
    return nb


def _rejoin_bundle(bundle: Any) -> None:
    # Values are replaced, and keys stay: the size of what is walked over does not change.
    for mimetype, value in bundle.items():
        if isinstance(value, list) and not is_json_mimetype(mimetype) and _are_strings(value):
            bundle[mimetype] = "".join(value)


def _are_strings(values: list[Any]) -> bool:
    return {str}.issuperset(map(type, values))


def _split_bundle(bundle: Any) -> None:
    for mimetype, value in bundle.items():
        if isinstance(value, str) and is_split_mimetype(mimetype):
            bundle[mimetype] = value.splitlines(True)
