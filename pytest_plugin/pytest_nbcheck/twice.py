"""The flake finder: notebooks whose outputs differ are run a second time, to tell noise from change."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from pytest_nbcheck.nodeids import split_parameters, with_parameters

if TYPE_CHECKING:
    from nbcheck.accepting.unstable import Found
    from nbcheck.execution.again import SecondRuns
    from nbcheck.results import CellResult, Instability
    from pytest_nbcheck.items import NotebookItem
    from pytest_nbcheck.session import NotebookSession

TOLD = "nbcheck_unstable"
"""Attribute of reports: facts in simple values, which travel with it from an xdist worker to the controller."""
_TIMEOUT_SHARE = 0.5
"""Of the time that pytest-timeout leaves an item, what a second run in it may take."""


@dataclass(slots=True)
class _Notebook:
    """What came of a notebook's items so far, with one set of parameters."""

    failed: dict[int, CellResult] = field(default_factory=dict)
    """Results with differences, by number of the cell."""
    is_spoiled: bool = False
    """Whether something failed that is no mere difference."""


class Twice:
    """Runs notebooks again where they were run, and tells what came of it where the user waits."""

    def __init__(self, config: pytest.Config, session: NotebookSession) -> None:
        """Begin.

        Args:
            config: pytest's.
            session: whose notebooks they are.
        """
        self._config = config
        self._session = session
        self._notebooks: dict[tuple[str, str], _Notebook] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._found: list[dict[str, Any]] = []
        self._began = 0.0

    # pluggy looks for hooks by reading attributes, but not those that begin with an underscore.
    @cached_property
    def _runs(self) -> SecondRuns:
        from nbcheck.execution.again import SecondRuns

        return SecondRuns()

    # ---- where notebooks are run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Note when an item began: limits of pytest-timeout are for all of it."""
        self._began = time.monotonic()
        if hasattr(item, "plan"):
            _ = self._runs  # its clock is that of the session

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Run a notebook again with its last item: the fixtures that it needs are there until this one has ended."""
        try:
            yield
        finally:
            if hasattr(item, "plan"):
                from pytest_nbcheck.items import NotebookItem

                if isinstance(item, NotebookItem):
                    self._end_item(item)

    def _end_item(self, item: NotebookItem) -> None:
        key = item.parent.nodeid, item.plan.parameters
        notebook = self._notebooks.setdefault(key, _Notebook())
        for result in item.results:
            is_meant = item.plan.cells[result.number - 1].xfail is not None
            if result.outcome.is_failure and not is_meant and not result.excused:
                notebook.failed[result.number] = result
                notebook.is_spoiled |= not result.differences or result.outcome.stops_notebook
        if item.get_closest_marker("flaky") is not None:
            notebook.is_spoiled = True  # of pytest-rerunfailures, which runs it again itself
        if item.parent.is_last(item, item.plan.parameters):
            del self._notebooks[key]
            if notebook.failed and not notebook.is_spoiled:
                self._look_again(item, notebook.failed)

    def _look_again(self, item: NotebookItem, failed: Mapping[int, CellResult]) -> None:
        from nbcheck.errors import NbcheckError
        from nbcheck.execution.again import ALWAYS

        file, plan = item.parent, item.plan
        check = self._session.options.flaky_check or plan.flaky_check
        if self._session.options.update and check != ALWAYS:
            return  # what is accepted without looking needs no label
        limit = self._runs.limit(check, file.run(plan).seconds)
        left = self._time_left(item)
        if limit is None or left < file.run(plan).seconds:
            return
        began = time.monotonic()
        try:
            found = self._compare(item, failed, min(limit, left), may_start_programs=check == ALWAYS)
        except (NbcheckError, OSError) as error:
            found = f"could not be run: {error}"
        self._told[item.nodeid] = {
            "notebook": item.parent.nodeid,
            "parameters": item.plan.parameters,
            "why_not": found if isinstance(found, str) else "",
            "differences": 0
            if isinstance(found, str)
            else sum(len(one.differences) for one in failed.values()),
            "cells": []
            if isinstance(found, str)
            else [
                [number, one.told.place, one.told.is_all, one.told.directive]
                for number, ones in found.items()
                for one in ones
            ],
        }
        seconds = time.monotonic() - began
        self._runs.spend(seconds)
        # It is not this cell that took so long.
        item.seconds_of_others += seconds

    def _compare(
        self, item: NotebookItem, failed: Mapping[int, CellResult], limit: float, *, may_start_programs: bool
    ) -> Mapping[int, Sequence[Found]] | str:
        """Run a notebook again, and return what is unstable by number of the cell; or why nobody can tell."""
        from nbcheck.accepting.unstable import judge_again
        from nbcheck.execution.plan import plan_notebook

        file, plan = item.parent, item.plan
        again = file.run_again(plan, failed, limit, may_start_programs=may_start_programs)
        if isinstance(again, str):
            return again
        options, outer = file.run_options, file.outer_directives()
        found = judge_again(plan, failed, again, lambda document: plan_notebook(document, options, outer))
        file.accepting.suggest(item, found)
        return found

    def _time_left(self, item: pytest.Item) -> float:
        """Return the seconds that a second run may take in an item's time, as far as pytest-timeout limits that."""
        if not self._config.pluginmanager.hasplugin("timeout"):
            return math.inf
        marker = item.get_closest_marker("timeout")
        said = [
            *(marker.args[:1] if marker else ()),
            (marker.kwargs if marker else {}).get("timeout"),
            self._config.getoption("timeout", None),
            os.environ.get("PYTEST_TIMEOUT"),
            self._config.getini("timeout"),
        ]
        limit = next((float(value) for value in said if value not in (None, "")), 0.0)
        return (limit - (time.monotonic() - self._began)) * _TIMEOUT_SHARE if limit else math.inf

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell the user's process."""
        report = yield
        if report.when == "call" and item.nodeid in self._told:
            vars(report)[TOLD] = self._told.pop(item.nodeid)
        return report

    # ---- where the user waits

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather what second runs found."""
        told = getattr(report, TOLD, None)
        if told is not None:
            self._found.append(told)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Add it to the texts of the failures, before they are shown."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        # A worker of xdist reports to the process that the user started.
        if reporter is None or not self._found or hasattr(self._config, "workerinput"):
            return
        labels = {(told["notebook"], told["parameters"]): found_in(told) for told in self._found}
        for report in reporter.stats.get("failed", ()):
            file, _, name = report.nodeid.partition("::")
            name, parameters = split_parameters(name)
            _add_labels(report, name, labels.get((file, parameters), {}))
        self._session.remarks += self._summarise()

    def _summarise(self) -> list[str]:
        lines = []
        found = [one for told in self._found for ones in found_in(told).values() for one in ones]
        if found:
            whole = sum(one.is_all for one in found)
            in_part = f", {len(found) - whole} in part" if whole < len(found) else ""
            lines.append(
                f"{whole} of {sum(told['differences'] for told in self._found)} differences in notebooks that "
                f"were run twice are unstable{in_part}; mask them with nbcheck review (m), or fix seeds and orders"
            )
        if self._session.options.flaky_check or self._config.get_verbosity() > 0:
            lines += [
                f"{told['notebook']}: the second run was given up, as the notebook {told['why_not']}"
                for told in self._found
                if told["why_not"]
            ]
        return lines


def _add_labels(report: pytest.TestReport, name: str, found: Mapping[int, Sequence[Instability]]) -> None:
    """Add to the text of a failure what is unstable, of a cell that cell and of a whole notebook all of them."""
    from pytest_nbcheck.failure import FailureText

    number = name.removeprefix("cell-")
    if number.isdecimal():
        lines = [str(one) for one in found.get(int(number), ())]
    else:
        lines = [f"cell {cell}: {one}" for cell, ones in sorted(found.items()) for one in ones]
    if lines and isinstance(report.longrepr, FailureText):
        report.longrepr = report.longrepr.with_lines(lines)


def tell_unstable(report: pytest.TestReport) -> list[str]:
    """Return what a report tells of a second run, a line for each difference."""
    told = getattr(report, TOLD, None)
    if told is None:
        return []
    return [
        f"{told['notebook']}::{with_parameters(f'cell-{number}', told['parameters'])}: {one}"
        for number, ones in found_in(told).items()
        for one in ones
    ]


# Any: simple values, as they travel
def found_in(told: Mapping[str, Any]) -> dict[int, list[Instability]]:
    """Return what a report tells of a notebook's cells, by number."""
    from nbcheck.results import Instability

    found: dict[int, list[Instability]] = {}
    for number, *values in told["cells"]:
        found.setdefault(number, []).append(Instability(*values))
    return found
