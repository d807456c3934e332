"""Order and layout."""

from __future__ import annotations

import re

from nbcheck.compare.normalise.base import compiled


def sort_sets(text: str) -> str:
    """Sort the strings of a printed set: ``{'b', 'a'}`` -> ``{'a', 'b'}``.

    Only strings in plain quotes: their order depends on the hash seed, that of numbers does not.
    """
    return compiled(r"\{('[^'\\\n]*'(?:, '[^'\\\n]*')+)\}").sub(_sorted_set, text)


def _sorted_set(match: re.Match[str]) -> str:
    return "{" + ", ".join(sorted(compiled(r"'[^'\\\n]*'").findall(match[1]))) + "}"


def strip_line_ends(text: str) -> str:
    r"""Remove blanks at line ends: ``"a  \nb"`` -> ``"a\nb"``."""
    return "\n".join(map(_rstrip_blanks, text.split("\n")))


def _rstrip_blanks(line: str) -> str:
    return line.rstrip(" \t")
