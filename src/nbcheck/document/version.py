"""The version that a notebook says it has."""

from __future__ import annotations

from typing import Any


def get_version(nb: Any) -> tuple[Any, Any]:
    """Return major and minor version as a notebook has them; without any it is 1.0."""
    return nb.get("nbformat", 1), nb.get("nbformat_minor", 0)
