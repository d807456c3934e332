"""Order and layout."""

from __future__ import annotations

import re

from nbcheck.compare.normalise.base import compiled

_STRING = r"(?:'[^'\\\n]*'|\"[^\"\\\n]*\")"
_PLAIN = rf"(?:{_STRING}|-?\d+(?:\.\d+)?|None|True|False)"
_ITEM = rf"(?:{_PLAIN}|\({_PLAIN}(?:, {_PLAIN})*,?\))"


def sort_sets(text: str) -> str:
    """Sort the items of a printed set: ``{'b', 'a'}`` -> ``{'a', 'b'}``, ``{('b', 2), ('a', 1)}`` likewise.

    Only where its items are strings, numbers and tuples of them and one has a string in it: the order of strings
    depends on the hash seed, that of numbers does not.
    """
    return compiled(rf"\{{({_ITEM}(?:, {_ITEM})+)\}}").sub(_sorted_set, text)


def _sorted_set(match: re.Match[str]) -> str:
    if "'" not in match[1] and '"' not in match[1]:
        return match[0]
    return "{" + ", ".join(sorted(compiled(_ITEM).findall(match[1]))) + "}"


_WORD = r"[^\s,;()\[\]{}]+"


def sort_words(text: str) -> str:
    """Sort the words of each line, in between what separates them: ``tags ['b', 'a']`` -> ``'a' ['b', tags]``.

    What stands in brackets or belongs to a key is not told apart. The order may be a result: only on request.
    """
    return "\n".join(map(_sort_words_of_line, text.split("\n")))


def _sort_words_of_line(line: str) -> str:
    pattern = compiled(_WORD)
    words = iter(sorted(pattern.findall(line)))
    return pattern.sub(lambda _: next(words), line)


def sort_lines(text: str) -> str:
    r"""Sort the lines, ``"b\na\n"`` -> ``"a\nb\n"``; only on request as well."""
    end = "\n" if text.endswith("\n") else ""
    return "\n".join(sorted(text.removesuffix(end).split("\n"))) + end


def strip_line_ends(text: str) -> str:
    r"""Remove blanks at line ends: ``"a  \nb"`` -> ``"a\nb"``."""
    return "\n".join(map(_rstrip_blanks, text.split("\n")))


def _rstrip_blanks(line: str) -> str:
    return line.rstrip(" \t")


def drop_pandas_style(text: str) -> str:
    """Remove the style sheet that pandas writes above every table; what it says follows the release of pandas.

    ``<style scoped>.dataframe thead th { text-align: right; }</style><table>`` -> ``<table>``. A sheet that says more
    than how cells are aligned stays.
    """
    rule = r"\.dataframe t(?:head|body) [\w :\-]{1,60}\{\s*(?:text|vertical)-align: \w+;\s*\}\s*"
    return compiled(rf"<style(?: scoped)?>\s*(?:{rule})+</style>\n?").sub("", text)
