"""Paths as users give them, and as pytest and reports name them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def given_path(config: pytest.Config, text: str) -> Path:
    """Return the absolute path that a user means, relative to where pytest was started."""
    return Path(os.path.abspath(config.invocation_params.dir / Path(text).expanduser()))


def name_in_project(path: Path, root: Path) -> str:
    """Return how a notebook is named in the project: its path relative to pytest's root folder, with slashes."""
    return Path(os.path.relpath(path, root)).as_posix()
