"""Results are values: what running and judging a cell and a notebook came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from nbcheck.compare.base import Difference


class Outcome(StrEnum):
    """The verdict on a cell."""

    PASSED = "passed"
    """Ran, and every compared output is equal."""
    DIFFERENT = "different"
    """Ran, and an output differs, or an expected error did not come."""
    ERROR = "error"
    """Raised an error that nobody expected, or the kernel refused it."""
    TIMEOUT = "timeout"
    """Was stopped after its time."""
    DIED = "died"
    """The kernel's process ended in this cell."""
    SKIPPED = "skipped"
    """Not run because a directive says so."""
    NOT_RUN = "not-run"
    """Not run because an earlier cell stopped the notebook."""

    @property
    def is_failure(self) -> bool:
        """Whether the cell counts as failed."""
        return self in (Outcome.DIFFERENT, Outcome.ERROR, Outcome.TIMEOUT, Outcome.DIED)

    @property
    def stops_notebook(self) -> bool:
        """Whether the cells after it cannot be run."""
        return self in (Outcome.ERROR, Outcome.TIMEOUT, Outcome.DIED)


@dataclass(frozen=True, slots=True)
class CellError:
    """The error a cell raised, as the kernel told it."""

    ename: str
    """Class name."""
    evalue: str
    """Message."""
    traceback: tuple[str, ...] = ()
    """Formatted frames, may contain ANSI escapes; an item may hold several lines."""


@dataclass(frozen=True, slots=True)
class Instability:
    """What a second fresh run says of a difference: that two runs of the same code differ there as well."""

    place: str
    """Of the difference: ``stdout``, ``output 2, text/html``."""
    is_all: bool
    """Whether everything is that differs from what is stored; otherwise something has changed besides."""
    directive: str = ""
    """What masks it, ``normalise=dates``; empty when nothing narrow enough does."""

    def __str__(self) -> str:
        told = f"{self.place} differs between two runs of this code"
        masked = f"; masked by {self.directive}" if self.directive else ""
        if self.is_all:
            return f"unstable: {told}{masked}"
        return f"unstable in part: {told}, but not in all that changed{masked}"


@dataclass(frozen=True, slots=True)
class CellResult:
    """What running and judging one code cell came to."""

    cell_index: int
    """Index of the cell in the file, from 0, all cell types counted."""
    number: int
    """Number of the code cell in the notebook, from 1: the ``3`` of ``cell-3``."""
    outcome: Outcome
    """The verdict."""
    message: str = ""
    """One line that explains a verdict other than passed; empty otherwise."""
    differences: tuple[Difference, ...] = ()
    """In reading order; several differences of one cell are all here."""
    error: CellError | None = None
    """The error it raised, expected or not."""
    outputs: tuple[Mapping[str, Any], ...] = ()
    """Fresh outputs, nbformat 4."""
    notes: tuple[str, ...] = ()
    """Remarks that do not fail the cell, a line each."""
    excused: str = ""
    """Why a failure does not count, such as that the project knows of it; empty when it does."""
    compared: bool = True
    """Whether stored outputs were compared at all."""
    execution_count: int | None = None
    """The kernel's number of this execution."""
    duration: float = 0.0
    """Seconds from the kernel's busy to its idle."""


@dataclass(frozen=True, slots=True)
class NotebookResult:
    """What running and judging a notebook came to."""

    path: Path
    """The file, as it was collected."""
    kernel_name: str
    """Name of the kernelspec that ran it."""
    cells: tuple[CellResult, ...]
    """Results of the code cells, in file order."""
    notes: tuple[str, ...] = ()
    """Remarks on the whole notebook: repairs in memory, a kernel that was replaced."""
    duration: float = 0.0
    """Seconds from the kernel's start to its end."""
