"""``--nbcheck-cov-cells``: which lines of the notebooks' own cells were run, as a file for editors and services."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from nbcheck.errors import DocumentError
from nbcheck.report.files import FileTarget
from nbcheck.report.lcov import BEGINS, render_lcov
from nbcheck.transport.cell_lines import CellLines, cell_key, read_cell_lines
from pytest_nbcheck.items import NotebookItem
from pytest_nbcheck.outputs import check_target
from pytest_nbcheck.paths import given_path, name_in_project

if TYPE_CHECKING:
    from nbcheck.execution.plan import NotebookPlan
    from pytest_nbcheck.nodes import NotebookFile
    from pytest_nbcheck.session import NotebookSession

_LINES = "nbcheck_cell_lines"
"""Name of the lines in what a worker of xdist hands over at its end."""


class CellCoverage:
    """The lines of cells that kernels of this process run; all of them, in the process that the user started."""

    def __init__(self, config: pytest.Config, session: NotebookSession, path: str) -> None:
        """Begin.

        Args:
            config: pytest's.
            session: whose notebooks they are.
            path: of the file to write, as the user gave it.

        Raises:
            pytest.UsageError: it cannot be written there, or lines cannot be noted.
        """
        if sys.version_info < (3, 12) and getattr(config.option, "cov_source", None):
            raise pytest.UsageError("--nbcheck-cov-cells together with --cov needs Python 3.12 or later")
        self._config = config
        self._session = session
        self._target = FileTarget(given_path(config, path), BEGINS)
        check_target(self._target, "--nbcheck-cov-cells")
        self._folder: TemporaryDirectory[str] | None = None
        self._kernels: list[tuple[NotebookPlan, Path]] = []
        self._seen: set[NotebookFile] = set()
        self._lines: dict[str, dict[int, bool]] = {}
        self._lost = 0
        self._ending = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Have the kernels of a notebook note lines."""
        if isinstance(item, NotebookItem) and item.parent not in self._seen:
            self._seen.add(item.parent)
            item.parent.more_instruments.append(partial(self._instrument, item.plan))

    def _instrument(self, plan: NotebookPlan) -> Mapping[str, Any]:
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="nbcheck-lines-")
        path = Path(self._folder.name) / str(len(self._kernels))
        self._kernels.append((plan, path))
        return {"cells": str(path)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """At the end, however it comes, wait for what kernels write, and read it."""
        try:
            return (yield)
        finally:
            if self._folder is not None:
                self._session.close()
                self._gather()
                self._folder.cleanup()

    def _gather(self) -> None:
        for plan, path in self._kernels:
            noted = read_cell_lines(path)
            if noted is None:
                self._lost += 1
            else:
                self._add(name_in_project(plan.path, self._config.rootpath), lines_in_file(plan, noted))

    def _add(self, name: str, lines: Mapping[int, bool]) -> None:
        known = self._lines.setdefault(name, {})
        for line, was_run in lines.items():
            known[line] = known.get(line, False) or was_run

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the lines over, in a worker of xdist; else write them."""
        if hasattr(self._config, "workeroutput"):
            told = {name: list(lines.items()) for name, lines in self._lines.items()}
            self._config.workeroutput[_LINES] = (told, self._lost)
            return
        try:
            self._target.write(render_lcov({name: lines for name, lines in self._lines.items() if lines}))
        except DocumentError as error:
            self._ending = f"no lines of cells: {error}"
            # Who asked for a report and gets none should hear of it.
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        else:
            place = os.path.relpath(self._target.path, self._config.invocation_params.dir)
            self._ending = f"lines of cells: {self._count()}: {place}"

    def _count(self) -> str:
        lines = [was_run for found in self._lines.values() for was_run in found.values()]
        lost = f", {self._lost} kernel{'s' * (self._lost > 1)} could not tell" if self._lost else ""
        return f"{sum(lines):,} of {len(lines):,} were run{lost}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # Any: xdist's
        """Take over the lines of a worker."""
        told, lost = getattr(node, "workeroutput", {}).get(_LINES, ({}, 0))
        self._lost += lost
        for name, lines in told.items():
            self._add(name, dict(lines))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say how many lines were run, and where they are."""
        if self._ending:
            terminalreporter.write_sep("-", f"nbcheck: {self._ending}")


def lines_in_file(plan: NotebookPlan, noted: Mapping[str, CellLines]) -> dict[int, bool]:
    """Return the lines of a notebook's cells as lines of its file, from 1, and whether each was run.

    Args:
        plan: of the notebook.
        noted: lines of cells by :func:`cell_key`; those of other code do not count.
    """
    found: dict[int, bool] = {}
    for cell in plan.cells:
        source = cell.source.splitlines()
        # IPython takes empty lines at the beginning away before it compiles.
        skipped = next((number for number, text in enumerate(source) if text.strip()), 0)
        lines = noted.get(cell_key(cell.cell_id, cell.source))
        if lines is None:
            lines = CellLines(possible=_lines_of_code(source[skipped:]))
        for line in lines.possible:
            if line + skipped <= len(source):
                # A cell whose source is one text is one line of the file.
                place = plan.document.source_line(cell.cell_index, line + skipped)
                found[place] = found.get(place, False) or line in lines.run
    return found


def _lines_of_code(source: list[str]) -> set[int]:
    """Return the lines, from 1, of a cell that no kernel has compiled: where statements of Python begin."""
    try:
        tree = ast.parse("\n".join(source))
    except (SyntaxError, ValueError):  # magics
        return {
            number
            for number, text in enumerate(source, 1)
            if text.strip() and not text.lstrip().startswith("#")
        }
    return {node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)}
