"""The rules of nbformat 4, checked by hand-written code.

The rules are those of the JSON schemas nbformat.v4.0 to v4.5. Written out, they need no schema library (whose import
takes longer than reading most notebooks), look at every value once, and know where a fault stands in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from nbcheck.document.issues import MISSING, Findings, Issue, is_integer, is_strings
from nbcheck.document.positions import Positions, join_pointer

MAJOR = 4
KNOWN_MINOR = 5
"""Newest minor version of format 4 whose rules are known; of later ones only the common part is checked."""

# nbformat lets a line feed follow what its patterns end with a $: one of its two schema libraries does.
_CELL_ID = re.compile(r"[a-zA-Z0-9-_]+\n?")
_MAX_ID = 64
_JSON_MIMETYPE = re.compile(r"application/(?:.*\+)?json\n?")
_TAG = re.compile(r"[^,]+")
_NAME = re.compile(r".+\n?")

_NOTEBOOK_KEYS = frozenset({"metadata", "nbformat", "nbformat_minor", "cells"})
_CELL_KEYS = {
    "code": frozenset({"id", "cell_type", "metadata", "source", "outputs", "execution_count"}),
    "markdown": frozenset({"id", "cell_type", "metadata", "source", "attachments"}),
    "raw": frozenset({"id", "cell_type", "metadata", "source", "attachments"}),
}
_OUTPUT_KEYS = {
    "execute_result": frozenset({"output_type", "data", "metadata", "execution_count"}),
    "display_data": frozenset({"output_type", "data", "metadata"}),
    "stream": frozenset({"output_type", "name", "text"}),
    "error": frozenset({"output_type", "ename", "evalue", "traceback"}),
}

# Minor versions that gave a metadata key its meaning; before them any value is allowed.
TITLE_SINCE = 2
JUPYTER_SINCE = 3
EXECUTION_SINCE = 4
ID_SINCE = 5
"""Minor version of format 4 in which cells got ids."""


def check(notebook: Mapping[str, Any], positions: Positions | None = None) -> list[Issue]:
    """Check a notebook against the rules of its version of format 4.

    Args:
        notebook: the tree, as stored or with its multi-line strings joined; it is never changed.
        positions: where the values stand in the file; without it issues have no line.

    Returns:
        Every issue, in the order of the notebook: notebook keys first, then cell by cell. Empty when valid.
    """
    findings = Findings(positions)
    _NotebookCheck(findings, notebook.get("nbformat_minor")).notebook(notebook)
    return findings.issues


def has_issues(notebook: Mapping[str, Any], minor: int, *, relaxed: bool = False) -> bool:
    """Check a notebook against the rules of a minor version of format 4, whatever version it says it has.

    Args:
        notebook: as for :func:`check`.
        minor: the minor version.
        relaxed: whether unknown keys are allowed everywhere.

    Returns:
        Whether anything is wrong with it.
    """
    findings = Findings()
    _NotebookCheck(findings, minor, least_minor=min(minor, KNOWN_MINOR), relaxed=relaxed).notebook(notebook)
    return bool(findings.issues)


def check_cell(cell: Mapping[str, Any]) -> list[Issue]:
    """Check one cell against the newest known rules, pointers relative to the cell."""
    findings = Findings()
    _NotebookCheck(findings, KNOWN_MINOR).cell(cell, "")
    return findings.issues


def check_output(output: Mapping[str, Any]) -> list[Issue]:
    """Check one output against the newest known rules, pointers relative to the output."""
    findings = Findings()
    _NotebookCheck(findings, KNOWN_MINOR).output(output, "")
    return findings.issues


def _is_int(value: object) -> TypeGuard[int]:
    return type(value) is int


class _NotebookCheck:
    """One walk over one notebook.

    Fatal are the types that code which works on notebooks relies on. A missing key is fatal only where
    :mod:`nbcheck.document.repair` has no default for it.
    """

    def __init__(
        self, findings: Findings, minor: object, *, least_minor: int = 0, relaxed: bool = False
    ) -> None:
        self._findings = findings
        self._minor = minor if is_integer(minor) else KNOWN_MINOR
        self._least_minor = least_minor
        self._from_future = self._minor > KNOWN_MINOR
        self._relaxed = relaxed or self._from_future

    def notebook(self, notebook: Mapping[str, Any]) -> None:
        self._required(notebook, ("metadata", "nbformat_minor", "nbformat"), "")
        self._only(notebook, _NOTEBOOK_KEYS, "")
        major = notebook.get("nbformat", MAJOR)
        # 4.0 can be read, although nbformat's schema does not call it an integer.
        if not (_is_int(major) and major == MAJOR):
            fatal = not (is_integer(major) and major == MAJOR)
            self._findings.add("/nbformat", major, str(MAJOR), fatal=fatal)
        minor = notebook.get("nbformat_minor", self._least_minor)
        if not (_is_int(minor) and minor >= self._least_minor):
            fatal = not (is_integer(minor) and minor >= 0)
            self._findings.add("/nbformat_minor", minor, f"an integer from {self._least_minor}", fatal=fatal)
        if self._has_type(notebook.get("metadata", {}), dict, "/metadata", fatal=True):
            self._notebook_metadata(notebook.get("metadata", {}))
        cells = notebook.get("cells", MISSING)
        if not self._has_type(cells, list, "/cells", fatal=True):
            return
        for index, cell in enumerate(cells):
            self.cell(cell, f"/cells/{index}")
        if self._minor >= ID_SINCE:
            self._unique_ids(cells)

    # The plain case of each test stands where the value is: a call for each value, and a pointer for each place,
    # would take most of the time of reading a small notebook.

    def cell(self, cell: Any, pointer: str) -> None:
        if not isinstance(cell, dict):
            self._has_type(cell, dict, pointer, fatal=True)
            return
        kind = cell.get("cell_type", MISSING)
        if not isinstance(kind, str):
            self._has_type(kind, str, pointer + "/cell_type", fatal=True)
            return
        allowed = _CELL_KEYS.get(kind)
        if allowed is None:
            if not self._from_future:
                self._findings.add(pointer + "/cell_type", kind, '"code", "markdown" or "raw"')
            self._required(cell, ("metadata",), pointer)
        else:
            self._cell_keys(cell, allowed, pointer)
        source = cell.get("source", "")
        if not isinstance(source, str):
            self._findings.is_multiline(source, pointer + "/source", fatal=True)
        metadata = cell.get("metadata")
        if metadata and isinstance(metadata, dict):
            self._cell_metadata(metadata, kind, pointer + "/metadata")
        elif "metadata" in cell:
            self._has_type(metadata, dict, pointer + "/metadata", fatal=True)
        if kind == "code":
            self._code(cell, pointer)
        elif allowed is not None and "attachments" in cell:
            self._attachments(cell["attachments"], pointer + "/attachments")

    def _cell_keys(self, cell: dict[str, Any], allowed: frozenset[str], pointer: str) -> None:
        has_id = self._minor >= ID_SINCE
        self._required(cell, ("metadata", "source"), pointer)
        self._only(cell, allowed if has_id else allowed - {"id"}, pointer)
        if has_id:
            value = cell.get("id", MISSING)
            if not (isinstance(value, str) and len(value) <= _MAX_ID and _CELL_ID.fullmatch(value)):
                self._findings.add(pointer + "/id", value, "1 to 64 letters, digits, - and _")

    def output(self, output: Any, pointer: str) -> None:
        if not isinstance(output, dict):
            self._has_type(output, dict, pointer, fatal=True)
            return
        kind = output.get("output_type", MISSING)
        if not isinstance(kind, str):
            self._has_type(kind, str, pointer + "/output_type", fatal=True)
            return
        allowed = _OUTPUT_KEYS.get(kind)
        if allowed is None:
            if not self._from_future:
                expected = '"execute_result", "display_data", "stream" or "error"'
                self._findings.add(pointer + "/output_type", kind, expected)
            # An unknown output may mean anything by its text, but multi-line strings are joined in all of them.
            if isinstance(output.get("text"), list):
                self._findings.is_multiline(output["text"], pointer + "/text", fatal=True)
            return
        if output.keys() != allowed:
            self._required(output, sorted(allowed), pointer)
            self._only(output, allowed, pointer)
        if kind == "stream":
            self._stream(output, pointer)
        elif kind == "error":
            self._error(output, pointer)
        else:
            self._rich(output, pointer)
            if kind == "execute_result":
                self._execution_count(output.get("execution_count"), pointer)

    def _stream(self, output: Mapping[str, Any], pointer: str) -> None:
        name, text = output.get("name", ""), output.get("text", "")
        if not isinstance(name, str):
            self._has_type(name, str, pointer + "/name", fatal=True)
        if not isinstance(text, str):
            self._findings.is_multiline(text, pointer + "/text", fatal=True)

    def _rich(self, output: Mapping[str, Any], pointer: str) -> None:
        metadata, data = output.get("metadata", {}), output.get("data", {})
        if not isinstance(metadata, dict):
            self._has_type(metadata, dict, pointer + "/metadata", fatal=True)
        if isinstance(data, dict):
            self._bundle(data, pointer + "/data")
        else:
            self._has_type(data, dict, pointer + "/data", fatal=True)

    def _error(self, output: Mapping[str, Any], pointer: str) -> None:
        for key in ("ename", "evalue"):
            self._has_type(output.get(key, ""), str, f"{pointer}/{key}", fatal=True)
        traceback = output.get("traceback", [])
        if self._has_type(traceback, list, pointer + "/traceback", fatal=True):
            self._findings.is_multiline(traceback, pointer + "/traceback", fatal=True)

    def _code(self, cell: Mapping[str, Any], pointer: str) -> None:
        self._required(cell, ("outputs", "execution_count"), pointer)
        self._execution_count(cell.get("execution_count"), pointer)
        outputs = cell.get("outputs", [])
        if isinstance(outputs, list) or self._has_type(outputs, list, pointer + "/outputs", fatal=True):
            for index, output in enumerate(outputs):
                self.output(output, f"{pointer}/outputs/{index}")

    def _execution_count(self, count: Any, pointer: str) -> None:
        if count is not None and not (_is_int(count) and count >= 0):
            self._findings.add(pointer + "/execution_count", count, "an integer from 0, or null")

    def _attachments(self, attachments: Any, pointer: str) -> None:
        if self._has_type(attachments, dict, pointer):
            for name, bundle in attachments.items():
                place = join_pointer(pointer, name)
                if self._has_type(bundle, dict, place):
                    self._bundle(bundle, place)

    def _bundle(self, bundle: Mapping[str, Any], pointer: str) -> None:
        for mimetype, value in bundle.items():
            if isinstance(value, str) or is_strings(value) or _JSON_MIMETYPE.fullmatch(mimetype):
                continue
            # Vendors store objects under types without +json, and Jupyter shows them; a text must be one.
            fatal = mimetype.startswith(("text/", "image/"))
            if fatal or not self._relaxed:
                self._findings.is_multiline(value, join_pointer(pointer, mimetype), fatal=fatal)

    def _unique_ids(self, cells: Iterable[Any]) -> None:
        ids = [cell["id"] for cell in cells if isinstance(cell, dict) and isinstance(cell.get("id"), str)]
        if len(ids) == len(set(ids)):
            return
        seen: dict[str, int] = {}
        for index, cell in enumerate(cells):
            value = cell.get("id") if isinstance(cell, dict) else None
            if isinstance(value, str) and seen.setdefault(value, index) != index:
                self._findings.add(
                    f"/cells/{index}/id", value, f"an id that /cells/{seen[value]} does not have"
                )

    def _notebook_metadata(self, metadata: Mapping[str, Any]) -> None:
        place = "/metadata"
        self._named_object(metadata, "kernelspec", ("name", "display_name"), (), place)
        optional = ("file_extension", "mimetype", "pygments_lexer")
        self._named_object(metadata, "language_info", ("name",), optional, place)
        language = metadata.get("language_info")
        mode = language.get("codemirror_mode", "") if isinstance(language, dict) else ""
        if not isinstance(mode, str | dict):
            self._findings.add(place + "/language_info/codemirror_mode", mode, "a string or an object")
        original = metadata.get("orig_nbformat", 1)
        if not (_is_int(original) and original >= 1):
            self._findings.add(place + "/orig_nbformat", original, "an integer from 1")
        if self._minor >= TITLE_SINCE:
            self._has_type(metadata.get("title", ""), str, place + "/title")
            self._has_type(metadata.get("authors", []), list, place + "/authors")

    def _named_object(
        self,
        metadata: Mapping[str, Any],
        key: str,
        required: tuple[str, ...],
        optional: tuple[str, ...],
        pointer: str,
    ) -> None:
        """Check an object of the metadata whose values of interest are strings."""
        place = join_pointer(pointer, key)
        value = metadata.get(key, MISSING)
        if value is MISSING or not self._has_type(value, dict, place):
            return
        self._required(value, required, place)
        for name in required + optional:
            self._has_type(value.get(name, ""), str, join_pointer(place, name))

    def _cell_metadata(self, metadata: Mapping[str, Any], kind: str, pointer: str) -> None:
        name = metadata.get("name", "name")
        if self._has_type(name, str, pointer + "/name") and not _NAME.fullmatch(name):
            self._findings.add(pointer + "/name", name, "one line of text")
        self._tags(metadata.get("tags", []), pointer + "/tags")
        if kind in _CELL_KEYS and self._minor >= JUPYTER_SINCE:
            self._has_type(metadata.get("jupyter", {}), dict, pointer + "/jupyter")
        if kind == "raw":
            self._has_type(metadata.get("format", ""), str, pointer + "/format")
        if kind == "code":
            self._code_metadata(metadata, pointer)

    def _code_metadata(self, metadata: Mapping[str, Any], pointer: str) -> None:
        self._has_type(metadata.get("collapsed", False), bool, pointer + "/collapsed")
        scrolled = metadata.get("scrolled", False)
        if not (isinstance(scrolled, bool) or scrolled == "auto"):
            self._findings.add(pointer + "/scrolled", scrolled, 'true, false or "auto"')
        execution = metadata.get("execution", {})
        if self._minor >= EXECUTION_SINCE and self._has_type(execution, dict, pointer + "/execution"):
            for key, value in execution.items():
                # The schema's pattern for these keys ends at a line feed.
                if "\n" not in key:
                    self._has_type(value, str, join_pointer(pointer, "execution", key))

    def _tags(self, tags: Any, pointer: str) -> None:
        if not self._has_type(tags, list, pointer):
            return
        for index, tag in enumerate(tags):
            if not (isinstance(tag, str) and _TAG.fullmatch(tag)):
                self._findings.add(join_pointer(pointer, index), tag, "a string without commas")
            elif tag in tags[:index]:
                self._findings.add(join_pointer(pointer, index), tag, "a tag that is not there yet")

    def _required(self, node: Mapping[str, Any], keys: Iterable[str], pointer: str) -> None:
        for key in keys:
            if key not in node:
                self._findings.add(join_pointer(pointer, key), MISSING, f'the required key "{key}"')

    def _only(self, node: Mapping[str, Any], allowed: frozenset[str], pointer: str) -> None:
        if self._relaxed or node.keys() <= allowed:
            return
        for key in node:
            if key not in allowed:
                names = ", ".join(sorted(allowed))
                self._findings.add(join_pointer(pointer, key), node[key], f"no such key here, only {names}")

    def _has_type(self, value: object, kind: type, pointer: str, *, fatal: bool = False) -> bool:
        return self._findings.has_type(value, kind, pointer, fatal=fatal)
