"""What a kernel says of what it used: written by the kernel when it leaves, read by who started it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from nbcheck.transport.files import replace_whole

Signature = tuple[int, int, int, int]
"""Time of the last change of the content and of the entry in nanoseconds, size, number: of a file or folder."""


class Usage(msgspec.Struct, kw_only=True):
    """What the code of a kernel used. Paths are absolute; those of installed packages and devices are left out."""

    began: int
    """When the kernel began to watch, in nanoseconds since 1970."""
    inputs: dict[str, Signature | None] = {}
    """Files that it asked for before it wrote them itself: what they were like then, None for not there."""
    folders: dict[str, Signature | None] = {}
    """Folders whose names it listed, likewise."""
    products: dict[str, bool] = {}
    """Files and folders that it wrote or made: whether there was something of that name before."""
    opened: list[str] = []
    """Files below the project's folder that anybody opened meanwhile, and that are not known by then."""
    searched: dict[str, list[str]] = {}
    """Folders in which modules were looked for, with the names that these would have there."""
    programs: list[str] = []
    """What it started."""
    doubts: list[str] = []
    """What else it did that nobody can look up afterwards: the ends of sentences on the notebook."""


def signature(path: str | Path) -> Signature | None:
    """Return by what a change of a file or folder can be told without reading it; None when it is not there."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # ValueError: NUL in the name
        return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def write_usage(path: Path, usage: Usage) -> None:
    """Write it, all or nothing; whoever finds the file finds it complete.

    Raises:
        OSError: it cannot be written.
    """
    replace_whole(path, msgspec.json.encode(usage))


def read_usage(path: Path) -> Usage | None:
    """Read it; None when the kernel left without saying anything."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Usage)
    except (OSError, msgspec.MsgspecError):
        return None
