"""The failures of a run as a list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers.nb import stdout
from nbcheck.compare.base import Difference, DifferenceKind, HunkLine, TextHunk
from nbcheck.report.base import (
    FaultRecord,
    ItemOutcome,
    ItemRecord,
    NotebookEntry,
    ResultRecord,
    RunReport,
)
from nbcheck.report.failures import Failure, list_failures
from nbcheck.results import CellError, CellResult, Outcome

HUNK = TextHunk(1, 1, (HunkLine("-", "a", ((0, 1),)), HunkLine("+", "b", ((0, 1),))))
DIFFERENT = ResultRecord(
    CellResult(
        0,
        1,
        Outcome.DIFFERENT,
        "stdout: a became b",
        (Difference(DifferenceKind.CHANGED, "stdout", "a became b", hunks=(HUNK,)),),
    ),
    advice=("Save it.",),
    line=14,
    cell_id="c0",
)
ERROR = ResultRecord(
    CellResult(
        1, 2, Outcome.ERROR, "E: no", error=CellError("E", "no", ("\x1b[31mlast\tline\x1b[0m\x07\nE: no",))
    ),
    line=9,
)
DIED = ResultRecord(
    CellResult(2, 3, Outcome.DIED, "the kernel died", outputs=(stdout("last\nwords\n"),)), line=30
)
PASSED = ResultRecord(CellResult(3, 4, Outcome.PASSED), line=40)

DIFFERENT_FAILURE = Failure(
    "nb.ipynb",
    14,
    "cell-1",
    "c0",
    "different",
    "stdout: a became b",
    ("  -    1  a", "  +    1  b"),
    ("Save it.",),
)
ERROR_FAILURE = Failure("nb.ipynb", 9, "cell-2", "cell-2", "error", "E: no", (r"last    line\x07", "E: no"))
DIED_FAILURE = Failure("nb.ipynb", 30, "cell-3", "cell-3", "died", "the kernel died", ("last", "words"))


def item(name: str, outcome: str, text: str = "", line: int | None = 7) -> ItemRecord:
    return ItemRecord(name, ItemOutcome(outcome), 0.0, text, line)


def failures(
    *items: ItemRecord, results: tuple[ResultRecord, ...] = (), fault: FaultRecord | None = None
) -> list[Failure]:
    entry = NotebookEntry("nb.ipynb", items, results=results, fault=fault)
    return list_failures(RunReport((entry,), "", 0.0, (), folder="/project"), "/project")


@pytest.mark.parametrize(
    ("items", "results", "expected"),
    [
        ([item("cell-4", "passed")], [PASSED], []),
        ([item("cell-1", "failed")], [DIFFERENT], [DIFFERENT_FAILURE]),
        # by line
        (
            [item("cell-1", "failed"), item("cell-2", "failed"), item("cell-3", "failed")],
            [DIFFERENT, ERROR, DIED],
            [ERROR_FAILURE, DIFFERENT_FAILURE, DIED_FAILURE],
        ),
        # one item for all cells
        ([item("notebook", "failed")], [DIFFERENT, ERROR], [ERROR_FAILURE, DIFFERENT_FAILURE]),
        ([item("notebook", "failed")], [replace(DIFFERENT, xfail=""), ERROR], [ERROR_FAILURE]),
        # a cell that failed as expected
        ([item("cell-1", "xfailed"), item("cell-2", "failed")], [DIFFERENT, ERROR], [ERROR_FAILURE]),
        # a cell that fails because one that nobody selected does, or one that is not reported
        ([item("cell-4", "failed")], [ERROR], [ERROR_FAILURE]),
        ([item("cell-2", "skipped"), item("cell-4", "failed")], [ERROR], [ERROR_FAILURE]),
        # what has no record
        (
            [item("cell-4", "error", "def f():\n>   raise\nE   no\n")],
            [PASSED],
            [
                Failure(
                    "nb.ipynb",
                    7,
                    "cell-4",
                    "cell-4",
                    "test",
                    "error: E   no",
                    ("def f():", ">   raise", "E   no"),
                )
            ],
        ),
        (
            [item("cell-4", "failed", "worker 'gw0' crashed", None)],
            [],
            [
                Failure(
                    "nb.ipynb",
                    1,
                    "cell-4",
                    "cell-4",
                    "test",
                    "failed: worker 'gw0' crashed",
                    ("worker 'gw0' crashed",),
                )
            ],
        ),
        # nothing is known but that it failed
        (
            [item("cell-4", "failed")],
            [],
            [Failure("nb.ipynb", 7, "cell-4", "cell-4", "test", "failed; see the log of the run")],
        ),
    ],
)
def test_table(items: list[ItemRecord], results: list[ResultRecord], expected: list[Failure]) -> None:
    assert failures(*items, results=tuple(results)) == expected


def test_notebooks_come_by_path_in_whatever_order_they_ended() -> None:
    entries = tuple(
        NotebookEntry(name, (item("cell-1", "failed"),), results=(DIFFERENT,))
        for name in ("b.ipynb", "a.ipynb")
    )
    run = RunReport(entries, "", 0.0, (), folder="/project")
    assert [failure.path for failure in list_failures(run, "/project")] == ["a.ipynb", "b.ipynb"]


def test_a_file_that_cannot_be_read() -> None:
    fault = FaultRecord(("no JSON", "second line"), 3)
    assert failures(item("notebook", "failed"), fault=fault) == [
        Failure("nb.ipynb", 3, "notebook", "unreadable", "unreadable", "no JSON", ("second line",))
    ]


def test_long_texts_are_cut() -> None:
    differences = tuple(
        Difference(DifferenceKind.CHANGED, f"output {n}", "x", hunks=(HUNK,) * 12) for n in range(7)
    )
    result = replace(DIFFERENT.result, message="m" * 1000, differences=differences)
    (failure,) = failures(item("cell-1", "failed"), results=(ResultRecord(result),))
    assert failure.message == "m" * 500 + " ..."
    assert len(failure.text) == 41
    assert failure.text[-1].endswith(" more lines")


@pytest.mark.parametrize(
    ("name", "title"), [("cell-3", "cell 3"), ("notebook", "notebook"), ("cell-x", "cell-x")]
)
def test_a_failure_is_called_by_its_cell(name: str, title: str) -> None:
    assert Failure("nb.ipynb", 1, name, name, "test", "m").title == title
