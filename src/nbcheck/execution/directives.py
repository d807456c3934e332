"""What authors say about a cell or a notebook: comments, tags, metadata. One table of directives, one precedence.

A directive is written

- as a comment on a line of its own: ``# nbcheck: ignore-output=stderr, timeout=30``;
- as a tag: ``nbcheck-ignore-output`` or ``nbcheck-timeout=30``, and Jupyter's ``raises-exception`` and
  ``skip-execution``;
- in the cell's metadata: ``{"nbcheck": {"ignore-output": ["stderr"], "timeout": 30}}``;
- in the notebook's metadata, likewise, for all its cells.

The nearest wins, in this order, directive by directive. What is unknown or misspelt is an error, never ignored:
a directive that does nothing would be a test that checks something else than its author thinks.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nbcheck.compare.base import CompareMode


class Scope(StrEnum):
    """What a directive can be said of."""

    CELL = "cell"
    NOTEBOOK = "notebook"


class ValueKind(StrEnum):
    """What a directive's value looks like."""

    FLAG = "true or false"
    SECONDS = "a number of seconds above 0, or none for no limit"
    MODE = "semantic, exact or run"
    OUTPUT_KINDS = "all, stdout, stderr, error, MIME types, or several of them separated by spaces"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive that authors may write."""

    name: str
    """As it is written."""
    kind: ValueKind
    """What its value looks like. A flag without a value is true, output kinds without a value are all."""
    scopes: tuple[Scope, ...]
    """What it can be said of."""
    doc: str
    """One sentence for the documentation."""


_BOTH = (Scope.CELL, Scope.NOTEBOOK)

DIRECTIVES: dict[str, Directive] = {
    directive.name: directive
    for directive in (
        Directive("skip", ValueKind.FLAG, _BOTH, "Do not run the cell."),
        Directive("run-only", ValueKind.FLAG, _BOTH, "Run the cell, compare nothing: short for mode=run."),
        Directive(
            "ignore-output", ValueKind.OUTPUT_KINDS, _BOTH, "Leave these outputs out of the comparison."
        ),
        Directive("raises-exception", ValueKind.FLAG, (Scope.CELL,), "The cell must raise an exception."),
        Directive("mode", ValueKind.MODE, _BOTH, "How strictly outputs are compared."),
        Directive("timeout", ValueKind.SECONDS, _BOTH, "How long the cell, or the whole notebook, may run."),
        Directive("cell-timeout", ValueKind.SECONDS, (Scope.NOTEBOOK,), "How long each cell may run."),
    )
}
"""Every directive, by name."""

_FOREIGN_TAGS = {"raises-exception": "raises-exception", "skip-execution": "skip"}
"""Tags of the Jupyter world that mean one of ours. Source: nbclient, "cell tags"."""

_RUN_ONLY = "run-only"
_TAG_PREFIX = "nbcheck-"
_COMMENT = re.compile(r"^[ \t]*#+[ \t]*nbcheck:(.*)$", re.MULTILINE)
_WORDS = {"true": True, "false": False}
_NO_LIMIT = "none"
_PLAIN_KINDS = ("all", "stdout", "stderr", "error")


@dataclass(frozen=True, slots=True)
class Found:
    """A directive's value, and who said it."""

    value: Any  # bool, float or None, CompareMode or None, or frozenset[str]: as the directive's kind says
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


def read_cell_directives(source: str, metadata: Mapping[str, Any]) -> tuple[Directives, tuple[Fault, ...]]:
    """Read what is said of one cell.

    Args:
        source: the cell's source.
        metadata: the cell's metadata.

    Returns:
        What was found, the nearest for each directive; and every fault, in order comments, tags, metadata.
    """
    found: dict[str, Found] = {}
    faults: list[Fault] = []
    # The farthest first: what is nearer replaces it.
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
    _read_metadata(metadata.get("nbcheck"), Scope.NOTEBOOK, found, faults)
    return found, tuple(faults)


def _read_comments(source: str, found: dict[str, Found], faults: list[Fault]) -> None:
    said: dict[str, Found] = {}
    for match in _COMMENT.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        for part in match[1].split(","):
            name, _, value = part.partition("=")
            problem = _take(name.strip(), value.strip() or None, Scope.CELL, "a comment", said)
            if problem:
                faults.append(Fault(problem, line))
    found.update(said)


def _read_tag(tag: object, found: dict[str, Found], faults: list[Fault]) -> None:
    if not isinstance(tag, str):
        return
    name, _, value = tag.removeprefix(_TAG_PREFIX).partition("=")
    if tag in _FOREIGN_TAGS:
        name = _FOREIGN_TAGS[tag]
    elif not tag.startswith(_TAG_PREFIX):
        return
    problem = _take(name, value or None, Scope.CELL, f"the tag {tag}", found)
    if problem:
        faults.append(Fault(problem))


def _read_metadata(section: object, scope: Scope, found: dict[str, Found], faults: list[Fault]) -> None:
    source = f"{scope} metadata"
    if section is None:
        return
    if not isinstance(section, Mapping):
        faults.append(Fault(f"{source}: 'nbcheck' must be an object of directives, not {section!r}"))
        return
    for name, value in section.items():
        # JSON null would read as a directive without a value; here it means what none means in a comment.
        problem = _take(name, _NO_LIMIT if value is None else value, scope, source, found)
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
        checked = _READERS[kind](value)
    except (ValueError, OverflowError):
        written = f"not {value!r}" if value is not None else "and none is given"
        return f"{source}: the value of {name!r} must be {kind}, {written}"
    if name == _RUN_ONLY:
        # Another spelling of a mode, so that of the two the nearer wins. Denied, it leaves the run's own mode.
        name, checked = "mode", CompareMode.RUN if checked else None
    found[name] = Found(checked, source)
    return ""


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"


def _read_flag(value: object) -> bool:
    if value is None:
        return True
    value = _WORDS.get(value) if isinstance(value, str) else value
    if not isinstance(value, bool):
        raise ValueError
    return value


def _read_seconds(value: object) -> float | None:
    if value == _NO_LIMIT:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError
    seconds = float(value)
    if not 0 < seconds < math.inf:
        raise ValueError
    return seconds


def _read_mode(value: object) -> CompareMode:
    return CompareMode(str(value))


def _read_output_kinds(value: object) -> frozenset[str]:
    if value is None or value is True:
        return frozenset({"all"})
    if value is False:
        return frozenset()
    kinds: Sequence[object] = (
        value.split() if isinstance(value, str) else value if isinstance(value, list) else ()
    )
    if not kinds or not all(
        isinstance(kind, str) and (kind in _PLAIN_KINDS or "/" in kind) for kind in kinds
    ):
        raise ValueError
    return frozenset(map(str, kinds))


_READERS = {
    ValueKind.FLAG: _read_flag,
    ValueKind.SECONDS: _read_seconds,
    ValueKind.MODE: _read_mode,
    ValueKind.OUTPUT_KINDS: _read_output_kinds,
}
