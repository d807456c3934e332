"""Writing notebooks: the canonical form, byte for byte that of nbformat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from nbcheck.document.files import replace_file
from nbcheck.document.issues import describe
from nbcheck.document.multiline import to_stored
from nbcheck.document.rules import MAJOR
from nbcheck.errors import DocumentError

_PLAIN = frozenset({str, int, bool, type(None)})


def writes(notebook: Mapping[str, Any]) -> str:
    """Write a notebook of format 4 as nbformat does.

    The result equals ``nbformat.writes(notebook)``: keys sorted, indented by one space, multi-line strings as
    lists of lines, transient metadata left out. Unlike nbformat it never adds ids.

    Args:
        notebook: a valid tree, multi-line strings joined or not; it is not changed.

    Returns:
        JSON text without a line end after it. It may hold lone surrogates if the notebook does;
        :func:`write_notebook` escapes them.

    Raises:
        DocumentError: the notebook is not format 4, or holds what JSON has no form for.
    """
    if notebook.get("nbformat") != MAJOR:
        raise DocumentError(
            f"found {describe(notebook.get('nbformat'))} as format, only format {MAJOR} is written",
            pointer="/nbformat",
        )
    try:
        return _encode(to_stored(notebook))
    except (KeyError, AttributeError) as error:
        raise DocumentError(f"not a valid notebook, so it cannot be written: {error!r}") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise DocumentError(f"no JSON, so it cannot be written: {error}") from error


def write_notebook(notebook: Mapping[str, Any], path: Path | str) -> None:
    """Write a notebook to a file in canonical form, all or nothing.

    Args:
        notebook: as for :func:`writes`.
        path: the file; a link stays a link and its target is written.

    Raises:
        DocumentError: the notebook or the file cannot be written; the old file is untouched.
    """
    text = writes(notebook) + "\n"
    # UTF-8 has no lone surrogates. They stand in JSON strings only, where \udXXX is the escape that they need.
    replace_file(Path(path), text.encode(errors="backslashreplace"))


def _encode(stored: dict[str, Any]) -> str:
    if _is_plain(stored):
        try:
            return msgspec.json.format(msgspec.json.encode(stored, order="sorted"), indent=1).decode()
        except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError):
            pass
    # The compact encoder of the standard library is written in C and spells floats as nbformat does; with an
    # indent it would be written in Python, so indenting is left to msgspec where msgspec takes the text.
    compact = json.dumps(stored, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_ascii)
    try:
        return msgspec.json.format(compact, indent=1)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return json.dumps(
            stored, sort_keys=True, indent=1, separators=(",", ": "), ensure_ascii=False, default=_ascii
        )


def _is_plain(value: Any) -> bool:
    """Whether msgspec and the standard library spell a value the same: no floats, no types beyond JSON."""
    items = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict) and not {str}.issuperset(map(type, value)):
        return False
    for kind in set(map(type, items)) - _PLAIN:
        if not issubclass(kind, dict) and kind is not list:
            return False
        if not all(_is_plain(item) for item in items if type(item) is kind):
            return False
    return True


def _ascii(value: object) -> str:
    # As in nbformat: bytes in a notebook are base64.
    if isinstance(value, bytes):
        return value.decode("ascii")
    raise TypeError(f"a value of type {type(value).__name__}")
