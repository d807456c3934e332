"""``--nbcheck-html``: gathers what items report, in the process that the user started, and writes a page at the end."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from nbcheck.compare.normalise import strip_ansi
from nbcheck.errors import NbcheckError, UsageError
from nbcheck.report.base import ItemOutcome, ItemRecord
from nbcheck.report.build import ReportBuilder
from nbcheck.report.files import ReportTarget

_DISTRIBUTIONS = ("pytest-nbcheck", "pytest", "ipython")
_NOTES: dict[int, str] = {
    pytest.ExitCode.INTERRUPTED: "The run was interrupted; what is here is what had been reported by then.",
    pytest.ExitCode.INTERNAL_ERROR: "The run broke off with an error; what is here is what had been reported by then.",
}
"""By exit status."""


class HtmlReport:
    """The report of a run."""

    def __init__(self, config: pytest.Config, path: str) -> None:
        """Begin.

        Args:
            config: pytest's.
            path: as the user gave it, relative to where pytest was started.

        Raises:
            pytest.UsageError: something else is at that path.
        """
        self._config = config
        self._target = ReportTarget(
            Path(os.path.abspath(config.invocation_params.dir / Path(path).expanduser()))
        )
        try:
            self._target.check()
        except UsageError as error:
            raise pytest.UsageError(f"--nbcheck-html: {error}") from error
        self._builder = ReportBuilder()
        self._started = datetime.now().astimezone()
        self._clock = time.monotonic()
        self._ending = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a phase of an item came to, here or in another process."""
        file, _, name = report.nodeid.partition("::")
        told: Mapping[str, Any] = getattr(report, "nbcheck", {})  # Any: what describe_report() said
        if not told and not file.lower().endswith(".ipynb"):
            return
        shown = Path(
            os.path.relpath(self._config.rootpath / file, self._config.invocation_params.dir)
        ).as_posix()
        records = told.get("report") or {}
        is_told = bool(records.get("results") or records.get("fault"))
        text = "" if is_told or report.passed else _text(report)
        phase = ItemRecord(name, _outcome(report), report.duration, text)
        self._builder.add_phase(shown, phase, is_first=report.when == "setup")
        if records:
            self._builder.add_records(shown, records)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write it, also after Ctrl-C."""
        try:
            self._write(_NOTES.get(exitstatus, ""))
        except NbcheckError as error:
            self._ending = f"no HTML report: {error}"
            # Who asked for a report and gets none should hear of it.
            if exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        else:
            self._ending = (
                f"HTML report: {os.path.relpath(self._target.start, self._config.invocation_params.dir)}"
            )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say where it is."""
        if self._ending:
            terminalreporter.write_sep("-", f"nbcheck: {self._ending}")

    def _write(self, note: str) -> None:
        from nbcheck.report.html import HtmlFile, HtmlFolder

        run = self._builder.build(
            started=self._started.isoformat(sep=" ", timespec="seconds"),
            duration=time.monotonic() - self._clock,
            environment=_environment(),
            command="pytest --nbcheck",
            note=note,
        )
        reporter = HtmlFile(self._target.path.name) if self._target.is_file else HtmlFolder()
        self._target.write(reporter.render(run))


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


def _environment() -> tuple[tuple[str, str], ...]:
    found = [("Python", platform.python_version()), ("platform", f"{sys.platform} {platform.machine()}")]
    for name in _DISTRIBUTIONS:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
