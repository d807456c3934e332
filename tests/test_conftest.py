"""The fixtures of conftest.py."""

from __future__ import annotations

import pytest


def test_require_returns_the_module(require):
    assert require("json").dumps([1]) == "[1]"


def test_require_skips_on_a_developers_machine(require, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception) as caught:
        require("no_such_component")
    assert str(caught.value) == "this test needs no_such_component: No module named 'no_such_component'"


def test_require_fails_in_ci(require, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception) as caught:
        require("no_such_component")
    assert str(caught.value) == "this test needs no_such_component: No module named 'no_such_component'"
