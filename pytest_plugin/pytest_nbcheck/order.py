"""The last word on which items run, and in which order: one cell's fate does not hang on how others were chosen."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from pytest_nbcheck.nodes import NotebookFile


class Order:
    """Keeps the cells of a notebook together and in the order of the file, and takes out those that were deselected."""

    def __init__(self, config: pytest.Config) -> None:
        """Take pytest's configuration; what is deselected is in there, see ``addresses.py``."""
        self._config = config

    # The outermost: plugins that shuffle, or put what failed first, have had their turn.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Bring the items into order."""
        position = {id(item): number for number, item in enumerate(items)}
        yield
        deselected = [item for item in items if self._is_deselected(item)]
        if deselected:
            config.hook.pytest_deselected(items=deselected)
        groups: dict[int, list[pytest.Item]] = {}
        for item in items:
            if self._is_deselected(item):
                continue
            is_cell = isinstance(item.parent, NotebookFile)
            groups.setdefault(id(item.parent) if is_cell else id(item), []).append(item)
        for group in groups.values():
            group.sort(key=lambda item: position.get(id(item), len(position)))
        items[:] = [item for group in groups.values() for item in group]
        if config.pluginmanager.hasplugin("timeout"):
            for item in items:
                if isinstance(item.parent, NotebookFile):
                    _limit_call_only(item)

    def _is_deselected(self, item: pytest.Item) -> bool:
        names: list[tuple[str, str]] = getattr(self._config.option, DESELECTED, [])
        if not names or not isinstance(item.parent, NotebookFile):
            return False
        path = os.path.relpath(item.path, self._config.rootpath)
        return any(
            path == file and (item.name == name or item.name.startswith(f"{name}[")) for file, name in names
        )


DESELECTED = "nbcheck_deselected"
"""Name of what pytest keeps among its options, and xdist hands to workers: pairs of a path relative to the root
folder and the name of an item, which are deselected by the whole name: in pytest ``cell-1`` is ``cell-10``, too."""


def _limit_call_only(item: pytest.Item) -> None:
    """Keep pytest-timeout from charging the cells that run before an item, in its setup, to that item."""
    marker = item.get_closest_marker("timeout")
    args, keywords = (marker.args, dict(marker.kwargs)) if marker is not None else ((), {})
    if len(args) < 3 and "func_only" not in keywords:
        item.add_marker(pytest.mark.timeout(*args, **keywords, func_only=True), append=False)
