"""The collector: a notebook file. It imports nothing of nbcheck before it is asked for its items."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_nbcheck.nodeids import split_parameters, with_parameters
from pytest_nbcheck.session import StartedKernel

if TYPE_CHECKING:
    from nbcheck.execution.directives import Directives
    from nbcheck.execution.foreign_markers import AfterCode
    from nbcheck.execution.options import RunOptions
    from nbcheck.execution.plan import NotebookPlan
    from nbcheck.execution.run import NotebookRun
    from nbcheck.manager.discovery import Choice
    from nbcheck.manager.manager import Kernel
    from nbcheck.results import CellResult
    from pytest_nbcheck.accepting import Accepting
    from pytest_nbcheck.baseline import Baselines
    from pytest_nbcheck.items import NotebookItem
    from pytest_nbcheck.session import NotebookSession

# Bytes of a name that are not UTF-8 are surrogates in Python.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotebookFile(pytest.Module):
    """A notebook. It owns the runs, and with them the kernels, that its items share: one for each set of parameters.

    To pytest it is a module: otherwise there would be no place for fixtures of that scope.
    """

    obj = None
    """Of a module what was imported; here nothing is."""

    def __init__(self, *, owner: NotebookSession, **kwargs: Any) -> None:  # Any: pytest's own arguments
        """Take what all notebooks of this process share, and pytest's arguments."""
        super().__init__(**kwargs)
        self._owner = owner
        self.skip_compare: tuple[str, ...] = ()
        """Kinds of outputs that are not compared; nbval's users add to it in ``pytest_collectstart``."""
        self._runs: dict[str, NotebookRun] = {}  # by the name of the set of parameters
        self._given: tuple[AfterCode, ...] = ()
        self._finished: set[str] = set()
        self._kernel_note = ""
        self.told: set[tuple[str, int]] = set()
        """Set of parameters and number of the cells whose failure an item of this process has reported."""
        self.passed: set[tuple[str, int]] = set()
        """Likewise of the cells that an item of this process has reported as passed."""
        self._recorded: set[str] = set()  # names of the sets of parameters
        self.more_instruments: list[Callable[[], Mapping[str, Any]]] = []
        """Asked, whenever a kernel that takes instruments is started, for the settings of further ones."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each code cell; one item for a notebook that has none, or that cannot be read."""
        from pytest_nbcheck.items import make_items

        yield from make_items(self, self.run_options, is_whole=self._owner.options.items == "notebook")

    @cached_property
    def run_options(self) -> RunOptions:
        """The options that this notebook is run with, directives aside."""
        from nbcheck.execution.options import find_roots
        from pytest_nbcheck.extensions import gather_extensions

        options = self._owner.options.to_run_options(find_roots(self.path.parent, self.config.rootpath))
        options = replace(options, compare=replace(options.compare, extensions=gather_extensions(self)))
        if not self.skip_compare:
            return options
        from nbcheck.execution.foreign_markers import kinds_of_fields

        ignored = options.compare.ignored | kinds_of_fields(self.skip_compare)
        return replace(options, compare=replace(options.compare, ignored=ignored))

    def outer_directives(self) -> list[Directives]:
        """Return what is said of this notebook outside of it, the nearest first."""
        return self._owner.outer_directives(self.path)

    @property
    def accepting(self) -> Accepting:
        """What keeps the fresh outputs of this run for a decision."""
        return cast("Accepting", self.config.pluginmanager.get_plugin("nbcheck-accepting"))

    @property
    def baselines(self) -> Baselines | None:
        """What knows the failures that do not count; None in a project that has no such thing."""
        return cast("Baselines | None", self.config.pluginmanager.get_plugin("nbcheck-baseline"))

    def run(self, plan: NotebookPlan) -> NotebookRun:
        """Return the run of this notebook by a plan, begun when first asked for."""
        from nbcheck.execution.run import NotebookRun

        run = self._runs.get(plan.parameters)
        if run is None:
            from pytest_nbcheck.heartbeat import make_heartbeat

            heartbeat = make_heartbeat(self.config, self._owner.options.heartbeat, self.path, len(plan.cells))
            selected = self._owner.selected(self)
            wanted = [cell.number for cell in plan.cells if item_name(plan, cell.number) in selected]
            run = NotebookRun(
                replace(plan, setup=(*self._given, *plan.setup)),
                lambda: self._start_kernel(plan),
                heartbeat=heartbeat,
                wanted=wanted,
                terminal=self._owner.terminal,
            )
            self._runs[plan.parameters] = run
        run.context = self._owner.context
        return run

    def give(self, values: Mapping[str, object]) -> None:
        """Take the values of the fixtures that the notebook is to find as variables; they last until it is left.

        Raises:
            UsageError: one cannot be copied into a kernel.
        """
        if self._given or not values:
            return
        from nbcheck.execution.fixtures import assign_value

        self._given = tuple(assign_value(name, value) for name, value in values.items())
        # pytest calls the last one first: kernels end before the fixtures that they use.
        self.addfinalizer(self._give_back)

    def _give_back(self) -> None:
        self._given = ()
        self._close(self._runs)

    def kernel_name(self, plan: NotebookPlan) -> str:
        """Name of the kernelspec that runs it by a plan; empty while none does."""
        run = self._runs.get(plan.parameters)
        return run.kernel_name if run is not None else ""

    def restart(self, plan: NotebookPlan) -> None:
        """Forget the run by a plan; the next one begins with a new kernel."""
        if self._owner.keeper is not None:
            self._owner.keeper.forget(self, plan.parameters)
        run = self._runs.get(plan.parameters)
        if run is not None:
            run.reset()
        self.told = {
            (parameters, number) for parameters, number in self.told if parameters != plan.parameters
        }

    def notes(self, plan: NotebookPlan) -> list[str]:
        """Return remarks on the whole notebook: repairs in memory, another kernel than it names."""
        return [*plan.document.notes, *plan.notes, *filter(None, [self._kernel_note])]

    # Any: the simple values that records are taken apart into
    def make_records(self, item: NotebookItem, results: Sequence[CellResult]) -> dict[str, Any] | None:
        """Return what a report on the run needs of results; None when nobody wants a report.

        Args:
            item: which has been run.
            results: what it came to.
        """
        if not self._owner.options.wants_records:
            return None
        from nbcheck.execution.advice import advise
        from nbcheck.execution.check import why_not_compared
        from nbcheck.report.base import NotebookFacts, to_builtins
        from nbcheck.report.record import record_notebook, record_result
        from pytest_nbcheck.failure import find_line

        plan = item.plan
        notebook = None
        notes = self.notes(plan)
        is_for_pages = self._owner.options.html is not None
        is_new = is_for_pages and plan.parameters not in self._recorded
        updated = {result.number for result in results if self.accepting.is_updated(item, result)}
        if is_new and (updated or any(result.outcome.is_failure for result in results)):
            # The whole notebook goes along with the first cell to be looked at: most pass and are only counted.
            self._recorded.add(plan.parameters)
            whole = record_notebook(plan.document, self.kernel_name(plan), notes)
            notebook = to_builtins(self.accepting.redact(whole))
        told = []
        for result in results:
            cell = plan.cells[result.number - 1]
            record = record_result(
                result,
                advice=advise(cell, result),
                compared_not=why_not_compared(cell, result),
                line=find_line(plan, result),
                cell_id=cell.cell_id,
                xfail=cell.xfail,
                is_updated=result.number in updated,
                is_for_pages=is_for_pages,
            )
            told.append(to_builtins(record))
        facts = to_builtins(NotebookFacts(self.kernel_name(plan), len(plan.cells), tuple(notes)))
        return {"notebook": notebook, "facts": facts, "results": told, "fault": None}

    # Any: as in make_records
    def make_fault(self, text: Sequence[str], line: int | None) -> dict[str, Any] | None:
        """Return what a report needs of a file that cannot be read as a notebook; None when nobody wants one.

        Args:
            text: what is wrong and what to do, a line each.
            line: where, from 1.
        """
        if not self._owner.options.wants_records:
            return None
        from nbcheck.report.base import to_builtins
        from nbcheck.report.record import record_fault

        raw = b""
        if line is not None:
            with suppress(OSError):
                raw = self.path.read_bytes()
        return {
            "notebook": None,
            "facts": None,
            "results": [],
            "fault": to_builtins(self.accepting.redact(record_fault(text, line, raw))),
        }

    def run_again(
        self, plan: NotebookPlan, numbers: Iterable[int], limit: float, *, may_start_programs: bool
    ) -> Mapping[int, CellResult] | str:
        """Run this notebook a second time by a plan; arguments and result are those of ``execution/again.py``."""
        from nbcheck.execution.again import run_again
        from nbcheck.execution.instruments import takes_instruments

        choice = self._choose(plan)
        if not takes_instruments(choice):
            return "is run by a kernel that cannot be kept within bounds"
        # What it holds, such as a port, the second one may want.
        self.run(plan).close()
        planned = replace(plan, setup=(*self._given, *plan.setup))
        folder = self.path.parent

        def start(options: RunOptions, instruments: Mapping[str, Any]) -> Kernel:
            return self._start(plan, choice, options, instruments)

        found = run_again(
            planned,
            numbers,
            start,
            self.run_options,
            folder=folder,
            limit=limit,
            may_start_programs=may_start_programs,
        )
        if isinstance(found, str):
            return found
        return {number: self.accepting.redact(result) for number, result in found.items()}

    def is_last(self, item: pytest.Item, parameters: str) -> bool:
        """Whether all other items of a set of parameters have been run."""
        names = self._owner.selected(self).keys() - self._finished - {item.name}
        return not any(split_parameters(name)[1] == parameters for name in names)

    def is_reported(self, plan: NotebookPlan, number: int) -> bool:
        """Whether this process has reported a cell's failure in the run by a plan, or surely will."""
        if (plan.parameters, number) in self.told:
            return True
        if hasattr(self.config, "workerinput"):
            return False  # an item that is here too may be another worker's to run
        item = self._owner.selected(self).get(item_name(plan, number))
        # One that has passed is not told again, though its cell may be run once more for a later one.
        has_passed = (plan.parameters, number) in self.passed
        return item is not None and not has_passed and not _may_be_skipped(item)

    def finish(self, item: pytest.Item) -> None:
        """Note that an item has been run."""
        self._finished.add(item.name)
        self._close_finished()

    def teardown(self) -> None:
        """End the kernel after the last item; pytest calls this whenever it turns to another file."""
        # Plugins that shuffle items may come back. In an xdist worker nobody knows what will come back.
        is_unfinished = not self._finished.issuperset(self._owner.selected(self))
        comes_back = is_unfinished and not hasattr(self.config, "workerinput")
        if not comes_back or self.session.shouldstop or self.session.shouldfail:
            self._close(self._runs)

    def _close_finished(self) -> None:
        """End the kernels of those sets of parameters whose items have all been run, while others go on."""
        # In an xdist worker nobody knows what will come.
        if len(self._runs) > 1 and not hasattr(self.config, "workerinput"):
            open_names = self._owner.selected(self).keys() - self._finished
            self._close(
                parameters
                for parameters in self._runs
                if not any(split_parameters(name)[1] == parameters for name in open_names)
            )

    def _close(self, sets: Iterable[str]) -> None:
        keeper = self._owner.keeper
        for parameters in list(sets):
            if keeper is None or not keeper.wants(self, parameters):
                self._runs.pop(parameters).close()

    def _start_kernel(self, plan: NotebookPlan) -> Kernel:
        from nbcheck.execution.instruments import describe_unheeded, instruments_for, takes_instruments

        choice = self._choose(plan)
        more: dict[str, Any] = {}
        for ask in self.more_instruments if takes_instruments(choice) else ():
            more |= ask()
        unheeded = describe_unheeded(choice, {**instruments_for(plan, self.run_options), **more})
        self._kernel_note = "; ".join(filter(None, (choice.note, unheeded)))
        kernel = self._start(plan, choice, self.run_options, {**more, **self._owner.instruments})
        self._owner.started.append(StartedKernel(self, plan.parameters, choice, kernel))
        return kernel

    def _choose(self, plan: NotebookPlan) -> Choice:
        return self._owner.take_kernels().choose(plan.document.notebook.metadata, self.run_options.kernel)

    # Any: as in start_kernel
    def _start(
        self, plan: NotebookPlan, choice: Choice, options: RunOptions, more_instruments: Mapping[str, Any]
    ) -> Kernel:
        from nbcheck.execution.instruments import instruments_for
        from nbcheck.execution.kernels import start_for
        from pytest_nbcheck.extensions import kernel_env_changes

        return start_for(
            self._owner.take_kernels(),
            plan,
            options,
            choice,
            cwd=self.path.parent,
            instruments={**instruments_for(plan, options), **more_instruments},
            env_changes=kernel_env_changes(self, os.environ),
        )


def item_name(plan: NotebookPlan, number: int | None = None) -> str:
    """Return the name of an item: ``cell-3``, ``notebook``, ``cell-3[alpha=0.1]``.

    Args:
        plan: of the notebook.
        number: of the code cell, from 1; None for the whole notebook.
    """
    name = "notebook" if number is None else f"cell-{number}"
    return with_parameters(name, plan.parameters)


def printable_path(path: Path) -> Path:
    r"""Return a path with the characters spelt out that XML and UTF-8 cannot hold, as ``\x1b``.

    pytest writes node ids into JUnit XML and into its cache: the one would be unreadable, the other ends the run.
    """
    return Path(_NOT_IN_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), str(path)))


def _may_be_skipped(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) is not None for name in ("skip", "skipif", "xfail"))
