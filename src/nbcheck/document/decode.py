"""Bytes of a notebook file to a tree of nodes, and clear words when they are no JSON.

What :mod:`nbcheck.document.jsonio` and then the standard library, as Jupyter would do it, both refuse is diagnosed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbcheck.document.issues import MISSING
from nbcheck.document.jsonio import NotPlainError, load_plain
from nbcheck.document.multiline import join_v4
from nbcheck.document.notebooknode import MAX_DEPTH, adopt
from nbcheck.document.positions import Positions, deepest
from nbcheck.errors import DocumentError

BOM = b"\xef\xbb\xbf"
RESTORE = "restore the file from version control or from .ipynb_checkpoints"

_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?\r?$", re.MULTILINE)
_LFS = "version https://git-lfs.github.com/spec/"
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)


def decode(raw: bytes, path: Path | None) -> Any:
    """Read JSON into nodes. Of a format 4 notebook multi-line strings are joined.

    Args:
        raw: the file's bytes.
        path: for the error's text.

    Returns:
        Any JSON value, with :class:`NotebookNode` for objects.

    Raises:
        DocumentError: the bytes are not the JSON text of one value.
    """
    try:
        value = load_plain(raw.removeprefix(BOM))
    except NotPlainError:
        value = MISSING
    if value is MISSING:
        # Not in the handler above, so that an error shows one reason and not two.
        value = _decode_slowly(raw, path)
    if isinstance(value, dict) and value.get("nbformat") == 4:
        join_v4(value)
    try:
        return adopt(value)
    except RecursionError:
        raise _too_deep(raw, path) from None


def _decode_slowly(raw: bytes, path: Path | None) -> Any:
    text = _decode_text(raw, path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _explain(text, error, path) from error
    except RecursionError:
        raise _too_deep(raw, path) from None
    except ValueError as error:
        # CPython refuses to read an integer of more than 4300 digits, and does not say where it stands.
        raise _long_number(text, path) from error


def _decode_text(raw: bytes, path: Path | None) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(raw) > 1 and b"\0" in raw[:2] and any(raw[:2])):
        raise DocumentError(
            "this is UTF-16 or UTF-32 text, but a notebook is UTF-8",
            path=path,
            remedy="save the file as UTF-8",
        )
    body = raw.removeprefix(BOM)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        start = error.start
        # Everything before the faulty byte is valid, so it can be counted in characters.
        before = body[:start].decode()
        line, column = _place(before, len(before))
        raise DocumentError(
            f"not UTF-8: byte 0x{body[start]:02x} cannot stand here",
            path=path,
            line=line,
            column=column,
            remedy="save the file as UTF-8, or restore it if it is no text at all",
        ) from error


def _explain(text: str, error: json.JSONDecodeError, path: Path | None) -> DocumentError:
    """Find the likeliest reason why a text is no JSON."""
    for diagnose in _DIAGNOSES:
        found = diagnose(text, error)
        if found is not None:
            found.path = path
            return found
    line, column = _place(text, error.pos)
    return DocumentError(
        f"not valid JSON: {_message(error)}", path=path, line=line, column=column, remedy=RESTORE
    )


def _is_empty(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    if text.strip():
        return None
    return DocumentError(
        "the file is empty" if not text else "the file holds nothing but white space",
        remedy=f"delete it, or {RESTORE}",
    )


def _has_nul(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    if "\0" not in text:
        return None
    line, column = _place(text, text.index("\0"))
    return DocumentError(
        "a NUL byte: the file is damaged or is no text", line=line, column=column, remedy=RESTORE
    )


def _is_lfs_pointer(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    if not text.startswith(_LFS):
        return None
    return DocumentError("this is a Git LFS pointer, not the notebook itself", remedy="run: git lfs pull")


def _is_html(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    if not _HTML.match(text):
        return None
    return DocumentError(
        "this is an HTML page that was saved under the name of a notebook",
        remedy="download the raw file instead of the page that shows it",
    )


def _has_conflict(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    # A JSON string cannot hold a line break, so a marker at the beginning of a line is never part of one.
    marks = [(match.start(), match[0][0]) for match in _CONFLICT.finditer(text)]
    if not {"<", ">"} & {kind for _, kind in marks}:
        return None
    lines = [str(_place(text, start)[0]) for start, _ in marks]
    return DocumentError(
        f"unresolved merge conflict, markers in {in_lines(lines)}",
        line=int(lines[0]),
        column=1,
        remedy="resolve the conflict and delete the markers",
    )


def _has_more(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    if not error.msg.startswith("Extra data"):
        return None
    line, column = _place(text, error.pos)
    if text.startswith("{", error.pos):
        problem, remedy = "a second JSON document begins here", "keep one of the two"
    else:
        problem, remedy = "text after the end of the notebook", "delete it"
    return DocumentError(problem, line=line, column=column, remedy=remedy)


def _is_cut_off(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    # A string that does not end runs to the end of the text: a line break in it would have been the error.
    if not text.lstrip().startswith(("{", "[")):
        return None
    if error.pos < len(text.rstrip()) and not error.msg.startswith("Unterminated string"):
        return None
    line, column = _place(text, len(text.rstrip()))
    return DocumentError(
        "the file ends in the middle of the notebook", line=line, column=column, remedy=RESTORE
    )


def _has_trailing_comma(text: str, error: json.JSONDecodeError) -> DocumentError | None:
    # Before Python 3.13 the error stands at the bracket, since then at the comma.
    at = error.pos if text.startswith(",", error.pos) else len(text[: error.pos].rstrip()) - 1
    if at < 0 or text[at] != "," or not text[at + 1 :].lstrip().startswith(("]", "}")):
        return None
    line, column = _place(text, at)
    return DocumentError(
        "not valid JSON: a comma before a closing bracket",
        line=line,
        column=column,
        remedy="delete the comma",
    )


_DIAGNOSES: tuple[Callable[[str, json.JSONDecodeError], DocumentError | None], ...] = (
    _is_empty,
    _has_nul,
    _is_lfs_pointer,
    _is_html,
    _has_conflict,
    _has_more,
    _is_cut_off,
    _has_trailing_comma,
)

_MESSAGES = {
    "Expecting value": "a value is missing or misspelt",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing after a key",
    "Invalid control character at": "a line break or another control character inside a string",
    "Invalid \\escape": "an unknown escape sequence inside a string",
    "Invalid \\uXXXX escape": "an unknown escape sequence inside a string",
}


def _message(error: json.JSONDecodeError) -> str:
    # Some of the parser's messages end in a colon or in a piece of the text.
    for start, message in _MESSAGES.items():
        if error.msg.startswith(start):
            return message
    return error.msg


def _too_deep(raw: bytes, path: Path | None) -> DocumentError:
    offset, depth = deepest(raw)
    line, column = Positions(raw).position(offset)
    return DocumentError(
        f"lists and objects nested {depth} deep, more than {MAX_DEPTH} are not read",
        path=path,
        line=line,
        column=column,
        remedy="clear the output that holds them",
    )


def _long_number(text: str, path: Path | None) -> DocumentError:
    digits = re.search(r"\d{4301,}", text)
    line, column = _place(text, digits.start() if digits else 0)
    return DocumentError(
        "an integer of more than 4300 digits",
        path=path,
        line=line,
        column=column,
        remedy="store it as a string",
    )


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def in_lines(lines: list[str]) -> str:
    """Name lines: ``line 3``, ``lines 3 and 9``, ``lines 1, 2, 3, 4, 5 and 7 more``."""
    shown = lines[:5] if len(lines) > 6 else lines
    rest = f"{len(lines) - 5} more" if len(lines) > 6 else shown[-1]
    if len(lines) == 1:
        return f"line {lines[0]}"
    return f"lines {', '.join(shown if len(lines) > 6 else shown[:-1])} and {rest}"
