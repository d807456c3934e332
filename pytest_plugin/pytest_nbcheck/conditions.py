"""Conditions that a run puts on its notebooks: what they are, and the lines on them at the top of pytest's output."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_nbcheck.options import SEED, PluginOptions

Conditions = tuple[tuple[str, str], ...]
"""Name and text of each, in the order of telling."""


def describe_conditions(options: PluginOptions, environ: Mapping[str, str]) -> Conditions:
    """Say what holds beyond the usual.

    Args:
        options: of the run.
        environ: of this process.
    """
    found = []
    if options.is_deterministic:
        given = environ.get("PYTHONHASHSEED", str(SEED))
        instead = f" (PYTHONHASHSEED={given} does not count)" if given != str(SEED) else ""
        found.append(
            ("deterministic", f"hashes{instead}, random, numpy.random, torch begin with seed {SEED}")
        )
    if options.refuses_network:
        found.append(
            ("no network", "Python code connects to this machine only; native code is not held back")
        )
    return tuple(found)


class Header:
    """Tells the conditions."""

    def __init__(self, conditions: Conditions) -> None:
        """Take them."""
        self.conditions = conditions

    def pytest_report_header(self) -> list[str]:
        """Return a line for each."""
        return [f"nbcheck: {name}: {text}" for name, text in self.conditions]
