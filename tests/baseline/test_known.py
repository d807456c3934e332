"""Known failures: what of a failing cell is written down, and what is covered by it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.nb import OutputDict, code, document, result, stderr, stdout
from nbcheck.baseline.known import Known, KnownAs, describe_failures, judge, mark_unstable, outdated
from nbcheck.document import Document, parse_document
from nbcheck.execution.check import Ending, Execution, not_run
from nbcheck.execution.check import judge as judge_cell
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import PlannedCell, plan_notebook
from nbcheck.results import CellError, CellResult, Outcome

LINES = "a\nb\nc\nd\n"


def planned(*cells: OutputDict) -> tuple[Document, tuple[PlannedCell, ...]]:
    made = document(*cells)
    return made, plan_notebook(made, RunOptions()).cells


def ran(cell: PlannedCell, *outputs: OutputDict, error: str = "") -> CellResult:
    """What a cell comes to that puts these out, or raises an error of this class."""
    raised = CellError(error, "no") if error else None
    return judge_cell(cell, Execution(Ending.REPLIED, error=raised), outputs)


def known(stored: list[OutputDict], fresh: list[OutputDict]) -> list[Known]:
    made, (cell,) = planned(code("x", *stored, count=1))
    return list(describe_failures(made, cell, ran(cell, *fresh)))


@pytest.mark.parametrize(
    ("fresh", "where"),
    [
        ("a\nx\nc\nd\n", ("2",)),
        ("a\nx\nc\ny\n", ("2", "4")),
        ("a\nc\nd\n", ("2",)),
        ("a\nb\nnew\nc\nd\n", ("+3",)),
        ("a\nb\nc\nd\nnew\n", ("+5",)),
    ],
)
def test_lines_are_those_of_the_stored_output(fresh: str, where: tuple[str, ...]) -> None:
    (entry,) = known([stdout(LINES)], [stdout(fresh)])
    assert (entry.cell, entry.outcome, entry.output, entry.where) == ("cell-1", "different", "stdout", where)
    assert len(entry.source) == len(entry.stored) == 12


def test_each_difference_is_an_entry() -> None:
    stored = [stdout("a\n"), stderr("w\n"), result("1")]
    entries = known(stored, [stdout("b\n"), stderr("w\n"), result("2")])
    assert [entry.output for entry in entries] == ["stdout", "output 3, text/plain"]
    assert len({entry.stored for entry in entries}) == 2


def test_what_is_new_has_no_stored_side() -> None:
    (entry,) = known([], [stdout("b\n")])
    assert (entry.output, entry.stored) == ("stdout", "")


def test_tables_and_json_are_known_by_their_pieces() -> None:
    def shown(value: object) -> OutputDict:
        return {"output_type": "display_data", "data": {"application/json": value}, "metadata": {}}

    (entry,) = known([shown({"a": 1, "b": 2})], [shown({"a": 1, "b": 3})])
    assert entry.where == ("b",)
    (entry,) = known([shown({"a": list(range(50))})], [shown({"a": list(range(1, 51))})])
    assert entry.where is None or len(entry.where) < 30


def test_errors_time_limits_and_cells_that_were_not_run() -> None:
    made, (cell,) = planned(code("x", stdout("a\n"), count=1))
    (entry,) = describe_failures(made, cell, ran(cell, error="ValueError"))
    assert (entry.outcome, entry.error, entry.output) == (KnownAs.ERROR, "ValueError", "")
    for outcome in (Outcome.TIMEOUT, Outcome.DIED):
        (entry,) = describe_failures(made, cell, CellResult(0, 1, outcome))
        assert entry.outcome == outcome
    (entry,) = describe_failures(made, cell, not_run(cell, "cell 1 raised ValueError"))
    assert entry.outcome is KnownAs.NOT_RUN
    assert list(describe_failures(made, cell, ran(cell, stdout("a\n")))) == []
    assert list(describe_failures(made, cell, CellResult(0, 1, Outcome.SKIPPED))) == []


# ---- judging


def first_run(fresh: list[OutputDict]) -> tuple[Document, PlannedCell, list[Known]]:
    made, (cell,) = planned(code("x", stdout(LINES), result("1"), count=1))
    return made, cell, list(describe_failures(made, cell, ran(cell, *fresh)))


def test_the_same_failure_is_excused() -> None:
    fresh = [stdout("a\nx\nc\nd\n"), result("1")]
    made, cell, entries = first_run(fresh)
    judged = judge(entries, made, cell, ran(cell, *fresh))
    assert (
        judged.result.excused == "known: stdout: the second of 4 lines differs"
        or judged.result.excused.startswith("known: stdout: ")
    )
    assert (judged.known, judged.gone, judged.learnt) == (tuple(entries), (), ())
    # In another way at the same place: another machine, another day.
    assert judge(entries, made, cell, ran(cell, stdout("a\nzzz\nc\nd\n"), result("1"))).result.excused


@pytest.mark.parametrize(
    "fresh",
    [
        [stdout("a\nx\nNEW\nd\n"), result("1")],
        [stdout("a\nx\nc\nd\nNEW\n"), result("1")],
        [result("1")],
    ],
)
def test_another_place_of_a_known_output_is_new(fresh: list[OutputDict]) -> None:
    made, cell, entries = first_run([stdout("a\nx\nc\nd\n"), result("1")])
    judged = judge(entries, made, cell, ran(cell, *fresh))
    assert judged.result.excused == ""
    assert judged.result.outcome is Outcome.DIFFERENT


def test_beside_a_known_difference_only_the_new_one_is_told() -> None:
    made, cell, entries = first_run([stdout("a\nx\nc\nd\n"), result("1")])
    judged = judge(entries, made, cell, ran(cell, stdout("a\nx\nc\nd\n"), result("2")))
    assert [one.place for one in judged.result.differences] == ["output 2, text/plain"]
    assert judged.result.message == "output 2, text/plain: 1 became 2 (relative error 0.5)"
    assert judged.result.notes == ("1 known difference is not shown",)
    assert judged.known == tuple(entries)


def test_an_error_is_known_by_its_class() -> None:
    made, (cell,) = planned(code("x", stdout("a\n"), count=1))
    entries = list(describe_failures(made, cell, ran(cell, error="ValueError")))
    assert judge(entries, made, cell, ran(cell, error="ValueError")).result.excused
    other = judge(entries, made, cell, ran(cell, error="TypeError"))
    assert (other.result.excused, other.known) == ("", tuple(entries))


def test_another_stored_output_begins_anew() -> None:
    _, _, entries = first_run([stdout("a\nx\nc\nd\n"), result("1")])
    made, (cell,) = planned(code("x", stdout(f"{LINES}e\n"), result("1"), count=1))
    judged = judge(entries, made, cell, ran(cell, stdout("a\nx\nc\nd\ne\n"), result("1")))
    assert judged.result.excused == ""
    assert judged.gone == tuple(entries)


def test_what_passes_is_gone() -> None:
    made, cell, entries = first_run([stdout("a\nx\nc\nd\n"), result("2")])
    judged = judge(entries, made, cell, ran(cell, stdout(LINES), result("1")))
    assert (judged.known, judged.gone) == ((), tuple(entries))
    # One of two.
    judged = judge(entries, made, cell, ran(cell, stdout(LINES), result("2")))
    assert judged.result.excused
    assert (judged.known, judged.gone) == (tuple(entries[1:]), tuple(entries[:1]))


def test_nothing_is_gone_that_was_not_looked_at() -> None:
    made, cell, entries = first_run([stdout("a\nx\nc\nd\n"), result("1")])
    for outcome in (
        not_run(cell, "cell 1 raised"),
        CellResult(0, 1, Outcome.SKIPPED),
        replace(ran(cell, stdout(LINES), result("1")), compared=False),
        ran(cell, error="ValueError"),
    ):
        judged = judge(entries, made, cell, outcome)
        assert (judged.known, judged.gone) == (tuple(entries), ())
    # An error is gone if the cell has run, whether anything was compared or not.
    error = list(describe_failures(made, cell, ran(cell, error="ValueError")))
    assert judge(error, made, cell, replace(ran(cell, stdout(LINES), result("1")), compared=False)).gone


def test_what_was_behind_an_error_is_excused_once_it_is_seen() -> None:
    made, cell, _ = first_run([])
    entries = list(describe_failures(made, cell, not_run(cell, "cell 0 raised ValueError")))
    judged = judge(entries, made, cell, ran(cell, stdout("a\nx\nc\nd\n"), result("1")))
    assert judged.result.excused
    assert judged.gone == tuple(entries)
    assert [(one.outcome, one.where) for one in judged.learnt] == [("different", ("2",))]
    # An error says nothing of the outputs behind it.
    judged = judge(entries, made, cell, ran(cell, error="ValueError"))
    assert judged.result.excused
    assert (judged.known, judged.learnt) == (tuple(entries), ())


def test_unstable_outputs_come_and_go() -> None:
    made, cell, found = first_run([stdout("a\nx\nc\nd\n"), result("1")])
    entries = list(mark_unstable(found, {"cell-1": {"stdout"}}))
    assert [(one.unstable, one.where) for one in entries] == [(True, None)]
    assert judge(entries, made, cell, ran(cell, stdout(LINES), result("1"))).gone == ()
    assert judge(entries, made, cell, ran(cell, stdout("x\n"), result("1"))).result.excused
    assert list(mark_unstable(found, {"cell-1": {"stderr"}, "cell-2": {"stdout"}})) == found


def numbered(*cells: tuple[str, OutputDict]) -> tuple[Document, tuple[PlannedCell, ...]]:
    """A notebook whose cells have these ids; without one they have none in the file."""
    has_ids = any(name for name, _ in cells)
    tree = {
        "cells": [{**cell, "id": name} if has_ids else cell for name, cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5 if has_ids else 4,
    }
    made = parse_document(json.dumps(tree).encode(), Path("nb.ipynb"))
    return made, plan_notebook(made, RunOptions()).cells


STORED = (stdout(LINES), result("1"))


@pytest.mark.parametrize(
    ("before", "after", "is_found"),
    [
        ([("a", code("x", *STORED))], [("new", code("y", count=1)), ("a", code("x", *STORED))], True),
        ([("a", code("x", *STORED))], [("a", code("x  # with a remark", *STORED))], True),
        ([("a", code("x", *STORED))], [("b", code("x", *STORED))], False),
        ([("", code("x", *STORED))], [("", code("y", count=1)), ("", code("x", *STORED))], True),
        ([("", code("x", *STORED))], [("", code("z", *STORED))], False),
        # The file got ids meanwhile.
        ([("", code("x", *STORED))], [("b", code("x", *STORED))], True),
    ],
)
def test_cells_are_found_again_by_id_or_source(
    before: list[tuple[str, OutputDict]], after: list[tuple[str, OutputDict]], is_found: bool
) -> None:
    fresh = (stdout("a\nx\nc\nd\n"), result("1"))
    first, cells = numbered(*before)
    entries = list(describe_failures(first, cells[-1], ran(cells[-1], *fresh)))
    second, cells = numbered(*after)
    assert bool(judge(entries, second, cells[-1], ran(cells[-1], *fresh)).result.excused) is is_found
    assert outdated(entries, second, cells) == ([] if is_found else entries)
