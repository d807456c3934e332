"""The folder of the pending set: one file a notebook, so that several processes can write at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nbcheck.accepting.record import PendingNotebook, decode, encode
from nbcheck.document.files import replace_file
from nbcheck.errors import DocumentError
from nbcheck.transport.project import HOME, file_stem, hide_from_git

FOLDER = "pending"
"""The pending set, in :data:`HOME`."""


@dataclass(frozen=True, slots=True)
class PendingStore:
    """A folder with pending notebooks. It need not be there as long as nothing is pending."""

    folder: Path
    """Where the files are."""

    @classmethod
    def of_project(cls, root: Path) -> PendingStore:
        """Return the one of a project."""
        return cls(root / HOME / FOLDER)

    @classmethod
    def in_artifact(cls, folder: Path) -> PendingStore:
        """Return the one that was fetched from somewhere: as a project's folder, as its ``.nbcheck``, or by itself."""
        places = (folder / HOME / FOLDER, folder / FOLDER, folder)
        return cls(next((place for place in places if any(place.glob("*.json"))), folder))

    def __iter__(self) -> Iterator[PendingNotebook]:
        """Yield what is pending, by name.

        Raises:
            DocumentError: a file in the folder is none of ours, or of another version.
        """
        found = [self._read(path) for path in sorted(self.folder.glob("*.json"))]
        yield from sorted(found, key=lambda notebook: notebook.notebook)

    def load(self, notebook: str) -> PendingNotebook | None:
        """Return what is pending of a notebook; None for nothing.

        Raises:
            DocumentError: its file is of another version.
        """
        return self._read(self._path(notebook)) if self.has(notebook) else None

    def has(self, notebook: str) -> bool:
        """Whether something of a notebook is pending."""
        return self._path(notebook).is_file()

    def update(
        self, notebook: str, change: Callable[[PendingNotebook | None], PendingNotebook | None]
    ) -> PendingNotebook | None:
        """Change what is pending of a notebook, alone among all processes that use this folder.

        Args:
            notebook: its path relative to the project's folder.
            change: takes what is pending, None for nothing, and returns what is to be; likewise.

        Returns:
            What is pending now.

        Raises:
            DocumentError: the folder or the file cannot be written.
        """
        path = self._path(notebook)
        with self._locked():
            try:
                older = self._read(path)
            except DocumentError:
                older = None  # whoever runs the notebook again replaces what cannot be read
            newer = change(older)
            if newer is None or not newer.cells:
                with suppress(FileNotFoundError):
                    path.unlink()
                return None
            if newer != older:
                replace_file(path, encode(newer))
            return newer

    def _read(self, path: Path) -> PendingNotebook:
        try:
            return decode(path.read_bytes())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise DocumentError(
                f"no pending outputs can be read from it: {reason}",
                path=path,
                remedy="remove it, and run the notebook again",
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.folder.parent.name == HOME:
                # Outputs of failing runs belong into no repository.
                hide_from_git(self.folder.parent)
            lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise DocumentError(
                f"nothing can be kept there: {os.strerror(error.errno or 0)}",
                path=self.folder,
                remedy="allow new files in the project's folder",
            ) from error
        try:
            _lock(lock)
            yield
        finally:
            os.close(lock)

    def _path(self, notebook: str) -> Path:
        return self.folder / f"{file_stem(notebook)}.json"


def _lock(descriptor: int) -> None:
    """Wait for a lock that ends with the descriptor; held for a moment only. Systems without it have no workers."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
