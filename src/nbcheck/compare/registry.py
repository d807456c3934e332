"""Which comparer judges which MIME type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from nbcheck.compare.base import CompareOptions, Comparer
from nbcheck.errors import CompareError


class Registry:
    """Comparers by MIME type and priority."""

    def __init__(self, comparers: Sequence[Comparer]) -> None:
        """Keep the comparers; of two with one priority, the later wins, so users' come last."""
        self.comparers = tuple(comparers)
        ranked = sorted(
            enumerate(self.comparers), key=lambda entry: (entry[1].priority, entry[0]), reverse=True
        )
        self._patterns = [
            (_pattern(mimetype), comparer) for _, comparer in ranked for mimetype in comparer.mimetypes
        ]

    def find(self, mimetype: str) -> Comparer:
        """The comparer with the highest priority that can judge this type.

        Raises:
            CompareError: no comparer matches; the built-in registry has one for everything.
        """
        for pattern, comparer in self._patterns:
            if pattern.fullmatch(mimetype):
                return comparer
        raise CompareError(f"no comparer for {mimetype}")

    def extended(self, comparers: Sequence[Comparer]) -> Registry:
        """A registry with more comparers, which win over those of equal priority here."""
        return Registry((*self.comparers, *comparers))


@cache
def builtin_registry() -> Registry:
    """The comparers that come with nbcheck, one line each."""
    # Imported at the first unequal output: collecting and equal outputs must not pay for them.
    from nbcheck.compare.html import HtmlComparer
    from nbcheck.compare.image import ImageComparer
    from nbcheck.compare.javascript import JavascriptComparer
    from nbcheck.compare.jsonlike import JsonComparer
    from nbcheck.compare.latex import LatexComparer
    from nbcheck.compare.markdown import MarkdownComparer
    from nbcheck.compare.opaque import OpaqueComparer
    from nbcheck.compare.plotly import PlotlyComparer
    from nbcheck.compare.svg import SvgComparer
    from nbcheck.compare.text import TextComparer
    from nbcheck.compare.vega import VegaComparer
    from nbcheck.compare.widget import WidgetViewComparer

    return Registry(
        (
            OpaqueComparer(),
            TextComparer(),
            HtmlComparer(),
            MarkdownComparer(),
            LatexComparer(),
            JavascriptComparer(),
            SvgComparer(),
            ImageComparer(),
            JsonComparer(),
            PlotlyComparer(),
            VegaComparer(),
            WidgetViewComparer(),
        )
    )


def registry_for(options: CompareOptions) -> Registry:
    """The comparers that come with nbcheck, and those that users added.

    Raises:
        CompareError: one of the users' cannot be loaded.
    """
    users = options.extensions.comparers() if options.extensions is not None else ()
    return _extended(users) if users else builtin_registry()


@lru_cache(maxsize=16)
def _extended(comparers: tuple[Comparer, ...]) -> Registry:
    return builtin_registry().extended(comparers)


def label_of(comparer: Comparer) -> str:
    """Return what to call a comparer: its class; of one that a user added, also where it comes from."""
    return str(getattr(comparer, "label", type(comparer).__name__))


def _pattern(mimetype: str) -> re.Pattern[str]:
    """``*`` matches any run of characters, wherever it stands: ``application/*+json``."""
    return re.compile(".*".join(map(re.escape, mimetype.split("*"))))
