"""What a report is made of, and what it is: values that JSON can carry, and a function that makes files of them.

The process that runs a notebook makes its record; the process that writes the report may be another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import msgspec

from nbcheck.compare.base import Output
from nbcheck.results import CellResult


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

    @property
    def has_failed(self) -> bool:
        """Whether an item of it failed."""
        return any(item.outcome.is_failure for item in self.items)

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


Record = TypeVar("Record", NotebookRecord, ResultRecord, FaultRecord)


# Any: what JSON can carry
def to_builtins(record: NotebookRecord | ResultRecord | FaultRecord) -> Any:
    """Take a record apart into dicts, lists and simple values, for the way between processes.

    Lone surrogates become question marks: neither that way nor a page has a form for them.
    """
    return _simple(msgspec.to_builtins(record))


def from_builtins(values: Any, kind: type[Record]) -> Record:
    """Undo :func:`to_builtins`.

    Raises:
        msgspec.ValidationError: the values are not those of such a record.
    """
    return msgspec.convert(values, kind)


def _simple(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_simple(key): _simple(item) for key, item in value.items()}
    return [_simple(item) for item in value] if isinstance(value, (list, tuple)) else value


def in_order(entries: Sequence[NotebookEntry]) -> list[NotebookEntry]:
    """Sort notebooks for a reader: those that failed first, otherwise as they ran."""
    return sorted(entries, key=lambda entry: not entry.has_failed)
