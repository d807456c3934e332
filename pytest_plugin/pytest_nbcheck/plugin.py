"""The entry point of the plugin. Without ``--nbcheck`` it declares options and fixtures and does nothing else.

It also takes the work when the flag of another notebook tester asks for it that is not installed, see ``migrate``.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_nbcheck import hookspecs
from pytest_nbcheck.fixtures import _nbcheck_kernels, notebook  # noqa: F401 - pytest finds fixtures here
from pytest_nbcheck.options import PEER_STARTS, add_options, resolve_options

if TYPE_CHECKING:
    from pytest_nbcheck.migrate.nb_regression import NBRegression


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that conftests may implement."""
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Declare flags of other notebook testers, when all who may know them had their turn."""
    yield
    # Projects without notebooks import nothing for this.
    if any(argument.startswith("--nb") for argument in args) or _may_set_for_peers(early_config.inipath):
        from pytest_nbcheck.migrate.flags import declare_unknown

        declare_unknown(early_config, parser, args)


def _may_set_for_peers(file: Path | None) -> bool:
    """Whether a configuration file may hold settings of pytest-notebook, which tests that use its fixture rely on."""
    return file is not None and b"nb_" in file.read_bytes()


class PeerFixtures:
    """Fixtures of other testers."""

    @pytest.fixture
    def nb_regression(self, pytestconfig: pytest.Config) -> Generator[NBRegression, None, None]:
        """pytest-notebook's fixture: runs a notebook and compares its outputs with the stored ones."""
        from pytest_nbcheck.migrate.nb_regression import NBRegression

        with NBRegression(resolve_options(pytestconfig), pytestconfig.rootpath) as fixture:
            yield fixture


def pytest_configure(config: pytest.Config) -> None:
    """Take up the work if notebooks are asked for."""
    if not config.pluginmanager.hasplugin("nb_regression"):
        config.pluginmanager.register(PeerFixtures(), "nbcheck-peer-fixtures")
    if config.getoption("nbcheck") or any(config.getoption(dest, False) for dest in PEER_STARTS):
        from pytest_nbcheck.accepting import Accepting
        from pytest_nbcheck.addresses import Addresses
        from pytest_nbcheck.conditions import Header, describe_conditions
        from pytest_nbcheck.coverage import CoverageOfNotebooks
        from pytest_nbcheck.migrate.beside import Beside
        from pytest_nbcheck.order import Order
        from pytest_nbcheck.session import NotebookSession

        options = resolve_options(config)
        session = NotebookSession(config, options)
        config.pluginmanager.register(session, "nbcheck-session")
        config.pluginmanager.register(Order(config), "nbcheck-order")
        config.pluginmanager.register(CoverageOfNotebooks(config, session), "nbcheck-coverage")
        config.pluginmanager.register(Accepting(config, session), "nbcheck-accepting")
        config.pluginmanager.register(Beside(config, options.notices), "nbcheck-beside")
        if not hasattr(config, "workerinput"):
            Addresses(config, session, options.nbval_cells_from).rewrite()
        if config.getoption("dist", "no") != "no":
            from pytest_nbcheck.scheduling import Scheduling

            config.pluginmanager.register(Scheduling(), "nbcheck-scheduling")
        config.pluginmanager.register(Header(describe_conditions(options, os.environ)), "nbcheck-header")
        if config.pluginmanager.hasplugin("pytest-testmon"):
            from pytest_nbcheck.testmon import Testmon

            config.pluginmanager.register(Testmon(config), "nbcheck-testmon")
        if options.keeps_kernels:
            from pytest_nbcheck.keep import KeptKernels

            session.keeper = KeptKernels(config, session)
            config.pluginmanager.register(session.keeper, "nbcheck-keep")
        if config.option.usepdb or config.option.trace:
            from pytest_nbcheck.debugging import Debugger

            config.pluginmanager.register(Debugger(config, session), "nbcheck-debugger")
        if options.is_affected_only and not config.option.collectonly:
            from pytest_nbcheck.affected import Affected

            config.pluginmanager.register(Affected(config, session), "nbcheck-affected")
        if options.cov_cells is not None and not config.option.collectonly:
            from pytest_nbcheck.cell_coverage import CellCoverage

            config.pluginmanager.register(CellCoverage(config, session, options.cov_cells), "nbcheck-cells")
        if options.shard is not None:
            from pytest_nbcheck.shard import ShardSelection

            config.pluginmanager.register(
                ShardSelection(config, options.shard, options.durations), "nbcheck-shard"
            )
        if config.getoption("xmlpath", None):
            from pytest_nbcheck.junit import JUnitFacts

            config.pluginmanager.register(JUnitFacts(config), "nbcheck-junit")
        # A worker of xdist reports to the process that the user started, which writes the reports.
        if options.wants_records and not hasattr(config, "workerinput") and not config.option.collectonly:
            from pytest_nbcheck.outputs import make_outputs
            from pytest_nbcheck.reports import RunReports

            config.pluginmanager.register(
                RunReports(config, make_outputs(config, options)), "nbcheck-reports"
            )
