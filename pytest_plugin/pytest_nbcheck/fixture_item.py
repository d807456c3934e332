"""Items that pytest sets up fixtures for, though there is no test function: what pytest's own doctest items do."""

from __future__ import annotations

from typing import Any

import pytest
from _pytest.fixtures import TopRequest


class FixtureItem(pytest.Item):
    """An item with fixtures: those that are autouse, those of ``usefixtures``, and those it names itself."""

    obj = None
    """The test function, which pytest's messages look for."""
    # Any: values of fixtures are of whatever type their authors like
    funcargs: dict[str, Any]

    def find_fixtures(self, *names: str) -> dict[str, str]:
        """Find out which fixtures this item has, once all its markers are set.

        Args:
            names: further ones, wanted for their values.

        Returns:
            The scopes of those among the names that exist.
        """
        if names:
            self.add_marker(pytest.mark.usefixtures(*names))
        self._fixtureinfo = self.session._fixturemanager.getfixtureinfo(node=self, func=None, cls=None)
        self.fixturenames = self._fixtureinfo.names_closure
        self._initrequest()
        found = self._fixtureinfo.name2fixturedefs
        return {name: found[name][-1].scope for name in names if found.get(name)}

    def _initrequest(self) -> None:
        """Begin without values; pytest calls this by its name when an item is run once more."""
        self.funcargs = {}
        self._request = TopRequest(self, _ispytest=True)  # type: ignore[arg-type]  # typed for functions only

    def setup(self) -> None:
        """Set the fixtures up."""
        super().setup()
        self._request._fillfixtures()
