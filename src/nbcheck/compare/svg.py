"""SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.text import compare_texts


class SvgComparer:
    """Judges SVG by its source; generated ids, dates and program versions are noise."""

    mimetypes: Sequence[str] = ("image/svg+xml",)
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two SVG sources; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_texts(expected, actual, options, scope="svg")
