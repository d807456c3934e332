"""Coverage: where pytest is measured, by pytest-cov or ``coverage run``, the modules that notebooks import count."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nbcheck.execution.measure import Measurement
    from pytest_nbcheck.session import NotebookSession, StartedKernel

_MAX_NAMES = 3
_PYTEST_COV = "_cov"
"""Name of pytest-cov's plugin. It saves and reports nothing where the loop over the items ends with an exception."""
_CONTEXTS = "_cov_contexts"
"""Name of the plugin that pytest-cov registers for ``--cov-context=test``."""


class CoverageOfNotebooks:
    """The measurement that runs in this process, if one does, and its kernels."""

    def __init__(self, config: pytest.Config, session: NotebookSession) -> None:
        """Look at nothing yet: pytest-cov begins with the session.

        Args:
            config: pytest's.
            session: knows the kernels.
        """
        self._config = config
        self._session = session
        self._measurement: Measurement | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Let kernels measure what they run, if this process is measured."""
        if "coverage" not in sys.modules:
            return
        from nbcheck.execution.measure import Measurement, running_coverage

        running = running_coverage()
        if running is None:
            return
        try:
            self._measurement = Measurement(running)
        except AttributeError:
            self._session.remarks.append(
                "what notebooks run is not reliably counted by coverage: that needs coverage 7.10.4 or later"
            )
        else:
            self._session.instruments["coverage"] = self._measurement.settings

    # What pytest-cov calls the context of an item's phases.

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """The cells before this one are run."""
        self._switch_context(item, "setup")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """The cell itself is run."""
        self._switch_context(item, "run")

    def _switch_context(self, item: pytest.Item, when: str) -> None:
        has_contexts = self._config.pluginmanager.hasplugin(_CONTEXTS)
        self._session.context = f"{item.nodeid}|{when}" if has_contexts else ""

    # Nearer to the tests than pytest-cov, which makes its report when it gets here.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """When all items have been run, wait for what kernels save, and count it."""
        try:
            result = yield
        except BaseException:  # as with -x
            self._gather(is_reported=not self._config.pluginmanager.hasplugin(_PYTEST_COV))
            raise
        self._gather(is_reported=True)
        return result

    def _gather(self, *, is_reported: bool) -> None:
        if self._measurement is None:
            return
        # Kernels were asked to leave at the end of their notebooks. This waits until they have.
        self._session.close()
        if is_reported:
            self._session.remarks += describe_lost(
                self._session.started,
                self._measurement.gather(),
                counts_foreign=self._measurement.reaches_processes,
            )
        else:
            self._measurement.discard()


def describe_lost(
    started: list[StartedKernel], measured: set[int], *, counts_foreign: bool = False
) -> list[str]:
    """Say of which kernels not all counts, and why.

    Args:
        started: all kernels of this process.
        measured: process ids of those whose data were added.
        counts_foreign: whether kernels that are not our own are measured by other means.
    """
    from nbcheck.errors import describe_exit

    lines = []
    foreign = []
    for entry in started:
        name, kernel = entry.file.nodeid, entry.kernel
        spec = entry.choice.spec
        if spec is not None and spec.language == "python":
            foreign.append(f"{name} ({kernel.name})")
        elif entry.choice.is_bundled and entry.choice.interpreter == "python":
            how = ""
            if kernel.is_kept:
                how = "lives on"
            elif kernel.returncode:
                # Without the guess at a cause: it may have been us.
                how = f"ended with {describe_exit(kernel.returncode).partition(' (')[0]}"
            elif kernel.pid not in measured:
                how = "ended without saving what it measured"
            if how:
                lines.append(f"{name}: not all that it runs is counted by coverage: its kernel {how}")
    if foreign and not counts_foreign:
        more = f" and {len(foreign) - _MAX_NAMES} more" if len(foreign) > _MAX_NAMES else ""
        lines.append(
            "not counted by coverage, because only nbcheck's own Python kernel is measured: "
            f"{', '.join(foreign[:_MAX_NAMES])}{more}"
        )
    return lines
