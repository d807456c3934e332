"""Running notebooks, against a kernel that plays a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from helpers.fake_kernel import (
    AsksForInput,
    Dies,
    FailsCommands,
    FakeClock,
    FakeKernel,
    Forgets,
    Hangs,
    Publishes,
    PublishesLate,
    Quits,
    Raises,
    RepliesEarly,
    Step,
    Takes,
    Uses,
    displays,
    prints,
    returns,
    updates,
)
from helpers.nb import code, display, document, error, markdown, stdout
from nbcheck.errors import KernelNotFound
from nbcheck.execution import request
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook
from nbcheck.execution.request import INTERRUPT_GRACE, SILENCE_LIMIT
from nbcheck.execution.run import NotebookRun
from nbcheck.protocol.content import CommMsg, CommOpen, DisplayData, Stream
from nbcheck.results import CellError, Outcome

Script = Mapping[str, Sequence[Step]]


class Bench:
    """A run with fake kernels, and what became of these."""

    def __init__(
        self,
        script: Script,
        *cells: dict[str, Any],
        options: RunOptions | None = None,
        wanted: Sequence[int] = (),
        **metadata: Any,
    ):
        self.clock = FakeClock()
        self.kernels: list[FakeKernel] = []
        self.script = script
        self.run = NotebookRun(
            plan_notebook(document(*cells, **metadata), options or RunOptions()),
            self.start,
            wanted=wanted,
            clock=self.clock,
        )

    def start(self) -> FakeKernel:
        self.clock.now += 3
        self.kernels.append(FakeKernel(self.script, self.clock))
        return self.kernels[-1]

    @property
    def kernel(self) -> FakeKernel:
        (kernel,) = self.kernels
        return kernel

    def verdicts(self) -> list[tuple[Outcome, str]]:
        return [(cell.outcome, cell.message) for cell in self.run.notebook_result().cells]

    def verdict(self, number: int = 1) -> tuple[Outcome, str]:
        result = self.run.result(number)
        return result.outcome, result.message


PASSED = (Outcome.PASSED, "")


def test_cells_run_in_order_in_one_kernel() -> None:
    bench = Bench(
        {"a": [prints("1\n"), Takes(2)], "b": [returns("2"), Takes(3)]},
        code("a", stdout("1\n")),
        markdown("#"),
        code("b", count=2),
    )
    with bench.run:
        notebook = bench.run.notebook_result()
    assert bench.kernel.executed == ["a", "b"]
    assert bench.kernel.cell_ids == ["c0", "c2"]
    assert bench.kernel.is_closed
    assert (notebook.path, notebook.kernel_name, notebook.duration) == (Path("nb.ipynb"), "fake", 5.0)
    first, second = notebook.cells
    assert (first.outcome, first.outputs, first.execution_count, first.duration) == (
        Outcome.PASSED,
        (stdout("1\n"),),
        1,
        2.0,
    )
    assert (second.cell_index, second.outcome) == (2, Outcome.DIFFERENT)


def test_nothing_is_started_before_it_is_needed() -> None:
    bench = Bench({}, code("a", tags=["nbcheck-skip"]), code(""), code("b"))
    bench.run.result(2)
    assert bench.kernels == []
    bench.run.result(3)
    assert bench.kernel.executed == ["b"]


def test_a_cell_asked_for_alone_has_the_state_of_those_before() -> None:
    bench = Bench({}, code("a"), code("b"), code("c"))
    assert bench.verdict(2) == PASSED
    assert bench.kernel.executed == ["a", "b"]
    assert bench.verdict(1) == PASSED
    assert bench.verdict(2) == PASSED
    assert bench.kernel.executed == ["a", "b"]


def test_prepare_runs_what_comes_before() -> None:
    bench = Bench({}, code("a"), code("b"), code("c"))
    bench.run.prepare(3)
    assert bench.kernel.executed == ["a", "b"]


def test_prepare_starts_the_kernel_where_one_is_needed() -> None:
    bench = Bench({}, code(""), code("a", tags=["nbcheck-skip"]), code("# nbcheck: skp"), code("b"))
    for number in (1, 2, 3, 4):
        bench.run.prepare(number)
    assert bench.kernels == []
    bench = Bench({}, code("a"))
    bench.run.prepare(1)
    assert bench.kernel.executed == []


def test_blank_cells_are_not_sent_but_judged() -> None:
    bench = Bench({}, code(" \n"), code("", stdout("a")))
    assert [outcome for outcome, _ in bench.verdicts()] == [Outcome.PASSED, Outcome.DIFFERENT]
    assert bench.kernels == []


def test_a_skipped_cell_is_not_sent() -> None:
    bench = Bench({}, code("a", stdout("x"), tags=["skip-execution"]), code("b"))
    assert bench.verdicts() == [(Outcome.SKIPPED, "skipped by the tag skip-execution"), PASSED]
    assert bench.kernel.executed == ["b"]


def test_a_difference_stops_nothing() -> None:
    bench = Bench({"a": [prints("x")]}, code("a", stdout("y")), code("b"))
    assert [outcome for outcome, _ in bench.verdicts()] == [Outcome.DIFFERENT, Outcome.PASSED]


def test_an_expected_error_stops_nothing() -> None:
    script = {"a": [Raises("ValueError", "no")], "b": [Raises("KeyError")]}
    bench = Bench(
        script, code("a", error("ValueError", "no")), code("b", tags=["raises-exception"]), code("c")
    )
    assert bench.verdicts() == [PASSED, PASSED, PASSED]


def test_an_expected_error_that_did_not_come_stops_nothing() -> None:
    bench = Bench({}, code("a", tags=["raises-exception"]), code("b"))
    assert [outcome for outcome, _ in bench.verdicts()] == [Outcome.DIFFERENT, Outcome.PASSED]


@pytest.mark.parametrize("is_shown", [True, False])
def test_an_unexpected_error_stops_the_notebook(is_shown: bool) -> None:
    bench = Bench({"a": [Raises("NameError", "name 'x'", is_shown)]}, code("a"), code("b"), code("c"))
    assert bench.verdicts() == [
        (Outcome.ERROR, "NameError: name 'x'"),
        (Outcome.NOT_RUN, "not run: cell 1 raised NameError"),
        (Outcome.NOT_RUN, "not run: cell 1 raised NameError"),
    ]
    assert bench.kernel.executed == ["a"]
    assert bench.run.stopped_by(2) == 1


def test_an_error_shown_counts_though_the_reply_is_ok() -> None:
    bench = Bench({"a": [Raises("E", "v", status="ok")]}, code("a"), code("b"))
    assert bench.verdict() == (Outcome.ERROR, "E: v")
    assert bench.run.result(1).error == CellError("E", "v", ("Traceback",))


def test_an_aborted_request_is_an_error() -> None:
    bench = Bench({"a": [Raises("", is_shown=False, status="aborted")]}, code("a"))
    assert bench.verdict() == (Outcome.ERROR, "ReplyAborted")


def test_a_faulty_directive_stops_the_notebook() -> None:
    bench = Bench({}, code("a"), code("# nbcheck: skp"), code("b"))
    assert bench.verdicts() == [
        PASSED,
        (Outcome.ERROR, "a comment: unknown directive 'skp'; did you mean 'skip'?"),
        (Outcome.NOT_RUN, "not run: cell 2 has a directive that cannot be followed"),
    ]
    assert bench.kernel.executed == ["a"]


def test_a_kernel_that_cannot_be_started_fails_one_cell() -> None:
    attempts = []

    def start() -> FakeKernel:
        attempts.append(1)
        raise KernelNotFound("nope", ["python3"])

    run = NotebookRun(plan_notebook(document(code(""), code("a"), code("b")), RunOptions()), start)
    run.prepare(2)
    assert [(cell.outcome, cell.message) for cell in run.notebook_result().cells] == [
        PASSED,
        (Outcome.ERROR, str(KernelNotFound("nope", ["python3"]))),
        (Outcome.NOT_RUN, "not run: cell 2 had no kernel to run in"),
    ]
    assert len(attempts) == 1


# ---- time


def options(cell: float | None = None, notebook: float | None = None) -> RunOptions:
    return RunOptions(cell_timeout=cell, notebook_timeout=notebook)


CELL_REMEDY = "raise --nbcheck-cell-timeout or give the cell a timeout directive"


def test_a_cell_that_takes_too_long_is_interrupted() -> None:
    bench = Bench({"a": [prints("x"), Hangs()]}, code("a", stdout("x")), code("b"), options=options(2))
    assert bench.verdicts() == [
        (Outcome.TIMEOUT, f"did not finish within 2 s; {CELL_REMEDY}"),
        (Outcome.NOT_RUN, "not run: cell 1 timed out"),
    ]
    assert (bench.kernel.interrupts, bench.kernel.was_killed) == (1, False)
    result = bench.run.result(1)
    assert result.outputs == (stdout("x"), error("KeyboardInterrupt") | {"traceback": ["Traceback"]})
    assert result.error == CellError("KeyboardInterrupt", "")
    assert result.duration == 2


def test_a_cell_that_does_not_heed_the_interrupt_is_killed() -> None:
    bench = Bench({"a": [Hangs(heeds_interrupt=False)]}, code("a"), options=options(2))
    assert bench.verdict() == (
        Outcome.TIMEOUT,
        f"did not finish within 2 s; it did not react to an interrupt for 5 s either and was killed; {CELL_REMEDY}",
    )
    assert bench.kernel.was_killed
    assert bench.run.result(1).duration == 2 + INTERRUPT_GRACE


def test_an_expected_error_does_not_excuse_a_timeout() -> None:
    bench = Bench({"a": [Hangs()]}, code("a", tags=["raises-exception"]), options=options(2))
    assert bench.verdict()[0] is Outcome.TIMEOUT


def test_time_counts_from_busy() -> None:
    # The start of the kernel takes 3 s on this clock.
    bench = Bench({"a": [Takes(1.9)], "b": [Takes(1.9)]}, code("a"), code("b"), options=options(2))
    assert bench.verdicts() == [PASSED, PASSED]


def test_a_directive_gives_a_cell_its_own_time() -> None:
    bench = Bench({"# nbcheck: timeout=9": [Takes(8)]}, code("# nbcheck: timeout=9"), options=options(2))
    assert bench.verdict() == PASSED


def test_without_a_limit_a_cell_may_take_a_day() -> None:
    assert Bench({"a": [Takes(86400)]}, code("a"), options=options()).verdict() == PASSED


def test_the_cells_of_a_notebook_share_its_time() -> None:
    script = {"a": [Takes(4)], "b": [Takes(4)], "c": [Hangs()]}
    bench = Bench(script, code("a"), code("b"), code("c"), code("d"), options=options(60, 10))
    assert bench.verdicts() == [
        PASSED,
        PASSED,
        (
            Outcome.TIMEOUT,
            "did not finish before the time of the whole notebook was over; "
            "raise --nbcheck-timeout or give the notebook a timeout directive",
        ),
        (Outcome.NOT_RUN, "not run: cell 3 timed out"),
    ]
    assert bench.run.result(3).duration == 2


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("busy", "the kernel did not begin to run the cell: no message for 30 s; it was killed"),
        ("reply", "the kernel became idle without a reply: no message for 30 s; it was killed"),
        (
            "idle",
            "the kernel did not become idle after its reply; outputs may be lost: no message for 30 s; it was killed",
        ),
    ],
)
def test_a_kernel_that_leaves_out_a_message_fails_the_cell(what: str, message: str) -> None:
    steps: list[Step] = [Forgets(what)]
    if what == "busy":
        steps.append(Hangs())
    bench = Bench({"a": steps}, code("a"), code("b"))
    assert bench.verdicts() == [
        (Outcome.ERROR, message),
        (Outcome.NOT_RUN, "not run: cell 1 was stopped"),
    ]
    assert bench.kernel.was_killed


def test_outputs_that_take_long_to_arrive_are_waited_for() -> None:
    # Each comes within the limit, all together long after the reply, and after the cell's own time.
    steps: list[Step] = [RepliesEarly()]
    for _ in range(5):
        steps += [prints("x"), Takes(SILENCE_LIMIT * 0.9)]
    bench = Bench({"a": steps}, code("a", stdout("xxxxx")), options=options(2))
    assert bench.verdict() == PASSED


def test_a_cell_that_asks_for_input_fails_at_once() -> None:
    bench = Bench({"a": [AsksForInput("name? ")]}, code("a"))
    assert bench.verdict() == (
        Outcome.ERROR,
        "asked for input ('name? '), which nobody can give in a test",
    )
    assert bench.kernel.interrupts == 1


def test_a_cell_that_prints_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "OUTPUT_LIMIT", 2_000_000)
    bench = Bench({"a": [prints("x" * 1_000_000)] * 3 + [Hangs()]}, code("a"), code("b"))
    assert bench.verdicts() == [
        (Outcome.ERROR, "printed more than 2 MB"),
        (Outcome.NOT_RUN, "not run: cell 1 was stopped"),
    ]
    assert bench.kernel.interrupts == 1


# ---- death


@pytest.mark.parametrize("finishes", [True, False])
@pytest.mark.parametrize(
    ("returncode", "cause"),
    [(3, "exit code 3"), (-11, "signal SIGSEGV"), (None, "unknown exit status")],
)
def test_a_death_is_told_with_its_cause(finishes: bool, returncode: int | None, cause: str) -> None:
    script = {"a": [prints("last words"), Dies(returncode, finishes)]}
    bench = Bench(script, code("a", stdout("last words")), code("b"))
    assert bench.verdicts() == [
        (Outcome.DIED, f"the kernel died with {cause}"),
        (Outcome.NOT_RUN, "not run: cell 1 ended the kernel"),
    ]
    assert bench.run.result(1).outputs == (stdout("last words"),)


def test_what_the_process_printed_is_told() -> None:
    bench = Bench({"a": [Dies(1, False, "Fatal error\n")]}, code("a"))
    assert bench.verdict() == (Outcome.DIED, "the kernel died with exit code 1; it printed: Fatal error")


def test_a_cell_that_quits_is_to_blame_for_those_after_it() -> None:
    bench = Bench({"a": [prints("x"), Quits()]}, code("a", stdout("x")), code(""), code("b"), code("c"))
    assert bench.verdict(1) == (
        Outcome.DIED,
        "ended the kernel with quit() or exit(), and 2 more cells cannot run; "
        "make it the last one, or remove the call",
    )
    assert bench.verdict(4) == (Outcome.NOT_RUN, "not run: cell 1 ended the kernel")


def test_the_last_cell_may_quit_and_any_may_let_the_front_end_go() -> None:
    cells = [code("a"), code("b"), markdown("#"), code(""), code("c", tags=["skip-execution"])]
    bench = Bench({"a": [Quits(keeps_kernel=True)], "b": [Quits()]}, *cells)
    skipped = (Outcome.SKIPPED, "skipped by the tag skip-execution")
    assert bench.verdicts() == [PASSED, PASSED, PASSED, skipped]


def test_a_death_between_cells_fails_the_next_one() -> None:
    bench = Bench({}, code("a"), code("b"))
    assert bench.verdict(1) == PASSED
    bench.kernel.kill()
    assert bench.verdict(2) == (Outcome.DIED, "the kernel died with signal SIGKILL (often: out of memory)")


def test_an_exception_of_that_name_is_no_death() -> None:
    bench = Bench(
        {"a": [Raises("KernelDied", "just a name")]}, code("a", tags=["raises-exception"]), code("b")
    )
    assert bench.verdicts() == [PASSED, PASSED]


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        ([{"command": "exit 3", "code": 3}], ("!exit 3 ended with exit code 3",)),
        (
            [{"command": " make\nall ", "code": -15}, {"command": "x" * 70, "code": 1}],
            ("!make ... ended with signal SIGTERM", f"!{'x' * 60} ... ended with exit code 1"),
        ),
        ("nonsense", ()),
        ([None, {"command": 1, "code": 1}, {"command": "a"}], ()),
    ],
)
def test_a_command_that_fails_is_noted_and_no_failure(said: object, notes: tuple[str, ...]) -> None:
    result = Bench({"a": [FailsCommands(said)]}, code("a")).run.result(1)
    assert (result.outcome, result.notes) == (Outcome.PASSED, notes)


# ---- outputs of other cells


def test_a_display_updated_by_a_later_cell_is_judged_then() -> None:
    script = {
        "a": [displays("0%", "bar")],
        "b": [],
        "c": [updates("50%", "bar")],
        "d": [updates("100%", "bar")],
    }
    bench = Bench(script, code("a", display("100%")), code("b"), code("c"), code("d"), code("e"))
    assert bench.verdict(1) == PASSED
    assert bench.kernel.executed == ["a", "b", "c", "d"]


def test_a_display_that_stays_different_differs() -> None:
    script = {"a": [displays("0%", "bar")], "b": [updates("50%", "bar")]}
    bench = Bench(script, code("a", display("100%")), code("b"))
    result = bench.run.result(1)
    assert result.outcome is Outcome.DIFFERENT
    assert result.outputs == (display("50%"),)


def test_late_output_is_noted() -> None:
    script = {"b": [PublishesLate(Stream(name="stdout", text="x"), "a")] * 2}
    bench = Bench(script, code("a"), code("b"))
    assert bench.run.result(2).notes == (
        "outputs of an earlier cell came while this one ran; they were not compared",
    )


def test_comms_do_not_disturb() -> None:
    script = {"a": [Publishes(CommOpen(comm_id="1", target_name="jupyter.widget")), prints("x")]}
    assert Bench(script, code("a", stdout("x"))).verdict() == PASSED


# ---- starting again


def test_reset_runs_everything_anew() -> None:
    bench = Bench({}, code("a"), code("b"))
    bench.script = {"b": [Raises("E")]}
    assert bench.verdict(2)[0] is Outcome.ERROR
    bench.script = {}
    bench.run.reset()
    assert bench.run.stopped_by(2) is None
    assert bench.verdict(2) == PASSED
    assert [kernel.executed for kernel in bench.kernels] == [["a", "b"], ["a", "b"]]
    assert bench.kernels[0].is_closed


def test_after_close_results_stay_and_more_cells_run_all_anew() -> None:
    bench = Bench({}, code("a"), code("b"), code("c"))
    bench.run.result(2)
    bench.run.close()
    assert bench.verdict(1) == PASSED
    assert len(bench.kernels) == 1
    assert bench.verdict(3) == PASSED
    assert bench.kernels[1].executed == ["a", "b", "c"]


def test_close_twice_is_harmless() -> None:
    bench = Bench({}, code("a"))
    bench.run.close()
    bench.run.result(1)
    bench.run.close()
    bench.run.close()
    assert bench.kernel.is_closed


def test_stopped_from_outside_the_kernel_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench({}, code("a"), code("b"))

    def stop(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeKernel, "next_message", stop)
    with pytest.raises(KeyboardInterrupt):
        bench.run.result(1)
    assert bench.kernel.was_killed
    assert bench.verdicts() == [
        (Outcome.ERROR, "stopped from outside by KeyboardInterrupt"),
        (Outcome.NOT_RUN, "not run: cell 1 was stopped"),
    ]


def with_after(source: str, *lines: str, **mock: Any) -> dict[str, Any]:
    return code(source, stdout("1\n"), nbmake={"mock": mock, "post_cell_execute": list(lines)})


def test_what_is_to_be_run_after_a_cell_is_run_and_not_shown() -> None:
    script = {"a": [prints("1\n"), Takes(2)], "y()": [prints("noise\n"), Takes(5)]}
    bench = Bench(script, with_after("a", "y()", n="it's"), code("b"))
    assert bench.verdicts() == [PASSED, PASSED]
    assert bench.kernel.executed == ["a", "b"]
    assert bench.kernel.hidden == ['n = "it\'s"', "y()"]
    assert bench.run.result(1).duration == 2


def test_nothing_is_run_after_a_cell_that_raised() -> None:
    cell = code("a", error("ValueError"), nbmake={"post_cell_execute": ["y()"]})
    bench = Bench({"a": [Raises("ValueError")]}, cell)
    assert bench.verdict() == PASSED
    assert bench.kernel.hidden == []


def test_a_display_is_updated_by_what_is_run_after_its_cell() -> None:
    cell = code("a", display("new"), nbmake={"post_cell_execute": ["y()"]})
    bench = Bench({"a": [displays("old", "d")], "y()": [updates("new", "d")]}, cell)
    assert bench.verdict() == PASSED


@pytest.mark.parametrize(
    ("step", "outcome", "told", "stop"),
    [
        (
            Raises("NameError", "name 'z' is not defined"),
            Outcome.ERROR,
            "NameError: name 'z' is not defined",
            "was followed by code that failed",
        ),
        (
            Hangs(),
            Outcome.TIMEOUT,
            "did not finish within 600 s; raise --nbcheck-cell-timeout or give the cell a timeout directive",
            "timed out",
        ),
    ],
)
def test_what_is_run_after_a_cell_can_fail_it(step: Step, outcome: Outcome, told: str, stop: str) -> None:
    bench = Bench({"a": [prints("1\n")], "y()": [step]}, with_after("a", "y()"), code("b"))
    assert bench.verdicts() == [
        (outcome, f"nbmake.post_cell_execute, run after the cell: {told}"),
        (Outcome.NOT_RUN, f"not run: cell 1 {stop}"),
    ]


def test_views_are_judged_by_the_state_that_widgets_have_after_all_cells() -> None:
    view = "application/vnd.jupyter.widget-view+json"
    slider = {"_model_module": "@jupyter-widgets/controls", "_model_name": "IntSliderModel"}
    stored = {
        "model_module": slider["_model_module"],
        "model_name": slider["_model_name"],
        "state": {"value": 9},
    }
    shown = {"output_type": "display_data", "metadata": {}, "data": {view: {"model_id": "old"}}}
    cells = code("a", shown), code("b", count=2)
    metadata = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"old": stored}}}}
    outcomes = {}
    opened = CommOpen(comm_id="new", target_name="jupyter.widget", data={"state": {**slider, "value": 9}})
    for value in (9, 8):
        update = CommMsg(comm_id="new", data={"method": "update", "state": {"value": value}})
        script = {
            "a": [
                Publishes(opened),
                Publishes(DisplayData(data={view: {"model_id": "new"}}, metadata={}, transient={})),
            ],
            "b": [Publishes(update)],
        }
        bench = Bench(script, *cells, **metadata)
        outcomes[value] = bench.run.result(1)
        assert bench.kernels[0].executed == ["a", "b"]
    assert outcomes[9].outcome is Outcome.PASSED
    assert outcomes[8].message == f"output 1, {view}: model.value: 9 became 8"


# ---- cells that say what they need

FIVE = (
    code("# nbcheck: name=load"),
    code("b"),
    code("# nbcheck: name=plot, depends=load"),
    code("# nbcheck: depends=none"),
    code("# nbcheck: depends=plot cell-4"),
    code("f"),
)
LOAD, B, PLOT, FREE, BOTH, F = ("".join(cell["source"]) for cell in FIVE)


@pytest.mark.parametrize(
    ("wanted", "executed"),
    [
        ([1], [LOAD]),
        ([3], [LOAD, PLOT]),
        ([4], [FREE]),
        ([5], [LOAD, PLOT, FREE, BOTH]),
        ([3, 4], [LOAD, PLOT, FREE]),
        ([4, 3], [LOAD, PLOT, FREE]),
        ([3, 6], [LOAD, B, PLOT, FREE, BOTH, F]),
    ],
)
def test_what_is_wanted_runs_with_what_it_needs_in_file_order(wanted: list[int], executed: list[str]) -> None:
    bench = Bench({}, *FIVE, wanted=wanted)
    assert {bench.verdict(number) for number in wanted} == {PASSED}
    assert bench.kernel.executed == executed


def test_a_cell_that_was_left_out_is_not_made_up_for_in_the_wrong_place() -> None:
    bench = Bench({}, *FIVE, wanted=[3])
    assert (bench.verdict(3), bench.verdict(6)) == (PASSED, PASSED)
    assert [kernel.executed for kernel in bench.kernels] == [[LOAD, PLOT], [LOAD, B, PLOT, FREE, BOTH, F]]


def test_an_error_stops_only_what_needs_it() -> None:
    bench = Bench({PLOT: [Raises("E")]}, *FIVE)
    because = (Outcome.NOT_RUN, "not run: cell 3 raised E")
    assert bench.verdicts() == [PASSED, PASSED, (Outcome.ERROR, "E"), PASSED, because, because]
    assert bench.kernel.executed == [LOAD, B, PLOT, FREE]
    assert [bench.run.stopped_by(number) for number in range(1, 7)] == [None, None, None, None, 3, 3]


def test_a_difference_stops_nothing_that_depends_on_it() -> None:
    cells = (code("# nbcheck: name=load", stdout("x")), code("# nbcheck: depends=load"))
    bench = Bench({}, *cells)
    assert [outcome for outcome, _ in bench.verdicts()] == [Outcome.DIFFERENT, Outcome.PASSED]


def test_what_does_not_need_a_dead_kernel_gets_a_new_one() -> None:
    bench = Bench({B: [Dies(-9)]}, *FIVE)
    outcomes = [outcome for outcome, _ in bench.verdicts()]
    assert outcomes == [Outcome.PASSED, Outcome.DIED, *[Outcome.PASSED] * 3, Outcome.NOT_RUN]
    assert [kernel.executed for kernel in bench.kernels] == [[LOAD, B], [LOAD, PLOT, FREE, BOTH]]
    assert bench.kernels[0].is_closed


def test_when_the_time_of_the_notebook_is_over_it_is_over_for_all() -> None:
    bench = Bench({LOAD: [Takes(20)]}, *FIVE, nbcheck={"timeout": 10})
    outcomes = [outcome for outcome, _ in bench.verdicts()]
    assert outcomes == [Outcome.TIMEOUT, *[Outcome.NOT_RUN] * 5]


def test_later_cells_that_update_a_display_run_after_all_cells_before_them() -> None:
    source = "# nbcheck: depends=none"
    script = {source: [displays("1", "d")], "c": [updates("2", "d")]}
    bench = Bench(script, code("a"), code(source, display("2")), code("c"), wanted=[2])
    assert bench.verdict(2) == PASSED
    assert [kernel.executed for kernel in bench.kernels] == [[source], ["a", source, "c"]]


def test_a_display_that_passed_and_is_changed_later_fails_who_comes_after() -> None:
    script = {"a": [displays("1", "d")], "b": [updates("2", "d")]}
    bench = Bench(script, code("a", display("1")), code("b", count=2), code("c", count=3))
    told = "a display of cell 1, which had passed, has changed since: output 1, text/plain: 1 became 2"
    told += " (relative error 0.5)"
    assert bench.verdicts() == [PASSED, (Outcome.DIFFERENT, told), PASSED]


def test_a_display_that_comes_back_to_what_is_stored_passes() -> None:
    script = {"a": [displays("1", "d")], "b": [updates("2", "d")], "c": [updates("1", "d")]}
    bench = Bench(script, code("a", display("1")), code("b", count=2), code("c", count=3))
    assert bench.verdicts() == [PASSED, PASSED, PASSED]


def test_the_seconds_of_a_run_count_every_cell_that_ran() -> None:
    bench = Bench({"a": [Takes(2)], "b": [Takes(3)]}, code("a"), code("b"))
    assert bench.run.result(2).duration == 3
    assert bench.run.seconds == 5


def test_the_time_of_a_cell_is_its_own() -> None:
    source = "# nbcheck: timeout=5, max-seconds=2"
    bench = Bench({"a": [Takes(500)], source: [Takes(1)]}, code("a"), code(source), wanted=[2])
    bench.run.prepare(2)
    assert bench.verdict(2) == PASSED


# ---- budgets


def test_the_cell_with_which_the_notebook_has_taken_too_long() -> None:
    script = {"a": [Takes(3)], "b": [Takes(3)], "c": [Takes(1)]}
    bench = Bench(script, code("a"), code("b"), code("c"), nbcheck={"max-seconds": 5})
    told = "with this cell the notebook took 6 s, more than its max-seconds=5"
    assert bench.verdicts() == [PASSED, (Outcome.DIFFERENT, told), PASSED]


def test_only_cells_with_a_budget_of_memory_are_watched() -> None:
    size = 200 << 20
    script = {"a": [Uses(size)], "# nbcheck: max-memory=100M": [Uses(size)], "b": [Uses(None)]}
    sources = ("a", "# nbcheck: max-memory=100M", "b")
    bench = Bench(script, *map(code, sources), code("b", tags=["nbcheck-max-memory=1G"]))
    assert bench.verdicts() == [
        PASSED,
        (Outcome.DIFFERENT, "the kernel used 200M of memory while it ran, more than its max-memory=100M"),
        PASSED,
        (Outcome.ERROR, "its memory could not be watched: the host is gone"),
    ]
    assert bench.kernel.watched == [100 << 20, 1 << 30]
