"""HTML: tables by their cells, everything else by its text, tags and attributes.

Three looks, from cheap to thorough; the first that finds both sides equal ends it:

1. the source by lines, as text;
2. when the markup around the tables is equal: the tables, cell by cell (``table.py``);
3. the whole as a list of tags and texts (``markup.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nbcheck.compare.base import CompareMode, CompareOptions, Difference
from nbcheck.compare.lines import LineJudge, prepare
from nbcheck.compare.markup import markup_tokens
from nbcheck.compare.normalise import order_names
from nbcheck.compare.plotly import spell_arrays
from nbcheck.compare.table import compare_tables
from nbcheck.compare.text import compare_texts, describe

# Parsing takes a second for 2 MB; larger sources that differ are told by their lines.
_PARSE_LIMIT = 2_000_000


class HtmlComparer:
    """Judges HTML."""

    mimetypes: Sequence[str] = ("text/html", "application/xhtml+xml")
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two HTML sources; see :class:`nbcheck.compare.base.Comparer`."""
        if options.mode is CompareMode.EXACT:
            return compare_texts(expected, actual, options, scope="html")
        pair = prepare(spell_arrays(expected), spell_arrays(actual), options, scope="html")
        judge = LineJudge(pair, options, scope="html")
        if judge.texts_agree():
            return None
        clean = ["\n".join(side.clean) for side in (pair.expected, pair.actual)]
        difference: Difference | None
        verdict = compare_tables(clean[0], clean[1], options)
        if verdict is not None:
            difference = verdict.difference
        elif max(map(len, clean)) > _PARSE_LIMIT:
            difference = describe(expected, actual, judge)
        else:
            tokens = ["\n".join(markup_tokens(source)) for source in clean]
            difference = compare_texts(tokens[0], tokens[1], options, scope="html")
        if difference is None:
            return None
        return replace(difference, expected=expected, actual=actual, hidden=order_names(set(pair.hidden)))
