"""The pending set and ``--nbcheck-update``: outputs are kept where notebooks run and written where the user waits."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from nbcheck.accepting.collect import Collector
    from nbcheck.accepting.record import Conditions
    from nbcheck.accepting.unstable import Found
    from nbcheck.results import CellResult
    from pytest_nbcheck.items import NotebookItem
    from pytest_nbcheck.nodes import NotebookFile
    from pytest_nbcheck.session import NotebookSession

_TOLD = "nbcheck_pending"
"""Attribute of reports: facts in simple values, which travel with it from an xdist worker to the controller."""

T = TypeVar("T")


class Accepting:
    """What one pytest process does for accepting changes."""

    def __init__(self, config: pytest.Config, session: NotebookSession) -> None:
        """Begin.

        Args:
            config: pytest's.
            session: whose notebooks they are.
        """
        self._config = config
        self._session = session
        self._told: dict[str, dict[str, Any]] = {}
        self._waiting: dict[str, set[int]] = {}
        self._decidable: dict[str, set[int]] = {}
        self._stopped: set[str] = set()
        self._problems: dict[str, None] = {}
        self._lines: list[str] = []

    # pluggy looks for hooks by reading attributes, but not those that begin with an underscore.
    @cached_property
    def _collector(self) -> Collector:
        from nbcheck.accepting.collect import Collector
        from nbcheck.accepting.redact import Redactor
        from nbcheck.errors import UsageError

        try:
            patterns = self._session.configuration().redact
        except UsageError:
            patterns = ()  # told of each notebook; nothing is run
        redactor = Redactor.of_environment(os.environ, patterns)
        takes_new = self._session.options.update in ("new", "all")
        return Collector(self._config.rootpath, redactor, takes_new)

    def redact(self, value: T) -> T:
        """Return a value without the secrets of the environment."""
        return self._collector.redactor.redact(value)

    # ---- where notebooks are run

    def keep(self, item: NotebookItem, results: Sequence[CellResult]) -> list[CellResult]:
        """Keep what an item leaves for a decision.

        Args:
            item: which has been run.
            results: what it came to.

        Returns:
            The results without secrets.
        """
        from nbcheck.errors import DocumentError

        told: dict[str, Any] = {"notebook": "", "waiting": [], "updatable": [], "problem": ""}
        told["different"] = [result.number for result in results if result.differences]
        told["is_stopped"] = any(result.outcome.stops_notebook for result in results)
        try:
            kept = self._collector.keep(
                item.plan, results, self._conditions(item.parent), item.parent.kernel_name(item.plan)
            )
            if kept is not None:
                told["notebook"] = kept.notebook
                told["waiting"] = [cell.number for cell in kept.cells]
                told["updatable"] = [cell.number for cell in kept.cells if not cell.secrets]
        except DocumentError as error:
            told["problem"] = str(error)
        self._told[item.nodeid] = told
        return [self.redact(result) for result in results]

    def suggest(self, item: NotebookItem, found: Mapping[int, Sequence[Found]]) -> None:
        """Keep the directives that a second run has found, for who decides on what waits.

        Args:
            item: of the notebook.
            found: what is unstable, by number of the cell.
        """
        from nbcheck.errors import DocumentError

        masks = {
            number: {
                one.piece.key: (one.mask.directive, one.mask.value)
                for one in ones
                if one.is_all and one.mask is not None
            }
            for number, ones in found.items()
        }
        try:
            self._collector.suggest(item.plan, masks)
        except DocumentError as error:
            self._problems[str(error)] = None

    def will_accept(self, item: NotebookItem, result: CellResult) -> bool:
        """Whether a cell that failed is to be accepted at the end, and so is no failure now."""
        told = self._told.get(item.nodeid, {})
        return (
            self._session.options.update in ("changed", "all")
            and bool(result.differences)
            and not result.outcome.stops_notebook
            and result.number in told.get("updatable", ())
        )

    def is_updated(self, item: NotebookItem, result: CellResult) -> bool:
        """Whether outputs of a cell are to be accepted at the end, those of a cell included that nobody ran before."""
        updatable = self._told.get(item.nodeid, {}).get("updatable", ())
        is_new = bool(self._session.options.update) and not result.outcome.is_failure
        return result.number in updatable and (is_new or self.will_accept(item, result))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell the user's process what waits."""
        report = yield
        if report.when == "call" and item.nodeid in self._told:
            vars(report)[_TOLD] = self._told.pop(item.nodeid)
        return report

    def _conditions(self, file: NotebookFile) -> Conditions:
        from nbcheck.accepting.record import Conditions

        compare = file.run_options.compare
        return Conditions(
            mode=compare.mode,
            is_mode_said="mode" in self._session.options.command_line_directives(),
            roots=compare.roots,
            ignored=tuple(sorted(compare.ignored)),
            replacements=compare.replacements,
        )

    # ---- where the user waits

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what waits."""
        told: dict[str, Any] = getattr(report, _TOLD, {})
        if told.get("problem"):
            self._problems[told["problem"]] = None
        if told.get("waiting"):
            waiting, different = set(told["waiting"]), set(told["different"])
            self._waiting.setdefault(told["notebook"], set()).update(waiting)
            self._decidable.setdefault(told["notebook"], set()).update(waiting & different)
        if told.get("is_stopped"):
            self._stopped.add(told["notebook"])

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Tell cells that are to be accepted from those that passed as they are."""
        if self._session.options.update and report.passed and getattr(report, _TOLD, {}).get("updatable"):
            return "updated", "U", ("UPDATED", {"yellow": True})
        return None

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write what is to be accepted."""
        # After an interrupt nobody knows whether what is there is all.
        is_complete = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if self._session.options.update and is_complete and not hasattr(self._config, "workerinput"):
            from nbcheck.accepting.update import Outcome, update_notebooks
            from nbcheck.report.terminal import escape

            done = Outcome()
            if self._waiting:
                configuration = self._session.configuration()
                what = self._session.options.update
                done = update_notebooks(self._config.rootpath, self._waiting, configuration, what)
            self._lines = [*map(escape, done.listing), *self._problems]
            if (done.is_incomplete or self._problems) and exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        else:
            self._lines = [*self._count_decidable(), *self._problems]

    def _count_decidable(self) -> list[str]:
        """Say how many cells can be decided on; after an error nothing of a notebook can."""
        numbers = (found for name, found in self._decidable.items() if name not in self._stopped)
        count = sum(map(len, numbers))
        return (
            [f"{count} cell{'s wait' if count > 1 else ' waits'} for a decision: nbcheck review"]
            if count
            else []
        )

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say what was written, and what waits."""
        if self._config.get_verbosity() < 0 and not self._session.options.update:
            return
        for number, line in enumerate(self._lines):
            if number:
                terminalreporter.write_line(line)
            else:
                terminalreporter.write_sep("=", f"nbcheck: {line}")
