"""The reports on a run: what items tell is gathered in the process that the user started, and told at the end.

Workers of xdist and items that are run again need no path of their own: everything comes with pytest's reports.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from nbcheck.compare.normalise import strip_ansi
from nbcheck.errors import NbcheckError
from nbcheck.report.base import ItemOutcome, ItemRecord
from nbcheck.report.build import ReportBuilder
from pytest_nbcheck.nodeids import split_parameters
from pytest_nbcheck.outputs import Output
from pytest_nbcheck.twice import TOLD as UNSTABLE
from pytest_nbcheck.twice import found_in

_DISTRIBUTIONS = ("pytest-nbcheck", "pytest", "ipython")
_NOTES: dict[int, str] = {
    pytest.ExitCode.INTERRUPTED: "The run was interrupted; what is here is what had been reported by then.",
    pytest.ExitCode.INTERNAL_ERROR: "The run broke off with an error; what is here is what had been reported by then.",
}
"""By exit status."""


class RunReports:
    """Gathers the run and hands it to every output."""

    def __init__(self, config: pytest.Config, outputs: Sequence[Output]) -> None:
        """Begin.

        Args:
            config: pytest's.
            outputs: in the order in which they are written.
        """
        self._config = config
        self._outputs = outputs
        self._builder = ReportBuilder()
        self._started = datetime.now().astimezone()
        self._clock = time.monotonic()
        self._endings: list[str] = []
        self._problems: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a phase of an item came to, here or in another process."""
        file, _, name = report.nodeid.partition("::")
        told: Mapping[str, Any] | None = getattr(report, "nbcheck", None)  # Any: what describe_report() said
        if told is None and not file.lower().endswith(".ipynb"):
            return
        shown = Path(
            os.path.relpath(self._config.rootpath / file, self._config.invocation_params.dir)
        ).as_posix()
        name, parameters = split_parameters(name)
        records = (told or {}).get("report") or {}
        is_told = bool(records.get("results") or records.get("fault"))
        text = "" if is_told or report.passed else _text(report)
        line = report.location[1]
        phase = ItemRecord(name, _outcome(report), report.duration, text, None if line is None else line + 1)
        self._builder.add_phase(shown, phase, is_first=report.when == "setup", parameters=parameters)
        if records:
            self._builder.add_records(shown, records, parameters=parameters)
        unstable = getattr(report, UNSTABLE, None)
        if unstable is not None:
            self._builder.add_unstable(shown, found_in(unstable), parameters=parameters)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write them, also after Ctrl-C."""
        run = self._builder.build(
            started=self._started.isoformat(sep=" ", timespec="seconds"),
            duration=time.monotonic() - self._clock,
            environment=self._environment(),
            command="pytest --nbcheck",
            note=_NOTES.get(exitstatus) or _explain_early_end(session),
            folder=str(self._config.invocation_params.dir),
        )
        for output in self._outputs:
            try:
                output.write(run)
            except NbcheckError as error:
                self._problems.append(f"no {output.name}: {error}")
                # Who asked for a report and gets none should hear of it.
                if session.exitstatus == pytest.ExitCode.OK:
                    session.exitstatus = pytest.ExitCode.TESTS_FAILED
            else:
                if output.place:
                    self._endings.append(f"{output.name}: {output.place}")

    def _environment(self) -> tuple[tuple[str, str], ...]:
        found = [("Python", platform.python_version()), ("platform", f"{sys.platform} {platform.machine()}")]
        for name in _DISTRIBUTIONS:
            try:
                found.append((name, version(name)))
            except PackageNotFoundError:
                continue
        header = self._config.pluginmanager.getplugin("nbcheck-header")
        found += header.conditions if header is not None else ()
        shard = self._config.pluginmanager.getplugin("nbcheck-shard")
        if shard is not None:
            found.append(("shard", shard.said))
        return tuple(found)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say where they are."""
        # -qq is said by who knows where they are.
        endings = self._endings if self._config.get_verbosity() >= -1 else []
        for ending in (*self._problems, *endings):
            terminalreporter.write_sep("-", f"nbcheck: {ending}")
        for output in self._outputs:
            for line in output.lines:
                terminalreporter.write_line(line)


def _explain_early_end(session: pytest.Session) -> str:
    """Return why pytest left tests out that it was to run, as with ``-x``; empty when it did not."""
    return f"The run ended early: {session.shouldfail}." if session.shouldfail else ""


def _outcome(report: pytest.TestReport) -> ItemOutcome:
    if hasattr(report, "wasxfail"):
        return ItemOutcome.XFAILED if report.skipped else ItemOutcome.XPASSED
    if report.failed:
        # A worker of xdist that crashed reports for its item, in no phase at all.
        return ItemOutcome.ERROR if report.when in ("setup", "teardown") else ItemOutcome.FAILED
    return ItemOutcome.SKIPPED if report.skipped else ItemOutcome.PASSED


def _text(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    return strip_ansi(str(getattr(report, "wasxfail", "") or report.longreprtext))
