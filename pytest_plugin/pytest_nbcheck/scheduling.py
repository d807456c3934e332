"""Under pytest-xdist: each notebook stays on one worker, however else tests are distributed."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import (  # type: ignore[import-untyped, unused-ignore]  # without types in some versions
    LoadGroupScheduling,
    LoadScheduling,
    LoadScopeScheduling,
    WorkStealingScheduling,
)

from pytest_nbcheck.nodeids import notebook_of


class NotebooksTogether(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]  # Any in some versions
    """Hands out notebooks as wholes and all other tests one by one, to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return notebook_of(nodeid) or nodeid


class NotebooksAndGroups(LoadGroupScheduling):  # type: ignore[misc, unused-ignore]  # Any in some versions
    """Hands out notebooks as wholes and other tests by their group, if they have one."""

    def _split_scope(self, nodeid: str) -> str:
        return notebook_of(nodeid) or str(super()._split_scope(nodeid))


_TAKES_THE_PLACE_OF = {
    LoadScheduling: NotebooksTogether,
    WorkStealingScheduling: NotebooksTogether,
    LoadGroupScheduling: NotebooksAndGroups,
}


class Scheduling:
    """The hook by which schedulers are chosen. Those that conftests bring are left alone."""

    @pytest.hookimpl(wrapper=True, optionalhook=True)
    def pytest_xdist_make_scheduler(
        self,
        config: pytest.Config,
        log: Any,  # Any: xdist does not export the type
    ) -> Generator[None, Any, Any]:
        """Put a scheduler that keeps notebooks together into the place of one that does not."""
        scheduler = yield
        kind = _TAKES_THE_PLACE_OF.get(type(scheduler))
        return scheduler if kind is None else kind(config, log)
