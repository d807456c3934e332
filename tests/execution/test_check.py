"""The judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from helpers.nb import code, display, document, error, stderr, stdout
from nbcheck.compare.base import CompareMode, CompareOptions
from nbcheck.execution import check
from nbcheck.execution.advice import advise
from nbcheck.execution.check import Ending, Execution, judge, not_run, why_not_compared
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import PlannedCell, plan_notebook
from nbcheck.results import CellError, CellResult, Outcome

OK = Execution(Ending.REPLIED, execution_count=4, duration=1.5)


def plan(
    *stored: dict[str, Any], mode: str = "semantic", count: int | None = None, **metadata: Any
) -> PlannedCell:
    options = RunOptions(compare=CompareOptions(mode=CompareMode(mode)))
    return plan_notebook(document(code("x", *stored, count=count, **metadata)), options).cells[0]


def raised(ename: str, evalue: str = "") -> Execution:
    return Execution(Ending.REPLIED, error=CellError(ename, evalue))


def verdict(result: CellResult) -> tuple[Outcome, str]:
    return result.outcome, result.message


def test_equal_outputs_pass() -> None:
    result = judge(plan(stdout("a\n")), OK, [stdout("a\n")])
    assert verdict(result) == (Outcome.PASSED, "")
    assert (result.cell_index, result.number) == (0, 1)
    assert (result.compared, result.execution_count, result.duration) == (True, 4, 1.5)
    assert result.outputs == (stdout("a\n"),)
    assert result.notes == ()


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ([stdout("a\n")], [stdout("b\n")]),
        ([stdout("a\n")], []),
        ([], [stdout("a\n")]),
        ([stdout("a\n")], [stdout("a\n"), display("x")]),
        ([stdout("a\n"), display("x")], [display("x"), stdout("a\n")]),
    ],
)
def test_unequal_outputs_differ(stored: Sequence[dict[str, Any]], fresh: Sequence[dict[str, Any]]) -> None:
    result = judge(plan(*stored, count=1), OK, fresh)
    assert result.outcome is Outcome.DIFFERENT
    first = result.differences[0]
    assert result.message.startswith(f"{first.place}: {first.summary}")
    assert not result.outcome.stops_notebook


def test_several_differences_are_counted() -> None:
    result = judge(plan(stdout("a"), stderr("b"), display("c")), OK, [stdout("x"), stderr("y"), display("z")])
    assert len(result.differences) == 3
    assert result.message.endswith(" (and 2 more)")


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        (Ending.SKIPPED, Outcome.SKIPPED),
        (Ending.FAULTY, Outcome.ERROR),
        (Ending.NO_KERNEL, Outcome.ERROR),
        (Ending.TIMEOUT, Outcome.TIMEOUT),
        (Ending.DIED, Outcome.DIED),
        (Ending.LOST, Outcome.ERROR),
    ],
)
def test_a_cell_that_did_not_end_is_not_compared(ending: Ending, outcome: Outcome) -> None:
    execution = Execution(ending, "why", CellError("KeyboardInterrupt", ""))
    result = judge(plan(stdout("a")), execution, [stdout("b")])
    assert verdict(result) == (outcome, "why")
    assert (result.compared, result.differences) == (False, ())
    assert result.error == CellError("KeyboardInterrupt", "")


def test_not_run() -> None:
    result = not_run(plan(stdout("a")), "cell 3 raised NameError")
    assert verdict(result) == (Outcome.NOT_RUN, "not run: cell 3 raised NameError")
    assert not result.outcome.is_failure


# ---- errors


@pytest.mark.parametrize("mode", list(CompareMode))
def test_an_error_nobody_expects_fails(mode: str) -> None:
    result = judge(
        plan(stdout("a"), mode=mode), raised("NameError", "name 'x' is not defined\nmore"), [stdout("a")]
    )
    assert verdict(result) == (Outcome.ERROR, "NameError: name 'x' is not defined ...")
    assert result.error == CellError("NameError", "name 'x' is not defined\nmore")


def test_an_error_in_a_cell_that_was_never_run_fails() -> None:
    assert verdict(judge(plan(), raised("NameError"), [])) == (Outcome.ERROR, "NameError")


@pytest.mark.parametrize("mode", list(CompareMode))
def test_the_stored_error_passes_with_a_note(mode: str) -> None:
    result = judge(
        plan(error("ValueError", "no"), mode=mode), raised("ValueError", "no"), [error("ValueError", "no")]
    )
    assert verdict(result) == (Outcome.PASSED, "")
    assert result.notes == (
        "raised the stored error again (ValueError: no); tag the cell raises-exception to say that it is meant",
    )


def test_the_stored_error_does_not_hide_another_difference() -> None:
    result = judge(
        plan(stdout("a"), error("ValueError", "no")),
        raised("ValueError", "no"),
        [stdout("b"), error("ValueError", "no")],
    )
    assert result.outcome is Outcome.DIFFERENT
    assert result.differences[0].place == "stdout"


@pytest.mark.parametrize("ignored", ["error", "all"])
def test_ignoring_outputs_does_not_excuse_an_error(ignored: str) -> None:
    cell = plan(error("ValueError", "no"), nbcheck={"ignore-output": ignored})
    result = judge(cell, raised("ValueError", "yes"), [error("ValueError", "yes")])
    assert result.outcome is Outcome.ERROR


def test_another_error_than_the_stored_one_fails_and_shows_both() -> None:
    result = judge(plan(error("ValueError", "no")), raised("KeyError", "'k'"), [error("KeyError", "'k'")])
    assert verdict(result) == (Outcome.ERROR, "KeyError: 'k'; stored is another error, ValueError")
    assert len(result.differences) == 1


@pytest.mark.parametrize(
    "ename",
    [
        "ImportError",
        "ModuleNotFoundError",
        "KeyboardInterrupt",
        "SystemExit",
        "MemoryError",
        "_ArrayMemoryError",
        "ConnectionError",
        "ConnectionRefusedError",
        "BrokenPipeError",
        "requests.exceptions.ConnectionError",
        "TimeoutError",
        "ReadTimeout",
        "RemoteDisconnected",
    ],
)
def test_an_accident_fails_even_when_stored(ename: str) -> None:
    result = judge(plan(error(ename, "x")), raised(ename, "x"), [error(ename, "x")])
    assert verdict(result) == (
        Outcome.ERROR,
        f"{ename}: x; the same is stored, but may be an accident: tag the cell raises-exception if it is meant",
    )


@pytest.mark.parametrize(
    "ename", ["ValueError", "OSError", "FileNotFoundError", "Exception", "TimeoutExpired"]
)
def test_other_errors_are_no_accidents(ename: str) -> None:
    assert judge(plan(error(ename)), raised(ename), [error(ename)]).outcome is Outcome.PASSED


def test_where_errors_need_a_tag_a_stored_one_is_no_excuse() -> None:
    cell = replace(plan(error("ValueError", "x")), errors_need_tag=True)
    result = judge(cell, raised("ValueError", "x"), [error("ValueError", "x")])
    assert verdict(result) == (
        Outcome.ERROR,
        "ValueError: x; the same is stored, but errors-need-tag holds: tag the cell raises-exception if it is meant",
    )


TAGGED: dict[str, Any] = {"tags": ["raises-exception"]}


def test_a_tagged_cell_may_raise_an_accident() -> None:
    result = judge(
        plan(error("SystemExit", "1"), **TAGGED), raised("SystemExit", "1"), [error("SystemExit", "1")]
    )
    assert (verdict(result), result.notes) == ((Outcome.PASSED, ""), ())


@pytest.mark.parametrize("mode", list(CompareMode))
def test_a_tagged_cell_must_raise(mode: str) -> None:
    result = judge(plan(stdout("a"), mode=mode, **TAGGED), OK, [stdout("a")])
    assert verdict(result) == (
        Outcome.DIFFERENT,
        "raised no exception, though it is tagged raises-exception",
    )


@pytest.mark.parametrize("evalue", ["other", ""])
def test_a_tagged_cell_must_raise_the_stored_error(evalue: str) -> None:
    result = judge(
        plan(error("ValueError", "no"), **TAGGED), raised("ValueError", evalue), [error("ValueError", evalue)]
    )
    assert result.outcome is Outcome.DIFFERENT


def test_a_tagged_cell_without_stored_outputs_only_has_to_raise() -> None:
    assert judge(plan(**TAGGED), raised("E"), [error("E")]).outcome is Outcome.PASSED
    assert judge(plan(**TAGGED), OK, []).outcome is Outcome.DIFFERENT


def test_a_tagged_cell_stored_without_its_error_differs() -> None:
    result = judge(plan(stdout("a"), **TAGGED), raised("E"), [stdout("a"), error("E")])
    assert result.outcome is Outcome.DIFFERENT


# ---- what is not compared


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (plan(), "no stored outputs"),
        (plan(stdout("a"), mode="run"), "run only"),
        (plan(mode="run"), "run only"),
        (plan(stdout("a"), tags=["nbcheck-run-only"]), "run only"),
        (plan(stdout("a"), tags=["nbcheck-ignore-output"]), "all outputs ignored"),
        (plan(stdout("a"), nbcheck={"ignore-output": "stdout stderr"}), "all outputs ignored"),
    ],
)
def test_a_reason_is_given_for_what_is_not_compared(cell: PlannedCell, reason: str) -> None:
    result = judge(cell, OK, [stdout("b")])
    assert (result.outcome, result.compared) == (Outcome.PASSED, False)
    assert why_not_compared(cell, result) == reason


def test_no_reason_is_needed_where_outputs_were_compared_or_failed() -> None:
    cell = plan(stdout("a"))
    assert why_not_compared(cell, judge(cell, OK, [stdout("a")])) == ""
    assert why_not_compared(cell, judge(cell, raised("E"), [])) == ""


def test_ignored_outputs_are_noted() -> None:
    cell = plan(stdout("a"), stderr("x"), nbcheck={"ignore-output": ["stderr", "image/png"]})
    result = judge(cell, OK, [stdout("a"), stderr("y")])
    assert verdict(result) == (Outcome.PASSED, "")
    assert result.compared
    assert result.notes == ("ignored outputs: stderr",)


def test_ignoring_what_is_not_there_is_no_news() -> None:
    result = judge(plan(stdout("a"), tags=["nbcheck-ignore-output"], count=1), OK, [])
    assert result.notes == ("ignored outputs: stdout",)
    assert judge(plan(count=1, tags=["nbcheck-ignore-output"]), OK, []).notes == ()


def test_notes_of_the_execution_are_kept() -> None:
    assert judge(plan(), Execution(Ending.REPLIED, notes=("late",)), []).notes == ("late",)


def test_a_comparer_that_crashes_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_arguments: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(check, "compare_outputs", crash)
    result = judge(plan(stdout("a")), OK, [stdout("a")])
    assert verdict(result) == (
        Outcome.DIFFERENT,
        "the outputs could not be compared: ZeroDivisionError: oops",
    )
    result = judge(plan(error("E")), raised("E"), [error("E")])
    assert verdict(result) == (
        Outcome.ERROR,
        "E; the outputs could not be compared: ZeroDivisionError: oops",
    )


@pytest.mark.parametrize(("limit", "outcome"), [(1, Outcome.DIFFERENT), (2, Outcome.PASSED)])
def test_a_cell_that_takes_too_long(limit: float, outcome: Outcome) -> None:
    result = judge(plan(stdout("a\n"), nbcheck={"max-seconds": limit}), OK, [stdout("a\n")])
    assert result.outcome is outcome
    assert result.message in ("", "took 1.5 s, more than its max-seconds=1")


@pytest.mark.parametrize(
    ("peak", "message"),
    [
        (None, ""),
        (100 << 20, ""),
        ((100 << 20) + 1, "the kernel used 100.01M of memory while it ran, more than its max-memory=100M"),
    ],
)
def test_a_cell_that_uses_too_much_memory(peak: int | None, message: str) -> None:
    execution = replace(OK, memory_peak=peak)
    result = judge(plan(stdout("a\n"), nbcheck={"max-memory": "100M"}), execution, [stdout("a\n")])
    assert result.message == message
    assert result.outcome is (Outcome.DIFFERENT if message else Outcome.PASSED)
    if message:
        assert advise(plan(), result) == ("Hold less in memory at a time, or raise max-memory.",)


def allowing(*stored: dict[str, Any], is_honoured: bool) -> PlannedCell:
    notebook = document(code("x", *stored), execution={"allow_errors": True})
    return plan_notebook(notebook, RunOptions(honours_allow_errors=is_honoured)).cells[0]


def test_a_notebook_that_allows_errors_does_not_pass_in_silence() -> None:
    assert verdict(judge(allowing(is_honoured=False), raised("ValueError", "no"), [])) == (
        Outcome.ERROR,
        "ValueError: no; execution.allow_errors excuses no error here: "
        "tag the cell raises-exception if it is meant",
    )
    stored = error("ValueError", "no")
    assert judge(allowing(stored, is_honoured=False), raised("ValueError", "no"), [stored]).outcome is (
        Outcome.PASSED
    )


def test_where_that_is_honoured_the_error_is_noted() -> None:
    result = judge(allowing(is_honoured=True), raised("ValueError", "no"), [])
    assert verdict(result) == (Outcome.PASSED, "")
    assert result.notes == ("raised ValueError: no, which the notebook's execution.allow_errors permits",)
    assert judge(allowing(is_honoured=True), OK, []).notes == ()
