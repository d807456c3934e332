"""The entry point of the plugin. Without ``--nbcheck`` it declares options and fixtures and does nothing else.

It also takes the work when the flag of another notebook tester asks for it that is not installed, see ``migrate``.
"""

from __future__ import annotations

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
        from pytest_nbcheck.parts import register_parts

        register_parts(config, resolve_options(config))
