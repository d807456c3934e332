"""Accepting without asking: what ``--nbcheck-update`` and ``nbcheck accept`` do with notebooks that wait."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nbcheck.accepting.pieces import Piece
from nbcheck.accepting.proposal import (
    Decision,
    Proposal,
    ProposedCell,
    open_proposal,
    write_decisions,
)
from nbcheck.accepting.record import PendingCell, PendingNotebook
from nbcheck.accepting.select import Selector, is_selected
from nbcheck.accepting.store import PendingStore
from nbcheck.accepting.trust import Notary
from nbcheck.errors import NbcheckError
from nbcheck.execution.config import Configuration
from nbcheck.manager.discovery import user_data_dir

_SHOWN = 20
"""Accepted outputs that are told one by one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of accepting."""

    outputs: int = 0
    """How many outputs were written."""
    notebooks: int = 0
    """Into how many notebooks."""
    accepted: tuple[str, ...] = ()
    """What was written, a line each."""
    refusals: tuple[str, ...] = ()
    """What was not written, and why, a line each."""
    notes: tuple[str, ...] = ()
    """What else the user should know, a line each."""

    @property
    def is_incomplete(self) -> bool:
        """Whether something was asked for and not written."""
        return bool(self.refusals)

    @property
    def lines(self) -> tuple[str, ...]:
        """What came of it, for people who know what they accepted."""
        told = f"{_count(self.outputs, 'output')} in {_count(self.notebooks, 'notebook')} accepted"
        return (told, *(f"not accepted: {refusal}" for refusal in self.refusals), *self.notes)

    @property
    def listing(self) -> tuple[str, ...]:
        """The same with what was written, for people who have not seen it."""
        first, *rest = self.lines
        shown = [f"  {line}" for line in self.accepted[:_SHOWN]]
        more = len(self.accepted) - _SHOWN
        return (first, *shown, *([f"  ... and {more:,} more"] if more > 0 else []), *rest)

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.outputs + other.outputs,
            self.notebooks + other.notebooks,
            self.accepted + other.accepted,
            self.refusals + other.refusals,
            self.notes + other.notes,
        )


def update_notebooks(
    root: Path, waiting: Mapping[str, Collection[int]], configuration: Configuration, what: str
) -> Outcome:
    """Accept what a run has left.

    Args:
        root: the project's folder.
        waiting: numbers of the cells that this run left, by notebook.
        configuration: what the project says of its notebooks.
        what: ``new``, ``changed`` or ``all``.
    """
    store = PendingStore.of_project(root)
    outcome = Outcome()
    for name, numbers in sorted(waiting.items()):
        try:
            pending = store.load(name)
        except NbcheckError as error:
            outcome += Outcome(refusals=(str(error),))
            continue
        found = pending.cells if pending is not None else ()
        cells = [cell for cell in found if cell.number in numbers and _is_asked_for(cell, what)]
        if pending is not None and cells:
            stopped = pending.stopped_by
            # What stopped the notebook comes along, so that it is refused for it.
            asked = cells if stopped is None or stopped in cells else [*cells, stopped]
            outcome += accept_notebook(root, store, pending.with_cells(asked), configuration)
    return outcome


def accept_notebook(
    root: Path,
    store: PendingStore,
    pending: PendingNotebook,
    configuration: Configuration,
    selectors: Collection[Selector] = (),
) -> Outcome:
    """Accept what waits of one notebook.

    Args:
        root: the project's folder.
        store: where the notebook was found.
        pending: the notebook; cells that it leaves out stay as they are.
        configuration: what the project says of its notebooks.
        selectors: which outputs; none for all.
    """
    try:
        proposal = open_proposal(root, pending, configuration)
    except NbcheckError as error:
        return Outcome(refusals=(str(error),))
    refusals = [
        f"{pending.notebook}::cell-{cell.number}: {reason}"
        for cell, reason in proposal.refused
        if is_selected(selectors, pending.notebook, cell, "*")
    ]
    decisions = []
    for cell in proposal.cells:
        decision, refused = _decide(pending.notebook, cell, selectors)
        refusals += refused
        if decision is not None:
            decisions.append(decision)
    return Outcome(refusals=tuple(refusals)) + write(root, store, proposal, decisions)


def write(root: Path, store: PendingStore, proposal: Proposal, decisions: Collection[Decision]) -> Outcome:
    """Write decisions, and keep what is left.

    Args:
        root: the project's folder.
        store: where the notebook was found.
        proposal: the notebook.
        decisions: at most one a cell.
    """
    if not decisions:
        return Outcome()
    notary = Notary.find(user_data_dir(os.environ, Path.home(), sys.platform))
    try:
        left, notes = write_decisions(root, proposal, tuple(decisions), notary)
    except NbcheckError as error:
        return Outcome(refusals=(str(error),))
    try:
        keep_left(store, proposal.pending, left, {decision.cell.pending.number for decision in decisions})
    except NbcheckError as error:
        notes = (*notes, f"it still counts as waiting: {error}")
    count = sum(decision.count for decision in decisions)
    is_written = any(decision.accepted or decision.is_whole for decision in decisions)
    told = tuple(line for decision in decisions for line in _describe(proposal.pending.notebook, decision))
    return Outcome(count, int(is_written), told, notes=notes)


def forget(store: PendingStore, pending: PendingNotebook, numbers: Collection[int]) -> None:
    """Take cells out of what waits, by their numbers."""
    keep_left(store, pending, pending.with_cells(()), numbers)


def keep_left(
    store: PendingStore, pending: PendingNotebook, left: PendingNotebook, decided: Collection[int]
) -> None:
    """Replace what waits of a notebook, but for cells that somebody else has added meanwhile.

    Args:
        store: where it is kept.
        pending: as it was read.
        left: what is left of it.
        decided: numbers of the cells that were decided on.
    """

    def change(now: PendingNotebook | None) -> PendingNotebook | None:
        if now is None or now.files != pending.files:
            return now
        return replace(left.updated(replace(now, files=left.files), decided), made=now.made)

    store.update(pending.notebook, change)


def _decide(
    notebook: str, cell: ProposedCell, selectors: Collection[Selector]
) -> tuple[Decision | None, list[str]]:
    name = f"{notebook}::cell-{cell.pending.number}"
    if cell.pending.is_new:
        reason = cell.refusal(None)
        return (None, [f"{name}: {reason}"]) if reason else (Decision(cell, is_whole=True), [])
    chosen = tuple(
        piece for piece in cell.pieces if is_selected(selectors, notebook, cell.pending, piece.name)
    )
    reasons = {piece.key: cell.refusal(piece) for piece in chosen}
    accepted = tuple(piece for piece in chosen if not reasons[piece.key])
    refused = list(_refused(name, chosen, reasons))
    return (Decision(cell, accepted) if accepted else None), refused


def _describe(notebook: str, decision: Decision) -> Iterator[str]:
    """Yield what is accepted, a line each."""
    name = f"{notebook}::cell-{decision.cell.pending.number}"
    if decision.is_whole:
        yield f"{name}  {_count(decision.count, 'output')} of a cell that was never run"
    for piece in decision.accepted:
        yield f"{name}::{piece.name}  {piece.difference.summary}"


def _refused(name: str, pieces: Collection[Piece], reasons: Mapping[str, str]) -> Iterator[str]:
    for piece in pieces:
        if reasons[piece.key]:
            yield f"{name}::{piece.name}: {reasons[piece.key]}"


def _is_asked_for(cell: PendingCell, what: str) -> bool:
    return what == "all" or cell.is_new == (what == "new")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
