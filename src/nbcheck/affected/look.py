"""Looking what facts are like now: the only place that reads the files of a project."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
from collections.abc import Collection
from pathlib import Path

from nbcheck.affected.record import ABSENT, NO_FILE, Kind, split_fact
from nbcheck.transport.project import digest
from nbcheck.transport.usage import Signature, signature

_NOISE = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".nbcheck", ".pytest_cache"})
"""Names that come and go without any code of a notebook having to do with it."""
_MODULE_ENDINGS = (".py", ".pyc", ".so", ".pyd")


class Looker:
    """Looks at files and folders, and remembers hashes as long as it runs."""

    def __init__(self, root: Path) -> None:
        """Begin.

        Args:
            root: folder that names of facts are relative to.
        """
        self._root = root
        self._hashes: dict[tuple[str, Signature], str] = {}

    def name(self, path: str) -> str:
        """Return how a path is named in facts: relative to the root where it lies below that."""
        root = str(self._root)
        return os.path.relpath(path, root) if path == root or path.startswith(root + os.sep) else path

    def value(self, fact: str, names: Collection[str] = ()) -> str:
        """Return what a fact is like now.

        Args:
            fact: its name.
            names: of modules, for a fact on a folder in which these were looked for.
        """
        kind, thing = split_fact(fact)
        if kind is Kind.PATTERN:
            return self._matches(thing)
        path = os.path.join(self._root, thing)
        if kind is Kind.FILE:
            return self._file(path)
        return _folder(path, names if kind is Kind.MODULES else None)

    def _file(self, path: str) -> str:
        found = signature(path)
        if found is None:
            return ABSENT
        known = self._hashes.get((path, found))
        if known is None:
            known = self._hashes[path, found] = _read(path)
        return known

    def _matches(self, pattern: str) -> str:
        paths = sorted(glob.glob(os.path.join(self._root, pattern), recursive=True, include_hidden=True))
        files = [f"{self.name(path)} {self._file(path)}" for path in paths if os.path.isfile(path)]
        return digest("\n".join(files)) if files else ABSENT


def _read(path: str) -> str:
    try:
        # A pipe would be waited for.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return NO_FILE
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _folder(path: str, modules: Collection[str] | None) -> str:
    """Describe the names in a folder: all, or those of certain modules."""
    try:
        names = set(os.listdir(path)) - _NOISE
    except OSError:
        return ABSENT
    if modules is not None:
        names = {name for name in names if _is_module(path, name) and name.partition(".")[0] in modules}
    return digest("\0".join(sorted(names)))


def _is_module(folder: str, name: str) -> bool:
    return name.endswith(_MODULE_ENDINGS) or os.path.isdir(os.path.join(folder, name))
