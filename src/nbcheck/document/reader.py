"""Reading notebooks of every format without converting them, with the names of ``nbformat.reader``."""

from __future__ import annotations

import sys
from typing import Any

from nbcheck.document.exceptions import NBFormatError, NotJSONError, ValidationError
from nbcheck.document.formats import FORMATS, load_format
from nbcheck.document.jsonio import load_json
from nbcheck.document.multiline import join_v4
from nbcheck.document.notebooknode import NotebookNode, adopt
from nbcheck.document.version import get_version

__all__ = ["NotJSONError", "ValidationError", "get_version", "parse_json", "read", "reads"]


def parse_json(s: str | bytes, **kwargs: Any) -> Any:
    """Read JSON.

    Args:
        s: the text.
        kwargs: options of :func:`json.loads`.

    Raises:
        NotJSONError: it is not JSON; the text shows how it begins.
    """
    try:
        return load_json(s, **kwargs)
    except ValueError as error:
        message = f"Notebook does not appear to be JSON: {s[:_SHOWN]!r}"
        if len(message) > _SHOWN:
            message = message[: _SHOWN - 3] + "..."
        raise NotJSONError(message) from error
    except RecursionError:
        raise NBFormatError("Notebook cannot be read: its lists and objects are nested too deeply") from None


def reads(s: str | bytes, **kwargs: Any) -> Any:
    """Read a notebook of any format from a text.

    Args:
        s: the text.
        kwargs: options of :func:`json.loads`.

    Returns:
        The notebook in its own format, multi-line strings joined. It is not validated.

    Raises:
        NotJSONError: it is not JSON.
        NBFormatError: the format is not known, or it is nested too deeply.
        ValidationError: a key that reading relies on is missing.
    """
    return from_tree(parse_json(s, **kwargs))


def from_tree(tree: Any) -> Any:
    """Make a notebook of what a parser returned, which is changed; see :func:`reads`."""
    major, _ = get_version(tree)
    if major not in FORMATS:
        raise NBFormatError(f"Unsupported nbformat version {major}")
    try:
        if major == 4:
            join_v4(tree)
        notebook: NotebookNode = load_format(major).nbjson.from_stored(adopt(tree, sys.getrecursionlimit()))
    except AttributeError as error:
        message = f"The notebook is invalid and is missing an expected key: {error}"
        raise ValidationError(message) from None
    except RecursionError:
        raise NBFormatError("Notebook cannot be read: its lists and objects are nested too deeply") from None
    return notebook


def read(fp: Any, **kwargs: Any) -> Any:
    """Read a notebook of any format from an open file, see :func:`reads`."""
    return reads(fp.read(), **kwargs)


_SHOWN = 80
