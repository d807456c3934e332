"""Masking a piece: the narrowest directive under which the stored and the fresh output of it are equal, with proof.

Candidates are tried from the narrowest on, each by writing it into the cell's metadata, in memory, and judging both
runs again as pytest would. A candidate is taken only if the piece passes under it and everything else still fails:
another word, a line more, a picture turned to its negative, an output more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbcheck.accepting.generalise import generalise_line
from nbcheck.accepting.mutate import mutations
from nbcheck.accepting.pieces import CellChange, Piece, find_change
from nbcheck.accepting.proposal import Proposal, ProposedCell
from nbcheck.accepting.texts import LinePair, changed_lines
from nbcheck.compare.base import CompareOptions
from nbcheck.compare.normalise import NORMALISERS
from nbcheck.document import edit_document, parse_document
from nbcheck.document.edits import SetMetadata
from nbcheck.document.text import TextDocument
from nbcheck.errors import NbcheckError

_MAX_PATTERNS = 10
"""Patterns that are written for one piece; who needs more ignores the output."""
_RTOL = tuple(float(f"{digit}e-{power}") for power in range(9, 1, -1) for digit in range(1, 10))
_ATOL = tuple(float(f"{digit}e{power}") for power in range(-12, 3) for digit in range(1, 10))
_CHANNELS = tuple(range(1, 49))
_SHARES = tuple(float(f"{digit}e-{power}") for power in range(6, 1, -1) for digit in range(1, 10))
"""Tolerances that are offered, growing, with one digit. Above these a picture or a number is another one."""
_NUMBER_TOLERANCES: tuple[tuple[str, str, Sequence[Any]], ...] = (
    ("rtol", "rtol", _RTOL),
    ("atol", "atol", _ATOL),
)
_PICTURE_TOLERANCES: tuple[tuple[str, str, Sequence[Any]], ...] = (
    ("image-tolerance", "image_channel_tolerance", _CHANNELS),
    ("image-share", "image_share", _SHARES),
)
"""Directive, field of :class:`CompareOptions`, values; Any: numbers of one kind."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A directive for one cell."""

    directive: str
    """Its name."""
    value: Any  # JSON, as the directive's kind says
    """Its value in metadata."""

    @property
    def edit_keys(self) -> tuple[str, ...]:
        """Where it stands in the cell's metadata."""
        return ("nbcheck", self.directive)

    def __str__(self) -> str:
        values = self.value if isinstance(self.value, list) else [self.value]
        shown = " ".join("true" if value is True else str(value) for value in values)
        return f"{self.directive}={shown}"


ANTIALIASING = Mask("image-antialiasing", True)


@dataclass(frozen=True, slots=True)
class Masked:
    """A mask that was proven."""

    mask: Mask
    """The directive."""
    edit: SetMetadata
    """What writes it."""
    proposal: Proposal
    """The notebook with the directive in it, in memory."""
    cell: ProposedCell
    """The cell with the directive; its pieces are those that are left."""


def find_mask(proposal: Proposal, cell: ProposedCell, piece: Piece) -> Masked | str:
    """Find the narrowest directive that leaves the noise of a piece out of the comparison.

    Args:
        proposal: the notebook.
        cell: the cell.
        piece: what differs.

    Returns:
        The directive with its proof; or why there is none.
    """
    return _first_proven(
        proposal, cell, piece, (*_mask_candidates(cell, piece), *ignoring_masks(cell, piece))
    )


def find_tolerance(proposal: Proposal, cell: ProposedCell, piece: Piece) -> Masked | str:
    """Find the smallest tolerance under which a piece passes; arguments and result are those of :func:`find_mask`."""
    return _first_proven(proposal, cell, piece, _smallest_tolerances(cell, piece))


def _first_proven(
    proposal: Proposal, cell: ProposedCell, piece: Piece, candidates: Iterable[Mask]
) -> Masked | str:
    if isinstance(proposal.plan.document, TextDocument):
        return "the cell stands in a text notebook; write the directive there, as a comment"
    reason = "no directive lets this pass and nothing else"
    for mask in candidates:
        masked = _prove(proposal, cell, piece, mask)
        if isinstance(masked, Masked):
            return masked
        reason = masked or reason
    return reason


def _prove(proposal: Proposal, cell: ProposedCell, piece: Piece, mask: Mask) -> Masked | str:
    """Return the mask with its proof; else a reason that concerns all masks, or an empty text."""
    edit = SetMetadata(mask.edit_keys, mask.value, cell.planned.cell_index)
    document = proposal.plan.document
    try:
        new = parse_document(edit_document(document, [edit]), document.path)
        plan = proposal.replan(new)
    except NbcheckError:
        return ""
    planned = plan.cells[cell.pending.number - 1]
    said = planned.directives.get(mask.directive)
    if planned.faults or said is None or said.source != "cell metadata":
        return (
            f"the cell says {mask.directive} already ({said.source if said else 'nowhere'}); change it there"
        )
    change = prove(cell, piece, mask, planned.compare)
    if change is None:
        return ""
    masked = replace(cell, planned=planned, change=change)
    cells = tuple(masked if one is cell else one for one in proposal.cells)
    return Masked(mask, edit, replace(proposal, plan=plan, target=new, cells=cells), masked)


def prove(cell: ProposedCell, piece: Piece, mask: Mask, options: CompareOptions) -> CellChange | None:
    """Judge a cell again with a mask.

    Args:
        cell: the cell, without the mask.
        piece: what is to pass.
        mask: the directive.
        options: what decides with the directive in the cell.

    Returns:
        What is left of the cell's change; None unless the piece passes and changes beside it still fail.
    """
    stored = cell.change.expected
    change = find_change(stored, cell.change.actual, options)
    before, after = ({one.key for one in side.pieces} for side in (cell.change, change))
    if piece.key in after or not after < before:
        return None
    if mask.directive == "ignore-output" and before - after != {piece.key}:
        return None
    for mutated in mutations(cell.change, piece, mask.directive):
        if not find_change(stored, mutated, options).pieces:
            return None
    return change


# Candidates, the narrowest first


def _mask_candidates(cell: ProposedCell, piece: Piece) -> Iterator[Mask]:
    suggested = cell.pending.suggestions.get(piece.key)
    if suggested is not None:
        yield Mask(*suggested)
    lines = changed_lines(cell.change, piece, cell.planned.compare)
    if lines:
        yield from rule_masks(cell)
        yield from pattern_masks(cell, lines)
    if is_picture(piece):
        yield ANTIALIASING
        yield from _smallest_tolerances(cell, piece)


def rule_masks(cell: ProposedCell) -> Iterator[Mask]:
    """Yield the rules for noise that are off by default."""
    options = cell.planned.compare
    for row in NORMALISERS:
        if row.is_optional and row.name not in options.enabled_normalisers:
            yield Mask("normalise", " ".join([*_switches(options), row.name]))


def pattern_masks(cell: ProposedCell, lines: Iterable[LinePair], *, is_wide: bool = False) -> Iterator[Mask]:
    """Yield the patterns that fit where lines differ.

    Args:
        cell: the cell.
        lines: that differ.
        is_wide: whether anything of the same kind fits, and not only what has the same shape.
    """
    options = cell.planned.compare
    patterns = list(
        dict.fromkeys(pattern for pair in lines for pattern in generalise_line(*pair, is_wide=is_wide))
    )
    if patterns and len(patterns) <= _MAX_PATTERNS:
        known = [pattern for pattern in options.patterns if pattern not in patterns]
        yield Mask("ignore-pattern", [*known, *patterns])


def tolerances(cell: ProposedCell, piece: Piece) -> Iterator[tuple[Mask, ...]]:
    """Yield the tolerances under which a piece passes, kind by kind: the smallest one and the larger ones after it."""
    kinds = _PICTURE_TOLERANCES if is_picture(piece) else _NUMBER_TOLERANCES
    for directive, name, values in kinds:

        def passes(value: Any, name: str = name) -> bool:  # Any: a value of that field of CompareOptions
            options = replace(cell.planned.compare, **{name: value})
            change = find_change(cell.change.expected, cell.change.actual, options)
            return all(one.key != piece.key for one in change.pieces)

        if passes(values[-1]):
            fitting = values[bisect_left(values, True, key=passes) :]
            yield tuple(
                Mask(directive, f"{value * 100:g}%" if directive == "image-share" else value)
                for value in fitting
            )


def _smallest_tolerances(cell: ProposedCell, piece: Piece) -> Iterator[Mask]:
    for fitting in tolerances(cell, piece):
        yield fitting[0]


def ignoring_masks(cell: ProposedCell, piece: Piece) -> Iterator[Mask]:
    """Yield directives that leave out an output, or one representation of it."""
    said = cell.planned.directives.get("ignore-output")
    known: frozenset[str] = said.value if said is not None else frozenset()
    kinds = [piece.name]
    mimetype = piece.difference.mimetype
    if mimetype is not None:
        bundles = [cell.change.expected[i].get("data", {}) for i in piece.placement.expected]
        if any(len(bundle) > 1 for bundle in bundles):
            kinds.insert(0, mimetype)
    yield from (Mask("ignore-output", sorted(known | {kind})) for kind in kinds)


def _switches(options: CompareOptions) -> list[str]:
    return [
        *sorted(options.enabled_normalisers),
        *(f"-{name}" for name in sorted(options.disabled_normalisers)),
    ]


def is_picture(piece: Piece) -> bool:
    """Whether a piece is about a picture of pixels."""
    mimetype = piece.difference.mimetype or ""
    return mimetype.startswith("image/") and mimetype != "image/svg+xml"
