"""Options of a run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from nbcheck.execution.options import find_roots


def test_folders_whose_spelling_is_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(tempfile, "tempdir", "/scratch")
    assert find_roots(Path("/data/nb"), Path("/data"), Path("/data")) == (
        "/data/nb",
        "/data",
        "/home/me",
        "/scratch",
    )
    monkeypatch.setenv("HOME", "/")
    assert find_roots(Path("/data")) == ("/data", "/scratch")
