"""What every test may use."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
from collections.abc import Callable
from types import ModuleType

import pytest

pytest_plugins = ["pytester"]

# A shell starts what runs in the background with SIGINT ignored, and everything below inherits that. Tests interrupt
# runs that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Inner runs would tell their failures to the CI system that runs the tests.
for name in ("CI_PROJECT_DIR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
    os.environ.pop(name, None)


@pytest.fixture
def require_program() -> Callable[[str], None]:
    """A function that makes sure of a program, as :func:`require` does of a module."""
    is_ci = os.environ.get("CI") == "true"

    def find(name: str) -> None:
        if shutil.which(name) is None:
            answer = pytest.fail if is_ci else pytest.skip
            answer(f"this test needs the program {name}")

    return find


@pytest.fixture
def require() -> Callable[[str], ModuleType]:
    """A function that imports a component a test needs and a user may lack.

    Where it is missing the test is skipped; with CI=true it fails, because a run that skips proves nothing there.
    """
    is_ci = os.environ.get("CI") == "true"

    def require_module(name: str) -> ModuleType:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            answer = pytest.fail if is_ci else pytest.skip
            answer(f"this test needs {name}: {error}")

    return require_module
