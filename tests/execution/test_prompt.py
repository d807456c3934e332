"""The prompt on a live kernel, and questions of cells that somebody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from helpers.fake_kernel import (
    AsksForInput,
    Dies,
    FakeClock,
    FakeKernel,
    Forgets,
    Hangs,
    Raises,
    Step,
    Takes,
    prints,
    returns,
)
from helpers.nb import code, document
from helpers.scripted_terminal import CTRL_C, CTRL_D, ScriptedTerminal, Typed
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook
from nbcheck.execution.prompt import Prompt
from nbcheck.execution.run import NotebookRun
from nbcheck.results import Outcome


class ImpatientKernel(FakeKernel):
    """A kernel whose person presses Ctrl-C each time nothing comes, so often."""

    presses = 0

    def next_message(self, deadline: float | None):  # type: ignore[no-untyped-def]
        if self.presses and not self._queue:
            self.presses -= 1
            raise KeyboardInterrupt
        return super().next_message(deadline)


def prompt(
    typed: Sequence[Typed], script: Mapping[str, Sequence[Step]], presses: int = 0
) -> tuple[ScriptedTerminal, ImpatientKernel, bool]:
    kernel = ImpatientKernel(script, FakeClock())
    kernel.presses = presses
    terminal = ScriptedTerminal(typed)
    ends_all = Prompt(kernel, terminal, clock=kernel.clock).run()
    return terminal, kernel, ends_all


@pytest.mark.parametrize(
    ("typed", "ends_all"),
    [
        (["exit"], False),
        ([" quit() "], False),
        ([CTRL_D], False),
        (["", "  ", "q!"], True),
        ([CTRL_C, "q!"], True),
        (["for x in y:", CTRL_C, "exit"], False),
        (["for x in y:", CTRL_D], False),
    ],
)
def test_leaving(typed: list[Typed], ends_all: bool) -> None:
    terminal, kernel, ended = prompt(typed, {})
    assert ended is ends_all
    assert kernel.executed == kernel.hidden == []
    assert terminal.depth == 0


def test_a_statement_is_run_uncounted_and_its_outputs_shown() -> None:
    terminal, kernel, _ = prompt(["x", "exit"], {"x": [prints("a\n"), returns("41")]})
    assert terminal.lines == ["nbcheck> x", "a", "41", "nbcheck> exit"]
    assert (kernel.executed, kernel.hidden) == ([], ["x"])


def test_a_statement_of_several_lines() -> None:
    # "exit" inside of a statement is a part of it.
    terminal, kernel, _ = prompt(["for x in y:", "exit", "exit"], {})
    assert kernel.hidden == ["for x in y:\nexit"]
    assert terminal.lines == ["nbcheck> for x in y:", "    ...> exit", "nbcheck> exit"]


def test_what_the_kernel_asks_is_answered() -> None:
    script = {"%debug": [AsksForInput("ipdb> "), prints("7\n"), AsksForInput("ipdb> ")]}
    terminal, kernel, _ = prompt(["%debug", "p x", CTRL_D, "exit"], script)
    assert terminal.lines == ["nbcheck> %debug", "ipdb> p x", "7", "ipdb> ", "nbcheck> exit"]
    assert kernel.answers == ["p x", "\x04"]


def test_ctrl_c_at_a_question_interrupts_the_statement() -> None:
    terminal, kernel, _ = prompt(["ask", CTRL_C, "exit"], {"ask": [AsksForInput("? ")]})
    assert kernel.interrupts == 1
    assert terminal.lines == ["nbcheck> ask", "? ", "Traceback", "nbcheck> exit"]


@pytest.mark.parametrize(
    ("heeds", "presses", "interrupts", "killed"), [(True, 1, 1, False), (False, 3, 2, True)]
)
def test_ctrl_c_interrupts_a_statement_and_ends_a_kernel_that_does_not_heed_it(
    heeds: bool, presses: int, interrupts: int, killed: bool
) -> None:
    script = {"hang": [Hangs(heeds_interrupt=heeds)]}
    terminal, kernel, ends_all = prompt(["hang", *([] if killed else ["exit"])], script, presses)
    assert (kernel.interrupts, kernel.was_killed, ends_all) == (interrupts, killed, False)
    if killed:
        assert terminal.lines == [
            "nbcheck> hang",
            "interrupted again; once more ends the kernel",
            "the kernel was ended",
        ]


def test_a_kernel_that_dies_ends_the_prompt() -> None:
    terminal, _, ends_all = prompt(["die"], {"die": [Dies(3)]})
    assert not ends_all
    assert terminal.lines[-1] == "the kernel died with exit code 3"


def test_a_kernel_that_does_not_become_idle() -> None:
    terminal, _, _ = prompt(["x", "exit"], {"x": [Forgets("idle")]})
    assert terminal.lines[1] == "the kernel did not become idle after its reply; outputs may be missing"


# ---- cells that ask


def run_cell(steps: Sequence[Step], typed: Sequence[Typed], *, takes: float = 0.0):  # type: ignore[no-untyped-def]
    kernel = FakeKernel({"ask": steps}, FakeClock())

    def pass_time() -> None:
        kernel.clock.now += takes

    terminal = ScriptedTerminal(typed, pass_time)
    plan = plan_notebook(document(code("ask", count=1)), RunOptions(cell_timeout=60))
    run = NotebookRun(plan, lambda: kernel, terminal=terminal, clock=kernel.clock)
    return run.result(1), terminal, kernel


def test_a_cell_that_asks_is_answered_and_the_time_of_typing_is_not_its_own() -> None:
    steps = [prints("stopped\n"), Takes(5), AsksForInput("ipdb> "), Takes(5)]
    result, terminal, kernel = run_cell(steps, ["c"], takes=1000)
    assert result.outcome is Outcome.DIFFERENT  # for what was printed
    assert terminal.lines == ["stopped", "ipdb> c"]
    assert kernel.may_ask
    assert result.duration == pytest.approx(10)


def test_the_time_of_the_cell_itself_is_limited_as_ever() -> None:
    result, _, _ = run_cell([AsksForInput("? "), Takes(100)], ["c"], takes=1000)
    assert result.outcome is Outcome.TIMEOUT


def test_nobody_is_asked_without_a_terminal() -> None:
    kernel = FakeKernel({"ask": [Raises("StdinNotImplementedError")]}, FakeClock())
    plan = plan_notebook(document(code("ask", count=1)), RunOptions())
    NotebookRun(plan, lambda: kernel, clock=kernel.clock).result(1)
    assert not kernel.may_ask
