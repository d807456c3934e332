"""Random numbers that are the same in every run."""

from __future__ import annotations

import random


def install(seed: int) -> None:
    """Seed the module ``random``.

    Args:
        seed: any whole number.
    """
    random.seed(seed)
