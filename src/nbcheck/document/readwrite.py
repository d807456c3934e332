"""Reading and writing notebooks of every format, with the names and effects of nbformat."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import Any

from nbcheck.document.converter import convert
from nbcheck.document.exceptions import NBFormatError, ValidationError
from nbcheck.document.formats import load_format
from nbcheck.document.jsonio import NotPlainError, load_plain
from nbcheck.document.log import get_logger
from nbcheck.document.reader import from_tree
from nbcheck.document.reader import reads as read_any
from nbcheck.document.sentinel import NO_CONVERT
from nbcheck.document.validator import validate
from nbcheck.document.version import get_version


def reads(
    s: str | bytes, as_version: Any, capture_validation_error: dict[str, Any] | None = None, **kwargs: Any
) -> Any:
    """Read a notebook from a text.

    What is wrong with the notebook is logged, not raised.

    Args:
        s: the text.
        as_version: format to return, or ``NO_CONVERT``.
        capture_validation_error: gets what is wrong as its item ``ValidationError``.
        kwargs: options of :func:`json.loads`.

    Returns:
        The notebook.

    Raises:
        NotJSONError: the text is not JSON.
        NBFormatError: the format is not known, or the notebook is nested too deeply.
        ValidationError: a key that reading or converting relies on is missing.
    """
    return _finish(read_any(s, **kwargs), as_version, capture_validation_error)


def _finish(nb: Any, as_version: Any, capture_validation_error: dict[str, Any] | None) -> Any:
    if as_version is not NO_CONVERT:
        nb = convert(nb, as_version)
    _validate_and_log(nb, capture_validation_error)
    return nb


def writes(
    nb: Any, version: Any = NO_CONVERT, capture_validation_error: dict[str, Any] | None = None, **kwargs: Any
) -> str:
    """Write a notebook to a text.

    What is wrong with the notebook is logged, not raised. Cells without an id get one, in ``nb`` too.

    Args:
        nb: the notebook.
        version: format to write, or ``NO_CONVERT``; converting changes ``nb``.
        capture_validation_error: gets what is wrong as its item ``ValidationError``.
        kwargs: options of :func:`json.dumps`, and ``split_lines``.

    Returns:
        JSON without a line end after it.

    Raises:
        NBFormatError: the notebook is nested too deeply.
    """
    if version is NO_CONVERT:
        version, _ = get_version(nb)
    else:
        nb = convert(nb, version)
    _validate_and_log(nb, capture_validation_error)
    try:
        text: str = load_format(version).writes_json(nb, **kwargs)
    except RecursionError:
        message = "Notebook cannot be written: its lists and objects are nested too deeply"
        raise NBFormatError(message) from None
    return text


def read(
    fp: Any, as_version: Any, capture_validation_error: dict[str, Any] | None = None, **kwargs: Any
) -> Any:
    """Read a notebook from a file.

    Args:
        fp: path, or an open file.
        as_version: see :func:`reads`.
        capture_validation_error: see :func:`reads`.
        kwargs: see :func:`reads`.
    """
    try:
        text = fp.read()
    except AttributeError:
        pass
    else:
        return reads(text, as_version, capture_validation_error, **kwargs)
    with open(fp, "rb") as file:
        raw = file.read()
    if not kwargs:
        with suppress(NotPlainError):
            return _finish(from_tree(load_plain(raw)), as_version, capture_validation_error)
    # Here bytes are UTF-8 and nothing else, other than where they are given to reads().
    text = io.TextIOWrapper(io.BytesIO(raw), "utf-8").read()
    return reads(text, as_version, capture_validation_error, **kwargs)


def write(
    nb: Any,
    fp: Any,
    version: Any = NO_CONVERT,
    capture_validation_error: dict[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Write a notebook to a file, with a line end after it.

    Args:
        nb: the notebook.
        fp: path, or an open text file.
        version: see :func:`writes`.
        capture_validation_error: see :func:`writes`.
        kwargs: see :func:`writes`.
    """
    text = writes(nb, version, capture_validation_error, **kwargs)
    try:
        fp.write(text)
        fp.write("\n")
    except AttributeError:
        # Encoded first: what cannot be encoded must not cost the old content.
        data = f"{text}\n".encode()
        if os.linesep != "\n":
            data = data.replace(b"\n", os.linesep.encode())
        with open(fp, "wb") as file:
            file.write(data)


def _validate_and_log(nb: Any, capture_validation_error: dict[str, Any] | None) -> None:
    try:
        validate(nb)
    except ValidationError as error:
        get_logger().error("Notebook JSON is invalid: %s", error)
        if isinstance(capture_validation_error, dict):
            capture_validation_error["ValidationError"] = error
