"""The hooks that a conftest.py, or another plugin, may implement; docs/extending.md has examples.

A conftest.py in a folder is asked for the notebooks below that folder only; where several answer, the nearest wins.
Nothing of nbcheck is imported here: pytest reads this module whenever it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nbcheck.compare import Comparer, Normaliser


def pytest_nbcheck_comparers(config: pytest.Config) -> Sequence[Comparer] | None:
    """Return comparers, which judge representations of outputs beside those of nbcheck.

    Called when outputs of a notebook differ for the first time.

    Args:
        config: pytest's.
    """


def pytest_nbcheck_normalisers(
    config: pytest.Config,
) -> Sequence[Normaliser | tuple[str, Callable[[str], str]]] | None:
    """Return normalisers, each a name with a function from text to text, or a ``nbcheck.compare.Normaliser``.

    Called when outputs of a notebook differ for the first time, or a directive names a normaliser with a point in its
    name, which those of users must have.

    Args:
        config: pytest's.
    """


def pytest_nbcheck_kernel_env(
    config: pytest.Config, path: Path, env: Mapping[str, str]
) -> Mapping[str, str | None] | None:
    """Return environment variables for the kernel of a notebook: the value to set, or None to remove one.

    Called before the kernel is started. What the kernelspec itself sets is added afterwards.

    Args:
        config: pytest's.
        path: of the notebook.
        env: the kernel's environment as it would be.
    """
