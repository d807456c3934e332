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

        options = resolve_options(config)
        config.pluginmanager.register(NotebookSession(config, options), "nbcheck-session")
        # A worker of xdist reports to the process that the user started, which writes the page.
        if options.html is not None and not hasattr(config, "workerinput") and not config.option.collectonly:
            from pytest_nbcheck.html import HtmlReport

            config.pluginmanager.register(HtmlReport(config, options.html), "nbcheck-html")
