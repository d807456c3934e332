"""A pending notebook beside its files: what can be decided on, why the rest cannot, and writing what was accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbcheck.accepting.collect import stored_document
from nbcheck.accepting.pieces import CellChange, Piece, find_change, new_change
from nbcheck.accepting.record import Conditions, PendingCell, PendingNotebook
from nbcheck.accepting.trust import Notary
from nbcheck.compare.base import CompareOptions
from nbcheck.document import (
    Document,
    NotebookNode,
    edit_document,
    parse_document,
    save_document,
)
from nbcheck.document.edits import Edit, ReplaceOutputs, SetExecutionCount
from nbcheck.document.load import read_bytes
from nbcheck.document.text import TextDocument, read_any_document
from nbcheck.errors import DocumentError
from nbcheck.execution.config import Configuration
from nbcheck.execution.directives import Directives, Found
from nbcheck.execution.extensions import installed_extensions
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan, PlannedCell, plan_notebook
from nbcheck.execution.widgets import shows_stored_model
from nbcheck.transport.project import digest


@dataclass(frozen=True, slots=True)
class ProposedCell:
    """A cell that waits, as it can be decided on."""

    pending: PendingCell
    """What the run left."""
    planned: PlannedCell
    """The cell as it stands in the file now, with its directives."""
    target_index: int
    """Index of the cell in the file that holds the outputs."""
    change: CellChange
    """Stored outputs against fresh ones."""
    widgets: Mapping[str, Any] = field(default_factory=dict)  # Any: whatever JSON the file holds
    """States of widgets that the file stores, by the ids of their models."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What waits for a decision, in reading order."""
        return tuple(piece for piece in self.change.pieces if piece.key not in self.pending.rejected)

    def refusal(self, piece: Piece | None) -> str:
        """Return why a piece cannot be accepted; empty when it can. None stands for all outputs of a new cell."""
        indices = range(len(self.pending.outputs)) if piece is None else piece.placement.actual
        names = {name for index in indices for name in self.pending.secrets.get(str(index), ())}
        if names:
            return (
                f"the value of {', '.join(sorted(names))} was taken out of it, and would be missing; "
                "keep the notebook from printing it, or save the notebook in Jupyter"
            )
        stored = [] if piece is None else [self.change.expected[index] for index in piece.placement.expected]
        if shows_stored_model(stored, self.widgets):
            return (
                "it shows a widget whose state the file stores, and the fresh state was not kept; "
                "run the notebook in Jupyter and save it"
            )
        return ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pending notebook whose files are still those of the run."""

    pending: PendingNotebook
    """What the run left."""
    plan: NotebookPlan
    """The notebook that was run."""
    target: Document
    """The notebook that holds the outputs."""
    cells: tuple[ProposedCell, ...]
    """Those that can be decided on, in file order."""
    refused: tuple[tuple[PendingCell, str], ...]
    """Those that cannot, each with the reason."""
    replan: Callable[[Document], NotebookPlan] = field(repr=False)
    """Plans the notebook with the same options; for who changes its directives."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written for one cell."""

    cell: ProposedCell
    """The cell."""
    accepted: tuple[Piece, ...] = ()
    """Pieces that are accepted."""
    masked: tuple[Piece, ...] = ()
    """Pieces that are none any more under the directives among the edits."""
    rejected: tuple[Piece, ...] = ()
    """Pieces that are not to be asked for again."""
    is_whole: bool = False
    """Whether all outputs of a cell that nobody ran before are accepted."""
    edits: tuple[Edit, ...] = ()
    """What else is to be written: directives."""

    @property
    def count(self) -> int:
        """How many outputs are accepted."""
        return len(self.cell.change.actual) if self.is_whole else len(self.accepted)


def open_proposal(root: Path, pending: PendingNotebook, configuration: Configuration) -> Proposal:
    """Read the files of a pending notebook.

    Args:
        root: the project's folder.
        pending: what a run left.
        configuration: what the project says of its notebooks.

    Raises:
        DocumentError: nothing of it can be accepted: an error ended the run, a file has changed since or is gone.
        UsageError: what is said of the whole notebook cannot be followed.
    """
    path = root / pending.notebook
    _refuse_outside(root, pending)
    stopped = pending.stopped_by
    if stopped is not None:
        raise DocumentError(
            f"nothing is written after an error: cell {stopped.number}: {stopped.message}",
            path=pending.notebook,
            remedy="correct it, or tag the cell raises-exception, and run the notebook again",
        )
    if pending.target is None:
        raise DocumentError(
            "it is paired with no .ipynb in the project, so its outputs have no place",
            path=pending.notebook,
            remedy="pair it: jupytext --set-formats",
        )
    document = read_any_document(path)
    target = stored_document(document)
    if target is None or _changed(root, pending):
        names = " and ".join(_changed(root, pending)) or pending.target
        raise DocumentError(
            f"{names} was changed since the run", path=pending.notebook, remedy="run the notebook again"
        )
    replan = _planner(pending, configuration)
    plan = replan(document)
    cells, refused = [], []
    for cell in pending.cells:
        proposed = _propose(cell, plan, document)
        if isinstance(proposed, str):
            refused.append((cell, proposed))
        else:
            cells.append(proposed)
    return Proposal(pending, plan, target, tuple(cells), tuple(refused), replan)


def write_decisions(
    root: Path, proposal: Proposal, decisions: Sequence[Decision], notary: Notary | None
) -> tuple[PendingNotebook, tuple[str, ...]]:
    """Write what was accepted into the file that holds the outputs.

    Args:
        root: the project's folder.
        proposal: the notebook.
        decisions: at most one a cell.
        notary: signs it when it was trusted; None when the user trusts nothing.

    Returns:
        What is still pending, now of the new file; and what the user should know, a line each.

    Raises:
        DocumentError: it cannot be written; nothing is.
    """
    pending, target = proposal.pending, proposal.target
    assert pending.target is not None  # noqa: S101 (there is no proposal without)
    path = root / pending.target
    strips = _strips_counts(target.notebook)
    edits = [edit for decision in decisions for edit in _edit_cell(target.notebook, decision, strips=strips)]
    raw = edit_document(target, edits)
    notes = list(save_document(path, target.raw, raw))
    if notary is not None and raw != target.raw and not notary.renew(target, parse_document(raw, path)):
        notes.append(f"{pending.target}: could not be signed; if JupyterLab does not trust it: jupyter trust")
    return _left(pending, decisions, raw), tuple(notes)


def _refuse_outside(root: Path, pending: PendingNotebook) -> None:
    # A set that was fetched from elsewhere names files of this machine.
    for name in filter(None, (pending.notebook, pending.target)):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise DocumentError(
                "the path leaves the project's folder",
                path=name,
                remedy=f"give the right folder; it is {root}",
            )


def _changed(root: Path, pending: PendingNotebook) -> list[str]:
    return [name for name, known in pending.files.items() if digest(read_bytes(root / name)) != known]


def _planner(pending: PendingNotebook, configuration: Configuration) -> Callable[[Document], NotebookPlan]:
    conditions = pending.conditions
    outer: list[Directives] = [configuration.directives_for(pending.notebook)]
    if conditions.is_mode_said:
        outer.insert(0, {"mode": Found(conditions.mode, "--nbcheck-mode")})
    options = RunOptions(compare=_compare_options(conditions))
    return lambda document: plan_notebook(document, options, outer)


def _compare_options(conditions: Conditions) -> CompareOptions:
    return CompareOptions(
        mode=conditions.mode,
        roots=conditions.roots,
        ignored=frozenset(conditions.ignored),
        replacements=conditions.replacements,
        # A conftest.py, which only pytest reads, may have more.
        extensions=installed_extensions(are_all_known=False),
    )


def _propose(cell: PendingCell, plan: NotebookPlan, document: Document) -> ProposedCell | str:
    """Return a cell as it can be decided on, or why it cannot."""
    if not 0 < cell.number <= len(plan.cells):
        return "the notebook has no such cell"
    planned = plan.cells[cell.number - 1]
    target_index: int | None = cell.cell_index
    if isinstance(document, TextDocument):
        target_index = document.stored_cells.get(cell.cell_index)
    if target_index is None:
        return "the paired .ipynb has no cell with this source; sync them, and run the notebook again"
    if cell.is_new:
        return ProposedCell(cell, planned, target_index, new_change(cell.outputs))
    change = find_change(planned.expected, cell.outputs, planned.compare)
    proposed = ProposedCell(cell, planned, target_index, change, plan.widgets)
    return proposed if change.pieces else f"no output can be accepted: {cell.message}"


def _edit_cell(notebook: NotebookNode, decision: Decision, *, strips: bool) -> list[Edit]:
    cell, edits = decision.cell, list(decision.edits)
    if not decision.accepted and not decision.is_whole:
        return edits
    merged = cell.change.actual if decision.is_whole else cell.change.merge(decision.accepted)
    has_result = any(
        output["output_type"] == "execute_result" and any(output is fresh for fresh in cell.change.actual)
        for output in merged
    )
    if strips:
        merged = tuple(
            {**output, "execution_count": None} if output["output_type"] == "execute_result" else output
            for output in merged
        )
    edits.append(ReplaceOutputs(cell.target_index, merged))
    # The number of a result is that of its cell. Where no result changes, the cell's number says nothing new.
    if (has_result or decision.is_whole) and not strips:
        edits.append(SetExecutionCount(cell.target_index, cell.pending.execution_count))
    return edits


def _strips_counts(notebook: NotebookNode) -> bool:
    """Whether the project keeps outputs without counts, as some clean their notebooks before a commit."""
    return any(
        cell["cell_type"] == "code" and cell["outputs"] and cell["execution_count"] is None
        for cell in notebook["cells"]
    )


def _left(pending: PendingNotebook, decisions: Sequence[Decision], raw: bytes) -> PendingNotebook:
    """Return what still waits after some decisions were written."""
    assert pending.target is not None  # noqa: S101 (there is no proposal without)
    files: Mapping[str, str] = {**pending.files, pending.target: digest(raw)}
    done = {decision.cell.pending.number: decision for decision in decisions}
    left = []
    for cell in pending.cells:
        decision = done.get(cell.number)
        if decision is None:
            left.append(cell)
        elif not decision.is_whole:
            keys = {piece.key for piece in (*decision.accepted, *decision.masked, *decision.rejected)}
            if any(piece.key not in keys for piece in decision.cell.pieces):
                rejected = (*cell.rejected, *(piece.key for piece in decision.rejected))
                left.append(replace(cell, rejected=tuple(dict.fromkeys(rejected))))
    return replace(pending, files=files).with_cells(left)
