"""What a second run says of a cell, without running anything."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.nb import OutputDict, code, document
from nbcheck.accepting.pieces import find_change
from nbcheck.accepting.proposal import ProposedCell
from nbcheck.accepting.record import PendingCell
from nbcheck.accepting.unstable import Found, find_unstable
from nbcheck.document import Document
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan, plan_notebook
from nbcheck.results import Outcome


def look(
    stored: Sequence[OutputDict], first: Sequence[OutputDict], second: Sequence[OutputDict], source: str = "x"
) -> list[Found]:
    """What a second run says of the differences of a cell."""

    def replan(changed: Document) -> NotebookPlan:
        return plan_notebook(changed, RunOptions())

    made = document(code(source, *stored, count=1))
    (planned,) = replan(made).cells
    pending = PendingCell(1, 0, Outcome.DIFFERENT, "", tuple(first))
    cell = ProposedCell(pending, planned, 0, find_change(planned.expected, tuple(first), planned.compare))
    return find_unstable(cell, second, replan, made)
