"""``--nbcheck-shard``: which notebooks this job of a CI run is to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pytest_nbcheck.nodes import NotebookFile
from pytest_nbcheck.paths import given_path, name_in_project

_OUTPUT = "nbcheck_shard"
"""Key of what a worker of xdist hands to the controller when it ends."""


class ShardSelection:
    """Takes out what other jobs run."""

    def __init__(self, config: pytest.Config, shard: tuple[int, int], durations: str | None) -> None:
        """Begin.

        Args:
            config: pytest's.
            shard: its number, from 1, and how many there are.
            durations: where reports of earlier runs are, relative to where pytest was started; None for nowhere.

        Raises:
            pytest.UsageError: the reports cannot be read, or another option would make this unsafe.
        """
        # It leaves out files before they are seen here, by a cache that other jobs do not have.
        if config.getoption("lf", False):
            raise pytest.UsageError(
                "--nbcheck-shard cannot be combined with --lf: the split would be one of the failed notebooks only, "
                "so that a notebook that failed here might be run by no job; leave out one of the two"
            )
        self._config = config
        self._number, self._count = shard
        self._durations = _read(config, durations)
        self.said = ""
        """What was selected, and the name of the split, for people."""
        self._is_empty = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Deselect what is not this shard's, before anything that may differ between jobs is deselected."""
        assigned = self._split(items)
        kept: list[pytest.Item] = []
        others: list[pytest.Item] = []
        for item in items:
            file = item.getparent(NotebookFile)
            # Other tests are not split, and are to run once: in the first shard.
            number = 1 if file is None else assigned[name_in_project(file.path, self._config.rootpath)]
            (kept if number == self._number else others).append(item)
        if others:
            self._config.hook.pytest_deselected(items=others)
        self._is_empty = bool(others and not kept)
        items[:] = kept

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let a shard pass that has nothing to do, because there are more shards than notebooks."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = [self.said, self._is_empty]
        elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._is_empty:
            session.exitstatus = pytest.ExitCode.OK

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # Any: a class of xdist
        """Take what a worker found; all of them find the same."""
        found = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if found:
            self.said, self._is_empty = found

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest does not export its class
        """Say which part of the work this was."""
        if self.said:
            terminalreporter.write_sep("-", f"nbcheck: shard {self.said}")

    def _split(self, items: list[pytest.Item]) -> Mapping[str, int]:
        from nbcheck.execution.shards import name_split, split_notebooks, weigh_notebooks

        cells: dict[str, int] = {}
        for item in items:
            file = item.getparent(NotebookFile)
            if file is not None:
                plan = getattr(item, "plan", None)
                cells[name_in_project(file.path, self._config.rootpath)] = (
                    1 if plan is None else len(plan.cells)
                )
        assigned = split_notebooks(weigh_notebooks(cells, self._durations), self._count)
        own = sum(number == self._number for number in assigned.values())
        name = name_split(assigned, self._count)
        self.said = f"{self._number} of {self._count}: {own} of {len(assigned)} notebooks, split {name}"
        return assigned


def _read(config: pytest.Config, durations: str | None) -> Mapping[str, float]:
    if durations is None:
        return {}
    from nbcheck.errors import UsageError
    from nbcheck.report.history import read_durations

    try:
        return read_durations(given_path(config, durations))
    except UsageError as error:
        raise pytest.UsageError(f"--nbcheck-durations: {error}") from error
