"""Durations from the JSON reports of earlier runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nbcheck.errors import UsageError
from nbcheck.report.base import ItemOutcome, ItemRecord, NotebookEntry, NotebookFacts, ResultRecord, RunReport
from nbcheck.report.history import read_durations
from nbcheck.report.json import render_json
from nbcheck.results import CellResult, Outcome


def entry(name: str, duration: float, *outcomes: Outcome, cells: int | None = None) -> NotebookEntry:
    return NotebookEntry(
        name,
        (ItemRecord("cell-1", ItemOutcome.PASSED, duration),),
        results=tuple(ResultRecord(CellResult(n, n + 1, outcome)) for n, outcome in enumerate(outcomes)),
        facts=NotebookFacts(code_cells=len(outcomes) if cells is None else cells),
    )


def report(*entries: NotebookEntry, started: str = "2026-11-24 12:00:00+00:00") -> bytes:
    return render_json(RunReport(entries, started, 1.0, (), folder="/p"), "/p")


P, D = Outcome.PASSED, Outcome.DIFFERENT


def test_complete_notebooks_count(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(
        report(
            entry("whole.ipynb", 2.5, P, D, Outcome.SKIPPED),
            entry("stopped.ipynb", 0.5, P, Outcome.ERROR, Outcome.NOT_RUN),
            entry("one cell of it.ipynb", 0.5, P, cells=3),
            entry("unreadable.ipynb", 0.0),
        )
    )
    assert read_durations(path) == {"whole.ipynb": 2.5}


def test_the_latest_of_several_reports_counts(tmp_path: Path) -> None:
    later, earlier = "2026-11-24 12:00:00+02:00", "2026-11-24 11:59:00+02:00"
    (tmp_path / "shard-1").mkdir()
    (tmp_path / "shard-1/run.json").write_bytes(report(entry("a.ipynb", 1, P), started=later))
    (tmp_path / "z.json").write_bytes(report(entry("a.ipynb", 9, P), entry("b.ipynb", 2, P), started=earlier))
    (tmp_path / "quality.json").write_text("[]")
    (tmp_path / "notes.txt").write_text("x")
    assert read_durations(tmp_path) == {"a.ipynb": 1.0, "b.ipynb": 2.0}


def test_an_empty_folder_knows_nothing(tmp_path: Path) -> None:
    assert read_durations(tmp_path) == {}


def with_(**members: Any) -> bytes:
    return json.dumps(json.loads(report()) | members, indent=1).encode()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, ": no such file or folder"),
        (b"[]", " is no report of --nbcheck-json"),
        (b"", " is no report of --nbcheck-json"),
        (report()[:-20], " is a damaged report of --nbcheck-json: Input data was truncated"),
        (
            with_(schema="nbcheck-run/2"),
            " has the format 'nbcheck-run/2', this release of nbcheck reads 'nbcheck-run/1'",
        ),
        (
            with_(started="2026-11-24T12:00:00"),
            " is a damaged report of --nbcheck-json: 'started' has no offset from UTC",
        ),
        (
            with_(notebooks=[{"path": 1}]),
            " is a damaged report of --nbcheck-json: Expected `str`, got `int` - at `$.notebooks[0].path`",
        ),
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, raw: bytes | None, said: str) -> None:
    path = tmp_path / "run.json"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(UsageError) as caught:
        read_durations(path)
    assert str(caught.value) == f"{path}{said}"
