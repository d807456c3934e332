"""Ids for new cells."""

from __future__ import annotations

import os


def generate_corpus_id() -> str:
    """Make up a random cell id: eight lower-case hexadecimal digits."""
    return os.urandom(4).hex()
