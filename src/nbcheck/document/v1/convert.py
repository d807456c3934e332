"""Nothing is converted to format 1."""

from __future__ import annotations

from typing import Any, NoReturn


def upgrade(nb: Any, orig_version: int | None = None) -> NoReturn:
    """Refuse: format 1 is the oldest."""
    raise ValueError("Cannot convert to v1 notebook format")
