"""The libraries that comparison needs only when outputs differ, each behind one function.

Importing rapidfuzz takes 50 ms and deepdiff 600 ms; a run in which everything is equal pays for neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def lcs_opcodes(expected: Sequence[str], actual: Sequence[str]) -> list[tuple[int, int, int]]:
    """Longest common subsequence of two sequences.

    Returns:
        Stretches in common as (expected start, actual start, length), in order. Items are compared by hash.
    """
    from rapidfuzz.distance import LCSseq

    return [
        (operation.src_start, operation.dest_start, operation.src_end - operation.src_start)
        for operation in LCSseq.opcodes(expected, actual)
        if operation.tag == "equal"
    ]


def likeness(expected: str, actual: str) -> float:
    """How alike two strings are, from 0 to 1."""
    from rapidfuzz.fuzz import ratio

    return float(ratio(expected, actual)) / 100.0


def deep_diff(expected: Any, actual: Any, **options: Any) -> Any:
    """``DeepDiff(expected, actual, **options)``."""
    from deepdiff import DeepDiff

    return DeepDiff(expected, actual, **options)
