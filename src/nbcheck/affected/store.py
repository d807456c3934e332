"""Where records are kept: one file for each notebook, so that several processes can write at once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from nbcheck.affected.record import Record
from nbcheck.errors import UsageError
from nbcheck.transport.files import replace_whole
from nbcheck.transport.project import HOME, file_stem, hide_from_git

FOLDER = Path(HOME, "affected")
"""Relative to the project's folder."""


class Store:
    """Records of the notebooks of a project."""

    def __init__(self, root: Path) -> None:
        """Make the folder, if it is not there.

        Args:
            root: the project's folder.

        Raises:
            UsageError: it cannot be made.
        """
        self._folder = root / FOLDER
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # For caches of CI, not for repositories.
            hide_from_git(self._folder)
        except OSError as error:
            raise UsageError(f"{self._folder} cannot be written to: {error.strerror}") from error

    def load(self, notebook: str) -> Record | None:
        """Return the record of a notebook; None when there is none, or none that can be read.

        Args:
            notebook: its path relative to the project's folder.
        """
        try:
            return msgspec.json.decode(self._path(notebook).read_bytes(), type=Record)
        except (OSError, msgspec.MsgspecError):
            return None

    def save(self, notebook: str, record: Record) -> None:
        """Keep a record.

        Raises:
            OSError: it cannot be written.
        """
        replace_whole(self._path(notebook), msgspec.json.encode(record))

    def forget(self, notebook: str) -> None:
        """Remove the record of a notebook that is about to be run."""
        for path in (self._path(notebook), *self._folder.glob(f"{file_stem(notebook)}.*.usage*")):
            with suppress(OSError):
                path.unlink()

    def usage_path(self, notebook: str) -> Path:
        """Return where a kernel may write what it used; whoever reads it removes it."""
        return self._folder / f"{file_stem(notebook)}.{os.getpid()}.usage"

    def _path(self, notebook: str) -> Path:
        return self._folder / f"{file_stem(notebook)}.json"
