"""Executors for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.executor import ExecutorProcess

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts an executor of its own."""
    for item in items:
        if item.path.is_relative_to(HERE) and "own" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutorProcess]:
    """An executor that many tests use; they leave nothing behind that others could notice."""
    with ExecutorProcess(cwd=str(tmp_path_factory.mktemp("shared"))) as executor:
        yield executor


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutorProcess]:
    """An executor of the test's own; it takes about 0.2 s to start."""
    with ExecutorProcess(cwd=str(tmp_path_factory.mktemp("own"))) as executor:
        yield executor
