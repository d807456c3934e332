"""Plotly figures."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.jsonlike import compare_json, unpack_array

# FigureWidget gives every trace a new UUID.
_VOLATILE = frozenset({"uid"})


class PlotlyComparer:
    """Judges plotly figures by their traces and layout; typed arrays by their numbers."""

    mimetypes: Sequence[str] = ("application/vnd.plotly.*",)
    priority = 20

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two figures; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_json(expected, actual, options, volatile=_VOLATILE)


def spell_arrays(source: str) -> str:
    """Write out the typed arrays that plotly packs into the scripts of its HTML, so that numbers can be compared.

    ``{"dtype":"f8","bdata":"AAAAAAAA8D8="}`` -> ``{"dtype":"f8","bdata":[1.0]}``.
    """
    if '"bdata":' not in source:
        return source
    return re.sub(r'\{"dtype":"\w{2}","bdata":"[^"]*+"(?:,"shape":"[^"]*+")?\}', _spell, source)


def _spell(match: re.Match[str]) -> str:
    try:
        array = json.loads(match[0])
    except ValueError:
        return match[0]
    numbers = unpack_array(array)
    # A blank before each number: without one, thousands of numbers would be a single word.
    return match[0] if numbers is None else json.dumps({**array, "bdata": numbers}, separators=(", ", ":"))
