"""Reading what authors say of a cell or a notebook: in comments, tags and metadata.

At one place, what other tools' markers say (``foreign_markers.py``) gives way to what is said here.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbcheck.compare.base import CompareMode
from nbcheck.execution.directives.table import DIRECTIVES, Scope
from nbcheck.execution.directives.values import NO_LIMIT, READERS
from nbcheck.execution.foreign_markers import (
    Marker,
    PathRule,
    read_comments,
    read_name,
    read_notebook_markers,
    read_path_rules,
    read_tags,
    rules_as_markers,
)

_RUN_ONLY = "run-only"
_TAG_PREFIX = "nbcheck-"
# The signs of Python, R, Julia and shells; C and JavaScript; SQL and Haskell; TeX, Octave; Lisp.
_COMMENT = re.compile(r"^[ \t]*(?:#+|/[/*]+|--+|%+|;+)[ \t]*nbcheck:(.*?)(?:\*/[ \t]*)?$", re.MULTILINE)
_ENTRY = re.compile(
    r"""\s*(?P<name>[^=,\s]*)\s*(?:=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[^,]*?))\s*)?(?:,|$)"""
)


@dataclass(frozen=True, slots=True)
class Found:
    """A directive's value, and who said it."""

    value: Any  # as the directive's kind says: what the reader of that kind returns
    source: str
    """``a comment``, ``the tag skip-execution``, ``cell metadata``, ``notebook metadata``."""


Directives = Mapping[str, Found]
"""By name, only those that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A directive that cannot be followed."""

    problem: str
    """What is wrong and what to do, without a full stop."""
    source_line: int | None = None
    """Line of the cell's source, from 1; None when it does not stand in the source."""


def read_cell_directives(
    source: str,
    metadata: Mapping[str, Any],
    *,
    cell_index: int = 0,
    notebook_rules: Sequence[PathRule] = (),
) -> tuple[Directives, tuple[Fault, ...]]:
    """Read what is said of one cell.

    Args:
        source: the cell's source.
        metadata: the cell's metadata.
        cell_index: of the cell in the notebook, from 0, all cell types counted.
        notebook_rules: what pytest-notebook's metadata of the notebook say: a cell's own are added to these.

    Returns:
        What was found, the nearest for each directive; and every fault, in order comments, tags, metadata.
    """
    found: dict[str, Found] = {}
    faults: list[Fault] = []
    # The farthest first: what is nearer replaces it. Other tools' words come before ours.
    own = read_path_rules(metadata, is_notebook=False)
    faults += [Fault(problem) for problem in own.problems]
    if own.rules:
        rules = (*notebook_rules, *own.rules)
        _take_markers(rules_as_markers(rules, cell_index, "cell metadata nbreg"), Scope.CELL, found, faults)
    _take_markers(read_name(metadata), Scope.CELL, found, faults)
    _take_markers(read_tags(metadata), Scope.CELL, found, faults)
    _take_markers(read_comments(source), Scope.CELL, found, faults)
    _read_metadata(metadata.get("nbcheck"), Scope.CELL, found, faults)
    tags = metadata.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        _read_tag(tag, found, faults)
    _read_comments(source, found, faults)
    faults.sort(key=lambda fault: fault.source_line or math.inf)
    return found, tuple(faults)


def read_notebook_directives(metadata: Mapping[str, Any]) -> tuple[Directives, tuple[Fault, ...]]:
    """Read what is said of a whole notebook.

    Args:
        metadata: the notebook's metadata.

    Returns:
        What was found, and every fault.
    """
    found: dict[str, Found] = {}
    faults: list[Fault] = []
    _take_markers(read_notebook_markers(metadata), Scope.NOTEBOOK, found, faults)
    _read_metadata(metadata.get("nbcheck"), Scope.NOTEBOOK, found, faults)
    return found, tuple(faults)


def read_rules(rules: Sequence[PathRule], cell_index: int) -> tuple[Directives, tuple[Fault, ...]]:
    """Read what pytest-notebook's metadata of a notebook say of one of its cells.

    Args:
        rules: all of them.
        cell_index: of the cell, from 0, all cell types counted.

    Returns:
        What was found, and every fault.
    """
    found: dict[str, Found] = {}
    faults: list[Fault] = []
    _take_markers(rules_as_markers(rules, cell_index, "notebook metadata nbreg"), Scope.CELL, found, faults)
    return found, tuple(faults)


def _take_markers(
    markers: Iterable[Marker], scope: Scope, found: dict[str, Found], faults: list[Fault]
) -> None:
    for marker in markers:
        problem = _take(marker.directive, marker.value, scope, marker.source, found)
        if problem:
            faults.append(Fault(problem))


def _read_comments(source: str, found: dict[str, Found], faults: list[Fault]) -> None:
    for match in _COMMENT.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        for entry in _split_entries(match[1]):
            problem = _take(*entry, Scope.CELL, "a comment", found)
            if problem:
                faults.append(Fault(problem, line))


def _split_entries(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield names and values of ``a, b=1, c="x, y"``; what is no such list comes as a name that nobody knows."""
    position = 0
    while position < len(text) or position == 0:
        match = _ENTRY.match(text, position)
        if match is None:
            yield text[position:].strip(), None
            return
        value = next((match[name] for name in ("double", "single", "plain") if match[name] is not None), None)
        yield match["name"], value or None
        position = max(match.end(), position + 1)


def _read_tag(tag: object, found: dict[str, Found], faults: list[Fault]) -> None:
    if not isinstance(tag, str):
        return
    if not tag.startswith(_TAG_PREFIX):
        return
    name, _, value = tag.removeprefix(_TAG_PREFIX).partition("=")
    problem = _take(name, value or None, Scope.CELL, f"the tag {tag}", found)
    if problem:
        faults.append(Fault(problem))


def _read_metadata(section: object, scope: Scope, found: dict[str, Found], faults: list[Fault]) -> None:
    read_section(section, f"{scope} metadata", scope, found, faults)


def read_section(
    section: object, source: str, scope: Scope, found: dict[str, Found], faults: list[Fault]
) -> None:
    """Read directives from an object of JSON or a table of TOML.

    Args:
        section: the object; None for none.
        source: where it stands, for people.
        scope: what it is said of.
        found: gets what was found.
        faults: gets what is wrong.
    """
    if section is None:
        return
    if not isinstance(section, Mapping):
        faults.append(Fault(f"{source}: 'nbcheck' must be an object of directives, not {section!r}"))
        return
    for name, value in section.items():
        # JSON null would read as a directive without a value; here it means what none means in a comment.
        problem = _take(name, NO_LIMIT if value is None else value, scope, source, found)
        if problem:
            faults.append(Fault(problem))


def _take(name: str, value: object, scope: Scope, source: str, found: dict[str, Found]) -> str:
    """Check one directive and keep it in ``found``; return what is wrong with it, or an empty text."""
    allowed = [directive.name for directive in DIRECTIVES.values() if scope in directive.scopes]
    if name not in DIRECTIVES:
        return f"{source}: unknown directive {name!r}; {_suggest(name, allowed)}"
    if name not in allowed:
        return f"{source}: {name!r} cannot be said of a {scope}; {_suggest('', allowed)}"
    kind = DIRECTIVES[name].kind
    try:
        checked = READERS[kind](value)
    except (ValueError, OverflowError):
        written = f"not {value!r}" if value is not None else "and none is given"
        return f"{source}: the value of {name!r} must be {kind}, {written}"
    if name == _RUN_ONLY:
        # Another spelling of a mode, so that of the two the nearer wins. Denied, it leaves the run's own mode.
        name, checked = "mode", CompareMode.RUN if checked else None
    farther = found.get(name)
    found[name] = Found(checked, source)
    if farther is not None and DIRECTIVES[name].adds_up:
        found[name] = add_up([found[name], farther])
    return ""


def add_up(said: Sequence[Found]) -> Found:
    """Return what several say together.

    Args:
        said: values of a directive that adds up, the nearest first.
    """
    values: list[Any] = []
    for found in reversed(said):
        values += (value for value in found.value if value not in values)
    sources = dict.fromkeys(source for found in said for source in found.source.split(", "))
    return Found(tuple(values), ", ".join(sources))


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"
