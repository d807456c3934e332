"""The hooks of a run that was asked for notebooks."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_nbcheck.options import PluginOptions
from pytest_nbcheck.paths import name_in_project
from pytest_nbcheck.summary import summarise

if TYPE_CHECKING:
    from nbcheck.execution.config import Configuration
    from nbcheck.execution.directives import Directives
    from nbcheck.execution.terminal import Terminal
    from nbcheck.manager.discovery import Choice
    from nbcheck.manager.manager import Kernel
    from pytest_nbcheck.keep import KeptKernels
    from pytest_nbcheck.kernels import Kernels
    from pytest_nbcheck.nodes import NotebookFile

_NEVER_COLLECTED = frozenset({".ipynb_checkpoints", "_build", ".virtual_documents", "node_modules"})

# Name endings of FORMATS in nbcheck.document.text, here so that it is not imported for every file of a project.
_TEXT_SUFFIXES = frozenset({".md", ".markdown", ".py", ".qmd", ".rmd"})

_TOLD = "nbcheck"
"""Attribute of reports: facts in simple values, which travel with it from an xdist worker to the controller."""

_REMARKS = "nbcheck_remarks"
"""Name of the remarks in what a worker of xdist hands over at its end."""


@dataclass(frozen=True, slots=True)
class StartedKernel:
    """A kernel that was started for a notebook."""

    file: NotebookFile
    """The notebook."""
    parameters: str
    """The set of parameters that it runs with, as in node ids; empty for what the file has."""
    choice: Choice
    """Which kernel it is."""
    kernel: Kernel
    """The kernel itself."""


class NotebookSession:
    """What one pytest process knows of notebooks, and the hooks it answers."""

    def __init__(self, config: pytest.Config, options: PluginOptions) -> None:
        """Begin; no notebook is known and no process started yet.

        Args:
            config: pytest's.
            options: resolved.
        """
        self.options = options
        self.instruments: dict[str, Any] = {}
        """Settings of instruments that are known only once the session has begun, by name; Any: as in RunOptions."""
        self.context = ""
        """On whose account cells are run now, for the measuring of coverage."""
        self.terminal: Terminal | None = None
        """Of a person who answers what cells ask; None when there is none."""
        self.keeper: KeptKernels | None = None
        """Takes kernels that are to outlive the session; None when none are."""
        self.started: list[StartedKernel] = []
        """Kernels that were started in this process, whether they live or not."""
        self.remarks: list[str] = []
        """Lines for the summary that belong to no item; those of xdist's workers are added at their end."""
        self._config = config
        self._kernels: Kernels | None = None
        self._selected: dict[str, dict[str, pytest.Item]] = {}
        self._unread_texts = 0
        self._configuration: Configuration | None = None

    # A method: pluggy reads every attribute of a plugin to find its hooks, and would make this one.
    def take_kernels(self) -> Kernels:
        """Return where this process's kernels come from."""
        if self._kernels is None:
            from pytest_nbcheck.kernels import Kernels

            self._kernels = Kernels()
        return self._kernels

    def outer_directives(self, path: Path) -> list[Directives]:
        """Return what the command line and the project's pyproject.toml say of a notebook, the nearest first.

        Raises:
            UsageError: the file makes no sense.
        """
        name = name_in_project(path, self._config.rootpath)
        return [self.options.command_line_directives(), self.configuration().directives_for(name)]

    # A method for the same reason as take_kernels.
    def configuration(self) -> Configuration:
        """Return what the project's pyproject.toml says.

        Raises:
            UsageError: the file makes no sense.
        """
        if self._configuration is None:
            from nbcheck.execution.config import load_configuration

            self._configuration = load_configuration(self._config.rootpath / "pyproject.toml")
        return self._configuration

    def is_notebook(self, path: Path, *, is_asked_for: bool) -> bool:
        """Whether a file is a notebook to be run.

        A notebook that is kept as text, with an .ipynb beside it for its outputs, is run once: as the text, unless
        the .ipynb itself was asked for.

        Args:
            path: of the file.
            is_asked_for: whether somebody named it, and not only a folder that holds it.
        """
        suffix = path.suffix.lower()
        if (suffix != ".ipynb" and suffix not in _TEXT_SUFFIXES) or self._is_never_collected(path):
            return False
        # Tests are scripts, and most notebooks have no text beside them: nothing is imported for their sake.
        if suffix == ".ipynb":
            if is_asked_for or not any(path.with_suffix(other).is_file() for other in _TEXT_SUFFIXES):
                return True
        elif not _has_header(path):
            return False
        from nbcheck.document.text import can_read_text, is_text_notebook, text_twins

        if suffix == ".ipynb":
            return not (can_read_text() and text_twins(path))
        if not is_text_notebook(path):
            return False
        if is_asked_for or can_read_text():
            return True
        self._unread_texts += 1
        return False

    def selected(self, file: NotebookFile) -> Mapping[str, pytest.Item]:
        """Return the items of a notebook that are to be run, by name."""
        return self._selected.get(file.nodeid, {})

    @property
    def has_notebooks(self) -> bool:
        """Whether items of notebooks were collected, and the library is imported so."""
        return "pytest_nbcheck.items" in sys.modules

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which items are left after all plugins had their say."""
        self._selected.clear()
        for item in session.items:
            if item.parent is not None:
                self._selected.setdefault(item.parent.nodeid, {})[item.name] = item

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> NotebookFile | None:
        """Collect notebooks."""
        if not self.is_notebook(file_path, is_asked_for=parent.session.isinitpath(file_path)):
            return None
        from pytest_nbcheck.nodes import NotebookFile, printable_path

        shown = printable_path(file_path)
        # None leaves it to pytest.
        nodeid = None if shown == file_path else os.path.relpath(shown, printable_path(self._config.rootpath))
        return NotebookFile.from_parent(parent, path=file_path, owner=self, nodeid=nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what the summary and other processes need to a notebook's report."""
        report = yield
        describe = getattr(item, "describe_report", None)
        if describe is None:
            return report
        vars(report)[_TOLD] = {}
        if report.when == "call":
            vars(report)[_TOLD] = describe()
            report.duration = max(0.0, report.duration - getattr(item, "seconds_of_others", 0.0))
            if report.skipped and isinstance(report.longrepr, tuple):
                path, line, _ = item.reportinfo()
                report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Restore the failure text of a report that came from another process as a plain string."""
        failure = _told(report).get("failure")
        if failure and report.failed and isinstance(report.longrepr, str):
            from pytest_nbcheck.failure import FailureText

            report.longrepr = FailureText.from_json(failure)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say what was not compared, and what else a reader should know."""
        if self._config.get_verbosity() < 0:
            return
        reports = [(report.nodeid, _told(report)) for report in _reports(terminalreporter.stats)]
        lines = summarise([(nodeid, told) for nodeid, told in reports if told], self._unread_texts)
        lines += self.remarks
        if lines:
            terminalreporter.write_sep("=", "nbcheck")
            for line in lines:
                terminalreporter.write_line(line)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """End every kernel; also after Ctrl-C."""
        self.close()
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_REMARKS] = self.remarks

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # Any: xdist's
        """Take over what a worker has to say."""
        self.remarks += getattr(node, "workeroutput", {}).get(_REMARKS, ())

    def pytest_unconfigure(self) -> None:
        """End every kernel, should the session not have been finished in order."""
        self.close()

    def close(self) -> None:
        """End every kernel."""
        kernels, self._kernels = self._kernels, None
        if kernels is not None:
            kernels.close()

    def _is_never_collected(self, path: Path) -> bool:
        # Only folders of the project count: where the project itself lies is the user's business.
        root = self._config.rootpath
        parts = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
        return not _NEVER_COLLECTED.isdisjoint(parts[:-1])


def _has_header(path: Path) -> bool:
    """Whether a text may have the header that makes it a notebook."""
    try:
        with path.open("rb") as file:
            return b"---" in file.read(200)
    except OSError:
        return False


def _reports(stats: dict[str, list[Any]]) -> Iterator[Any]:
    for reports in stats.values():
        yield from (report for report in reports if isinstance(report, pytest.TestReport))


def _told(report: pytest.TestReport) -> dict[str, Any]:
    told: dict[str, Any] = getattr(report, _TOLD, {})
    return told
