"""Gathering reports."""

from __future__ import annotations

import pytest

from helpers.nb import code, document
from nbcheck.report.base import ItemOutcome, ItemRecord, in_order, to_builtins
from nbcheck.report.build import ReportBuilder
from nbcheck.report.record import record_fault, record_notebook, record_result
from nbcheck.results import CellResult, Outcome

PASSED, FAILED, ERROR, SKIPPED = (
    ItemOutcome.PASSED,
    ItemOutcome.FAILED,
    ItemOutcome.ERROR,
    ItemOutcome.SKIPPED,
)


def build(builder: ReportBuilder) -> dict[str, tuple[ItemRecord, ...]]:
    run = builder.build(started="now", duration=1.0, environment=())
    return {entry.name: entry.items for entry in run.notebooks}


@pytest.mark.parametrize(
    ("phases", "outcome"),
    [
        ([PASSED, PASSED, PASSED], PASSED),
        ([PASSED, FAILED, PASSED], FAILED),
        ([PASSED, PASSED, ERROR], ERROR),
        ([ERROR, PASSED], ERROR),
        ([SKIPPED, PASSED], SKIPPED),
        ([PASSED, FAILED, ERROR], ERROR),
    ],
)
def test_an_item_is_what_the_worst_of_its_phases_is(phases: list[ItemOutcome], outcome: ItemOutcome) -> None:
    builder = ReportBuilder()
    for index, phase in enumerate(phases):
        builder.add_phase("nb.ipynb", ItemRecord("cell-1", phase, 0.5), is_first=index == 0)
    (item,) = build(builder)["nb.ipynb"]
    assert (item.outcome, item.duration) == (outcome, 0.5 * len(phases))


def test_an_item_that_is_run_again_begins_anew() -> None:
    builder = ReportBuilder()
    for outcome in (FAILED, PASSED):
        builder.add_phase("nb.ipynb", ItemRecord("cell-1", PASSED), is_first=True)
        builder.add_phase("nb.ipynb", ItemRecord("cell-1", outcome, text=outcome), is_first=False)
    (item,) = build(builder)["nb.ipynb"]
    assert (item.outcome, item.text) == (PASSED, "passed")


def test_records_come_together_from_several_items() -> None:
    notebook = to_builtins(record_notebook(document(code("a"), code("b")), "k", []))
    results = [
        to_builtins(record_result(CellResult(n - 1, n, Outcome.DIFFERENT, "m"), advice=(), compared_not=""))
        for n in (2, 1)
    ]
    again = to_builtins(record_result(CellResult(0, 1, Outcome.PASSED), advice=(), compared_not=""))
    builder = ReportBuilder()
    builder.add_records("nb.ipynb", {"notebook": notebook, "results": results[:1], "fault": None})
    builder.add_records("nb.ipynb", {"notebook": notebook, "results": results[1:], "fault": None})
    builder.add_records("nb.ipynb", {"notebook": None, "results": [again], "fault": None})
    fault = to_builtins(record_fault(["wrong"], 1, b"x"))
    builder.add_records("broken.ipynb", {"notebook": None, "results": [], "fault": fault})
    good, broken = builder.build(started="", duration=0.0, environment=()).notebooks
    assert [record.result.outcome for record in good.results] == [Outcome.PASSED, Outcome.DIFFERENT]
    assert good.record is not None
    assert broken.fault is not None
    assert broken.fault.text == ("wrong",)


def test_failed_notebooks_come_first_and_keep_their_order() -> None:
    builder = ReportBuilder()
    for name, outcome in (("a", PASSED), ("b", FAILED), ("c", SKIPPED), ("d", ERROR)):
        builder.add_phase(f"{name}.ipynb", ItemRecord("cell-1", outcome), is_first=True)
    run = builder.build(started="", duration=0.0, environment=())
    assert [entry.name[0] for entry in in_order(run.notebooks)] == ["b", "d", "a", "c"]
