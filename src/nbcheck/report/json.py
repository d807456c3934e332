"""The run as JSON, for other programs. docs/json.md explains it, docs/nbcheck-run.schema.json is its schema."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from nbcheck import __version__
from nbcheck.compare.base import Difference
from nbcheck.compare.normalise import strip_ansi
from nbcheck.compare.serial import difference_to_json, to_simple
from nbcheck.report.base import ItemOutcome, NotebookEntry, ResultRecord, RunReport

SCHEMA = "nbcheck-run/1"
"""Name and version of the format. What is added leaves the version as it is; a new one takes something away."""
BEGINS = re.compile(rb'\{\s*"schema": "nbcheck-run/')
"""What the file of such a report begins with."""

_INTERNAL = frozenset({"picture"})
"""Fields of a difference that only our own pages use."""

Json = dict[str, Any]
"""An object. Any: what JSON can carry."""


def render_json(run: RunReport, root: str) -> bytes:
    """Write a run as JSON.

    Args:
        run: what happened.
        root: absolute folder that the paths of notebooks start from, that of node ids.

    Returns:
        UTF-8 with a line end.
    """
    tree = {
        "schema": SCHEMA,
        "nbcheck": __version__,
        "started": run.started.replace(" ", "T", 1),
        "duration": _round(run.duration),
        "note": run.note,
        "environment": dict(run.environment),
        "counts": _count(run.notebooks),
        "notebooks": [_notebook(entry, run.path_from(root, entry.name)) for entry in run.notebooks],
    }
    return msgspec.json.format(msgspec.json.encode(to_simple(tree)), indent=1) + b"\n"


def _count(entries: tuple[NotebookEntry, ...]) -> Json:
    found = Counter(item.outcome for entry in entries for item in entry.items)
    uncompared = sum(bool(record.compared_not) for entry in entries for record in entry.results)
    return {
        "notebooks": len(entries),
        "failed_notebooks": sum(entry.has_failed for entry in entries),
        **{str(outcome): found[outcome] for outcome in ItemOutcome},
        "not_compared": uncompared,
    }


def _notebook(entry: NotebookEntry, path: str) -> Json:
    fault = None if entry.fault is None else {"text": entry.fault.text, "line": entry.fault.line}
    return {
        "path": path,
        "parameters": entry.parameters,
        "outcome": min((item.outcome for item in entry.items), key=[*ItemOutcome].index),
        "duration": _round(entry.duration),
        "kernel": entry.facts.kernel_name,
        "code_cells": entry.facts.code_cells,
        "notes": entry.facts.notes,
        "fault": fault,
        "items": [
            {
                "name": item.name,
                "outcome": item.outcome,
                "duration": _round(item.duration),
                "line": item.line,
                "text": item.text,
            }
            for item in entry.items
        ],
        "cells": [_cell(record) for record in entry.results],
    }


def _cell(record: ResultRecord) -> Json:
    result = record.result
    error = result.error
    return {
        "number": result.number,
        "index": result.cell_index,
        "id": record.cell_id,
        "line": record.line,
        "outcome": result.outcome,
        "xfail": record.xfail,
        "excused": result.excused,
        "updated": record.is_updated,
        "message": result.message,
        "duration": _round(result.duration),
        "execution_count": result.execution_count,
        "compared": result.compared,
        "not_compared": record.compared_not,
        "notes": result.notes,
        "advice": record.advice,
        "error": None
        if error is None
        else {
            "ename": error.ename,
            "evalue": error.evalue,
            "traceback": [strip_ansi(line) for line in error.traceback],
        },
        "differences": [_difference(difference) for difference in result.differences],
        "unstable": record.unstable,
    }


def _difference(difference: Difference) -> Json:
    fields = difference_to_json(difference)
    return {name: value for name, value in fields.items() if name not in _INTERNAL}


def _round(seconds: float) -> float:
    return round(seconds, 3)
