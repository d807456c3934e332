"""The entry point of the plugin. Without ``--nbcheck`` it declares options and does nothing else."""

from __future__ import annotations

import pytest

from pytest_nbcheck.options import add_options, resolve_options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Take up the work if notebooks are asked for."""
    if config.getoption("nbcheck"):
        from pytest_nbcheck.session import NotebookSession

        config.pluginmanager.register(NotebookSession(config, resolve_options(config)), "nbcheck-session")
