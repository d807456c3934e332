"""What ``--junitxml`` says of notebooks besides verdict and text: lines and properties, where the format has room.

Of pytest's two formats, ``xunit1`` has attributes for file and line, and properties. ``xunit2``, the default, is that
of Jenkins' xUnit plugin, which refuses a whole file for an element that its schema does not have; there, file and line
are in the texts.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest
from _pytest.junitxml import xml_key

from pytest_nbcheck.twice import tell_unstable

_PLACE = "nbcheck_place"
"""Attribute of reports: what ``describe_place()`` said; it travels with them from workers of xdist."""


class JUnitFacts:
    """Carries facts from items to pytest's writer of JUnit files."""

    def __init__(self, config: pytest.Config) -> None:
        """Begin.

        Args:
            config: pytest's.
        """
        self._config = config

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what an item knows."""
        report = yield
        describe = getattr(item, "describe_place", None)
        if describe is not None and (report.when == "call" or not report.passed):
            vars(report)[_PLACE] = describe()
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hand it to the writer, before that sees the report. An item that is run again is written once, at last."""
        facts: dict[str, str] = getattr(report, _PLACE, {})
        writer = self._config.stash.get(xml_key, None)
        if writer is None:
            return
        # The case of a cell may have been written by the time of a second run, so that this is the suite's.
        for line in tell_unstable(report):
            writer.add_global_property("nbcheck.unstable", line)
        if not facts or writer.family != "xunit1":
            return
        if report.outcome not in ("passed", "failed", "skipped") or report.when == "teardown":
            return
        case = writer.node_reporter(report)
        # pytest counts from 0 here, which everybody who reads these files takes for a line from 1.
        case.add_attribute("line", facts["line"])
        for name, value in facts.items():
            if value:
                case.add_property(f"nbcheck.{name}", value)
