"""Beside pytest-testmon: it leaves out tests that nothing has touched which ran in pytest's own process."""

from __future__ import annotations

import pytest

from pytest_nbcheck.nodeids import notebook_of

_SELECTS = "TestmonSelect"
"""Name under which testmon registers what leaves out tests."""


class Testmon:
    """Keeps testmon from leaving out notebooks. What they need runs in a kernel, where testmon sees nothing of it."""

    def __init__(self, config: pytest.Config) -> None:
        """Take pytest's configuration."""
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Take notebooks out of what is to be left out, when all plugins are there and nothing is collected yet."""
        selects = self._config.pluginmanager.get_plugin(_SELECTS)
        tests: list[str] = getattr(selects, "deselected_tests", [])
        files: list[str] = getattr(selects, "deselected_files", [])
        notebooks = {notebook_of(test) for test in tests}
        tests[:] = [test for test in tests if not notebook_of(test)]
        files[:] = [file for file in files if file not in notebooks]

    def pytest_report_header(self) -> list[str]:
        """Say it, where testmon selects."""
        selects = self._config.pluginmanager.hasplugin(_SELECTS)
        return (
            ["nbcheck: pytest-testmon sees nothing of kernels: notebooks are run, all of them"]
            if selects
            else []
        )
