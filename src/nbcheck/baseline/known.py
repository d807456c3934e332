"""Known failures: what of a failing cell is written down, and whether a failure is one of those.

What is written down is where the fresh outputs differ and not what they are: another machine has other fonts and
another clock. So a known output may differ in another way tomorrow; a line or a table cell that did not differ may not.
It holds for the stored output that it was written for. Whoever saves or accepts another one starts from nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from nbcheck.compare.base import Difference, Output, TextHunk
from nbcheck.document import Document
from nbcheck.execution.plan import PlannedCell
from nbcheck.results import CellResult, Outcome
from nbcheck.transport.project import digest

_DIGITS = 12
"""Digits of a hash that are written down; nobody attacks a baseline."""


class KnownAs(StrEnum):
    """What a failure is known as."""

    DIFFERENT = "different"
    ERROR = "error"
    TIMEOUT = "timeout"
    DIED = "died"
    NOT_RUN = "not-run"
    """An earlier cell kept it from running, so that nobody knows what it would have come to."""
    UNREADABLE = "unreadable"
    """The whole notebook cannot be read."""


@dataclass(frozen=True, slots=True)
class Known:
    """A known failure: of a cell, or of one of its outputs."""

    cell: str
    """For people, ``cell-3``; ``notebook`` for a file that cannot be read."""
    outcome: KnownAs
    """What it is."""
    cell_id: str = ""
    """nbformat's id; empty where the file has none."""
    source: str = ""
    """Beginning of the SHA-256 of the cell's source."""
    output: str = ""
    """Place of a difference: ``stdout``, ``output 2, text/html``; empty for one that is of no output."""
    stored: str = ""
    """Beginning of the SHA-256 of what is stored there; empty where nothing is."""
    where: tuple[str, ...] | None = None
    """What differs there: stored lines, or pieces of a table or of JSON; None for anything."""
    error: str = ""
    """Class of an error."""
    unstable: bool = False
    """Whether two runs of the same code differ there, so that it may be gone and come back."""

    def is_of(self, other: Known) -> bool:
        """Whether both are of the same cell."""
        if self.cell_id and other.cell_id:
            return self.cell_id == other.cell_id
        return self.source == other.source if self.source else self.cell == other.cell

    def covers(self, found: Known) -> bool:
        """Whether a failure of the same cell is this one."""
        if self.outcome is KnownAs.NOT_RUN:
            return True
        is_same = (self.outcome, self.output, self.stored, self.error) == (
            found.outcome,
            found.output,
            found.stored,
            found.error,
        )
        is_inside = self.where is None or (found.where is not None and {*found.where} <= {*self.where})
        return is_same and is_inside


@dataclass(frozen=True, slots=True)
class Judged:
    """A result, measured by what is known."""

    result: CellResult
    """With the differences that are new; all of them where all are known, and then excused."""
    known: tuple[Known, ...] = ()
    """Entries that are still so."""
    gone: tuple[Known, ...] = ()
    """Entries that are not any more."""
    learnt: tuple[Known, ...] = ()
    """What takes the place of entries of a cell that nobody knew anything of."""


def describe_failures(document: Document, cell: PlannedCell, result: CellResult) -> Iterator[Known]:
    """Yield what is to be known of a cell that failed, or that was not run: one entry a difference.

    Args:
        document: the notebook.
        cell: as it was planned.
        result: what it came to.
    """
    entry = _of_cell(document, cell, _KINDS.get(result.outcome, KnownAs.DIFFERENT))
    if result.outcome is Outcome.ERROR:
        yield replace(entry, error=result.error.ename if result.error is not None else "")
    elif result.outcome is Outcome.DIFFERENT and result.differences:
        for difference in result.differences:
            yield _of_difference(entry, cell.expected, difference)
    elif result.outcome.is_failure or result.outcome is Outcome.NOT_RUN:
        yield entry


def judge(entries: Sequence[Known], document: Document, cell: PlannedCell, result: CellResult) -> Judged:
    """Measure a result by what is known of its notebook.

    Args:
        entries: of the notebook.
        document: the notebook.
        cell: as it was planned.
        result: what it came to.
    """
    here = _of_cell(document, cell, KnownAs.DIFFERENT)
    own = [entry for entry in entries if entry.is_of(here)]
    if not own or result.outcome in (Outcome.NOT_RUN, Outcome.SKIPPED):
        return Judged(result, known=tuple(own))
    found = list(describe_failures(document, cell, result))
    if not found:
        gone = [entry for entry in own if _is_disproved(entry, result)]
        return Judged(result, tuple(entry for entry in own if entry not in gone), tuple(gone))
    cover = {one: next((entry for entry in own if entry.covers(one)), None) for one in found}
    kept = {entry for entry in cover.values() if entry is not None}
    # Outputs of a cell that did not come to its end were not compared.
    is_judged = result.outcome is Outcome.DIFFERENT
    known = [entry for entry in own if entry in kept or entry.unstable or not is_judged]
    gone = [entry for entry in own if entry not in known]
    unjudged = [entry for entry in known if entry.outcome is KnownAs.NOT_RUN]
    learnt = [one for one in found if cover[one] in unjudged] if is_judged else []
    if learnt:
        known = [entry for entry in known if entry not in unjudged]
        gone += unjudged
    return Judged(
        _excuse(result, [cover[one] is not None for one in found]), tuple(known), tuple(gone), tuple(learnt)
    )


def mark_unstable(entries: Iterable[Known], places: Mapping[str, Collection[str]]) -> Iterator[Known]:
    """Yield entries, marked where a second run says that they come and go, and then wherever in the output they are.

    Args:
        entries: of a notebook.
        places: of unstable differences, by cell: ``cell-3``.
    """
    for entry in entries:
        is_unstable = entry.output in places.get(entry.cell, ()) and entry.outcome is KnownAs.DIFFERENT
        yield replace(entry, where=None, unstable=True) if is_unstable else entry


def outdated(entries: Iterable[Known], document: Document, cells: Iterable[PlannedCell]) -> list[Known]:
    """Return the entries of cells that a notebook does not have any more.

    Args:
        entries: of the notebook.
        document: the notebook.
        cells: its code cells.
    """
    there = [_of_cell(document, cell, KnownAs.DIFFERENT) for cell in cells]
    return [entry for entry in entries if not any(entry.is_of(cell) for cell in there)]


_KINDS = {
    Outcome.DIFFERENT: KnownAs.DIFFERENT,
    Outcome.ERROR: KnownAs.ERROR,
    Outcome.TIMEOUT: KnownAs.TIMEOUT,
    Outcome.DIED: KnownAs.DIED,
    Outcome.NOT_RUN: KnownAs.NOT_RUN,
}


def _excuse(result: CellResult, are_known: Sequence[bool]) -> CellResult:
    """Excuse a result of which everything is known; otherwise leave the new differences only."""
    if all(are_known):
        return replace(result, excused=f"known: {result.message}")
    count = sum(are_known)
    if not count:
        return result
    new = [one for one, is_known in zip(result.differences, are_known, strict=True) if not is_known]
    first, *others = new
    more = f" (and {len(others)} more)" if others else ""
    note = f"{count} known difference{'s are' if count > 1 else ' is'} not shown"
    message = f"{first.place}: {first.summary}{more}"
    return replace(result, differences=tuple(new), message=message, notes=(*result.notes, note))


def _is_disproved(entry: Known, result: CellResult) -> bool:
    """Whether a cell that passed shows that a failure is gone."""
    if entry.unstable:
        return False
    # A run that compares nothing says nothing about outputs.
    return result.compared or entry.outcome not in (KnownAs.DIFFERENT, KnownAs.NOT_RUN)


def _of_cell(document: Document, cell: PlannedCell, outcome: KnownAs) -> Known:
    has_id = cell.cell_index not in document.invented_ids
    return Known(
        f"cell-{cell.number}",
        outcome,
        cell_id=cell.cell_id if has_id else "",
        source=digest(cell.source)[:_DIGITS],
    )


def _of_difference(entry: Known, expected: Sequence[Output], difference: Difference) -> Known:
    index = difference.expected_index
    if difference.place in ("stdout", "stderr"):
        stored: object = "".join(str(one["text"]) for one in expected if one.get("name") == difference.place)
    else:
        stored = "" if index is None else expected[index]
    text = stored if isinstance(stored, str) else json.dumps(stored, sort_keys=True, default=str)
    where = _where(difference)
    return replace(entry, output=difference.place, stored=digest(text)[:_DIGITS] if text else "", where=where)


def _where(difference: Difference) -> tuple[str, ...] | None:
    if difference.omitted or not (difference.hunks or difference.changes):
        return None
    if difference.changes:
        return tuple(dict.fromkeys(change.where for change in difference.changes))
    return tuple(place for hunk in difference.hunks for place in _lines(hunk))


def _lines(hunk: TextHunk) -> Iterator[str]:
    """Yield the stored lines that changed, and before which ones something is new: ``7``, ``+8``."""
    number, is_replaced = hunk.expected_start, False
    for line in hunk.lines:
        if line.side == "+":
            if not is_replaced:
                yield f"+{number}"
            continue
        is_replaced = line.side == "-"
        if is_replaced:
            yield str(number)
        number += 1
