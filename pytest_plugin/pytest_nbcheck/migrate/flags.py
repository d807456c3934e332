"""Flags of other testers that a project's configuration names and that no installed plugin knows.

pytest ends with a usage error at a flag that nobody declared, and it ends with an error at one that is declared twice.
So a flag is declared here only when it is there and all plugins and conftest files had their turn.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

PREFIX = "nbcheck_peer_"
"""Of the names under which pytest keeps the values: a peer's own names mean that the peer is there."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag of another tester."""

    name: str
    """As it is written."""
    peer: str
    """Whose it is."""
    metavar: str | None = None
    """What its value is; None for a switch."""
    starts: bool = False
    """Whether it asks for notebooks to be run."""
    default: object = None
    """What its owner has when nobody gives it."""

    @property
    def dest(self) -> str:
        """The name of its value among pytest's options."""
        return PREFIX + self.name.lstrip("-").replace("-", "_")

    @property
    def peer_dest(self) -> str:
        """The name of its value where its owner declared it."""
        return _PEER_DESTS.get(self.name, self.name.lstrip("-").replace("-", "_"))


_PEER_DESTS = {"--nb-exec-errors": "nb_exec_allow_errors"}

PACKAGES = {"nbval": "nbval", "nbmake": "nbmake", "pytest-notebook": "pytest_notebook"}
"""The package of each peer's plugin."""


FLAGS: tuple[Flag, ...] = (
    Flag("--nbval", "nbval", starts=True),
    Flag("--nbval-lax", "nbval", starts=True),
    Flag("--nbval-sanitize-with", "nbval", "FILE"),
    Flag("--sanitize-with", "nbval", "FILE"),
    Flag("--nbval-current-env", "nbval"),
    Flag("--current-env", "nbval"),
    Flag("--nbval-kernel-name", "nbval", "NAME"),
    Flag("--nbval-cell-timeout", "nbval", "SECONDS", default=2000),
    Flag("--nbval-kernel-startup-timeout", "nbval", "SECONDS", default=60),
    Flag("--nbdime", "nbval"),
    Flag("--nbmake", "nbmake", starts=True),
    Flag("--nbmake-timeout", "nbmake", "SECONDS", default=300),
    Flag("--nbmake-kernel", "nbmake", "NAME"),
    Flag("--nbmake-find-import-errors", "nbmake"),
    Flag("--overwrite", "nbmake"),
    Flag("--nb-test-files", "pytest-notebook", starts=True),
    Flag("--nb-exec-cwd", "pytest-notebook", "FOLDER"),
    Flag("--nb-exec-errors", "pytest-notebook"),
    Flag("--nb-exec-timeout", "pytest-notebook", "SECONDS"),
    Flag("--nb-coverage", "pytest-notebook"),
    Flag("--nb-diff-color-words", "pytest-notebook"),
    Flag("--nb-force-regen", "pytest-notebook"),
)
"""Every flag of theirs."""

SETTINGS: dict[str, tuple[str, str]] = {
    "nb_test_files": ("bool", "no effect: --nbcheck asks for notebooks"),
    "nb_exec_timeout": ("string", "time for each cell"),
    "nb_diff_ignore": ("linelist", "paths that are not compared"),
    "nb_diff_replace": ("linelist", "path, regular expression and replacement"),
    "nb_exec_cwd": ("string", "refused"),
    "nb_exec_env": ("linelist", "refused"),
    "nb_exec_notebook": ("bool", "no effect"),
    "nb_exec_allow_errors": ("bool", "no effect"),
    "nb_file_fnmatch": ("args", "no effect"),
    "nb_coverage": ("bool", "no effect"),
    "nb_post_processors": ("linelist", "no effect"),
    "nb_diff_normalize": ("linelist", "no effect"),
    "nb_diff_use_nbdime_config": ("bool", "no effect"),
    "nb_diff_use_color": ("bool", "no effect"),
    "nb_diff_color_words": ("bool", "no effect"),
    "nb_force_regen": ("bool", "no effect"),
}
"""pytest-notebook's settings in pytest's configuration: type, and what becomes of them."""

_OURS = "--nbcheck"
_SURE = ("--nbval", "--nbmake", "--nb-")
"""How flags begin that can be nobody else's."""


def declare_unknown(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> None:
    """Declare what a command line and a configuration say in another tester's words and nobody else understands.

    Args:
        config: pytest's, with all plugins and conftest files loaded.
        parser: pytest's.
        args: the command line, that of the configuration included.
    """
    is_ours = _OURS in args
    _, unknown = parser.parse_known_and_unknown_args(list(args), copy.copy(config.option))
    names = {argument.partition("=")[0] for argument in unknown}
    # --overwrite or --nbdime alone may be a slip; beside --nbmake and --nbval they are theirs.
    peers = {flag.peer for flag in FLAGS if flag.name in names and flag.name.startswith(_SURE)}
    group = parser.getgroup("nbcheck")
    for flag in FLAGS:
        if flag.name in names and (is_ours or flag.peer in peers):
            how: dict[str, Any] = {"metavar": flag.metavar} if flag.metavar else {"action": "store_true"}
            group.addoption(flag.name, dest=flag.dest, default=None, help=f"as in {flag.peer}", **how)
    for name, (kind, meaning) in SETTINGS.items():
        try:
            config.getini(name)
        except ValueError:  # nobody knows it
            parser.addini(name, f"{name} of pytest-notebook: {meaning}", type=kind, default=None)  # type: ignore[arg-type]  # one of pytest's


def given(config: pytest.Config) -> dict[str, Any]:  # Any: text, number or True, whoever declared it
    """Return the flags that were given, by name: those declared here, and those of peers that are there."""
    present = loaded_packages(config)
    found = {}
    for flag in FLAGS:
        value = config.getoption(flag.dest, None)
        if value is None and PACKAGES[flag.peer] in present:
            value = config.getoption(flag.peer_dest, None)
        if value not in (None, False, flag.default):
            found[flag.name] = value
    return found


def loaded_packages(config: pytest.Config) -> set[str]:
    """Return the names of the packages that plugins come from."""
    plugins = config.pluginmanager.get_plugins()
    return {str(getattr(plugin, "__name__", "")).partition(".")[0] for plugin in plugins}
