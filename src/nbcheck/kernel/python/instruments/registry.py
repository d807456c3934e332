"""Which module is which instrument, and how they are installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

Finish = Callable[[], None]
"""Called when the kernel is shut down in order, before the atexit handlers of user code."""

_MODULES = ("bounds", "cells", "coverage", "network", "seeds", "uses")
"""Modules beside this one, each with ``install(settings) -> Finish | None``. Named as the owner names them."""


# Any: settings are JSON of whatever shape the instrument takes
def install_instruments(wanted: Mapping[str, Any]) -> list[Finish]:
    """Install instruments, before any user code runs.

    Args:
        wanted: their settings, by name.

    Returns:
        What is to be called when the kernel is shut down, in this order.

    Raises:
        KeyError: there is no instrument of that name.
    """
    finishes: list[Finish] = []
    for name, settings in wanted.items():
        if name not in _MODULES:
            raise KeyError(name)
        # A kernel imports none that nobody asked for.
        module = importlib.import_module(f"nbcheck.kernel.python.instruments.{name}")
        finish: Finish | None = module.install(settings)
        if finish is not None:
            finishes.insert(0, finish)
    return finishes
