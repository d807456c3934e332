"""pytest-notebook's fixture ``nb_regression``, for projects whose tests ask for it where pytest-notebook is not there.

It takes the same attributes, and judges as nbcheck does. What has no counterpart is refused when it is set.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from nbcheck.compare.base import Difference
from nbcheck.document import NotebookNode, from_dict
from nbcheck.errors import NbcheckError
from nbcheck.execution.config import load_configuration
from nbcheck.execution.foreign_markers import PathRule, read_path_rules
from nbcheck.execution.kernels import start_for
from nbcheck.execution.options import RunOptions, find_roots
from nbcheck.execution.plan import NotebookPlan
from nbcheck.execution.request import Kernel
from nbcheck.execution.run import NotebookRun
from nbcheck.report.terminal import escape
from nbcheck.results import NotebookResult, Outcome
from pytest_nbcheck import kernels
from pytest_nbcheck.failure import describe_failure, join_failures
from pytest_nbcheck.items import read_plan
from pytest_nbcheck.options import PluginOptions
from pytest_nbcheck.paths import name_in_project

_NOT_WRITTEN = "no notebook is written; save it in Jupyter when a change is meant"
_REFUSED = {"force_regen": _NOT_WRITTEN}
_WITHOUT_EFFECT = (
    "exec_allow_errors",
    "coverage",
    "cov_config",
    "cov_source",
    "cov_merge",
    "post_processors",
    "process_resources",
    "diff_use_color",
    "diff_color_words",
)


class NBRegressionError(Exception):
    """A notebook does not come out as it is stored."""


@dataclass(frozen=True, slots=True)
class NBRegressionResult:
    """What a check came to."""

    nb_initial: NotebookNode
    """The notebook as it is stored."""
    nb_final: NotebookNode
    """The same with fresh outputs."""
    diff_filtered: list[Difference]
    """What differs, in the order of the notebook."""
    diff_string: str
    """The text of the failure; empty when there is none."""


class NBRegression:
    """Runs notebooks from within tests, with attributes to be set before."""

    exec_notebook: bool = True
    """Whether it is run at all; if not, nothing can differ."""
    exec_cwd: str | None = None
    """Folder to run in; None for the notebook's own."""
    exec_timeout: float | None = None
    """Seconds for each cell; None for what pytest was told."""
    exec_env: dict[str, str] | None = None
    """Further variables of the kernel's environment."""
    diff_ignore: tuple[str, ...] = ("/cells/*/outputs/*/traceback",)
    """Paths that are not compared."""
    diff_replace: tuple[tuple[str, str, str], ...] = ()
    """Paths, regular expressions and replacements."""

    def __init__(self, options: PluginOptions, root: Path) -> None:
        """Begin; nothing is started yet.

        Args:
            options: what pytest was told.
            root: pytest's root folder, whose configuration holds.
        """
        self._options = options
        self._root = root
        self._kernels = kernels.Kernels()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._kernels.close()

    def __setattr__(self, name: str, value: object) -> None:
        if name in _REFUSED and value:
            raise ValueError(f"nb_regression.{name} cannot be followed: {_REFUSED[name]}")
        if (
            not name.startswith("_")
            and not hasattr(type(self), name)
            and name not in (*_REFUSED, *_WITHOUT_EFFECT)
        ):
            raise AttributeError(f"nb_regression has no attribute {name!r}")
        super().__setattr__(name, value)

    # Any: pytest-notebook takes an open file as well, by its name
    def check(self, path: Any, raise_errors: bool = True) -> NBRegressionResult:
        """Run a notebook and compare its outputs with the stored ones.

        Args:
            path: of the notebook, or the file, open.
            raise_errors: whether to raise an error when it does not come out as it is stored.

        Raises:
            NBRegressionError: it does not, or cannot be read.
        """
        __tracebackhide__ = True
        file = Path(os.path.abspath(getattr(path, "name", path)))
        try:
            plan = self._plan(file)
        except NbcheckError as error:
            raise NBRegressionError(str(error)) from None
        initial = plan.document.notebook
        if not self.exec_notebook:
            return NBRegressionResult(initial, initial, [], "")
        with NotebookRun(plan, lambda: self._start_kernel(plan)) as run:
            result = run.notebook_result()
        text = _describe(plan, result)
        if text and raise_errors:
            raise NBRegressionError(text)
        skipped = next(
            (cell for cell in result.cells if cell.outcome is Outcome.SKIPPED and cell.error), None
        )
        if skipped is not None and raise_errors:
            pytest.skip(skipped.message)
        differences = [difference for cell in result.cells for difference in cell.differences]
        return NBRegressionResult(initial, _with_outputs(plan, result), differences, text)

    def _plan(self, path: Path) -> NotebookPlan:
        configuration = load_configuration(self._root / "pyproject.toml")
        name = name_in_project(path, self._root)
        outer = [self._options.command_line_directives(), configuration.directives_for(name)]
        return read_plan(path, self._run_options(path), outer, self._rules())

    def _run_options(self, path: Path) -> RunOptions:
        options = self._options.to_run_options(find_roots(path.parent, self._root))
        return options if self.exec_timeout is None else replace(options, cell_timeout=self.exec_timeout)

    def _rules(self) -> Sequence[PathRule]:
        section = {"diff_ignore": list(self.diff_ignore), "diff_replace": list(map(list, self.diff_replace))}
        read = read_path_rules({"nbreg": section}, is_notebook=True)
        if read.problems:
            raise ValueError("\n".join(read.problems).replace("notebook metadata nbreg", "nb_regression"))
        return read.rules

    def _start_kernel(self, plan: NotebookPlan) -> Kernel:
        choice = self._kernels.choose(plan.document.notebook.metadata, self._options.kernel)
        cwd = Path(self.exec_cwd or plan.path.parent)
        options = self._run_options(plan.path)
        return start_for(self._kernels, plan, options, choice, cwd=cwd, env_changes=self.exec_env)


def _describe(plan: NotebookPlan, result: NotebookResult) -> str:
    """Write the text on the cells that failed; empty when none did."""
    name = escape(os.path.relpath(plan.path))
    texts = {
        cell.number: describe_failure(name, plan, cell)
        for cell in result.cells
        if cell.outcome.is_failure and plan.cells[cell.number - 1].xfail is None
    }
    return "\n".join(join_failures(texts).to_json()["plain"]) if texts else ""


def _with_outputs(plan: NotebookPlan, result: NotebookResult) -> NotebookNode:
    final: NotebookNode = copy.deepcopy(plan.document.notebook)
    for cell in result.cells:
        final.cells[cell.cell_index].outputs = from_dict(list(cell.outputs))
        final.cells[cell.cell_index].execution_count = cell.execution_count
    return final
