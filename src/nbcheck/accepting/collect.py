"""From the results of a run to what is pending."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbcheck import __version__
from nbcheck.accepting.record import Conditions, PendingCell, PendingNotebook
from nbcheck.accepting.redact import Redactor
from nbcheck.accepting.store import PendingStore
from nbcheck.document import Document
from nbcheck.document.text import TextDocument
from nbcheck.execution.plan import NotebookPlan, PlannedCell
from nbcheck.results import CellResult, Outcome
from nbcheck.transport.project import digest

_UNDECIDED = (Outcome.SKIPPED, Outcome.NOT_RUN)
"""Verdicts that say nothing about what was pending before."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Keeps what the runs of a project leave."""

    root: Path
    """The project's folder."""
    redactor: Redactor
    """Takes secrets out."""
    takes_new: bool = False
    """Whether the outputs of cells that nobody has run before are kept as well."""

    @property
    def store(self) -> PendingStore:
        """Where it is kept."""
        return PendingStore.of_project(self.root)

    def name(self, path: Path) -> str | None:
        """Return how a notebook is called in the pending set; None when it lies outside of the project."""
        relative = Path(os.path.relpath(path, self.root))
        return None if relative.parts[:1] == ("..",) or relative.is_absolute() else relative.as_posix()

    def keep(
        self, plan: NotebookPlan, results: Sequence[CellResult], conditions: Conditions, kernel: str
    ) -> PendingNotebook | None:
        """Keep what waits for a decision, and forget what was pending of the cells that passed.

        Args:
            plan: of the notebook.
            results: of cells that were asked for.
            conditions: what decided in this run.
            kernel: name of the kernelspec that ran it.

        Returns:
            Those of the cells that wait; None when there is nothing to be kept.

        Raises:
            DocumentError: it cannot be written.
        """
        name = self.name(plan.path)
        judged = [result for result in results if result.outcome not in _UNDECIDED]
        # What a run with other values makes is not what the file stores.
        if name is None or not judged or plan.parameters:
            return None
        waiting = tuple(self._pending_cells(plan, judged))
        if not waiting and not self.store.has(name):
            return None
        fresh = self._describe(name, plan, waiting, conditions, kernel)
        numbers = [result.number for result in judged]
        self.store.update(name, lambda older: fresh.updated(older, numbers))
        return fresh

    def suggest(self, plan: NotebookPlan, masks: Mapping[int, Mapping[str, tuple[str, Any]]]) -> None:
        """Add what a second run has found to what waits.

        Args:
            plan: of the notebook.
            masks: name and value of a directive, by number of the cell and key of the piece; Any: JSON.

        Raises:
            DocumentError: it cannot be written.
        """
        name = self.name(plan.path)
        if name is None or not self.store.has(name):
            return

        def change(pending: PendingNotebook | None) -> PendingNotebook | None:
            if pending is None:
                return None
            return pending.with_cells(
                replace(cell, suggestions=masks.get(cell.number, cell.suggestions)) for cell in pending.cells
            )

        self.store.update(name, change)

    def _pending_cells(self, plan: NotebookPlan, results: Sequence[CellResult]) -> Iterator[PendingCell]:
        for result in results:
            cell = plan.cells[result.number - 1]
            is_new = (
                self.takes_new and result.outcome is Outcome.PASSED and not cell.was_run and not cell.is_blank
            )
            is_waiting = result.outcome.is_failure and cell.xfail is None
            if is_new or is_waiting:
                yield _pend(cell, result, self.redactor, is_new=is_new)

    def _describe(
        self,
        name: str,
        plan: NotebookPlan,
        cells: Collection[PendingCell],
        conditions: Conditions,
        kernel: str,
    ) -> PendingNotebook:
        files = {name: digest(plan.document.raw)}
        target: str | None = name
        if isinstance(plan.document, TextDocument):
            stored = plan.document.stored
            target = self.name(stored.path) if stored is not None and stored.path is not None else None
            if stored is not None and target is not None:
                files[target] = digest(stored.raw)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        return PendingNotebook(
            notebook=name,
            target=target,
            files=files,
            conditions=conditions,
            cells=tuple(cells),
            kernel=kernel,
            made=made,
            made_by=__version__,
        )


def stored_document(document: Document) -> Document | None:
    """Return the notebook that holds a document's outputs; None for a text that is paired with none."""
    return document.stored if isinstance(document, TextDocument) else document


def _pend(cell: PlannedCell, result: CellResult, redactor: Redactor, *, is_new: bool) -> PendingCell:
    names = {str(index): redactor.names_in(output) for index, output in enumerate(result.outputs)}
    return PendingCell(
        number=result.number,
        cell_index=result.cell_index,
        outcome=result.outcome,
        message=redactor.redact(result.message),
        outputs=redactor.redact(result.outputs),
        execution_count=result.execution_count,
        secrets={index: found for index, found in names.items() if found},
        is_new=is_new,
        name=cell.name,
        cell_id=cell.cell_id,
    )
