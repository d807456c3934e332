"""The fixtures of conftest.py."""

from __future__ import annotations

import pytest


def test_require_returns_the_module(require):
    assert require("json").dumps([1]) == "[1]"


@pytest.mark.parametrize(
    ("ci", "outcome"), [(None, pytest.skip.Exception), ("true", pytest.fail.Exception)], indirect=["ci"]
)
def test_require_skips_on_a_developers_machine_and_fails_in_ci(ci, require, outcome: type[BaseException]):
    with pytest.raises(outcome) as caught:
        require("no_such_component")
    assert str(caught.value) == "this test needs no_such_component: No module named 'no_such_component'"


@pytest.fixture
def ci(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in CI, or not."""
    monkeypatch.delenv("CI", raising=False)
    if request.param is not None:
        monkeypatch.setenv("CI", request.param)
