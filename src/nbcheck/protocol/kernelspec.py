"""Kernelspecs: how a kernel is started, as ``kernel.json`` says it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from nbcheck.errors import KernelspecError
from nbcheck.protocol.jsontext import JsonObject, read_json_object

INTERRUPT_MODES = ("signal", "message")
"""The values of ``interrupt_mode``; the first is the default."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_]+)\}")


@dataclass(frozen=True)
class KernelSpec:
    """How to start one kind of kernel."""

    name: str
    """Name of its folder, in lower case."""
    argv: tuple[str, ...]
    """Command line with placeholders; at least one item."""
    display_name: str
    """Name to show."""
    language: str = ""
    """Language it runs, such as ``python``."""
    interrupt_mode: str = "signal"
    """``signal`` (SIGINT) or ``message`` (an interrupt_request on control)."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Environment variables to add; values may refer to others as ``${NAME}``."""
    # Any: whatever JSON the kernel's author chose.
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """More about the kernel, such as ``debugger``."""
    resource_dir: Path | None = None
    """Folder of kernel.json, with logos; None when there is none."""

    def command(self, connection_file: str, python: str, prefix: str = sys.prefix) -> list[str]:
        """Return the command line that starts the kernel.

        Args:
            connection_file: its path, as the kernel shall open it.
            python: interpreter that stands in for a bare ``python``, so that the kernel runs in this
                environment although it may not be on PATH.
            prefix: what ``{prefix}`` means; ``sys.prefix`` of ``python``.

        Source: ``KernelManager.format_kernel_cmd`` of jupyter_client. Unknown placeholders stay.
        """
        values = {"connection_file": connection_file, "prefix": prefix}
        if self.resource_dir is not None:
            values["resource_dir"] = str(self.resource_dir)
        first, *rest = self.argv
        argv = [python if is_bare_python(first) else first, *rest]
        return [_PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), part) for part in argv]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return the kernel's environment.

        Args:
            base: environment to add to; ``${NAME}`` and ``$NAME`` in ``env`` refer to it, and stay as they
                are when it has no such variable.

        Source: ``KernelProvisionerBase.pre_launch`` of jupyter_client.
        """
        # On macOS this variable would make the kernel load another installation's library.
        kept = {name: value for name, value in base.items() if name != "PYTHONEXECUTABLE"}
        return kept | {name: Template(value).safe_substitute(base) for name, value in self.env.items()}


def is_bare_python(program: str) -> bool:
    """Say whether ``program`` means "the Python that starts the kernel".

    ``python3.9`` does so in Python 3.9 only; elsewhere it is a program to be found on PATH.
    """
    major, minor = sys.version_info[:2]
    return program in ("python", f"python{major}", f"python{major}.{minor}")


def parse_kernelspec(data: bytes, name: str, resource_dir: Path | None = None) -> KernelSpec:
    """Read a ``kernel.json``.

    Args:
        data: its bytes.
        name: the kernelspec's name.
        resource_dir: the folder it lies in.

    Raises:
        KernelspecError: it is no kernelspec; the text lists all that is wrong.

    Source: jupyter_client's documentation, "Kernel specs". Members that are not listed there are ignored.
    """
    path = resource_dir / "kernel.json" if resource_dir is not None else None
    try:
        members = read_json_object(data)
    except ValueError as error:
        raise KernelspecError(name, [str(error)], path) from error
    problems = _problems(members)
    if problems:
        raise KernelspecError(name, problems, path)
    return KernelSpec(
        name=name.lower(),
        argv=tuple(members["argv"]),
        display_name=members.get("display_name") or name,
        language=members.get("language") or "",
        interrupt_mode=(members.get("interrupt_mode") or INTERRUPT_MODES[0]).lower(),
        env=members.get("env") or {},
        metadata=members.get("metadata") or {},
        resource_dir=resource_dir,
    )


def _problems(members: JsonObject) -> list[str]:
    """Say all that is wrong with a kernel.json; absent and null members are fine, but for argv."""
    problems: list[str] = []
    argv = members.get("argv")
    if not argv or not _holds_strings(argv, list):
        problems.append("argv must be a list of one or more strings")
    for name in ("display_name", "language", "interrupt_mode"):
        if not isinstance(members.get(name) or "", str):
            problems.append(f"{name} must be a string")
    mode = members.get("interrupt_mode")
    if isinstance(mode, str) and mode.lower() not in ("", *INTERRUPT_MODES):
        problems.append(f"interrupt_mode is {mode!r}, it must be {' or '.join(INTERRUPT_MODES)}")
    if not _holds_strings(members.get("env") or {}, dict):
        problems.append("env must be an object of strings")
    if not isinstance(members.get("metadata") or {}, dict):
        problems.append("metadata must be an object")
    return problems


def _holds_strings(value: object, type_: type[list[str]] | type[dict[str, str]]) -> bool:
    if not isinstance(value, type_):
        return False
    items = value.values() if isinstance(value, dict) else value
    return all(isinstance(item, str) for item in items)
