"""``--nbcheck-keep``: the kernels of failed notebooks outlive the session, for whoever wants to look at them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_nbcheck.nodeids import with_parameters

if TYPE_CHECKING:
    from nbcheck.manager.manager import Kernel
    from pytest_nbcheck.nodes import NotebookFile
    from pytest_nbcheck.session import NotebookSession

IDLE_LIMIT = 3600.0
"""Seconds without a client after which a kernel that was kept is ended: long enough for a meeting, and nobody has to
remember it."""
_MOST = 10
"""Kernels that one process keeps: a person looks at a few, and each has its memory."""
_LINES = "nbcheck_kept"
"""Name of the lines in what a worker of xdist hands over at its end."""


class KeptKernels:
    """Which notebooks have failed, and what becomes of their kernels."""

    def __init__(self, config: pytest.Config, session: NotebookSession) -> None:
        """Begin with none.

        Args:
            config: pytest's.
            session: knows where kernels come from.
        """
        self._config = config
        self._session = session
        # each with its set of parameters, in the order of their failures
        self._failed: dict[tuple[NotebookFile, str], None] = {}
        self._lines: list[str] = []

    def wants(self, file: NotebookFile, parameters: str) -> bool:
        """Whether the kernel that ran a notebook, with a set of parameters, is to live on."""
        run = (file, parameters)
        return run in list(self._failed)[:_MOST] and self._kernel_of(*run) is not None

    def forget(self, file: NotebookFile, parameters: str) -> None:
        """Take a notebook that is run once more for one that has not failed."""
        self._failed.pop((file, parameters), None)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note which notebooks fail."""
        report = yield
        if report.failed:
            from pytest_nbcheck.items import NotebookItem

            if isinstance(item, NotebookItem):
                self._failed[item.parent, item.plan.parameters] = None
        return report

    # Whatever else waits for the end of kernels does so outside of this.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """At the end, however it comes, let the kernels live on."""
        try:
            return (yield)
        finally:
            self._keep()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hand the lines over, in a worker of xdist."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_LINES] = self._lines

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # Any: xdist's
        """Take over the lines of a worker."""
        self._lines += getattr(node, "workeroutput", {}).get(_LINES, ())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """List what lives on, however quiet pytest is."""
        if self._lines:
            terminalreporter.write_sep("=", "nbcheck: kernels that live on")
            for line in self._lines:
                terminalreporter.write_line(line)

    def _kernel_of(self, file: NotebookFile, parameters: str) -> Kernel | None:
        kernels = [
            entry.kernel
            for entry in self._session.started
            if entry.file is file and entry.parameters == parameters
        ]
        return kernels[-1] if kernels and kernels[-1].is_alive else None

    def _keep(self) -> None:
        from nbcheck.errors import KernelError

        hosts = []
        for file, parameters in list(self._failed)[:_MOST]:
            kernel = self._kernel_of(file, parameters)
            if kernel is None:
                continue
            with suppress(KernelError):  # its host has been ended, and it too
                kernel.keep(idle_limit=IDLE_LIMIT)
                shown = with_parameters(file.nodeid, parameters)
                self._lines.append(f"{shown}: jupyter console --existing {kernel.connection_file}")
                hosts.append(kernel.host_pid)
        for pid in dict.fromkeys(hosts):
            self._lines.append(
                f"Each ends when nobody has been connected for an hour; all of them with: kill {pid}"
            )
        if len(self._failed) > _MOST:
            self._lines.append(
                f"{len(self._failed) - _MOST} more notebooks failed; their kernels have ended."
            )
