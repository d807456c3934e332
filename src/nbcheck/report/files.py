"""Where a report goes, and putting it there without harm to what is there already."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbcheck.document.files import replace_file
from nbcheck.errors import DocumentError, UsageError

_OURS = b'<meta name="generator" content="nbcheck '
_INDEX = "index.html"
_HEAD = 4_000
"""Bytes in which a page says who wrote it."""
_LINK = re.compile(rb'href="(notebooks/[A-Za-z0-9._-]+\.html)#')


@dataclass(frozen=True, slots=True)
class ReportTarget:
    """A file or a folder for a report."""

    path: Path
    """Absolute."""

    @property
    def is_file(self) -> bool:
        """Whether it is one file; anything that is not called ``.html`` is a folder."""
        return self.path.suffix.lower() in (".html", ".htm")

    @property
    def start(self) -> Path:
        """The page where a reader starts."""
        return self.path if self.is_file else self.path / _INDEX

    def check(self) -> None:
        """Make sure that a report can go there.

        Raises:
            UsageError: something else is there.
        """
        if self.is_file and self.path.is_dir():
            raise UsageError(f"{self.path} is a folder; for a report in a folder choose a name without .html")
        if not self.is_file and self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is a file; a report in one file needs a name that ends in .html")
        if self.start.is_file() and not _is_ours(self.start):
            raise UsageError(
                f"{self.start} is no report of nbcheck, so it is not overwritten; choose another name"
            )

    def write(self, pages: Mapping[str, bytes]) -> None:
        """Write a report; pages of an earlier one that are no longer linked are removed.

        Args:
            pages: contents by name, as a reporter made them; of a report in one file, that one.

        Raises:
            DocumentError: a file cannot be written.
        """
        folder = self.path.parent if self.is_file else self.path
        stale = set() if self.is_file else _linked(self.start) - pages.keys()
        # The page where a reader starts comes last: it never links to what is not there yet.
        for name, content in reversed(list(pages.items())):
            _put(folder / name, content)
        for name in stale:
            if _is_ours(folder / name):
                (folder / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A file for a report that other programs read."""

    path: Path
    """Absolute."""
    begins: re.Pattern[bytes]
    """What such a report begins with, by which an earlier one is known."""

    def check(self) -> None:
        """Make sure that a report can go there.

        Raises:
            UsageError: something else is there.
        """
        if self.path.is_dir():
            raise UsageError(f"{self.path} is a folder; give the name of a file")
        head = _read_head(self.path)
        if head and not self.begins.match(head):
            raise UsageError(
                f"{self.path} is no such report of nbcheck, so it is not overwritten; choose another name"
            )

    def write(self, content: bytes) -> None:
        """Write a report.

        Raises:
            DocumentError: it cannot be written; an earlier one is as it was.
        """
        _put(self.path, content)


def _put(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise DocumentError(
            f"its folder cannot be made: {reason}", path=path, remedy="choose another place for it"
        ) from error
    replace_file(path, content)


def _is_ours(page: Path) -> bool:
    return _OURS in _read_head(page)


def _read_head(path: Path) -> bytes:
    """Return the beginning of a file; nothing where there is none that can be read."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _linked(index: Path) -> set[str]:
    """Names of the pages that an index of ours links to."""
    if not _is_ours(index):
        return set()
    return {name.decode("ascii") for name in _LINK.findall(index.read_bytes())}
