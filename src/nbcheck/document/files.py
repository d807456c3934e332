"""Putting bytes on disk: the old content or the new one, never a part of either, and never over somebody's changes."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from nbcheck.errors import DocumentError

_CHUNK = 1 << 20
_NO_SPACE = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def save_document(path: Path | str, expected_raw: bytes, new_raw: bytes) -> tuple[str, ...]:
    """Give a file new content, provided that it still has the content that was read.

    A crash at any moment leaves the old file or the new one. Mode, extended attributes and, where the process may,
    owner and group are kept. A link stays a link and its target is written. The other names of a file with several
    hard links keep the old content: writing through them would be no replacing, and could be cut short.

    Args:
        path: the file.
        expected_raw: what it held when it was read, :attr:`Document.raw`.
        new_raw: what it is to hold; when that is the same nothing is written.

    Returns:
        What the user should know, a line each; mostly nothing.

    Raises:
        DocumentError: the file has changed, is gone, is read-only or cannot be written; it is as it was.
    """
    if expected_raw == new_raw:
        return ()
    return _replace(Path(path), new_raw, expected_raw)


def replace_file(path: Path, data: bytes) -> tuple[str, ...]:
    """Give a file new content whatever it holds, or create it.

    Args:
        path: the file; what is kept of it is said at :func:`save_document`. A new file gets the default mode.
        data: the content.

    Returns:
        What the user should know, a line each; mostly nothing.

    Raises:
        DocumentError: the file is read-only or cannot be written; the old one is untouched.
    """
    return _replace(path, data, None)


def _replace(path: Path, data: bytes, expected: bytes | None) -> tuple[str, ...]:
    # Replacing the name of a link would turn the link into a file.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".nbcheck-{secrets.token_hex(8)}.tmp")
    notes: list[str] = []
    try:
        status = _status(target)
        if status is None and expected is not None:
            raise _gone(path)
        if status is not None:
            _refuse_protected(path, target, status)
        try:
            _write_synced(temporary, data, target, status, notes)
            if expected is not None:
                # As late as possible: writing and syncing may take long.
                _refuse_changed(path, target, expected)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise _explain(path, target.parent, error) from error
    if status is not None and status.st_nlink > 1:
        notes.append(f"the file has {status.st_nlink} hard links, its other names keep the old content")
    return tuple(f"{path}: {note}" for note in notes)


def _status(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _refuse_protected(path: Path, target: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DocumentError(
            "cannot be written: this is no regular file", path=path, remedy="give the path of a notebook file"
        )
    # Replacing needs no permission on the file itself, and root needs none at all; yet somebody took it away on
    # purpose.
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise DocumentError(
            "cannot be written: the file is read-only", path=path, remedy="make it writable: chmod u+w"
        )


def _refuse_changed(path: Path, target: Path, expected: bytes) -> None:
    # The content decides. Times may be equal after a quick change, and differ after a checkout that changed nothing.
    try:
        with target.open("rb") as file:
            offset = 0
            while chunk := file.read(_CHUNK):
                if not expected.startswith(chunk, offset):
                    break
                offset += len(chunk)
            else:
                if offset == len(expected):
                    return
    except FileNotFoundError:
        raise _gone(path) from None
    raise DocumentError(
        "the file was changed by another program after it was read, so it was not written",
        path=path,
        remedy="read it again and repeat the edit",
    )


def _gone(path: Path) -> DocumentError:
    return DocumentError(
        "the file was removed or renamed after it was read, so it was not written",
        path=path,
        remedy="bring it back, or repeat the edit with the new name",
    )


def _explain(path: Path, folder: Path, error: OSError) -> DocumentError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _NO_SPACE:
        remedy = "free space on the disk or raise the limit of sizes; nothing was changed"
    elif error.errno in _FORBIDDEN:
        remedy = f"allow new files in {folder}, where the new content is prepared"
    else:
        remedy = "check the folder's permissions and free space"
    return DocumentError(f"cannot be written: {reason}", path=path, remedy=remedy)


def _write_synced(
    path: Path, data: bytes, target: Path, status: os.stat_result | None, notes: list[str]
) -> None:
    # O_EXCL: never write into a file that somebody else put there. 0o666 lets the umask decide; who may not read the
    # old file must not read the new one while it is written.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666 if status is None else 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if status is not None:
            _copy_status(path, target, status, notes)
        os.fsync(descriptor)


def _copy_status(path: Path, target: Path, status: os.stat_result, notes: list[str]) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if hasattr(os, "chown"):
        new = path.stat()
        if new.st_gid != status.st_gid and not _chown(path, -1, status.st_gid):
            # Another group must not get what the old one was allowed, only what everybody is.
            mode = mode & ~0o2070 | (mode & (mode & 0o007) << 3)
            notes.append("its group could not be kept")
        if new.st_uid != status.st_uid and not _chown(path, status.st_uid, -1):
            mode &= ~0o4000
            notes.append("its owner could not be kept")
    # After chown, which clears the bits for set-user-ID and set-group-ID.
    path.chmod(mode)
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(target):
                with suppress(OSError):
                    os.setxattr(path, name, os.getxattr(target, name))


def _chown(path: Path, user: int, group: int) -> bool:
    try:
        os.chown(path, user, group)
    except PermissionError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    # The new name is on disk only when the folder is; Windows cannot open folders and needs no such thing. The file
    # has been replaced by now, so a file system that cannot sync folders makes no failure of it.
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
