"""Short texts that stay the same as long as what they stand for does."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from fnmatch import fnmatchcase
from importlib.metadata import distributions
from pathlib import Path, PurePath

from nbcheck.affected.record import Kind
from nbcheck.transport.project import digest

VARIABLES = ("PYTHON*", "LANG", "LANGUAGE", "LC_*", "TZ", "MPL*", "OMP_NUM_THREADS")
"""Patterns for variables of the environment that count in every project."""


def fingerprint(value: object, *, without: Collection[str] = ()) -> str:
    """Return a hash of a value made of dataclasses, mappings, sequences, sets and simple values.

    Of anything else the hash is of its ``repr``; where that has an address in it, the value counts as changed.

    Args:
        value: the value.
        without: names of fields of dataclasses that do not count, wherever they occur.
    """
    return digest(json.dumps(_simplify(value, frozenset(without)), ensure_ascii=True))


def _simplify(value: object, without: frozenset[str]) -> object:
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum | PurePath):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in fields(value)}
        kept = {name: _simplify(member, without) for name, member in members.items() if name not in without}
        return [type(value).__qualname__, kept]
    if isinstance(value, Mapping):
        return sorted(([str(key), _simplify(member, without)] for key, member in value.items()), key=repr)
    if isinstance(value, set | frozenset):
        return sorted((_simplify(member, without) for member in value), key=repr)
    if isinstance(value, list | tuple):
        return [_simplify(member, without) for member in value]
    return repr(value)


def plugin_facts(root: Path, files: Iterable[str | None]) -> dict[str, str]:
    """Return the fact on what pytest has loaded of a project.

    Args:
        root: the project's folder.
        files: of all modules that are loaded; those elsewhere, and those of installed packages, do not count.
    """
    lines = []
    for file in sorted({file for file in files if file}):
        path = Path(file)
        if path.is_relative_to(root) and "site-packages" not in path.parts:
            with suppress(OSError):
                lines.append(f"{path.relative_to(root).as_posix()} {digest(path.read_bytes())[:16]}")
    return {Kind.PLUGINS.value: "\n".join(lines)}


def machine_facts(environ: Mapping[str, str], variables: Iterable[str] = ()) -> dict[str, str]:
    """Return the facts that are the same for all notebooks of a run.

    Args:
        environ: the environment that kernels inherit.
        variables: patterns for the names of those that count, besides :data:`VARIABLES`.
    """
    patterns = (*VARIABLES, *variables)
    chosen = [name for name in environ if any(fnmatchcase(name, pattern) for pattern in patterns)]
    packages = {f"{found.metadata['Name']} {found.version}" for found in distributions()}
    return {
        Kind.PYTHON.value: f"{sys.version} {sys.platform} {platform.machine()}",
        Kind.PACKAGES.value: "\n".join(sorted(packages)),
        # Values may be secrets.
        Kind.VARIABLES.value: "\n".join(f"{name} {digest(environ[name])[:16]}" for name in sorted(chosen)),
    }
