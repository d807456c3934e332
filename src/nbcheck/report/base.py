"""What a report is made of, and what it is: values that JSON can carry, and a function that makes files of them.

The process that runs a notebook makes its record; the process that writes the report may be another one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from nbcheck.compare.base import Output
from nbcheck.compare.serial import to_simple
from nbcheck.results import CellResult, Instability


class ItemOutcome(StrEnum):
    """What a test item came to, in pytest's words."""

    FAILED = "failed"
    ERROR = "error"
    XPASSED = "xpassed"
    XFAILED = "xfailed"
    SKIPPED = "skipped"
    PASSED = "passed"

    @property
    def is_failure(self) -> bool:
        """Whether the run fails because of it."""
        return self in (ItemOutcome.FAILED, ItemOutcome.ERROR)


@dataclass(frozen=True, slots=True)
class CellRecord:
    """A cell as it stands in the file."""

    cell_type: str
    """``code``, ``markdown`` or ``raw``."""
    source: str
    """All of it, or its beginning and end where it is very long."""
    line: int
    """Line in the file, from 1."""
    number: int | None = None
    """Number of a code cell, from 1: the 3 of ``cell-3``."""
    execution_count: int | None = None
    """As stored."""
    tags: tuple[str, ...] = ()
    """As stored."""
    expected: tuple[Output, ...] = ()
    """Stored outputs of a code cell, nbformat 4; large ones are cut."""
    attachments: Mapping[str, Any] | None = None
    """Of a Markdown cell: mimebundles by file name."""


@dataclass(frozen=True, slots=True)
class NotebookRecord:
    """A notebook as it stands in the file."""

    kernel_name: str
    """Of the kernelspec that ran it; empty when none did."""
    language: str
    """Of its code cells, as Pygments calls it."""
    cells: tuple[CellRecord, ...]
    """All cells, in file order."""
    notes: tuple[str, ...] = ()
    """Repairs in memory, a kernel that was replaced."""


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """What a cell came to, with what helps to understand it."""

    result: CellResult
    """The verdict; fresh outputs only where they say more than the stored ones, and large ones are cut."""
    failing_line: int | None = None
    """Line of the source where its error was raised, from 1."""
    advice: tuple[str, ...] = ()
    """What to do next, a sentence each."""
    compared_not: str = ""
    """Why its outputs were not compared; empty when they were."""
    line: int = 1
    """Line of the file to look at, from 1: the one that failed, else the cell's first."""
    cell_id: str = ""
    """nbformat's id of the cell; empty in formats that have none."""
    xfail: str | None = None
    """Why the notebook expects it to fail, which may be empty; None when it does not."""
    is_updated: bool = False
    """Whether its fresh outputs are accepted at the end of this run, so that it is no failure."""
    unstable: tuple[Instability, ...] = ()
    """What a second run said of its differences."""


@dataclass(frozen=True, slots=True)
class NotebookFacts:
    """What is known of a notebook also where nothing failed and its cells are not recorded."""

    kernel_name: str = ""
    """Of the kernelspec that ran it; empty when none did."""
    code_cells: int = 0
    """How many it has, whether they were selected or not."""
    notes: tuple[str, ...] = ()
    """Repairs in memory, a kernel that was replaced."""


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """Why a file could not be tested at all."""

    text: tuple[str, ...]
    """What is wrong and what to do, a line each."""
    line: int | None = None
    """Line in the file, from 1."""
    excerpt: tuple[tuple[int, str], ...] = ()
    """Lines of the file around it, with their numbers."""


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A test item: a cell, or a whole notebook."""

    name: str
    """The part of the node id after the file: ``cell-3``."""
    outcome: ItemOutcome
    """The verdict."""
    duration: float = 0.0
    """Seconds."""
    text: str = ""
    """What pytest tells of it, plain; for what has no record of its own, such as a fixture that failed."""
    line: int | None = None
    """Line in the file where it begins, from 1; None when nobody could say, as of a worker that crashed."""


@dataclass(frozen=True, slots=True)
class NotebookEntry:
    """A notebook in a report."""

    name: str
    """Its path as the user should see it, with slashes."""
    items: tuple[ItemRecord, ...]
    """In the order they were reported."""
    record: NotebookRecord | None = None
    """Its cells; None where nothing failed, and where it could not be read."""
    results: tuple[ResultRecord, ...] = ()
    """Of its code cells, by number."""
    fault: FaultRecord | None = None
    """Why it could not be tested."""
    facts: NotebookFacts = NotebookFacts()
    """What is known of it in any case."""
    parameters: str = ""
    """Name of the set of parameters that it was run with; empty for none."""

    @property
    def suffix(self) -> str:
        """What its items' names end with: ``[alpha=0.1]``, or nothing."""
        return f"[{self.parameters}]" if self.parameters else ""

    @property
    def title(self) -> str:
        """Its path, and with which parameters it was run."""
        return f"{self.name}{self.suffix}"

    @property
    def has_failed(self) -> bool:
        """Whether an item of it failed."""
        return any(item.outcome.is_failure for item in self.items)

    @property
    def updated(self) -> int:
        """How many of its cells have outputs that are accepted at the end of the run."""
        return sum(record.is_updated for record in self.results)

    @property
    def is_shown(self) -> bool:
        """Whether there is something to look at in it."""
        return self.has_failed or self.updated > 0

    @property
    def duration(self) -> float:
        """Seconds that its items took."""
        return sum(item.duration for item in self.items)

    def count(self, *outcomes: ItemOutcome) -> int:
        """How many items came to one of these."""
        return sum(item.outcome in outcomes for item in self.items)


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run, as reports tell it."""

    notebooks: tuple[NotebookEntry, ...]
    """In the order they were first reported."""
    started: str
    """Date and time, for people."""
    duration: float
    """Seconds."""
    environment: tuple[tuple[str, str], ...]
    """Names and values, such as ``("Python", "3.12.1")``."""
    command: str = ""
    """The command line without selection, to which a node id can be added to run one cell again."""
    note: str = ""
    """What a reader has to know of the whole run, such as that it was interrupted."""
    folder: str = ""
    """Absolute path of the folder that the names of notebooks start from."""

    def path_from(self, root: str, name: str) -> str:
        """Return a notebook's path from another folder, with slashes.

        Args:
            root: absolute path of that folder.
            name: of the notebook.

        Returns:
            The path; the name as it is when the notebook lies elsewhere.
        """
        path = os.path.normpath(os.path.join(self.folder, name))
        for spell in (str, os.path.realpath):
            found, base = spell(path), spell(root)
            if found.startswith(os.path.join(base, "")):
                return Path(os.path.relpath(found, base)).as_posix()
        return name


class Reporter(Protocol):
    """Makes the files of a report. One file each in this folder."""

    def render(self, run: RunReport) -> Mapping[str, bytes]:
        """Write a report.

        Args:
            run: what happened.

        Returns:
            Contents by file name, relative and with slashes; the first one is where a reader starts.
        """
        ...


Record = TypeVar("Record", NotebookRecord, NotebookFacts, ResultRecord, FaultRecord)


# Any: what JSON can carry
def to_builtins(record: NotebookRecord | NotebookFacts | ResultRecord | FaultRecord) -> Any:
    """Take a record apart into dicts, lists and simple values, for the way between processes.

    Lone surrogates become question marks: neither that way nor a page has a form for them.
    """
    return to_simple(record)


def from_builtins(values: Any, kind: type[Record]) -> Record:
    """Undo :func:`to_builtins`.

    Raises:
        msgspec.ValidationError: the values are not those of such a record.
    """
    return msgspec.convert(values, kind)


def in_order(entries: Sequence[NotebookEntry]) -> list[NotebookEntry]:
    """Sort notebooks for a reader: those that failed first, then those that are updated, otherwise as they ran."""
    return sorted(entries, key=lambda entry: (not entry.has_failed, not entry.is_shown))
