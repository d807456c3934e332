"""What authors say about a cell or a notebook: comments, tags, metadata. One table of directives, one precedence.

A directive is written

- as a comment on a line of its own: ``# nbcheck: ignore-output=stderr, timeout=30``, behind the comment sign of any
  language; a value with a comma in it stands in quotes;
- as a tag: ``nbcheck-ignore-output`` or ``nbcheck-timeout=30``;
- in the cell's metadata: ``{"nbcheck": {"ignore-output": ["stderr"], "timeout": 30}}``;
- in the notebook's metadata, likewise, for all its cells;
- in ``[tool.nbcheck]`` of ``pyproject.toml``, see ``config.py``.

The nearest wins, in this order, directive by directive. At one place, what other tools' markers say
(``foreign_markers.py``) gives way to what is said here. What is unknown or misspelt is an error, never ignored:
a directive that does nothing would be a test that checks something else than its author thinks.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nbcheck.compare.base import CompareMode
from nbcheck.compare.normalise import NORMALISER_NAMES
from nbcheck.execution.foreign_markers import (
    Marker,
    PathRule,
    read_comments,
    read_notebook_markers,
    read_path_rules,
    read_tags,
    rules_as_markers,
)


class Scope(StrEnum):
    """What a directive can be said of."""

    CELL = "cell"
    NOTEBOOK = "notebook"


class ValueKind(StrEnum):
    """What a directive's value looks like."""

    FLAG = "true or false"
    SECONDS = "a number of seconds above 0, or none for no limit"
    MODE = "semantic, exact or run"
    OUTPUT_KINDS = (
        "all, stdout, stderr, error, MIME types, numbers of outputs, or several of them separated by spaces"
    )
    EXCEPTION = "true or false, or a class and a pattern of its message: ValueError: must be positive"
    NUMBER = "a number from 0"
    CHANNEL = "a whole number from 0 to 255"
    SHARE = "a share of all pixels such as 0.5%"
    NORMALISERS = "names of normalisers separated by spaces, with a - before those to switch off"
    PATTERNS = "a regular expression, or a list of them"
    REPLACEMENTS = "a list of pairs, each a regular expression and what takes the place of what matches"
    REASON = "a reason"


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

_CELL, _NOTEBOOK = (Scope.CELL,), (Scope.NOTEBOOK,)

DIRECTIVES: dict[str, Directive] = {
    directive.name: directive
    for directive in (
        Directive("skip", ValueKind.FLAG, _BOTH, "Do not run the cell."),
        Directive("run-only", ValueKind.FLAG, _BOTH, "Run the cell, compare nothing: short for mode=run."),
        Directive(
            "ignore-output", ValueKind.OUTPUT_KINDS, _BOTH, "Leave these outputs out of the comparison."
        ),
        Directive("raises-exception", ValueKind.EXCEPTION, _CELL, "The cell must raise an exception."),
        Directive(
            "xfail", ValueKind.REASON, _BOTH, "A failure is expected, for this reason, and told as such."
        ),
        Directive("mode", ValueKind.MODE, _BOTH, "How strictly outputs are compared."),
        Directive("rtol", ValueKind.NUMBER, _BOTH, "Relative tolerance of numbers."),
        Directive(
            "atol", ValueKind.NUMBER, _BOTH, "Absolute tolerance of numbers with a point or an exponent."
        ),
        Directive(
            "image-tolerance", ValueKind.CHANNEL, _BOTH, "How far a channel of a pixel may be off, of 255."
        ),
        Directive("image-share", ValueKind.SHARE, _BOTH, "How many pixels of a picture may differ."),
        Directive("normalise", ValueKind.NORMALISERS, _BOTH, "Switch rules for noise on or, with a -, off."),
        Directive("ignore-pattern", ValueKind.PATTERNS, _BOTH, "Leave out what matches, wherever it stands."),
        Directive(
            "replace",
            ValueKind.REPLACEMENTS,
            _BOTH,
            "Replace what matches in stored and fresh outputs before they are compared.",
        ),
        Directive("timeout", ValueKind.SECONDS, _BOTH, "How long the cell, or the whole notebook, may run."),
        Directive("cell-timeout", ValueKind.SECONDS, _NOTEBOOK, "How long each cell may run."),
        Directive("max-seconds", ValueKind.SECONDS, _CELL, "The cell fails if it takes longer than this."),
    )
}
"""Every directive, by name."""

_RUN_ONLY = "run-only"
_TAG_PREFIX = "nbcheck-"
# The signs of Python, R, Julia and shells; C and JavaScript; SQL and Haskell; TeX, Octave; Lisp.
_COMMENT = re.compile(r"^[ \t]*(?:#+|/[/*]+|--+|%+|;+)[ \t]*nbcheck:(.*?)(?:\*/[ \t]*)?$", re.MULTILINE)
_ENTRY = re.compile(
    r"""\s*(?P<name>[^=,\s]*)\s*(?:=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[^,]*?))\s*)?(?:,|$)"""
)
_CLASS = re.compile(r"[A-Za-z_][\w.]*")
_WORDS = {"true": True, "false": False}
_NO_LIMIT = "none"
_PLAIN_KINDS = ("all", "stdout", "stderr", "error")


@dataclass(frozen=True, slots=True)
class Found:
    """A directive's value, and who said it."""

    value: Any  # as the directive's kind says: what the reader of that kind returns
    source: str
    """``a comment``, ``the tag skip-execution``, ``cell metadata``, ``notebook metadata``."""


Directives = Mapping[str, Found]
"""By name, only those that somebody wrote."""


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """The error that a cell must raise."""

    ename: str
    """Name of its class."""
    pattern: str = ""
    """Regular expression that its message must contain."""

    def matches(self, ename: str, evalue: str) -> bool:
        """Whether an error is this one; a class may be named with or without its module."""
        is_class = ename == self.ename or ename.rpartition(".")[2] == self.ename
        return is_class and re.search(self.pattern, evalue) is not None

    def __str__(self) -> str:
        return f"{self.ename}: {self.pattern}" if self.pattern else self.ename


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
    said: dict[str, Found] = {}
    for match in _COMMENT.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        for entry in _split_entries(match[1]):
            problem = _take(*entry, Scope.CELL, "a comment", said)
            if problem:
                faults.append(Fault(problem, line))
    found.update(said)


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
    value = _WORDS.get(value, value) if isinstance(value, str) else value
    if value is None or value is True:
        return frozenset({"all"})
    if value is False:
        return frozenset()
    kinds = [str(kind) for kind in _items(value)]
    if not kinds or not all(kind in _PLAIN_KINDS or "/" in kind or _is_number(kind) for kind in kinds):
        raise ValueError
    return frozenset(kinds)


def _read_exception(value: object) -> bool | ExpectedError:
    if not isinstance(value, str) or value in _WORDS:
        return _read_flag(value)
    ename, _, pattern = value.partition(":")
    if _CLASS.fullmatch(ename.strip()) is None:
        raise ValueError
    return ExpectedError(ename.strip(), _compiled(pattern.strip()))


def _read_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError
    return number


def _read_channel(value: object) -> int:
    number = _read_number(value)
    if number > 255 or not number.is_integer():
        raise ValueError
    return int(number)


def _read_share(value: object) -> float:
    if not isinstance(value, str) or not value.endswith("%"):
        raise ValueError
    share = _read_number(value[:-1]) / 100
    if share > 1:
        raise ValueError
    return share


def _read_normalisers(value: object) -> Mapping[str, bool]:
    """Return which normalisers are switched on or off, by name."""
    names = [str(name) for name in _items(value)]
    if not names or any(name.removeprefix("-") not in NORMALISER_NAMES for name in names):
        raise ValueError
    return {name.removeprefix("-"): not name.startswith("-") for name in names}


def _read_patterns(value: object) -> tuple[str, ...]:
    patterns = [value] if isinstance(value, str) else value
    if (
        not isinstance(patterns, list)
        or not patterns
        or not all(isinstance(item, str) and item for item in patterns)
    ):
        raise ValueError
    return tuple(map(_compiled, patterns))


def _read_replacements(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(map(_read_replacement, value))


def _read_replacement(pair: object) -> tuple[str, str]:
    match pair:
        case [str(pattern), str(replacement)] if pattern:
            check_replacement(pattern, replacement)
            return pattern, replacement
    raise ValueError


def check_replacement(pattern: str, replacement: str) -> None:
    """Find out whether a replacement can be made.

    Raises:
        ValueError: the pattern is none, or the replacement refers to what it does not have.
    """
    try:
        re.sub(pattern, replacement, "")
    except (re.error, IndexError) as error:
        raise ValueError(str(error)) from error


def _read_reason(value: object) -> str | None:
    if value is False:
        return None
    if value is None or value is True:
        return ""
    if not isinstance(value, str):
        raise ValueError
    return value


def _items(value: object) -> Sequence[object]:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value).split()
    return value if isinstance(value, list) else ()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def _compiled(pattern: str) -> str:
    """Return a pattern, once it is known to be one."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError from error
    return pattern


# Any: what a reader returns is the type of its directive's values
_READERS: dict[ValueKind, Callable[[object], Any]] = {
    ValueKind.FLAG: _read_flag,
    ValueKind.SECONDS: _read_seconds,
    ValueKind.MODE: _read_mode,
    ValueKind.OUTPUT_KINDS: _read_output_kinds,
    ValueKind.EXCEPTION: _read_exception,
    ValueKind.NUMBER: _read_number,
    ValueKind.CHANNEL: _read_channel,
    ValueKind.SHARE: _read_share,
    ValueKind.NORMALISERS: _read_normalisers,
    ValueKind.PATTERNS: _read_patterns,
    ValueKind.REPLACEMENTS: _read_replacements,
    ValueKind.REASON: _read_reason,
}
