"""The formats by number; the modules of old ones are imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

FORMATS = frozenset({1, 2, 3, 4})


def load_format(version: int) -> ModuleType:
    """Return the module of a format.

    Raises:
        KeyError: there is no such format.
    """
    if version not in FORMATS:
        raise KeyError(version)
    return import_module(f"nbcheck.document.v{int(version)}")
