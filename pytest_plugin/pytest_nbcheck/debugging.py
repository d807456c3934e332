"""``--pdb`` and ``--trace``: a prompt on the kernel where pytest opens a debugger in its own process."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Generator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from nbcheck.protocol.content import Content
    from pytest_nbcheck.items import NotebookItem
    from pytest_nbcheck.session import NotebookSession

_PDB = "pdbinvoke"
"""Name of pytest's own plugin for ``--pdb``."""
_NO_TERMINAL = "no prompt: standard input is no terminal"


class PytestTerminal:
    """The terminal that pytest was started from, taken from its capturing while it is used."""

    def __init__(self, config: pytest.Config) -> None:
        """Look whether there is one.

        Args:
            config: pytest's.
        """
        self._config = config
        # Any: pytest does not export its class
        self._capture: Any = config.pluginmanager.getplugin("capturemanager")
        self._depth = 0
        self.resumes_capture = True
        """Whether pytest captures what is printed when the terminal is given back, as it does inside of a phase."""

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._depth += 1
        if self._depth == 1:
            if self._capture is not None:
                self._capture.suspend(in_=True)
            # Plugins that limit the time of tests listen to these two.
            self._config.hook.pytest_enter_pdb(config=self._config, pdb=self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give it back."""
        self._depth -= 1
        if self._depth == 0:
            self._config.hook.pytest_leave_pdb(config=self._config, pdb=self)
            if self._capture is not None and self.resumes_capture:
                self._capture.resume()

    def is_there(self) -> bool:
        """Whether somebody can type; to be asked between the phases of tests."""
        if self._capture is None:
            return sys.stdin.isatty()
        self._capture.suspend_global_capture(in_=True)
        try:
            return sys.stdin.isatty()
        finally:
            self._capture.resume_global_capture()
            self._capture.suspend_global_capture(in_=False)

    def read(self, prompt: str, *, password: bool = False) -> str:
        """Return a line that was typed."""
        from nbcheck.report.live import render_text

        shown = render_text(prompt, color=False)
        if password:
            return getpass.getpass(shown)
        with suppress(ImportError):  # some Pythons are built without
            import readline  # noqa: F401 - lets input() edit lines and remember them
        return input(shown)

    def show(self, content: Content) -> None:
        """Show what a message holds, if it is an output."""
        from nbcheck.report.live import render_content

        writer = self._config.get_terminal_writer()
        sys.stdout.write(render_content(content, color=writer.hasmarkup))
        sys.stdout.flush()

    def say(self, line: str) -> None:
        """Show a line of our own."""
        self._config.get_terminal_writer().line(line)

    def headline(self, text: str) -> None:
        """Show the beginning of something."""
        writer = self._config.get_terminal_writer()
        writer.line()
        writer.sep(">", text)


class Debugger:
    """Opens prompts for items of notebooks, and leaves all others to pytest."""

    def __init__(self, config: pytest.Config, session: NotebookSession) -> None:
        """Begin; pytest's own debugger is not there yet.

        Args:
            config: pytest's.
            session: is told whom cells can ask.
        """
        self._config = config
        self._session = session
        self._terminal = PytestTerminal(config)
        self._is_there = False
        self._pdb: Any = None  # Any: pytest does not export its class

    def pytest_sessionstart(self) -> None:
        """Take the place of pytest's debugger, which is asked for what is not ours."""
        self._pdb = self._config.pluginmanager.unregister(name=_PDB)
        self._is_there = self._terminal.is_there()
        if self._is_there:
            self._session.terminal = self._terminal

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Let pytest's debugger have it."""
        if self._pdb is not None:
            self._pdb.pytest_internalerror(excinfo)

    def pytest_exception_interact(
        self,
        node: pytest.Item | pytest.Collector,
        call: pytest.CallInfo[object],
        report: pytest.TestReport,
    ) -> None:
        """Open a prompt where a cell failed."""
        if self._pdb is None:
            return
        if not self._session.has_notebooks:
            self._pdb.pytest_exception_interact(node, call, report)
            return
        from pytest_nbcheck.items import BrokenNotebook, CellsFailed, NotebookItem

        if isinstance(node, BrokenNotebook):
            return
        if not isinstance(node, NotebookItem) or not isinstance(
            call.excinfo and call.excinfo.value, CellsFailed
        ):
            self._pdb.pytest_exception_interact(node, call, report)
            return
        self._terminal.resumes_capture = False
        try:
            with self._terminal as terminal:
                terminal.headline(f"nbcheck: {node.nodeid} failed")
                report.toterminal(self._config.get_terminal_writer())
                # As pytest's own debugger has it: what has been shown is not shown at the end again.
                vars(report)["_pdbshown"] = True
                self._open(node)
        finally:
            self._terminal.resumes_capture = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """With ``--trace``, open a prompt before a cell is run."""
        if self._config.option.trace and self._session.has_notebooks:
            from pytest_nbcheck.items import CellItem

            if isinstance(item, CellItem):
                with self._terminal as terminal:
                    terminal.headline(f"nbcheck: before {item.nodeid}")
                    terminal.say(item.cell.source)
                    self._open(item)
        return (yield)

    def _open(self, item: NotebookItem) -> None:
        from nbcheck.execution.prompt import HELP, Prompt

        run = item.parent.run(item.plan)
        if not self._is_there:
            self._terminal.say(_NO_TERMINAL)
        elif run.live_kernel is None:
            self._terminal.say("no prompt: there is no kernel")
        else:
            self._terminal.headline(f"nbcheck: the kernel after cell {run.last_run}")
            self._terminal.say(HELP)
            if Prompt(run.live_kernel, self._terminal).run():
                pytest.exit("Quitting debugger")
