"""What JSON reports of earlier runs say of how long notebooks take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from nbcheck.errors import UsageError
from nbcheck.report.json import BEGINS, SCHEMA
from nbcheck.results import Outcome


class _Cell(msgspec.Struct):
    outcome: str


class _Notebook(msgspec.Struct):
    path: str
    duration: float
    code_cells: int
    cells: list[_Cell]


class _Run(msgspec.Struct):
    schema: str
    started: datetime
    notebooks: list[_Notebook]


def read_durations(path: Path) -> dict[str, float]:
    """Read how long notebooks took.

    Args:
        path: a JSON report, or a folder with reports in it and below, such as those of the shards of a run. Other
            files in the folder are passed over.

    Returns:
        Seconds by path from the project's root; of several runs the latest. Notebooks of which not all cells were
        run are left out.

    Raises:
        UsageError: there is nothing, or a report cannot be read.
    """
    runs = sorted((_read(file, raw) for file, raw in _find(path)), key=lambda run: run.started)
    found: dict[str, float] = {}
    for run in runs:
        seconds: defaultdict[str, float] = defaultdict(
            float
        )  # a notebook is there once for each set of parameters
        for notebook in run.notebooks:
            if _is_complete(notebook):
                seconds[notebook.path] += notebook.duration
        found.update(seconds)
    return found


def _find(path: Path) -> Iterator[tuple[Path, bytes]]:
    if not path.exists():
        # To go on without would split otherwise than the other jobs do, which may have the file.
        raise UsageError(f"{path}: no such file or folder")
    if not path.is_dir():
        yield path, _read_bytes(path)
        return
    for file in sorted(path.rglob("*.json")):
        raw = _read_bytes(file)
        if BEGINS.match(raw):
            yield file, raw


def _read(file: Path, raw: bytes) -> _Run:
    if not BEGINS.match(raw):
        raise UsageError(f"{file} is no report of --nbcheck-json")
    try:
        run = msgspec.json.decode(raw, type=_Run)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is a damaged report of --nbcheck-json: {error}") from error
    if run.schema != SCHEMA:
        raise UsageError(f"{file} has the format {run.schema!r}, this release of nbcheck reads {SCHEMA!r}")
    if run.started.tzinfo is None:
        raise UsageError(f"{file} is a damaged report of --nbcheck-json: 'started' has no offset from UTC")
    return run


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error


def _is_complete(notebook: _Notebook) -> bool:
    return 0 < notebook.code_cells == len(notebook.cells) and all(
        cell.outcome != Outcome.NOT_RUN for cell in notebook.cells
    )
