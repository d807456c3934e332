"""Views of widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.jsonlike import compare_json

# A new UUID in every run. What the widget shows is in its model, not in the view.
_VOLATILE = frozenset({"model_id"})


class WidgetViewComparer:
    """Judges widget views by the version of their protocol: all else about a view is its model's id."""

    mimetypes: Sequence[str] = ("application/vnd.jupyter.widget-view+json",)
    priority = 20

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two views; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_json(expected, actual, options, volatile=_VOLATILE)
