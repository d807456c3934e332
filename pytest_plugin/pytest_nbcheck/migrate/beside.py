"""Beside other notebook testers: which of several plugins a notebook belongs to."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

PEERS: dict[str, tuple[str, ...]] = {
    "nbval": ("nbval", "nbval_lax"),
    "nbmake": ("nbmake",),
    "pytest_notebook": ("nb_test_files",),
}
"""Packages of plugins that collect notebooks, and the names of the options that ask them to."""


class Beside:
    """Keeps other plugins from collecting notebooks in a run that is nbcheck's, and says what a user should know."""

    def __init__(self, config: pytest.Config, notices: tuple[str, ...]) -> None:
        """Begin.

        Args:
            config: pytest's.
            notices: what is to be said, a line each.
        """
        asked = [
            package
            for package, dests in PEERS.items()
            if any(config.getoption(dest, None) or _setting(config, dest) for dest in dests)
        ]
        others = " or ".join(package.replace("_", "-") for package in asked)
        taken = [f"nbcheck runs the notebooks, not {others}"] if asked else []
        self._notices = (*taken, *notices)

    def pytest_report_header(self) -> list[str]:
        """Say it."""
        return [f"nbcheck: {notice}" for notice in self._notices]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collect_file(self, file_path: Path) -> Generator[None, list[Any], list[Any]]:
        """Leave out other testers' collectors: a notebook would be run twice."""
        collectors = yield
        if file_path.suffix.lower() != ".ipynb":
            return collectors
        return [collector for collector in collectors if _package(collector) not in PEERS]


def _package(collector: object) -> str:
    return type(collector).__module__.partition(".")[0]


def _setting(config: pytest.Config, name: str) -> bool:
    try:
        value = config.getini(name)
    except ValueError:
        return False
    # An unset one of pytest-notebook's is an object of its own.
    return value is True and config.pluginmanager.hasplugin("nb_regression")
