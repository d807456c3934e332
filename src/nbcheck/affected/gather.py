"""From what a kernel says it used to the facts of a record, or to the reason why there can be none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbcheck.affected.look import Looker
from nbcheck.affected.record import ABSENT, NO_FILE, Kind, Record, name_fact
from nbcheck.transport.usage import Usage, signature

_TICK = 20_000_000
"""Nanoseconds by which the time of a change may lag behind the clock."""


class Doubt(Exception):
    """Why nobody can say on what a notebook depends: the end of a sentence on it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A notebook that has passed."""

    folder: Path
    """The one that it lies and ran in."""
    given: Mapping[str, str]
    """Facts that need no looking."""
    patterns: tuple[str, ...] | None = None
    """What its directive ``uses-files`` names, relative to its folder; None when it has none."""


def make_record(subject: Subject, usage: Usage, looker: Looker, *, root: Path, passed: str) -> Record:
    """Make the record of a passing run.

    Args:
        subject: the notebook.
        usage: what its kernel says.
        looker: finds out what facts are like.
        root: the project's folder.
        passed: when, as people read it.

    Raises:
        Doubt: it may depend on something else, or has changed what it depends on.
    """
    _check_doubts(usage, is_vouched_for=subject.patterns is not None)
    facts = _Facts(usage, looker, dict(subject.given))
    for folder in _folders_between(root, subject.folder):
        facts.take(Kind.FILE, str(folder / "conftest.py"))
    for pattern in subject.patterns or ():
        if facts.take(Kind.PATTERN, os.path.join(subject.folder, pattern)) == ABSENT:
            raise Doubt(f"names files that are not there: uses-files={pattern}")
    for path in usage.searched:
        facts.take(Kind.MODULES, path)
    facts.take_inputs()
    facts.take_opened()
    facts.take_products()
    return Record(passed=passed, facts=facts.found, names=facts.modules)


class _Facts:
    """The facts of a record, as they are found."""

    def __init__(self, usage: Usage, looker: Looker, found: dict[str, str]) -> None:
        self.found = found
        self.modules = {
            name_fact(Kind.MODULES, looker.name(path)): names for path, names in usage.searched.items()
        }
        self._usage = usage
        self._looker = looker

    def take(self, kind: Kind, path: str) -> str:
        fact = name_fact(kind, self._looker.name(path))
        self.found[fact] = self._looker.value(fact, self.modules.get(fact, ()))
        return self.found[fact]

    def take_inputs(self) -> None:
        """Take what was asked for, which must be now what it was then."""
        began = self._usage.began
        for kind, asked in ((Kind.FILE, self._usage.inputs), (Kind.FOLDER, self._usage.folders)):
            for path, then in asked.items():
                if self.take(kind, path) == NO_FILE:
                    raise Doubt(f"reads from {self._looker.name(path)}, which is no file")
                # After the hash has been taken: what changed between the two is seen as well.
                is_young = then is not None and kind is Kind.FILE and then[1] >= began
                if is_young or signature(path) != then:
                    raise Doubt(f"uses what changed while it ran: {self._looker.name(path)}")

    def take_opened(self) -> None:
        """Take what somebody opened: what it was like then nobody knows, so it must be older than the run."""
        for path in self._usage.opened:
            self.take(Kind.FILE, path)
            found = signature(path)
            if found is None or found[1] >= self._usage.began - _TICK:
                raise Doubt(f"may use what changed while it ran: {self._looker.name(path)}")

    def take_products(self) -> None:
        """Take what it wrote, and was there before."""
        for path, was_there in self._usage.products.items():
            if os.path.lexists(path) != was_there:
                done = "removed" if was_there else "made"
                raise Doubt(f"{done} {self._looker.name(path)}, which may matter when it runs again")
            if was_there:
                self.take(Kind.FILE, path)


def _check_doubts(usage: Usage, *, is_vouched_for: bool) -> None:
    if usage.doubts:
        raise Doubt(usage.doubts[0])
    if usage.programs and not is_vouched_for:
        raise Doubt(f"started a program, and does not say by uses-files what that reads: {usage.programs[0]}")


def _folders_between(root: Path, folder: Path) -> Iterator[Path]:
    """Yield the root and the folders on the way down to one below it; only that one if it lies elsewhere."""
    parts: Sequence[str] = folder.relative_to(root).parts if folder.is_relative_to(root) else ()
    yield root
    for count in range(1, len(parts) + 1):
        yield root.joinpath(*parts[:count])
