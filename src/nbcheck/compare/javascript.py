"""JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.text import compare_forms


class JavascriptComparer:
    """Judges JavaScript by its lines.

    The ids that libraries make up for elements of the page are noise, as they are in HTML; so are blank lines and
    white space at line ends. Indentation may be the content of a template literal and counts.
    """

    mimetypes: Sequence[str] = (
        "application/javascript",
        "application/ecmascript",
        "application/x-javascript",
        "text/javascript",
        "text/ecmascript",
    )
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two scripts; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_forms(expected, actual, options, _without_blanks, scope="html")


def _without_blanks(source: str) -> str:
    lines = (line.rstrip() for line in source.split("\n"))
    return "\n".join(line for line in lines if line)
