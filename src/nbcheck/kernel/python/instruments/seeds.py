"""Random numbers that are the same in every run."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from nbcheck.kernel.python.instruments.on_import import after_import

_SEEDED = {"numpy.random": "seed", "torch": "manual_seed"}
"""Modules with a generator of their own that all their functions share, and the function that seeds it."""


def install(seed: int) -> None:
    """Seed the module ``random``, and others when the notebook imports them.

    Args:
        seed: a whole number from 0 to 2**32 - 1.
    """
    random.seed(seed)
    for name, function in _SEEDED.items():
        after_import(name, partial(_seed, function, seed))


def _seed(function: str, seed: int, module: Any) -> None:  # Any: of the modules named above
    getattr(module, function)(seed)
