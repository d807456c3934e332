"""What a reader of a printed text does not see, and remarks that only a slow machine makes."""

from __future__ import annotations

import re

from nbcheck.compare.normalise.base import compiled


def strip_ansi(text: str) -> str:
    r"""Remove escape sequences: colours, links, titles.

    ``"\x1b[31mred\x1b[0m"`` -> ``"red"``. Also a lone ESC goes, so that nothing left can become a sequence.
    """
    return compiled(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])?").sub(
        "", text
    )


def drop_timing_remarks(text: str) -> str:
    """Remove whole lines that are printed only when the machine was slow.

    ``The slowest run took 5.31 times longer than the fastest. ...`` and ``Compiler : 105 ms`` of %time and %timeit,
    ``Matplotlib is building the font cache; this may take a moment.`` of a first import -> nothing.
    """
    return compiled(
        r"^(?:The slowest run took [\d.]+ times longer than the fastest\..*"
        r"|(?:WARNING:matplotlib\.font_manager:)?Matplotlib is building the font cache; this may take a moment\."
        r"|(?:Compiler|Parser  ?) *: [\d.]+ \w?s)[ \t]*(?:\n|\Z)",
        re.MULTILINE,
    ).sub("", text)
