"""Records of passing runs, and the reason why a notebook has to be run in spite of one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

FORMAT = 1
"""Raised when records of before mean something else."""

ABSENT = "absent"
"""What a file or folder that is not there is like."""

NO_FILE = "no file"
"""What a folder, a pipe or a device is like where a file is meant."""

NEVER = "no passing run is recorded"
"""Why a notebook without a record is run."""


class Kind(StrEnum):
    """What a fact is about. Its name is the kind, or the kind, a colon and the thing."""

    NOTEBOOK = "notebook"
    """The notebook itself, as far as it decides what is run and how that is judged."""
    OPTIONS = "options"
    """Those of the run."""
    PLUGINS = "plugins"
    """Modules of the project that pytest has loaded, conftest.py and what that imports: lines ``name hash``."""
    PYTHON = "python"
    PACKAGES = "packages"
    """All that are installed: lines ``name version``."""
    VARIABLES = "variables"
    """Of the environment: lines ``name hash``."""
    FILE = "file"
    FOLDER = "folder"
    """The names in it."""
    MODULES = "modules"
    """In a folder, those of its names that were looked for."""
    PATTERN = "pattern"
    """The files that a pattern of the notebook's directive ``uses-files`` matches."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a notebook used when all of its cells passed, or why nobody can say so."""

    format: int = FORMAT
    passed: str
    """When, as people read it."""
    doubt: str = ""
    """Why it has to be run every time, as the end of a sentence on it; empty when it need not."""
    facts: dict[str, str] = {}
    """What they were like, by name. The cheap ones first."""
    names: dict[str, list[str]] = {}
    """Names of modules that were looked for, by the fact on the folder."""


def why_run(record: Record | None, given: Mapping[str, str], look: Callable[[str], str]) -> str:
    """Return why a notebook has to be run; empty when nothing that it uses has changed.

    Args:
        record: of its last passing run; None for none.
        given: facts that need no looking, by name: those of the notebook, of the run and of the machine.
        look: finds out what another fact is like now.
    """
    if record is not None and record.doubt:
        return f"it {record.doubt}"
    if record is None or record.format != FORMAT or not given.keys() <= record.facts.keys():
        return NEVER
    for fact, then in record.facts.items():
        now = given[fact] if fact in given else look(fact)
        if now != then:
            return _describe(fact, then, now)
    return ""


def name_fact(kind: Kind, thing: str) -> str:
    """Return the name of a fact about one of many things."""
    return f"{kind}:{thing}"


def split_fact(name: str) -> tuple[Kind, str]:
    """Undo :func:`name_fact`.

    Raises:
        ValueError: there is no such kind.
    """
    kind, _, thing = name.partition(":")
    return Kind(kind), thing


def _describe(fact: str, then: str, now: str) -> str:
    kind, thing = split_fact(fact)
    match kind:
        case Kind.NOTEBOOK:
            return "its code, stored outputs or directives changed"
        case Kind.OPTIONS:
            return "options changed"
        case Kind.PLUGINS:
            return f"what conftest.py loads changed: {_list_changes(then, now, has_values=False)}"
        case Kind.PYTHON:
            return "Python changed"
        case Kind.PACKAGES:
            return f"installed packages changed: {_list_changes(then, now)}"
        case Kind.VARIABLES:
            return f"environment variables changed: {_list_changes(then, now, has_values=False)}"
        case Kind.FILE if then == ABSENT:
            return f"{thing} is new"
        case Kind.FILE | Kind.FOLDER if now == ABSENT:
            return f"{thing} is gone"
        case Kind.FILE:
            return f"{thing} changed"
        case Kind.FOLDER:
            return f"there are other names in {thing}"
        case Kind.MODULES:
            return f"there are other modules in {thing}"
        case Kind.PATTERN:
            return f"files of uses-files={thing} changed"


_MAX_CHANGES = 3


def _list_changes(then: str, now: str, *, has_values: bool = True) -> str:
    """List what differs between two texts of lines ``name value``."""
    before, after = (
        {name: value for name, _, value in (line.partition(" ") for line in text.splitlines())}
        for text in (then, now)
    )
    changes = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            changes.append(f"{name} {old or 'none'} became {new or 'none'}" if has_values else name)
    more = [f"{len(changes) - _MAX_CHANGES} more"] if len(changes) > _MAX_CHANGES else []
    return ", ".join(changes[:_MAX_CHANGES] + more)
