"""Running a notebook: one kernel, its cells in order, as many of them as somebody asks for.

Time runs on one monotonic clock. A cell's time counts from the kernel's busy, so that neither the start of a
kernel nor a loaded machine is charged to it. Every wait has a deadline and says at its end what it waited for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from nbcheck.compare.base import WidgetStates
from nbcheck.errors import KernelError
from nbcheck.execution.check import (
    Ending,
    Execution,
    describe_error,
    explain_unexpected,
    has_skipped,
    judge,
    not_run,
)
from nbcheck.execution.fold import CellFold, NotebookFold
from nbcheck.execution.heartbeat import Heartbeat
from nbcheck.execution.plan import NotebookPlan, PlannedCell, hidden_cell
from nbcheck.execution.request import CellRun, Kernel
from nbcheck.execution.terminal import Terminal
from nbcheck.execution.widgets import shows_stored_model
from nbcheck.results import CellResult, NotebookResult, Outcome


@dataclass(slots=True)
class _Ran:
    """A cell that was run, as far as it went."""

    execution: Execution
    fold: CellFold


class NotebookRun:
    """A notebook being run. Cells are run once, in order, when a result is first asked for."""

    def __init__(
        self,
        plan: NotebookPlan,
        start_kernel: Callable[[], Kernel],
        *,
        heartbeat: Heartbeat | None = None,
        wanted: Iterable[int] = (),
        terminal: Terminal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; no kernel is started yet.

        Args:
            plan: what is to be run.
            start_kernel: starts a kernel and returns it ready; raises KernelError.
            heartbeat: is told that a cell still runs.
            wanted: numbers of the cells that are going to be asked for, as far as known: together with what these
                need they are run in the order of the file, however they are asked for.
            terminal: of a person who answers what cells ask; None when there is none.
            clock: monotonic seconds, the clock of the client's deadlines.
        """
        self.plan = plan
        self.kernel_name = ""
        self.context = ""
        """On whose account cells are run from now on, for the measuring of coverage."""
        self._start_kernel = start_kernel
        self._heartbeat = heartbeat
        self._terminal = terminal
        self._clock = clock
        self._kernel: Kernel | None = None
        self._needed: set[int] = set()
        for number in wanted:
            self._want(number)
        self._ran: dict[int, _Ran] = {}  # in the order of running, in the kernel that lives
        # why the cells that need these cannot be run, in this run as a whole
        self._stops: dict[int, str] = {}
        self._is_time_over = False
        self._seconds = 0.0
        self._results: dict[int, CellResult] = {}
        # versions of the displays of cells that passed
        self._shown: dict[int, int] = {}
        self._fold = self._new_fold()
        self._has_lost_state = False
        self._start_failure: KernelError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def prepare(self, number: int) -> None:
        """Do what a cell needs before it: start the kernel, run the cells before. What goes wrong is in the results.

        Args:
            number: of the code cell, from 1.
        """
        if self._make_way(number) and _needs_kernel(self.plan.cells[number - 1]):
            with suppress(KernelError):
                self._ready_kernel()

    def result(self, number: int) -> CellResult:
        """Run a cell, after the cells it needs, and judge it.

        Args:
            number: of the code cell, from 1.

        Returns:
            The verdict; the same one when asked again.
        """
        known = self._results.get(number)
        if known is None:
            self._reach(number)
            known = self._results[number] = self._look_back(self._settle(number))
            if known.compared and known.outcome is Outcome.PASSED:
                self._note_displays(number)
        return known

    def stopped_by(self, number: int) -> int | None:
        """Return the number of the cell that keeps a cell from running; None when none does.

        Args:
            number: of the code cell, from 1.
        """
        needs = self.plan.needs(number)
        is_over = self._start_failure is not None or self._is_time_over
        return next((stop for stop in self._stops if is_over or stop in needs), None)

    @property
    def seconds(self) -> float:
        """Seconds that cells have run since the run began, those that nobody asked for included."""
        return self._seconds

    def notebook_result(
        self, *, ends_with: Callable[[CellResult], bool] = lambda _result: False
    ) -> NotebookResult:
        """Run all cells and judge them.

        Args:
            ends_with: whether a cell is the last one to be run, by its result.
        """
        cells = []
        for cell in self.plan.cells:
            cells.append(self.result(cell.number))
            if ends_with(cells[-1]):
                break
        duration = math.fsum(cell.duration for cell in cells)
        return NotebookResult(
            self.plan.path, self.kernel_name, tuple(cells), self.plan.document.notes, duration
        )

    @property
    def live_kernel(self) -> Kernel | None:
        """The kernel, as the cells that were run have left it; None when there is none, or it has ended."""
        return self._kernel if self._kernel is not None and self._kernel.is_alive else None

    @property
    def last_run(self) -> int:
        """Number of the last cell that was run; 0 before the first."""
        return next(reversed(self._ran), 0)

    def reset(self) -> None:
        """Forget everything, kernel included: the next result comes from a fresh run."""
        self._begin_again()
        self._results.clear()
        self._shown.clear()
        self._stops.clear()
        self._is_time_over = False
        self._start_failure = None

    def widget_states(self) -> WidgetStates | None:
        """Return what views of widgets are judged by, as it is now; None where the file stores no state."""
        stored = self.plan.widgets
        return WidgetStates(stored, self._fold.widget_states()) if stored else None

    def close(self) -> None:
        """End the kernel. Results stay; asking for more cells runs the notebook anew."""
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            self._has_lost_state = True
            kernel.close()

    # ---- judging

    def _settle(self, number: int) -> CellResult:
        """Judge a cell, if need be after later cells have updated what it displays."""
        if shows_stored_model(self.plan.cells[number - 1].expected, self.plan.widgets):
            # The file has the state that widgets had when it was saved, which is after all cells.
            for later in range(number + 1, len(self.plan.cells) + 1):
                self._reach(later)
        result = self._judge(number)
        if result.outcome is not Outcome.DIFFERENT or not self._ran[number].fold.shows_displays():
            return result
        version = self._ran[number].fold.version()
        for later in range(number + 1, len(self.plan.cells) + 1):
            self._reach(later)
            # Looked up anew: a cell that needs one that was left out makes all of them run again.
            ran = self._ran.get(number)
            if ran is None or ran.fold.version() != version:
                version = ran.fold.version() if ran is not None else version
                result = self._judge(number)
                if result.outcome is not Outcome.DIFFERENT:
                    break
        return result

    def _look_back(self, result: CellResult) -> CellResult:
        """Fail a cell when a display of an earlier one, which had passed, has become what the file does not store."""
        if result.outcome is not Outcome.PASSED:
            return result
        for number, version in list(self._shown.items()):
            ran = self._ran.get(number)
            if ran is None or ran.fold.version() == version:
                continue
            again = self._settle(number)
            self._note_displays(number)
            if again.outcome is Outcome.DIFFERENT:
                self._shown.pop(number, None)
                told = f"a display of cell {number}, which had passed, has changed since: {again.message}"
                return replace(result, outcome=Outcome.DIFFERENT, message=told)
        return result

    def _note_displays(self, number: int) -> None:
        """Note which state of its displays a cell was judged by: later cells may still update them."""
        ran = self._ran.get(number)
        if ran is not None and ran.fold.shows_displays():
            self._shown[number] = ran.fold.version()

    def _judge(self, number: int) -> CellResult:
        cell = self.plan.cells[number - 1]
        ran = self._ran.get(number)
        if ran is None:
            stop = self.stopped_by(number)
            return not_run(cell, self._stops[stop] if stop is not None else "")
        widgets = self.widget_states()
        if widgets is not None:
            cell = replace(cell, compare=replace(cell.compare, widgets=widgets))
        return judge(cell, ran.execution, ran.fold.outputs())

    # ---- running

    def _new_fold(self) -> NotebookFold:
        return NotebookFold(keeps_models=bool(self.plan.widgets))

    def _want(self, number: int) -> None:
        if number not in self._needed:
            self._needed.update(self.plan.needs(number), (number,))

    def _reach(self, number: int) -> None:
        """Run a cell after all that is to be run before it, unless one of these stops it."""
        if self._make_way(number):
            self._run(number)

    def _make_way(self, number: int) -> bool:
        """Run what is to be run before a cell, and return whether that itself is still to be run."""
        self._want(number)
        while (due := self._next_due(number)) is not None:
            # Cells run in the order of the file: one that was left out cannot be made up for.
            if self._has_lost_state or due < next(reversed(self._ran), 0):
                self._begin_again()
            elif due == number:
                return True
            else:
                self._run(due)
        return False

    def _next_due(self, number: int) -> int | None:
        """Return the first cell up to this one that is to be run now; None when there is none."""
        for due in range(1, number + 1):
            is_open = due in self._needed and due not in self._ran and due not in self._stops
            if is_open and self.stopped_by(due) is None:
                return due
        return None

    def _begin_again(self) -> None:
        """Go back to before the first cell, with a new kernel. Results, and what stops the notebook, stay."""
        self.close()
        self._ran.clear()
        self._fold = self._new_fold()
        self._has_lost_state = False

    def _run(self, number: int) -> None:
        cell = self.plan.cells[number - 1]
        ran = _Ran(Execution(Ending.REPLIED), CellFold())
        try:
            self._run_cell(cell, ran)
        except BaseException as error:
            # An interrupt of the run, or a time limit of somebody else's: the kernel may still be busy.
            ran.execution = Execution(Ending.LOST, f"stopped from outside by {type(error).__name__}")
            if self._kernel is not None:
                self._kernel.kill()
            raise
        finally:
            self._ran[number] = ran
            self._seconds += ran.execution.duration
            reason = _stop_reason(cell, ran.execution)
            if reason:
                self._stops[number] = f"cell {number} {reason}"
                self._is_time_over = self._time_left() <= 0
                self._has_lost_state = ran.execution.ending in _ENDS_KERNEL

    def _run_cell(self, cell: PlannedCell, ran: _Ran) -> None:
        if cell.skipped_by:
            ran.execution = Execution(Ending.SKIPPED, f"skipped by {cell.skipped_by}")
        elif cell.faults:
            first, *others = cell.faults
            more = f" (and {len(others)} more)" if others else ""
            ran.execution = Execution(Ending.FAULTY, f"{first.problem}{more}")
        elif _needs_kernel(cell):
            try:
                kernel = self._ready_kernel()
            except KernelError as error:
                ran.execution = Execution(Ending.NO_KERNEL, str(error))
                return
            left = max(0.0, self._time_left())
            run = CellRun(
                cell,
                kernel,
                self._fold,
                notebook_left=left,
                heartbeat=self._heartbeat,
                context=self.context,
                terminal=self._terminal,
                clock=self._clock,
            )
            try:
                execution = run.run()
                if cell.after and execution.ending is Ending.REPLIED and execution.error is None:
                    execution = self._run_after(cell, kernel, execution)
                execution = self._blame_for_quitting(cell, execution) if execution.has_quit else execution
                ran.execution = replace(execution, overrun=self._describe_overrun(execution.duration))
            finally:
                ran.fold = run.fold

    def _run_after(self, cell: PlannedCell, kernel: Kernel, execution: Execution) -> Execution:
        """Run what is to be run after a cell; return what running the cell came to with that."""
        for after in cell.after:
            planned = replace(cell, source=after.source)
            ended = CellRun(
                planned,
                kernel,
                self._fold,
                is_hidden=True,
                heartbeat=self._heartbeat,
                context=self.context,
                clock=self._clock,
            ).run()
            name = f"{after.what}, run after the cell"
            if ended.ending is not Ending.REPLIED:
                return replace(execution, ending=ended.ending, detail=f"{name}: {ended.detail}")
            if ended.error is not None:
                detail = f"{name}: {describe_error(ended.error)}"
                return replace(execution, ending=Ending.AFTERMATH, detail=detail)
        return execution

    def _blame_for_quitting(self, cell: PlannedCell, execution: Execution) -> Execution:
        """Turn a kernel's leaving in order into a death, unless nothing comes after it."""
        later = sum(map(_needs_kernel, self.plan.cells[cell.number :]))
        if not later:
            return execution
        what = f"ended the kernel with quit() or exit(), and {later} more cell{'s' if later > 1 else ''} "
        remedy = "make it the last one, or remove the call"
        return replace(execution, ending=Ending.DIED, detail=f"{what}cannot run; {remedy}")

    def _time_left(self) -> float:
        return math.inf if self.plan.timeout is None else self.plan.timeout - self._time_spent()

    def _time_spent(self) -> float:
        return math.fsum(ran.execution.duration for ran in self._ran.values())

    def _describe_overrun(self, seconds: float) -> str:
        """Say that with this cell the notebook took more than it may, if it had not before."""
        limit = self.plan.max_seconds
        if limit is None:
            return ""
        before = self._time_spent()
        if not before <= limit < before + seconds:
            return ""
        return (
            f"with this cell the notebook took {before + seconds:.3g} s, more than its max-seconds={limit:g}"
        )

    def _ready_kernel(self) -> Kernel:
        if self._start_failure is not None:
            raise self._start_failure
        if self._kernel is None:
            try:
                self._kernel = self._start_kernel()
                self._set_up(self._kernel)
            except KernelError as error:
                self._start_failure = error  # asked again, it would take as long to fail again
                raise
            self.kernel_name = self._kernel.name
        return self._kernel

    def _set_up(self, kernel: Kernel) -> None:
        """Run what is to be run before the first cell.

        Raises:
            KernelError: it failed; the cells cannot be run as they are meant.
        """
        for code in self.plan.setup:
            ended = CellRun(
                hidden_cell(code.source), kernel, self._fold, is_hidden=True, clock=self._clock
            ).run()
            if ended.ending is not Ending.REPLIED or ended.error is not None:
                self.close()
                told = ended.detail if ended.error is None else describe_error(ended.error)
                raise KernelError(f"{code.what}, run before the first cell: {told}")


def _needs_kernel(cell: PlannedCell) -> bool:
    return not (cell.skipped_by or cell.faults or cell.is_blank)


_STOPS = {
    Ending.FAULTY: "has a directive that cannot be followed",
    Ending.NO_KERNEL: "had no kernel to run in",
    Ending.TIMEOUT: "timed out",
    Ending.DIED: "ended the kernel",
    Ending.AFTERMATH: "was followed by code that failed",
    Ending.LOST: "was stopped",
}


_ENDS_KERNEL = (Ending.TIMEOUT, Ending.DIED, Ending.LOST)
"""Endings after which cells that need not the one that ended so get a new kernel: what is left of the old one is dead,
or was interrupted at a place that nobody knows."""


def _stop_reason(cell: PlannedCell, execution: Execution) -> str:
    """Return why the cells after this one cannot be run, as the end of a sentence; empty when they can."""
    if execution.ending in _STOPS:
        return _STOPS[execution.ending]
    if execution.error is None or not explain_unexpected(cell, execution.error):
        return ""
    return "called pytest.skip" if has_skipped(execution.error) else f"raised {execution.error.ename}"
