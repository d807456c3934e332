"""Making records: what of a notebook and its results goes into a report, cut to a size that a browser can take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbcheck.compare.base import Difference, Output
from nbcheck.document import Document
from nbcheck.report.base import CellRecord, FaultRecord, NotebookRecord, ResultRecord
from nbcheck.report.traceback import failing_line
from nbcheck.results import CellResult, Outcome

MAX_TEXT = 100_000
"""Characters of a text that are kept: two thirds from the beginning, the rest from the end."""
MAX_DATA = 4_000_000
"""Characters of a picture, or of HTML, which cannot be cut."""
MAX_OUTPUTS = 200
"""Outputs of a cell that are kept."""
_AROUND = 4
_MAX_LINE = 300
_CUT_TYPES = ("text/plain", "text/markdown", "text/latex", "application/javascript", "text/javascript")


def record_notebook(document: Document, kernel_name: str, notes: Sequence[str]) -> NotebookRecord:
    """Record a notebook as it stands in the file.

    Args:
        document: the notebook.
        kernel_name: of the kernelspec that ran it; empty when none did.
        notes: remarks on the whole notebook.
    """
    cells = []
    number = 0
    for index, cell in enumerate(document.notebook["cells"]):
        is_code = cell["cell_type"] == "code"
        number += is_code
        tags = cell["metadata"].get("tags")
        count = cell.get("execution_count")
        attachments = cell.get("attachments")
        cells.append(
            CellRecord(
                cell_type=cell["cell_type"],
                source=_cut(cell["source"]),
                line=document.source_line(index),
                number=number if is_code else None,
                execution_count=count if isinstance(count, int) else None,
                tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
                expected=cut_outputs(cell.get("outputs", ())),
                attachments=attachments if isinstance(attachments, dict) else None,
            )
        )
    return NotebookRecord(kernel_name, _language(document.notebook["metadata"]), tuple(cells), tuple(notes))


def record_result(
    result: CellResult,
    *,
    advice: Sequence[str],
    compared_not: str,
    line: int = 1,
    cell_id: str = "",
    xfail: str | None = None,
    is_updated: bool = False,
    is_for_pages: bool = True,
) -> ResultRecord:
    """Record what a cell came to.

    Args:
        result: the verdict.
        advice: what to do next.
        compared_not: why its outputs were not compared; empty when they were.
        line: line of the file to look at, from 1.
        cell_id: nbformat's id of the cell.
        xfail: why the notebook expects it to fail; None when it does not.
        is_updated: whether its fresh outputs are accepted at the end of this run.
        is_for_pages: whether anybody shows outputs and pictures. They are large, and otherwise only the last words of a
            cell that did not come to its end are kept.
    """
    # Outputs that were found equal to the stored ones need not be kept twice.
    is_equal = result.outcome is Outcome.PASSED and result.compared
    is_cut_short = result.outcome in (Outcome.DIED, Outcome.TIMEOUT)
    keeps_outputs = not is_equal if is_for_pages else is_cut_short
    return ResultRecord(
        replace(
            result,
            outputs=cut_outputs(result.outputs) if keeps_outputs else (),
            differences=tuple(
                _cut_difference(difference, keeps_picture=is_for_pages) for difference in result.differences
            ),
            error=None
            if result.error is None
            else replace(
                result.error, evalue=_cut(result.error.evalue), traceback=_cut_lines(result.error.traceback)
            ),
        ),
        failing_line(result),
        tuple(advice),
        compared_not,
        line,
        cell_id,
        xfail,
        is_updated,
    )


def record_fault(text: Sequence[str], line: int | None, raw: bytes) -> FaultRecord:
    """Record why a file could not be tested.

    Args:
        text: what is wrong and what to do, a line each.
        line: where, from 1.
        raw: the file's bytes; empty when it cannot be read.
    """
    excerpt: list[tuple[int, str]] = []
    if line is not None and raw:
        first = max(1, line - _AROUND)
        lines = raw.split(b"\n", line + _AROUND)[first - 1 : line + _AROUND]
        excerpt = [
            (number, content[:_MAX_LINE].decode("utf-8", "replace").rstrip("\r"))
            for number, content in enumerate(lines, first)
        ]
    return FaultRecord(tuple(text), line, tuple(excerpt))


# Any: metadata is whatever JSON the file holds
def _language(metadata: Mapping[str, Any]) -> str:
    info, spec = metadata.get("language_info"), metadata.get("kernelspec")
    for place, key in ((info, "pygments_lexer"), (info, "name"), (spec, "language")):
        name = place.get(key) if isinstance(place, dict) else None
        if isinstance(name, str) and name:
            return name
    return "python"


def cut_outputs(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """Cut what is too large to be shown, and say so in its place."""
    shown = tuple(map(_cut_output, outputs[:MAX_OUTPUTS]))
    left_out = len(outputs) - len(shown)
    return (*shown, _said(f"{left_out:,} more outputs")) if left_out else shown


def _cut_output(output: Output) -> Output:
    kind = output.get("output_type")
    if kind == "stream":
        return {**output, "text": _cut(str(output.get("text", "")))}
    if kind == "error":
        traceback = output.get("traceback")
        lines = _cut_lines([str(line) for line in traceback]) if isinstance(traceback, list) else ()
        return {**output, "evalue": _cut(str(output.get("evalue", ""))), "traceback": list(lines)}
    data = output.get("data")
    if not isinstance(data, Mapping):
        return {"output_type": "display_data", "data": {}}
    kept = {
        mimetype: value
        for mimetype, value in ((name, _cut_value(name, data[name])) for name in data)
        if value is not None
    }
    if not kept and data:
        return _said(f"an output with {', '.join(sorted(data))}")
    metadata = output.get("metadata")
    return {
        "output_type": str(kind),
        "data": kept,
        "metadata": metadata if isinstance(metadata, Mapping) else {},
    }


def _cut_value(mimetype: str, value: Any) -> Any:
    """Return a value that can be shown; None when it is too large and cannot be cut."""
    if isinstance(value, str):
        if mimetype in _CUT_TYPES:
            return _cut(value)
        return value if len(value) <= MAX_DATA else None
    try:
        return value if len(json.dumps(value, default=repr)) <= MAX_TEXT else None
    except (TypeError, ValueError, RecursionError):
        return None


def _cut_difference(difference: Difference, *, keeps_picture: bool) -> Difference:
    return replace(
        difference,
        picture=difference.picture if keeps_picture else None,
        expected=_cut_side(difference.expected),
        actual=_cut_side(difference.actual),
    )


def _cut_side(value: Any) -> Any:
    # What is shown of both sides is taken from the outputs; the difference's own copy only matters where it is short.
    return value if isinstance(value, (str, int, float)) and len(str(value)) <= _MAX_LINE else None


def _cut(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    head = MAX_TEXT * 2 // 3
    left_out = len(text) - MAX_TEXT
    return f"{text[:head]}\n... {left_out:,} characters left out ...\n{text[len(text) - (MAX_TEXT - head) :]}"


def _cut_lines(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(lines) if sum(map(len, lines)) <= MAX_TEXT else (_cut("\n".join(lines)),)


def _said(what: str) -> Output:
    return {
        "output_type": "display_data",
        "data": {"text/plain": f"[{what} left out of this report]"},
        "metadata": {},
    }
