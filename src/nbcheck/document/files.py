"""Putting bytes on disk: the old content or the new one, never a part of either."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from nbcheck.errors import DocumentError


def replace_file(path: Path, data: bytes) -> None:
    """Give a file new content so that a crash leaves either the old or the new one.

    Args:
        path: the file; its mode is kept, a new file gets the default of the process.
        data: the content.

    Raises:
        DocumentError: the file cannot be written; the old one is untouched.
    """
    # Replacing the name of a link would turn the link into a file.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            _write_synced(temporary, data, _mode(target))
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise DocumentError(
            f"cannot be written: {reason}", path=path, remedy="check the folder's permissions and free space"
        ) from error


def _mode(target: Path) -> int | None:
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        return None


def _write_synced(path: Path, data: bytes, mode: int | None) -> None:
    # O_EXCL: never write into a file that somebody else put there. 0o666 lets the umask decide.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with open(descriptor, "wb") as file:
        if mode is not None:
            path.chmod(mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    # The new name is on disk only when the folder is; Windows cannot open folders and needs no such thing.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
