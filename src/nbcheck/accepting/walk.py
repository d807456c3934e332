"""A review: one answer after the other, each of which can be taken back. Nothing is written before its end."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from nbcheck.accepting.mask import Masked
from nbcheck.accepting.pieces import Piece
from nbcheck.accepting.proposal import Decision, Proposal, ProposedCell
from nbcheck.document.edits import SetMetadata


class Answer(StrEnum):
    """What was decided on a piece."""

    ACCEPT = "accepted"
    REJECT = "rejected"
    SKIP = "skipped"
    MASK = "masked"


@dataclass(frozen=True, slots=True)
class Stop:
    """A piece that is asked about."""

    notebook: int
    """Index of its notebook."""
    number: int
    """Of its cell."""
    key: str
    """Of the piece."""


@dataclass(frozen=True, slots=True)
class _State:
    """Everything that answers change."""

    position: int
    proposals: tuple[Proposal, ...]
    """As they are with the masks."""
    answers: Mapping[Stop, Answer] = field(default_factory=dict)
    edits: Mapping[tuple[int, int, tuple[str, ...]], SetMetadata] = field(default_factory=dict)
    """What writes the masks: by notebook, number of the cell, and directive."""


class Walk:
    """A walk through all pieces of some notebooks, in order."""

    def __init__(self, proposals: Sequence[Proposal], stops: Iterable[Stop]) -> None:
        """Begin at the first piece.

        Args:
            proposals: the notebooks.
            stops: the pieces to be asked about, in order.
        """
        self._originals = tuple(proposals)
        self.stops = tuple(stops)
        self._state = _State(0, self._originals)
        self._history: list[_State] = []

    @property
    def position(self) -> int:
        """Index of the piece that is asked about; the number of pieces at the end."""
        return self._state.position

    @property
    def current(self) -> Stop | None:
        """The piece that is asked about; None at the end."""
        return self.stops[self.position] if self.position < len(self.stops) else None

    def proposal(self, stop: Stop) -> Proposal:
        """Return the notebook of a piece, with the masks that were decided on."""
        return self._state.proposals[stop.notebook]

    def cell(self, stop: Stop) -> ProposedCell:
        """Return the cell of a piece, likewise."""
        return _cell(self.proposal(stop), stop.number)

    def piece(self, stop: Stop) -> Piece:
        """Return a piece that was not answered by a mask."""
        return next(piece for piece in self.cell(stop).pieces if piece.key == stop.key)

    def alike(self, stop: Stop) -> list[Stop]:
        """Return the pieces that are not decided on and show the same change, this one included."""
        wanted = likeness(self.piece(stop))
        return [
            other
            for other in self.stops
            if self._state.answers.get(other, Answer.SKIP) is Answer.SKIP
            and likeness(self.piece(other)) == wanted
        ]

    def answer(self, answer: Answer, *stops: Stop) -> None:
        """Decide on some pieces, and go on."""
        self._go_on(replace(self._state, answers={**self._state.answers, **dict.fromkeys(stops, answer)}))

    def mask(self, stop: Stop, masked: Masked) -> None:
        """Decide on a directive, which answers every piece that passes under it, and go on."""
        left = {piece.key for piece in masked.cell.pieces}
        covered = [
            other
            for other in self.stops
            if (other.notebook, other.number) == (stop.notebook, stop.number)
            and other.key not in left
            and other not in self._state.answers
        ]
        proposals = list(self._state.proposals)
        proposals[stop.notebook] = masked.proposal
        key = stop.notebook, stop.number, masked.mask.edit_keys
        self._go_on(
            replace(
                self._state,
                proposals=tuple(proposals),
                answers={**self._state.answers, **dict.fromkeys([*covered, stop], Answer.MASK)},
                edits={**self._state.edits, key: masked.edit},
            )
        )

    def undo(self) -> bool:
        """Take the last answer back; return whether there was one."""
        if self._history:
            self._state = self._history.pop()
            return True
        return False

    def count(self, answer: Answer) -> int:
        """How many pieces were answered so."""
        return sum(given is answer for given in self._state.answers.values())

    def decisions(self) -> Iterator[tuple[Proposal, list[Decision]]]:
        """Yield each notebook as it was read, with what was decided on its cells."""
        for index, proposal in enumerate(self._originals):
            decisions = [self._decide(index, cell) for cell in proposal.cells]
            yield proposal, [one for one in decisions if one is not None]

    def _decide(self, index: int, cell: ProposedCell) -> Decision | None:
        number = cell.pending.number
        given = [
            (piece, self._state.answers.get(Stop(index, number, piece.key), Answer.SKIP))
            for piece in cell.pieces
        ]
        edits = tuple(edit for (at, of, _), edit in self._state.edits.items() if (at, of) == (index, number))

        def answered(answer: Answer) -> tuple[Piece, ...]:
            return tuple(piece for piece, one in given if one is answer)

        decision = Decision(
            cell,
            accepted=answered(Answer.ACCEPT),
            masked=answered(Answer.MASK),
            rejected=answered(Answer.REJECT),
            edits=edits,
        )
        return decision if edits or decision.accepted or decision.rejected else None

    def _go_on(self, state: _State) -> None:
        self._history.append(self._state)
        position = state.position + 1
        while position < len(self.stops) and self.stops[position] in state.answers:
            position += 1
        self._state = replace(state, position=position)


def likeness(piece: Piece) -> Hashable:
    """Return what pieces with the same change have in common: one of text its changed words, all pictures one thing."""
    difference = piece.difference
    words = frozenset(
        (line.side, text)
        for hunk in difference.hunks
        for line in hunk.lines
        if line.side != " "
        for text in ([line.text[start:stop] for start, stop in line.marks] or [line.text])
    )
    changes = frozenset((change.expected, change.actual) for change in difference.changes)
    is_picture = (difference.mimetype or "").startswith("image/")
    shown = () if is_picture or words or changes else (difference.summary,)
    return difference.kind, piece.placement.what, difference.mimetype, words, changes, shown


def _cell(proposal: Proposal, number: int) -> ProposedCell:
    return next(cell for cell in proposal.cells if cell.pending.number == number)
