"""Types that nobody here understands: equal or not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference, DifferenceKind


class OpaqueComparer:
    """Judges any MIME type by equality."""

    mimetypes: Sequence[str] = ("*",)
    priority = -100

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two values of any shape; see :class:`nbcheck.compare.base.Comparer`."""
        if expected == actual:
            return None
        return unequal(expected, actual)


def unequal(expected: Any, actual: Any) -> Difference:
    """Tell that two values differ, by size and digest: there is nothing to show of their insides."""
    return Difference(
        kind=DifferenceKind.CHANGED,
        place="",
        summary=f"{_fingerprint(expected)} became {_fingerprint(actual)}",
        expected=expected,
        actual=actual,
    )


def _fingerprint(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{len(text):,} characters (sha256 {digest[:8]})"
