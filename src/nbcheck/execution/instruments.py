"""Which instruments a notebook's kernel gets: those of the run, as far as the notebook does not say otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan
from nbcheck.manager.discovery import Choice

_MEANT = {"network": "--nbcheck-no-network", "seeds": "--nbcheck-deterministic beyond the seed of hashes"}
"""What a user loses where an instrument cannot be had."""


# Any: settings are JSON of whatever shape the instrument takes
def instruments_for(plan: NotebookPlan, options: RunOptions) -> Mapping[str, Any]:
    """Return the settings of the instruments for a notebook, by name.

    Args:
        plan: of the notebook.
        options: of the run.
    """
    given_up = {"network"} if plan.allows_network else set()
    return {name: value for name, value in options.instruments.items() if name not in given_up}


def describe_unheeded(choice: Choice, instruments: Collection[str]) -> str:
    """Say what a kernel does not keep, because it knows no instruments; empty when there is no such thing.

    Args:
        choice: the kernel.
        instruments: their names.
    """
    told = [text for name, text in _MEANT.items() if name in instruments]
    if not told or takes_instruments(choice):
        return ""
    return f"not nbcheck's Python kernel, so without {' and '.join(told)}"


def takes_instruments(choice: Choice) -> bool:
    """Whether a kernel is one that instruments can be put into."""
    return choice.is_bundled and choice.interpreter == "python"
