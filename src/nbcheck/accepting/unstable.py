"""What differs between two fresh runs of the same code is noise: it is told from a change, with what masks it.

A difference is unstable if nothing of it would be left without the noise. That is looked for from the narrowest
directive on, between the two fresh runs alone; then the stored output must pass under the same directive, and nothing
may differ from it where the two runs agree. Whoever is not sure says "in part".
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nbcheck.accepting.mask import (
    ANTIALIASING,
    Mask,
    ignoring_masks,
    is_picture,
    pattern_masks,
    prove,
    rule_masks,
    tolerances,
)
from nbcheck.accepting.pieces import Piece, find_change
from nbcheck.accepting.proposal import ProposedCell
from nbcheck.accepting.record import PendingCell
from nbcheck.accepting.texts import LinePair, changed_lines
from nbcheck.compare.base import CompareOptions, Output
from nbcheck.compare.normalise import normalise
from nbcheck.compare.outputs import compare_outputs
from nbcheck.compare.picture import count_odd
from nbcheck.document import Document
from nbcheck.errors import NbcheckError
from nbcheck.execution.plan import NotebookPlan
from nbcheck.results import CellResult, Instability

_ORDERS = frozenset({"word-order", "line-order"})
_ROUNDING = 1e-4
"""Relative difference of two runs up to which numbers are rounded otherwise and not random: results of float32, which
sums in any order, differ by less."""
_ROUNDING_SPREAD = 10
"""How many times as far a stored number may be off: one pair of runs shows not all of the noise."""
_ODD_SPREAD = 1.5
"""Of three pictures that chance made alike, each is the odd one out in about as many pixels. The stored one may be so
in this many times as many as the others."""
_MAX_SIZE = 2_000_000
"""Characters of outputs up to which a directive is looked for; each attempt compares the outputs some ten times."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is unstable about a piece."""

    piece: Piece
    """What differs from the stored outputs."""
    is_all: bool
    """Whether nothing else differs."""
    mask: Mask | None
    """What masks it; None when nothing narrow enough does."""

    @property
    def told(self) -> Instability:
        """What results say of it."""
        directive = "" if self.mask is None else str(self.mask)
        return Instability(self.piece.difference.place, self.is_all, directive)


def judge_again(
    plan: NotebookPlan,
    first: Mapping[int, CellResult],
    second: Mapping[int, CellResult],
    replan: Callable[[Document], NotebookPlan],
) -> dict[int, list[Found]]:
    """Find what of a notebook's differences is unstable.

    Args:
        plan: of the notebook.
        first: results of a fresh run that have differences, by number of the cell.
        second: results of another one, likewise.
        replan: plans the notebook with the options of the run.

    Returns:
        What was found, by number of the cell; cells of which nothing can be said are left out.
    """
    found = {}
    for number, result in first.items():
        planned = plan.cells[number - 1]
        pending = PendingCell(number, planned.cell_index, result.outcome, result.message, result.outputs)
        try:
            # Mostly both runs agree, and that is found out sooner than what belongs to what.
            if not compare_outputs(result.outputs, second[number].outputs, planned.compare):
                continue
            change = find_change(planned.expected, result.outputs, planned.compare)
            cell = ProposedCell(pending, planned, planned.cell_index, change)
            ones = find_unstable(cell, second[number].outputs, replan, plan.document)
        # A comparer may be anybody's code. The cell has failed already, and with what that raised.
        except Exception:  # noqa: S112
            continue
        # Of differences that are known and not shown nobody wants to hear.
        shown = {difference.place for difference in result.differences}
        found[number] = [one for one in ones if one.piece.difference.place in shown]
    return {number: ones for number, ones in found.items() if ones}


def find_unstable(
    cell: ProposedCell,
    again: Sequence[Output],
    replan: Callable[[Document], NotebookPlan],
    document: Document,
) -> list[Found]:
    """Find what of a cell's differences is unstable.

    Args:
        cell: the cell, with the outputs of the first fresh run.
        again: those of the second one.
        replan: plans the notebook with the options of the run.
        document: the notebook.
    """
    options = cell.planned.compare
    noise = find_change(cell.change.actual, again, options)
    if not noise.pieces:
        return []
    back = find_change(cell.change.expected, again, options)
    planner = _Planner(cell, replan, document)
    second = replace(cell, change=noise)
    found = []
    for piece in cell.pieces:
        here = [one for one in noise.pieces if set(one.placement.expected) & set(piece.placement.actual)]
        is_back = all(other.placement.expected != piece.placement.expected for other in back.pieces)
        if not piece.placement.actual or not piece.placement.expected:
            # An output that one side does not have: it comes and goes if the second run has it otherwise.
            comes_and_goes = (
                is_back if piece.placement.expected else any(not one.placement.actual for one in here)
            )
            if comes_and_goes:
                found.append(Found(piece, True, planner.first(cell, piece, ignoring_masks(cell, piece))))
            elif here:
                found.append(Found(piece, False, None))
        elif here:
            found.append(_Explanation(cell, second, piece, here[0], planner).find(is_back=is_back))
    return found


class _Planner:
    """Says under which options a cell is judged with a directive, and whether that proves it."""

    def __init__(
        self, cell: ProposedCell, replan: Callable[[Document], NotebookPlan], document: Document
    ) -> None:
        self._cell = cell
        self._replan = replan
        self._document = document
        size = sum(len(str(output)) for output in (*cell.change.expected, *cell.change.actual))
        self._is_small = size <= _MAX_SIZE

    def first(self, cell: ProposedCell, piece: Piece, masks: Iterator[Mask]) -> Mask | None:
        """Return the first of some directives that masks a piece and nothing else."""
        return next((mask for mask in masks if self.proves(mask, (cell, piece))), None)

    def proves(self, mask: Mask, *sides: tuple[ProposedCell, Piece]) -> bool:
        """Whether a directive masks a piece and nothing else, on all of some sides."""
        if not self._is_small:
            return False
        options = self._options(mask)
        return options is not None and all(
            prove(cell, piece, mask, options) is not None for cell, piece in sides
        )

    def _options(self, mask: Mask) -> CompareOptions | None:
        """Return what decides with a directive in the cell's metadata; None when something else counts there."""
        index = self._cell.planned.cell_index
        notebook = self._document.notebook.copy()
        notebook["cells"] = list(notebook["cells"])
        changed = notebook["cells"][index] = copy.copy(notebook["cells"][index])
        said = changed["metadata"].get("nbcheck")
        own = {**said} if isinstance(said, dict) else {}
        changed["metadata"] = {**changed["metadata"], "nbcheck": {**own, mask.directive: mask.value}}
        try:
            plan = self._replan(replace(self._document, notebook=notebook))
        except NbcheckError:
            return None
        planned = plan.cells[self._cell.planned.number - 1]
        heard = planned.directives.get(mask.directive)
        if planned.faults or heard is None or heard.source != "cell metadata":
            return None
        return planned.compare


@dataclass(frozen=True, slots=True)
class _Explanation:
    """A piece that both sides have, and what of it differs between the two fresh runs."""

    cell: ProposedCell
    """Stored against fresh."""
    second: ProposedCell
    """Fresh against fresh."""
    piece: Piece
    """Of the first."""
    noise: Piece
    """Of the second."""
    planner: _Planner

    def find(self, *, is_back: bool) -> Found:
        """Decide.

        Args:
            is_back: whether the second run gave what is stored.
        """
        changed = changed_lines(self.cell.change, self.piece, self.cell.planned.compare)
        unstable = changed_lines(self.second.change, self.noise, self.cell.planned.compare)
        is_inside = self._is_inside(changed, unstable)
        narrow: Mask | None = None
        for mask in self._narrow(changed, unstable):
            if not self.planner.proves(mask, (self.second, self.noise)):
                continue
            narrow = narrow or mask
            # A rule that leaves out an order and lets the stored output pass says enough by itself.
            if (_is_order(mask) or is_inside) and self.planner.proves(mask, (self.cell, self.piece)):
                return Found(self.piece, True, mask)
        if narrow is not None:
            return Found(self.piece, is_back, narrow)
        if is_inside is False:
            return Found(self.piece, is_back, None)
        # Nothing of it stays: whether something changed besides, nobody can tell.
        ignoring = self.planner.first(self.cell, self.piece, ignoring_masks(self.cell, self.piece))
        return Found(self.piece, True, ignoring)

    def _narrow(self, changed: Sequence[LinePair], unstable: Sequence[LinePair]) -> Iterator[Mask]:
        """Yield directives that may mask what differs between the two runs, and little else."""
        if is_picture(self.noise):
            yield ANTIALIASING
            for fitting in tolerances(self.second, self.noise):
                yield from fitting
            return
        for mask in rule_masks(self.second) if unstable else ():
            if _is_order(mask) or self._hides_one_place(mask, changed):
                yield mask
        rounding = next(tolerances(self.second, self.noise), ())
        if rounding and rounding[0].directive == "rtol" and _size(rounding[0]) <= _ROUNDING:
            yield from (mask for mask in rounding if _size(mask) <= _ROUNDING_SPREAD * _size(rounding[0]))
            return
        yield from pattern_masks(self.second, unstable)
        yield from pattern_masks(self.second, unstable, is_wide=True)

    def _is_inside(self, changed: Sequence[LinePair], unstable: Sequence[LinePair]) -> bool | None:
        """Whether what differs from the stored output differs between the two runs, too; None when nobody can tell."""
        places, noisy = (
            {change.where for change in one.difference.changes} for one in (self.piece, self.noise)
        )
        if places and noisy:
            is_cut = self.piece.difference.omitted or self.noise.difference.omitted
            return None if is_cut else places <= noisy
        if is_picture(self.noise):
            return self._is_no_odd_picture()
        if not unstable:
            return None
        return bool(changed) and {fresh for _, fresh in changed} <= {fresh for fresh, _ in unstable}

    def _is_no_odd_picture(self) -> bool | None:
        """Whether the stored picture differs from the two fresh ones no more than these differ from it and another."""
        mimetype = self.noise.difference.mimetype
        sides = (
            (self.cell.change.expected, self.piece.placement.expected),
            (self.second.change.expected, self.noise.placement.expected),
            (self.second.change.actual, self.noise.placement.actual),
        )
        pictures = [outputs[place[0]].get("data", {}).get(mimetype) for outputs, place in sides if place]
        if len(pictures) < len(sides) or not all(isinstance(picture, str) for picture in pictures):
            return None
        counts = count_odd(pictures, self.cell.planned.compare.image_channel_tolerance)
        if counts is None:
            return None
        stored, *fresh = counts
        return stored <= _ODD_SPREAD * max(fresh)

    def _hides_one_place(self, mask: Mask, changed: Sequence[LinePair]) -> bool:
        """Whether a rule takes one thing out of each line: of several one may be no noise."""
        name = _rule(mask)
        options = replace(self.cell.planned.compare, enabled_normalisers=frozenset({name}))
        placeholder = f"<{name.removesuffix('s')}>"
        return all(normalise(line, options).text.count(placeholder) <= 1 for pair in changed for line in pair)


def _rule(mask: Mask) -> str:
    """Return the rule for noise that a mask switches on: the last one that it names."""
    return str(mask.value).split()[-1] if mask.directive == "normalise" else ""


def _is_order(mask: Mask) -> bool:
    return _rule(mask) in _ORDERS


def _size(mask: Mask) -> float:
    return float(str(mask.value).removesuffix("%"))
