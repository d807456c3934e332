"""Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.jsonlike import compare_json

# FigureWidget gives every trace a new UUID.
_VOLATILE = frozenset({"uid"})


class PlotlyComparer:
    """Judges plotly figures by their traces and layout; typed arrays by their numbers."""

    mimetypes: Sequence[str] = ("application/vnd.plotly.*",)
    priority = 20

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two figures; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_json(expected, actual, options, volatile=_VOLATILE)
