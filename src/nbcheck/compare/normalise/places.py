"""Names of places: cells, folders of libraries, temporary, home and working folders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbcheck.compare.base import Normaliser
from nbcheck.compare.normalise.base import compiled

ROOTS_NAME = "roots"
"""Name of the rule that needs this run's folders."""


def name_cells(text: str) -> str:
    """Replace the file names that kernels give cells.

    ``/tmp/ipykernel_123/456.py:3`` -> ``<cell>:3``; ``<ipython-input-3-abc>``, ``Cell In[3]`` and ``Cell[3]`` ->
    ``<cell>``; ``invalid syntax (3589571888.py, line 1)`` -> ``invalid syntax (<cell>, line 1)``. Line numbers stay.
    """
    text = compiled(
        r"(?:[A-Za-z]:)?[/\\][^\s:\"'<>|]{0,300}ipykernel_\d+[/\\]\d+\.py|<ipython-input-\d+-[0-9a-f]+>"
    ).sub("<cell>", text)
    text = compiled(r"\b(?:Cell|Input) In ?\[\d+\]|\bCell\[\d+\](?=[:,])").sub("<cell>", text)
    return compiled(r"\((?:\d{6,10}\.py|Cell\[\d+\]), line (?=\d)").sub("(<cell>, line ", text)


def name_libraries(text: str) -> str:
    """Replace the folder of installed packages and of the standard library.

    ``/home/me/env/lib/python3.11/site-packages/numpy/core.py:7`` -> ``<site-packages>/numpy/core.py:7``;
    ``/usr/lib/python3.11/json/decoder.py`` -> ``<stdlib>/json/decoder.py``.
    """
    start = r"(?<![^\s\"'(<=\[])(?:[A-Za-z]:)?[/\\~]"
    text = compiled(start + r"[^\s\"'<>:]*[/\\](?:site|dist)-packages[/\\]").sub("<site-packages>/", text)
    return compiled(start + r"[^\s\"'<>:]*[/\\]lib[/\\]python3\.\d+[/\\]").sub("<stdlib>/", text)


def name_temporary(text: str) -> str:
    """Replace the random part of a temporary name.

    ``/tmp/tmpa1b2c3d4/x`` -> ``/tmp/<temporary>/x``; ``/var/folders/zz/abc_1/T/x`` -> ``/tmp/x``;
    ``/tmp/pytest-of-me/pytest-12/`` -> ``/tmp/<temporary>/``.
    """
    text = compiled(r"(?:/private)?/var/folders/\w\w/\w+/T(?=/|\b)").sub("/tmp", text)  # noqa: S108 (a name in text)
    text = compiled(r"(?<=[/\\])pytest-of-[\w.-]+[/\\]pytest-\d+").sub("<temporary>", text)
    return compiled(r"(?<=[/\\])tmp[a-z0-9_]{8}(?![A-Za-z0-9_])").sub("<temporary>", text)


def name_home(text: str) -> str:
    r"""Replace a home folder.

    ``/home/me/data.csv``, ``/Users/me/data.csv``, ``C:\Users\me\data.csv`` -> ``<home>/data.csv`` (the last with its
    backslash).
    """
    return compiled(
        r"(?<![\w.~-])(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})[A-Za-z0-9_][\w.-]*(?![\w.-])|(?<![\w./~-])/root(?=/)"
    ).sub("<home>", text)


def roots_normaliser(roots: Sequence[str]) -> Normaliser:
    """Make the rule that replaces the folders of this run: ``/builds/7/nb/data.csv`` -> ``<root-1>/data.csv``.

    The longest folder is number 1. A text comparison then takes ``<root-1>/data.csv`` for equal with a path of the
    other side that ends in ``/data.csv`` (see :func:`unify_paths`), because where the notebook was when it was saved
    nobody knows any more.
    """
    names: dict[str, str] = {}
    shortened = {root.rstrip("/\\") for root in roots}
    for number, root in enumerate(sorted(shortened, key=lambda root: (-len(root), root)), start=1):
        if len(root) > 1:
            names[root] = names[root.replace("\\", "\\\\")] = f"<root-{number}>"
    longest_first = sorted(names, key=len, reverse=True)
    pattern = r"(?<![\w.~-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w-]|\.\w)"

    def name_roots(text: str) -> str:
        return compiled(pattern).sub(lambda match: names[match[0]], text)

    return Normaliser(ROOTS_NAME, name_roots, tuple(longest_first))
