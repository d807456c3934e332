"""``--nbcheck-affected``: leaves out notebooks of which nothing has changed, and records those that pass."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Mapping, Sized
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from nbcheck.affected.fingerprint import fingerprint, machine_facts, plugin_facts
from nbcheck.affected.gather import Doubt, Subject, make_record
from nbcheck.affected.look import Looker
from nbcheck.affected.record import Kind, Record, why_run
from nbcheck.affected.store import Store
from nbcheck.errors import KernelError, UsageError
from nbcheck.execution.plan import NotebookPlan
from nbcheck.report.terminal import escape
from nbcheck.results import Outcome
from nbcheck.transport.usage import read_usage
from pytest_nbcheck.extensions import kernel_env_changes
from pytest_nbcheck.items import NotebookItem
from pytest_nbcheck.nodes import NotebookFile
from pytest_nbcheck.session import NotebookSession

_TOLD = "nbcheck_affected"
"""Attribute of reports: facts in simple values, which travel with it from an xdist worker to the controller."""
_WITHOUT = ("document", "cell_index", "roots", "is_cold", "extensions")
"""Fields of plan and options that say where a notebook lies and how fast it starts, not what its verdict is; and what
is known by the modules that it comes from."""


@dataclass(slots=True)
class _State:
    """A notebook in this process."""

    name: str
    """Its path relative to the project's folder."""
    plan: NotebookPlan
    given: Mapping[str, str]
    """Facts that need no looking."""
    since: str = ""
    """When it passed with everything as it is now; empty when it has to be run."""
    why: str = ""
    """Why it has to be run."""
    starts: int = 0
    """Of kernels that say what they use."""
    passed: set[int] = field(default_factory=set)
    """Numbers of the cells that passed."""
    is_spoiled: bool = False
    """Whether something of it did not pass."""
    is_settled: bool = False
    """Whether there is nothing more to be done for it."""


class Affected:
    """Decides and records, in each process that runs notebooks; tells, in the process that the user started."""

    def __init__(self, config: pytest.Config, session: NotebookSession) -> None:
        """Begin.

        Args:
            config: pytest's.
            session: whose notebooks they are.

        Raises:
            pytest.UsageError: there is no place for records.
        """
        self._root = config.rootpath.resolve()
        self._config = config
        self._session = session
        try:
            self._store = Store(self._root)
        except UsageError as error:
            raise pytest.UsageError(f"--nbcheck-affected: {error}") from error
        self._looker = Looker(self._root)
        # What the project's conftests have loaded by now; tests that are collected later load more.
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        self._plugins = plugin_facts(self._root, (file for file in files if isinstance(file, str)))
        self._states: dict[NotebookFile, _State] = {}
        self._machine: Mapping[str, str] | None = None
        self._unchanged: dict[str, str] = {}
        self._run: dict[str, str] = {}

    # ---- where notebooks are run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what need not be run."""
        if isinstance(item, NotebookItem):
            state = self._state(item)
            if state.since:
                pytest.skip(f"unchanged since {state.since} (nothing that it uses has changed)")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note what came of an item, and tell the user's process."""
        report = yield
        state = self._states.get(item.parent) if isinstance(item.parent, NotebookFile) else None
        if state is None or not isinstance(item, NotebookItem):
            return report
        if state.since:
            if report.skipped:
                path, line, _ = item.reportinfo()
                report.longrepr = (str(path), line + 1, str(getattr(call.excinfo, "value", "")))
        elif not report.passed or hasattr(report, "wasxfail"):
            state.is_spoiled = True
        elif report.when == "call":
            passed = {result.number for result in item.results if result.outcome is Outcome.PASSED}
            state.is_spoiled |= len(passed) < len(item.results)
            state.passed |= passed
        vars(report)[_TOLD] = {"since": state.since, "why": escape(state.why)}
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Record what passed, once the kernels have left and said what they used."""
        self._session.close()
        for state in self._states.values():
            self._settle(state)

    def _state(self, item: NotebookItem) -> _State:
        file = item.parent
        if file not in self._states:
            self._states[file] = self._decide(file, item.plan)
        return self._states[file]

    def _decide(self, file: NotebookFile, plan: NotebookPlan) -> _State:
        name = os.path.relpath(file.path, self._config.rootpath)
        if self._machine is None:
            self._machine = machine_facts(os.environ, self._session.options.affected_variables)
        changes: Mapping[str, str | None] = {}
        with suppress(KernelError):  # the start of the kernel will tell
            changes = kernel_env_changes(file, os.environ)
        given = {
            **self._plugins,
            Kind.OPTIONS.value: fingerprint([file.run_options, changes], without=_WITHOUT),
            Kind.NOTEBOOK.value: fingerprint([plan, plan.document.notebook.metadata], without=_WITHOUT),
            **self._machine,
        }
        state = _State(name, plan, given)
        record = self._store.load(name)
        names = record.names if record is not None else {}
        state.why = why_run(record, given, lambda fact: self._looker.value(fact, names.get(fact, ())))
        if record is not None and not state.why:
            state.since = record.passed
            state.is_settled = True
        else:
            self._settle_ended()
            self._store.forget(name)
            file.more_instruments.append(partial(self._instrument, state))
        return state

    def _settle_ended(self) -> None:
        """Record the notebooks that are done, before another one opens files that a kernel might take for its own."""
        self._session.take_kernels().wait_for_leaving()
        for state in self._states.values():
            if self._store.usage_path(state.name).exists():
                self._settle(state)

    def _instrument(self, state: _State) -> Mapping[str, Any]:
        state.starts += 1
        return {"uses": {"root": str(self._root), "path": str(self._store.usage_path(state.name))}}

    def _settle(self, state: _State) -> None:
        if state.is_settled:
            return
        state.is_settled = True
        path = self._store.usage_path(state.name)
        usage = read_usage(path)
        path.unlink(missing_ok=True)
        everything = {cell.number for cell in state.plan.cells}
        # Who had to be run twice is not known to pass.
        has_sets = len(state.plan.parameter_sets) > 1
        if state.is_spoiled or (state.starts > 1 and not has_sets) or state.passed != everything:
            return
        passed = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        folder = (self._root / state.name).parent
        try:
            if has_sets:
                raise Doubt("is run with several sets of parameters")
            if state.plan.fixtures:
                raise Doubt("takes the values of pytest's fixtures, which are made by other code")
            if not state.starts:
                raise Doubt("did not run in nbcheck's Python kernel")
            if usage is None:
                raise Doubt("ended its kernel before that could say what was used")
            subject = Subject(folder, state.given, state.plan.uses_files)
            record = make_record(subject, usage, self._looker, root=self._root, passed=passed)
        except Doubt as doubt:
            record = Record(passed=passed, doubt=str(doubt))
        # Without it the notebook is run once more, that is all. Names may be what JSON cannot hold.
        with suppress(OSError, UnicodeError):
            self._store.save(state.name, record)

    # ---- in the process that the user started

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what became of a notebook, here or in another process."""
        told = getattr(report, _TOLD, None)
        name = report.nodeid.partition("::")[0]
        if told is not None and told["since"]:
            self._unchanged[name] = told["since"]
        elif told is not None:
            self._run[name] = told["why"]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say how many notebooks were left out, and, if asked, why the others were not."""
        verbosity = self._config.get_verbosity()
        if verbosity < 0 or not (self._unchanged or self._run):
            return
        terminalreporter.write_sep("=", "nbcheck: what is affected")
        if self._unchanged:
            since = sorted(set(self._unchanged.values()))
            later = " or later" if len(since) > 1 else ""
            terminalreporter.write_line(
                f"{_count(self._unchanged)} not run: unchanged since {since[0]}{later}"
            )
        if self._run:
            hint = "" if verbosity > 0 else "; -v says why"
            terminalreporter.write_line(f"{_count(self._run)} run{hint}")
        for name, why in sorted(self._run.items()) if verbosity > 0 else ():
            terminalreporter.write_line(f"  {name}: {why}")


def _count(notebooks: Sized) -> str:
    return f"{len(notebooks)} notebook{'s' if len(notebooks) != 1 else ''}"
