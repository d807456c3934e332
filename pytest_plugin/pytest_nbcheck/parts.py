"""The parts of the plugin that a run needs, each a plugin of its own: one has hooks for one purpose."""

from __future__ import annotations

import os

import pytest

from pytest_nbcheck.accepting import Accepting
from pytest_nbcheck.addresses import Addresses
from pytest_nbcheck.conditions import Header, describe_conditions
from pytest_nbcheck.coverage import CoverageOfNotebooks
from pytest_nbcheck.migrate.beside import Beside
from pytest_nbcheck.options import PluginOptions
from pytest_nbcheck.order import Order
from pytest_nbcheck.session import NotebookSession


def register_parts(config: pytest.Config, options: PluginOptions) -> None:
    """Register what every run needs, and what this one asks for. Where hooks of two parts meet, the order counts.

    Args:
        config: pytest's.
        options: resolved.

    Raises:
        pytest.UsageError: a part cannot do what it is asked for.
    """
    session = NotebookSession(config, options)
    register = config.pluginmanager.register
    register(session, "nbcheck-session")
    register(Order(config), "nbcheck-order")
    register(CoverageOfNotebooks(config, session), "nbcheck-coverage")
    register(Accepting(config, session), "nbcheck-accepting")
    register(Beside(config, options.notices), "nbcheck-beside")
    if not hasattr(config, "workerinput"):
        Addresses(config, session, options.nbval_cells_from).rewrite()
    register(Header(describe_conditions(options, os.environ)), "nbcheck-header")
    _register_beside_plugins(config)
    if not config.option.collectonly:
        _register_for_running(config, options, session)
    if options.shard is not None:
        from pytest_nbcheck.shard import ShardSelection

        register(ShardSelection(config, options.shard, options.durations), "nbcheck-shard")
    # A worker of xdist reports to the process that the user started, which writes the reports.
    if options.wants_records and not hasattr(config, "workerinput") and not config.option.collectonly:
        from pytest_nbcheck.outputs import make_outputs
        from pytest_nbcheck.reports import RunReports

        register(RunReports(config, make_outputs(config, options)), "nbcheck-reports")


def _names_baseline(config: pytest.Config) -> bool:
    """Whether the project's file may name a baseline; nothing is imported for most that do not."""
    try:
        return b"baseline" in (config.rootpath / "pyproject.toml").read_bytes()
    except OSError:
        return False


def _register_beside_plugins(config: pytest.Config) -> None:
    """Register what is there because of other plugins, as far as these are at work."""
    register = config.pluginmanager.register
    if config.getoption("dist", "no") != "no":
        from pytest_nbcheck.scheduling import Scheduling

        register(Scheduling(), "nbcheck-scheduling")
    if config.pluginmanager.hasplugin("pytest-testmon"):
        from pytest_nbcheck.testmon import Testmon

        register(Testmon(config), "nbcheck-testmon")
    if config.getoption("xmlpath", None):
        from pytest_nbcheck.junit import JUnitFacts

        register(JUnitFacts(config), "nbcheck-junit")


def _register_for_running(config: pytest.Config, options: PluginOptions, session: NotebookSession) -> None:
    """Register what has to do with kernels, and with what they come to."""
    register = config.pluginmanager.register
    if options.written_baseline is not None or _names_baseline(config):
        from pytest_nbcheck.baseline import find_baseline

        baselines = find_baseline(config, session, options.written_baseline)
        if baselines is not None:
            register(baselines, "nbcheck-baseline")
    if options.keeps_kernels:
        from pytest_nbcheck.keep import KeptKernels

        session.keeper = KeptKernels(config, session)
        register(session.keeper, "nbcheck-keep")
    if options.flaky_check != "never":
        from pytest_nbcheck.twice import Twice

        register(Twice(config, session), "nbcheck-twice")
    if config.option.usepdb or config.option.trace:
        from pytest_nbcheck.debugging import Debugger

        register(Debugger(config, session), "nbcheck-debugger")
    if options.is_affected_only:
        from pytest_nbcheck.affected import Affected

        register(Affected(config, session), "nbcheck-affected")
    if options.cov_cells is not None:
        from pytest_nbcheck.cell_coverage import CellCoverage

        register(CellCoverage(config, session, options.cov_cells), "nbcheck-cells")
