"""Writing notebooks: the canonical form, byte for byte that of nbformat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbcheck.document.encode import dump_canonical
from nbcheck.document.files import replace_file
from nbcheck.document.issues import describe
from nbcheck.document.rules import MAJOR
from nbcheck.errors import DocumentError


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
        return dump_canonical(notebook)
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
