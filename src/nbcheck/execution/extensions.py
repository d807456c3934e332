"""Comparers and normalisers that installed packages offer, as entry points.

A package names them in its metadata, here as ``pyproject.toml`` spells it::

    [project.entry-points."nbcheck.comparers"]
    stacks = "acme_nb:StackComparer"

    [project.entry-points."nbcheck.normalisers"]
    "acme.run-ids" = "acme_nb:hide_run_ids"

Its modules are imported when outputs differ, not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from nbcheck.compare.extensions import Extension, Extensions

COMPARERS = "nbcheck.comparers"
"""Group of the entry points of comparers."""
NORMALISERS = "nbcheck.normalisers"
"""Group of the entry points of normalisers."""


def find_installed(group: str) -> Iterator[Extension]:
    """Yield what is installed in a group, sorted by name, so that the order is the same everywhere."""
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        yield Extension(entry.name, _origin(entry), entry.load)


@cache
def installed_extensions(*, are_all_known: bool = True) -> Extensions:
    """Return what installed packages offer; see :class:`Extensions` for the argument."""
    return Extensions(
        lambda: find_installed(COMPARERS), lambda: find_installed(NORMALISERS), are_all_known=are_all_known
    )


def _origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value
