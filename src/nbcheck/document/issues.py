"""What a check of a notebook finds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, TypeGuard

from nbcheck.document.positions import Positions, join_pointer

MISSING: Final = object()
"""Stands for a value that is not there."""

MULTILINE = "a string or a list of strings"
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Issue:
    """One place where a notebook leaves the format."""

    pointer: str
    """JSON pointer (RFC 6901) of the value; of the place where it belongs when it is missing."""
    found: str
    """What stands there, for people: ``null``, ``a list``, ``nothing``."""
    allowed: str
    """What may stand there, for people."""
    fatal: bool = False
    """Whether the notebook cannot be read at all; Jupyter opens a notebook despite the other issues."""
    line: int | None = None
    """Line in the file, from 1; None when the notebook came from no file."""
    column: int | None = None
    """Column in that line, from 1."""

    @property
    def problem(self) -> str:
        """The finding without the place: ``found null, allowed: a list``."""
        return f"found {self.found}, allowed: {self.allowed}"

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column} " if self.line is not None else ""
        return f"{place}({self.pointer or 'whole file'}): {self.problem}"


@dataclass(slots=True)
class Findings:
    """Gathers issues during a check."""

    positions: Positions | None = None
    """Where the values stand in the file; None when there is no file."""
    issues: list[Issue] = field(default_factory=list)
    """In the order they were found."""

    def add(self, pointer: str, value: object, allowed: str, *, fatal: bool = False) -> None:
        """Note that ``value`` is not allowed at ``pointer``."""
        line, column = self.positions.find(pointer) if self.positions is not None else (None, None)
        self.issues.append(Issue(pointer, describe(value), allowed, fatal, line, column))

    def has_type(self, value: object, kind: type, pointer: str, *, fatal: bool = False) -> bool:
        """Check a value against ``dict``, ``list``, ``str`` or ``bool``; note an issue if it is something else."""
        if isinstance(value, kind) or (kind is list and isinstance(value, tuple)):
            return True
        self.add(pointer, value, _KINDS[kind], fatal=fatal)
        return False

    def is_multiline(self, value: object, pointer: str, *, fatal: bool = False) -> bool:
        """Check that a value is a string or a list of strings."""
        if isinstance(value, str) or is_strings(value):
            return True
        if isinstance(value, list | tuple):
            index = next(index for index, item in enumerate(value) if not isinstance(item, str))
            self.add(join_pointer(pointer, index), value[index], "a string", fatal=fatal)
        else:
            self.add(pointer, value, MULTILINE, fatal=fatal)
        return False


_KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}


def is_strings(value: object) -> bool:
    """Whether a value is a list of nothing but strings; a tuple, which no file has, counts as a list."""
    return isinstance(value, list | tuple) and {str}.issuperset(map(type, value))


def is_integer(value: object) -> TypeGuard[float]:
    """Whether a value is a whole number: 4 and 4.0 are, true is not."""
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def describe(value: object) -> str:
    """Say in a few words what a JSON value is."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    try:
        # The slice spares the encoder a text of megabytes that is cut off anyway.
        text = json.dumps(value[:_SHOWN] if isinstance(value, str) else value)
    except (TypeError, ValueError):
        # Trees made in Python may hold what JSON cannot, or integers too long to print.
        return f"a Python {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
