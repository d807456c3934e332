"""A Python that has what this one has, and some packages more."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest


def make_venv(folder: Path, *packages: str) -> Path:
    """Make a virtual environment on top of the one that runs the tests.

    Args:
        folder: where, empty.
        packages: to be installed from PyPI. Where that is out of reach the test is skipped; under CI it fails.

    Returns:
        The path of its interpreter.
    """
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    site = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder), "platbase": str(folder)}))
    (site / "parent.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    install = [python, "-m", "pip", "install", "-q", *packages]
    finished = subprocess.run(install, capture_output=True, text=True, check=False)
    if finished.returncode:
        answer = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        answer(f"{', '.join(packages)} cannot be installed: {finished.stderr[-500:]}")
    return python
