"""What nbcheck keeps of a project: a file for each notebook, in a folder of the project that no repository wants."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

HOME = ".nbcheck"
"""Relative to the project's folder."""
_MAX_NAME = 80


def digest(data: bytes | str) -> str:
    """Return the SHA-256 of data as hexadecimal digits."""
    return hashlib.sha256(
        data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    ).hexdigest()


def file_stem(notebook: str) -> str:
    """Return how files on a notebook are called: readable, and another for each notebook.

    Args:
        notebook: its path relative to the project's folder.
    """
    readable = re.sub(r"[^\w-]+", "-", notebook, flags=re.ASCII)[-_MAX_NAME:].strip("-")
    return f"{readable}-{digest(notebook)[:12]}"


def hide_from_git(folder: Path) -> None:
    """Keep what is in a folder out of repositories, unless its user says otherwise there.

    Raises:
        OSError: the folder cannot be written to.
    """
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")
