"""Files that anybody opens below a folder: the system tells, whoever opens them and by whatever means (Linux).

Python's audit hooks do not see what native code opens: pyarrow, HDF5, polars, GDAL, a program that the notebook
started. inotify does, but not who it was. So what other processes open at the same time is in it as well.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterator

_IN_OPEN, _IN_CREATE, _IN_MOVED_TO = 0x20, 0x100, 0x80
_IN_Q_OVERFLOW, _IN_ISDIR, _IN_ONLYDIR = 0x4000, 0x40000000, 0x01000000
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name; linux/inotify.h
_READ_SIZE = 1 << 16
_MAX_FOLDERS = 20_000
"""Folders that are watched: finding them takes some 0.2 s, and a user has 65,000 watches or more on most systems."""


class OpenWatch:
    """Watches the folders that there are; files in those made later are nobody's but the run's own."""

    def __init__(self, root: str, is_ignored: Callable[[str], bool]) -> None:
        """Begin to watch.

        Args:
            root: the folder, with all below it.
            is_ignored: whether a folder, given by its path, is left out with all below it.
        """
        self.problem = ""
        """Why not all was seen, as the end of a sentence; empty when it was."""
        self._folders: dict[int, str] = {}
        self._fd = -1
        if not sys.platform.startswith("linux"):
            self.problem = "may have used native code, whose files cannot be seen on this system"
            return
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            self._fail("the system has no watch to give")
            return
        mask = _IN_OPEN | _IN_CREATE | _IN_MOVED_TO | _IN_ONLYDIR
        for folder in _folders_below(root, is_ignored):
            watch = libc.inotify_add_watch(self._fd, os.fsencode(folder), mask)
            if watch >= 0:
                self._folders[watch] = folder
            if len(self._folders) > _MAX_FOLDERS or (watch < 0 and os.access(folder, os.R_OK)):
                self._fail("the project has more folders than can be watched")
                return

    def _fail(self, why: str) -> None:
        self.problem = f"may have used native code, and which files that opens cannot be seen: {why}"

    def finish(self) -> list[str]:
        """Return the files that were opened and had been there before, and end the watch."""
        opened: dict[str, None] = {}
        made: set[str] = set()
        try:
            for watch, mask, name in self._events():
                if mask & _IN_Q_OVERFLOW:
                    self._fail("too many files were opened")
                folder = self._folders.get(watch)
                if folder is None or mask & _IN_ISDIR:
                    continue
                path = os.path.join(folder, name)
                if mask & _IN_OPEN and path not in made:
                    opened[path] = None
                elif not mask & _IN_OPEN and path not in opened:
                    made.add(path)
        except OSError:  # user code has closed it
            self._fail("the watch was closed")
        return list(opened)

    def _events(self) -> Iterator[tuple[int, int, str]]:
        if self._fd < 0:
            return
        try:
            while data := os.read(self._fd, _READ_SIZE):
                while data:
                    watch, mask, _cookie, length = _EVENT.unpack_from(data)
                    end = _EVENT.size + length
                    yield watch, mask, os.fsdecode(data[_EVENT.size : end].rstrip(b"\0"))
                    data = data[end:]
        except BlockingIOError:
            pass
        os.close(self._fd)


def _folders_below(root: str, is_ignored: Callable[[str], bool]) -> Iterator[str]:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        yield folder
        try:
            with os.scandir(folder) as entries:
                found = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        waiting += (path for path in found if not is_ignored(path))
