"""Times for people."""

from __future__ import annotations


def show_duration(seconds: float) -> str:
    """``0.03 s``, ``12 s``, ``2 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
