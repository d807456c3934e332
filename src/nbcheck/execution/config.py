"""``[tool.nbcheck]``: what a project says of all its notebooks, or of some by their paths.

::

    [tool.nbcheck]
    rtol = 1e-5

    [[tool.nbcheck.overrides]]
    paths = ["docs/**", "slow_*.ipynb"]
    cell-timeout = 1800

Its keys are the directives that may be said of a notebook. Of several overrides whose paths match, the later wins.
Beside them stand ``redact``, patterns for names of variables whose values are secrets (``accepting/redact.py``), and
``baseline``, the file with known failures (``baseline/file.py``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nbcheck.errors import UsageError
from nbcheck.execution.directives import Directives, Fault, Found, Scope, read_section

TABLE = "tool.nbcheck"
"""Where it stands in a ``pyproject.toml``."""


@dataclass(frozen=True, slots=True)
class Override:
    """What is said of some notebooks."""

    paths: tuple[str, ...]
    """Patterns, as in ``.gitignore``: without a slash they match a name in any folder, ``**`` matches any folders."""
    directives: Directives
    """What is said of them."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a project says of its notebooks."""

    general: Directives
    """Of all."""
    overrides: tuple[Override, ...] = ()
    """Of some, in the order of the file."""
    redact: tuple[str, ...] = ()
    """Patterns for names of variables of the environment that hold secrets; behind a ``-``, that hold none."""

    baseline: str = ""
    """File with the failures that the project knows of, relative to the folder of the file; empty for none."""

    def directives_for(self, path: str) -> Directives:
        """Return what holds for a notebook.

        Args:
            path: of the notebook, relative to the folder of the file, with slashes.
        """
        found = dict(self.general)
        for override in self.overrides:
            if any(_compile(pattern).fullmatch(path) for pattern in override.paths):
                found.update(override.directives)
        return found


NOTHING = Configuration({})
"""The configuration of a project that says nothing."""


def read_configuration(pyproject: Mapping[str, Any], name: str) -> Configuration:
    """Read what a project says.

    Args:
        pyproject: all of a ``pyproject.toml``.
        name: of the file, as the user should see it.

    Raises:
        UsageError: something in the table makes no sense; it names all of that.
    """
    tool = pyproject.get("tool")
    table = tool.get("nbcheck") if isinstance(tool, Mapping) else None
    if table is None:
        return NOTHING
    faults: list[Fault] = []
    if not isinstance(table, Mapping):
        raise UsageError(f"{name}: [{TABLE}] must be a table, not {table!r}")
    general: dict[str, Found] = {}
    rest = {key: value for key, value in table.items() if key not in ("overrides", "redact", "baseline")}
    read_section(rest, f"{name}, [{TABLE}]", Scope.NOTEBOOK, general, faults)
    sections = table.get("overrides", [])
    if not isinstance(sections, list):
        faults.append(
            Fault(f"{name}, [{TABLE}]: 'overrides' must be a list of tables, [[{TABLE}.overrides]]")
        )
        sections = []
    overrides = [_read_override(section, number, name, faults) for number, section in enumerate(sections, 1)]
    redact = table.get("redact", [])
    if not isinstance(redact, list) or not all(isinstance(pattern, str) and pattern for pattern in redact):
        faults.append(
            Fault(f"{name}, [{TABLE}]: 'redact' must be a list of names of variables such as \"*_DSN\"")
        )
    baseline = table.get("baseline", "")
    if not isinstance(baseline, str):
        faults.append(Fault(f"{name}, [{TABLE}]: 'baseline' must be the path of a file"))
    if faults:
        raise UsageError("\n".join(fault.problem for fault in faults))
    return Configuration(general, tuple(overrides), tuple(redact), baseline)


def load_configuration(path: Path) -> Configuration:
    """Read what a project says from its file.

    Args:
        path: a ``pyproject.toml``, which need not be there.

    Raises:
        UsageError: it cannot be read, or something in it makes no sense.
    """
    try:
        with path.open("rb") as file:
            return read_configuration(tomllib.load(file), path.name)
    except FileNotFoundError:
        return NOTHING
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _read_override(section: object, number: int, name: str, faults: list[Fault]) -> Override:
    place = f"{name}, [[{TABLE}.overrides]] {number}"
    paths = section.get("paths") if isinstance(section, Mapping) else None
    if isinstance(paths, str):
        paths = [paths]
    if (
        not isinstance(section, Mapping)
        or not isinstance(paths, list)
        or not all(isinstance(p, str) for p in paths)
    ):
        faults.append(Fault(f"{place}: it needs 'paths', a list of patterns such as \"docs/**\""))
        return Override((), {})
    found: dict[str, Found] = {}
    rest = {key: value for key, value in section.items() if key != "paths"}
    read_section(rest, place, Scope.NOTEBOOK, found, faults)
    return Override(tuple(paths), found)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    if pattern.endswith("/"):
        pattern += "**"
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    pieces = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("/")):
        match part:
            case "**/":
                pieces.append("(?:[^/]+/)*")
            case "**":
                pieces.append(".*")
            case "*":
                pieces.append("[^/]*")
            case "?":
                pieces.append("[^/]")
            case _:
                pieces.append(re.escape(part))
    return re.compile("".join(pieces))
