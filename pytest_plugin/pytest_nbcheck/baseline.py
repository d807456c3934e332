"""The baseline of a project: failures that it knows of do not count, and those that are gone are taken out of it."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from nbcheck.baseline.file import Baseline, read_baseline, write_baseline
from nbcheck.baseline.known import Known, KnownAs, describe_failures, judge, mark_unstable, outdated
from nbcheck.errors import UsageError
from nbcheck.results import CellResult
from pytest_nbcheck.nodeids import split_parameters, with_parameters
from pytest_nbcheck.options import is_ci_job
from pytest_nbcheck.paths import given_path, name_in_project
from pytest_nbcheck.twice import TOLD as UNSTABLE
from pytest_nbcheck.twice import found_in

if TYPE_CHECKING:
    from pytest_nbcheck.items import BrokenNotebook, NotebookItem
    from pytest_nbcheck.nodes import NotebookFile
    from pytest_nbcheck.session import NotebookSession

_TOLD = "nbcheck_baseline"
"""Attribute of reports: facts in simple values, which travel with it from an xdist worker to the controller."""


def find_baseline(config: pytest.Config, session: NotebookSession, written: str | None) -> Baselines | None:
    """Return the part of the plugin that looks after a baseline; None for a project that has none.

    Args:
        config: pytest's.
        session: whose notebooks they are.
        written: where to write one, as the user said it; None when that was not asked for.

    Raises:
        pytest.UsageError: it cannot be read, or be written.
    """
    try:
        name = session.configuration().baseline
    except UsageError:
        return None  # told of each notebook; nothing is run
    if written is not None:
        path = given_path(config, written)
        if path.exists():
            raise pytest.UsageError(
                f"--nbcheck-write-baseline: {written} is there, and a baseline only shrinks; "
                "remove it to begin a new one"
            )
        return Baselines(config, session, path, None)
    if not name:
        return None
    path = config.rootpath / name
    try:
        return Baselines(config, session, path, read_baseline(path))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


class Baselines:
    """Judges where notebooks are run, and keeps the file where the user waits."""

    def __init__(
        self, config: pytest.Config, session: NotebookSession, path: Path, baseline: Baseline | None
    ) -> None:
        """Begin.

        Args:
            config: pytest's.
            session: whose notebooks they are.
            path: of the file.
            baseline: what is known; None when this run is to find that out.
        """
        self._config = config
        self._session = session
        self._path = path
        self._shown = os.path.relpath(path, config.invocation_params.dir)
        self._baseline = baseline
        self._told: dict[str, dict[str, Any]] = {}
        self._gone: dict[str, set[Known]] = {}
        self._learnt: dict[str, list[Known]] = {}
        self._found: dict[str, dict[Known, None]] = {}
        self._unstable: dict[str, dict[str, set[str]]] = {}
        self._count = 0
        self._endings: list[str] = []

    # ---- where notebooks are run

    def judge(self, item: NotebookItem, results: Sequence[CellResult]) -> list[CellResult]:
        """Measure the results of an item by what is known.

        Args:
            item: which has been run.
            results: what it came to.

        Returns:
            The results; excused where all is known, and otherwise without the differences that are.
        """
        if self._baseline is None or self._config.option.runxfail:
            return list(results)
        title = self._title(item.parent, item.plan.parameters)
        entries = self._baseline.of(title)
        if not entries:
            return list(results)
        document, cells = item.plan.document, item.plan.cells
        gone: list[Known] = []
        learnt: list[Known] = []
        left = []
        for result in results:
            judged = judge(entries, document, cells[result.number - 1], result)
            left.append(judged.result)
            gone += judged.gone
            learnt += judged.learnt
        if item.parent.is_last(item, item.plan.parameters):
            gone += outdated(entries, document, cells)
        known = sum(bool(result.excused) for result in left)
        self._tell(item.nodeid, title, known=known, gone=gone, learnt=learnt)
        return left

    def excuse(self, item: BrokenNotebook) -> str:
        """Return why it does not count that a file cannot be read; empty when it does."""
        title = self._title(item.parent, "")
        entries = self._baseline.of(title) if self._baseline is not None else ()
        is_known = any(entry.outcome is KnownAs.UNREADABLE for entry in entries)
        if not is_known or self._config.option.runxfail:
            return ""
        self._tell(item.nodeid, title, known=1)
        return "known: the notebook cannot be read"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell the user's process."""
        report = yield
        if report.when == "call":
            if self._baseline is None and self._session.has_notebooks:
                self._describe(item)
            if item.nodeid in self._told:
                vars(report)[_TOLD] = self._told.pop(item.nodeid)
        return report

    def _describe(self, item: pytest.Item) -> None:
        """Note what is to be known of an item."""
        from pytest_nbcheck.items import BrokenNotebook, NotebookItem

        if isinstance(item, BrokenNotebook):
            found = [Known("notebook", KnownAs.UNREADABLE)]
            self._tell(item.nodeid, self._title(item.parent, ""), found=found)
        elif isinstance(item, NotebookItem):
            plan = item.plan
            found = [
                known
                for result in item.results
                if plan.cells[result.number - 1].xfail is None
                for known in describe_failures(plan.document, plan.cells[result.number - 1], result)
            ]
            self._tell(item.nodeid, self._title(item.parent, plan.parameters), found=found)

    def _title(self, file: NotebookFile, parameters: str) -> str:
        return with_parameters(name_in_project(file.path, self._config.rootpath), parameters)

    # Any: simple values, as they travel
    def _tell(self, nodeid: str, title: str, *, known: int = 0, **entries: Sequence[Known]) -> None:
        told: dict[str, Any] = {"notebook": title, "known": known}
        self._told[nodeid] = told | {
            name: msgspec.to_builtins(list(found)) for name, found in entries.items()
        }

    # ---- where the user waits

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather what items told."""
        told: Mapping[str, Any] | None = getattr(report, _TOLD, None)
        if told is not None:
            name = told["notebook"]
            self._count += told["known"]
            self._gone.setdefault(name, set()).update(_entries(told, "gone"))
            self._learnt.setdefault(name, []).extend(_entries(told, "learnt"))
            self._found.setdefault(name, {}).update(dict.fromkeys(_entries(told, "found")))
        unstable: Mapping[str, Any] | None = getattr(report, UNSTABLE, None)
        if unstable is not None:
            path = name_in_project(self._config.rootpath / unstable["notebook"], self._config.rootpath)
            self._unstable[with_parameters(path, unstable["parameters"])] = {
                f"cell-{number}": {one.place for one in ones} for number, ones in found_in(unstable).items()
            }

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the file."""
        if hasattr(self._config, "workerinput"):
            return
        # After an interrupt nobody knows whether what is there is all.
        is_complete = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        try:
            if self._baseline is not None:
                self._shrink(self._baseline, is_complete=is_complete)
            elif is_complete:
                self._begin()
        except UsageError as error:
            self._endings.append(str(error))
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say what was written; a file that is to be committed is told with -q as well."""
        for ending in self._endings if self._config.get_verbosity() >= -1 else ():
            terminalreporter.write_sep("=", f"nbcheck: {ending}")

    def _begin(self) -> None:
        notebooks = {
            name: tuple(mark_unstable(found, self._unstable.get(name, {})))
            for name, found in self._found.items()
        }
        baseline = Baseline({name: entries for name, entries in notebooks.items() if entries})
        write_baseline(self._path, baseline)
        name = name_in_project(self._path, self._config.rootpath)
        self._endings.append(f"{_known(baseline.count)} written to {self._shown}")
        if self._session.configuration().baseline != name:
            self._session.remarks.append(
                f'failures in {self._shown} count until [tool.nbcheck] in pyproject.toml has baseline = "{name}"'
            )

    def _shrink(self, baseline: Baseline, *, is_complete: bool) -> None:
        if self._count:
            self._session.remarks.append(f"{_known(self._count)} not counted: {self._shown}")
        for name, entries in baseline.notebooks.items():
            if not (self._config.rootpath / split_parameters(name)[0]).exists():
                self._gone.setdefault(name, set()).update(entries)
        count = sum(map(len, self._gone.values()))
        if not is_complete or not (count or any(self._learnt.values())):
            return
        if is_ci_job():
            told = f"{_known(count)} gone: run pytest --nbcheck where you can commit {self._shown}"
        else:
            left = baseline.without(self._gone, self._learnt)
            write_baseline(self._path, left)
            if left.count:
                told = f"{_known(count)} gone, and taken out of {self._shown}: commit it"
            else:
                told = (
                    f"no failure is known any more: remove {self._shown}, and 'baseline' from [tool.nbcheck]"
                )
        self._endings.append(told)


def _entries(told: Mapping[str, Any], name: str) -> list[Known]:
    return msgspec.convert(told.get(name, []), list[Known])


def _known(number: int) -> str:
    return f"{number:,} known failure{' is' if number == 1 else 's are'}"
