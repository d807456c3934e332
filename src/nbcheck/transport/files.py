"""Files that a kernel and its clients share."""

from __future__ import annotations

import os
from pathlib import Path


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever finds it finds all of it; for what can be made again, since nothing is synced.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its user can read, as a connection file has to be.

    Raises:
        OSError: it exists already, or cannot be written.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        file.write(content)
