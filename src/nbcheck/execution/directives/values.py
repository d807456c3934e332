"""Values of directives: one reader for each kind. They raise ValueError or OverflowError for what is no such value."""

from __future__ import annotations

import json
import keyword
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbcheck.compare.base import CompareMode
from nbcheck.compare.normalise import NORMALISER_NAMES
from nbcheck.execution.address import is_name
from nbcheck.execution.directives.marks import read_marks
from nbcheck.execution.directives.table import ValueKind
from nbcheck.execution.size import read_size

NO_LIMIT = "none"
"""How no limit, no cell and no file are written."""

_CLASS = re.compile(r"[A-Za-z_][\w.]*")
_WORDS = {"true": True, "false": False}
_CHECKS = ("auto", "always", "never")
_PLAIN_KINDS = ("all", "stdout", "stderr", "error")


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


def _read_flag(value: object) -> bool:
    if value is None:
        return True
    value = _WORDS.get(value) if isinstance(value, str) else value
    if not isinstance(value, bool):
        raise ValueError
    return value


def _read_seconds(value: object) -> float | None:
    if value == NO_LIMIT:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError
    seconds = float(value)
    if not 0 < seconds < math.inf:
        raise ValueError
    return seconds


def _read_size(value: object) -> int | None:
    if value == NO_LIMIT:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError
    return read_size(str(value))


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


def _read_columns(value: object) -> tuple[tuple[str, float], ...]:
    """Return pairs of the name of a column and a number."""
    if isinstance(value, str):
        value = {name: number for name, _, number in (entry.rpartition(":") for entry in value.split())}
    if (
        not isinstance(value, Mapping)
        or not value
        or not all(isinstance(name, str) and name for name in value)
    ):
        raise ValueError
    return tuple((name, _read_number(number)) for name, number in value.items())


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
    """Return which normalisers are switched on or off, by name.

    Those of users have a point in their names. Which there are is known where the cell is planned.
    """
    switches = {str(name).removeprefix("-"): not str(name).startswith("-") for name in _items(value)}
    if not switches or any(name not in NORMALISER_NAMES and "." not in name for name in switches):
        raise ValueError
    return switches


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


def _read_flag_or_reason(value: object) -> bool | str:
    if isinstance(value, str) and value not in _WORDS:
        return value or True
    return _read_flag(value)


def _read_reason(value: object) -> str | None:
    if value is False:
        return None
    if value is None or value is True:
        return ""
    if not isinstance(value, str):
        raise ValueError
    return value


def _read_name(value: object) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise ValueError
    return value


def _read_words(value: object) -> tuple[str, ...]:
    if value in (NO_LIMIT, []):
        return ()
    words = _items(value)
    if not words or not all(isinstance(word, str) and word for word in words):
        raise ValueError
    return tuple(map(str, words))


# Any: parameters are whatever JSON holds
def _read_parameters(value: object) -> tuple[Mapping[str, Any], ...]:
    sets = value if isinstance(value, list) else []
    is_readable = all(
        isinstance(values, Mapping) and all(map(is_variable, values)) and _is_json(values) for values in sets
    )
    # In Python 1 and True are equal; as parameters they are not.
    if (
        not sets
        or not is_readable
        or len({json.dumps(values, sort_keys=True) for values in sets}) < len(sets)
    ):
        raise ValueError
    return tuple(map(dict, sets))


def is_variable(name: object) -> bool:
    """Whether Python takes a name for that of a variable."""
    return isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)


def _is_json(value: object) -> bool:
    match value:
        case None | bool() | int() | float() | str():
            return True
        case list():
            return all(map(_is_json, value))
        case Mapping():
            return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    return False  # a date of TOML


def _read_fixtures(value: object) -> tuple[str, ...]:
    names = [str(name) for name in _items(value)]
    if not names or not all(map(is_variable, names)):
        raise ValueError
    return tuple(dict.fromkeys(names))


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


def _read_check(value: object) -> str:
    if value not in _CHECKS:
        raise ValueError
    return str(value)


# Any: what a reader returns is the type of its directive's values
READERS: dict[ValueKind, Callable[[object], Any]] = {
    ValueKind.FLAG: _read_flag,
    ValueKind.SECONDS: _read_seconds,
    ValueKind.MODE: _read_mode,
    ValueKind.OUTPUT_KINDS: _read_output_kinds,
    ValueKind.EXCEPTION: _read_exception,
    ValueKind.NUMBER: _read_number,
    ValueKind.COLUMNS: _read_columns,
    ValueKind.SIZE: _read_size,
    ValueKind.CHANNEL: _read_channel,
    ValueKind.SHARE: _read_share,
    ValueKind.NORMALISERS: _read_normalisers,
    ValueKind.PATTERNS: _read_patterns,
    ValueKind.REPLACEMENTS: _read_replacements,
    ValueKind.FLAG_OR_REASON: _read_flag_or_reason,
    ValueKind.FILES: _read_words,
    ValueKind.REASON: _read_reason,
    ValueKind.NAME: _read_name,
    ValueKind.CELLS: _read_words,
    ValueKind.PARAMETERS: _read_parameters,
    ValueKind.FIXTURES: _read_fixtures,
    ValueKind.MARKS: read_marks,
    ValueKind.CHECK: _read_check,
}
