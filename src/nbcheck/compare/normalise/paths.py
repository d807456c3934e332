"""Paths of two lines that are the same path under other folders."""

from __future__ import annotations

import re

from nbcheck.compare.normalise.base import compiled

_PLACE = r"<(?:root-\d+|home)>"


def may_hold_paths(line: str) -> bool:
    """Whether :func:`unify_paths` can change this normalised line or its partner."""
    return "<root-" in line or "<home>" in line


def unify_paths(expected: str, actual: str) -> tuple[str, str]:
    """Make a path under a folder of this run equal to the same path wherever the other side was made.

    Both lines are normalised; their n-th paths belong together. ``<root-1>/data.csv`` and ``/srv/ci/data.csv`` both
    become ``<path>/data.csv``; paths under the same placeholder on both sides, and paths that end differently, stay.
    """
    pattern = compiled(
        rf"(?:{_PLACE}|(?<![\w.~<>/-])(?:/(?=\w)|[A-Za-z]:\\))(?:[^\s\"'<>,;:()\[\]]|<temporary>)*"
    )
    expected_paths, actual_paths = pattern.findall(expected), pattern.findall(actual)
    if len(expected_paths) != len(actual_paths):
        return expected, actual
    shared = [_shared_path(first, second) for first, second in zip(expected_paths, actual_paths, strict=True)]
    return _replace_in_turn(pattern, expected, shared), _replace_in_turn(pattern, actual, shared)


def _shared_path(first: str, second: str) -> str | None:
    """The path that two spellings have in common, ``<path>/data.csv``; None when they are not the same path."""
    places = [match[0] if (match := compiled(_PLACE).match(path)) else "" for path in (first, second)]
    if places[0] == places[1]:
        return None
    for place, path, other in ((places[0], first, second), (places[1], second, first)):
        rest = path.removeprefix(place)
        if place and (not rest or rest[0] in "/\\") and other.endswith(rest):
            return "<path>" + rest
    return None


def _replace_in_turn(pattern: re.Pattern[str], text: str, replacements: list[str | None]) -> str:
    turn = iter(replacements)

    def replace(match: re.Match[str]) -> str:
        replacement = next(turn)
        return match[0] if replacement is None else replacement

    return pattern.sub(replace, text)
