"""``nbcheck review``: every output that waits, one by one, in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from nbcheck.accepting.mask import Mask, Masked, find_mask, find_tolerance
from nbcheck.accepting.pieces import Piece
from nbcheck.accepting.proposal import Proposal, ProposedCell
from nbcheck.accepting.update import Outcome, write
from nbcheck.accepting.walk import Answer, Stop, Walk
from nbcheck.cli.explain import describe_step
from nbcheck.cli.keys import Keys, has_terminal
from nbcheck.cli.pending import DONE, REFUSED, UNUSABLE, Asked, read_arguments
from nbcheck.cli.viewer import Viewer
from nbcheck.compare.explain import explain_outputs
from nbcheck.errors import NbcheckError
from nbcheck.report.terminal import WIDTH, escape, render_difference

INTERRUPTED = 130
"""Exit code after an interrupt, as shells have it."""

_SHOWN_SOURCE = 12
_SHOWN_COMMANDS = 20
HELP = (
    "a  accept: the fresh output comes into the notebook",
    "r  reject: the stored output stays, and this one is not asked for again",
    "s  skip: decide later",
    "A  accept this one and all that show the same change",
    "m  mask: write the narrowest directive that leaves this noise out, and nothing else",
    "t  tolerance: write the smallest one under which this passes",
    "n  noise: show what was normalised before comparing",
    "o  open the stored and the fresh picture in the desktop's viewer",
    "u  undo the last answer",
    "q  write what was decided, and leave; Ctrl-C leaves and writes nothing",
)
"""What the keys do, a line each."""


def review(arguments: Sequence[str]) -> int:
    """Walk through what waits; the arguments are those after ``review``.

    Returns:
        Exit code: 0 when everything that was decided is written, 1 when something was refused, 2 when there is nobody
        to ask or what was asked for makes no sense, 130 after an interrupt.
    """
    text = "Decide on the outputs that wait, one by one, in the terminal. Keys are shown on the screen."
    try:
        asked = read_arguments("review", text, arguments)
        outcome, proposals = _open(asked)
    except NbcheckError as error:
        print(f"nbcheck review: {error}", file=sys.stderr)
        return UNUSABLE
    walk = Walk(proposals, [stop for entry in enumerate(proposals) for stop in _meant(asked, *entry)])
    if walk.stops and not has_terminal():
        _print(_commands(walk))
        return UNUSABLE
    _print(f"refused: {refusal}" for refusal in outcome.refusals)
    if not walk.stops:
        print("nothing waits for a decision")
        return REFUSED if outcome.is_incomplete else DONE
    try:
        with Keys() as keys, Viewer() as viewer:
            _Screen(walk, keys, viewer).run()
    except (KeyboardInterrupt, EOFError):
        print("\nnothing was written")
        return INTERRUPTED
    return max(_finish(asked, walk), REFUSED if outcome.is_incomplete else DONE)


def _open(asked: Asked) -> tuple[Outcome, list[Proposal]]:
    outcome, proposals = Outcome(), []
    for notebook in asked.notebooks:
        try:
            proposals.append(asked.open(notebook))
        except NbcheckError as error:
            outcome += Outcome(refusals=(str(error),))
    return outcome, proposals


def _meant(asked: Asked, index: int, proposal: Proposal) -> list[Stop]:
    return [
        Stop(index, cell.pending.number, piece.key)
        for cell in proposal.cells
        for piece in cell.pieces
        if asked.means(proposal.pending, cell.pending, piece.name)
    ]


def _finish(asked: Asked, walk: Walk) -> int:
    outcome = Outcome()
    for proposal, decisions in walk.decisions():
        outcome += write(asked.root, asked.store, proposal, decisions)
    _print(outcome.lines)
    for answer in (Answer.MASK, Answer.REJECT):
        if walk.count(answer):
            print(f"{walk.count(answer)} {answer}")
    left = len(walk.stops) - sum(walk.count(one) for one in (Answer.ACCEPT, Answer.MASK, Answer.REJECT))
    if left:
        print(f"{left} left: nbcheck review")
    return REFUSED if outcome.is_incomplete else DONE


@dataclass(slots=True)
class _Screen:
    """What is on the screen, and what its keys do."""

    walk: Walk
    keys: Keys
    viewer: Viewer

    def run(self) -> None:
        """Ask until everything is answered, or the user leaves."""
        actions: dict[str, Callable[[Stop], bool]] = {
            "a": self._accept,
            "A": self._accept_alike,
            "r": lambda stop: self._answer(Answer.REJECT, stop),
            "s": lambda stop: self._answer(Answer.SKIP, stop),
            "m": lambda stop: self._mask(stop, find_mask),
            "t": lambda stop: self._mask(stop, find_tolerance),
            "n": self._show_noise,
            "o": self._open_pictures,
            "u": self._undo,
            "?": lambda _: _tell(HELP),
        }
        is_new = True
        while True:
            stop = self.walk.current
            if stop is None:
                print("\neverything is decided\nu undo  q write and quit", flush=True)
            else:
                if is_new:
                    _print(self._describe(stop))
                print(self._prompt(stop), flush=True)
            key = self.keys.read()
            if key == "q":
                return
            if stop is None:
                is_new = key == "u" and self.walk.undo()
                continue
            is_new = (
                actions[key](stop) if key in actions else _tell([f"{escape(key)}: no such key; ? tells all"])
            )

    # ---- what keys do; each returns whether there is something new to look at

    def _answer(self, answer: Answer, *stops: Stop) -> bool:
        self.walk.answer(answer, *stops)
        return True

    def _accept(self, stop: Stop) -> bool:
        refusal = self.walk.cell(stop).refusal(self.walk.piece(stop))
        return _tell([f"cannot be accepted: {refusal}"]) if refusal else self._answer(Answer.ACCEPT, stop)

    def _accept_alike(self, stop: Stop) -> bool:
        alike = self.walk.alike(stop)
        fit = [one for one in alike if not self.walk.cell(one).refusal(self.walk.piece(one))]
        if stop not in fit:
            return self._accept(stop)
        if len(fit) < len(alike):
            _tell([f"{len(alike) - len(fit)} of {len(alike)} cannot be accepted"])
        return self._answer(Answer.ACCEPT, *fit)

    def _mask(self, stop: Stop, find: Callable[[Proposal, ProposedCell, Piece], Masked | str]) -> bool:
        found = find(self.walk.proposal(stop), self.walk.cell(stop), self.walk.piece(stop))
        if isinstance(found, str):
            return _tell([found])
        _tell(
            [
                f"this goes into the cell's metadata: {found.mask}",
                "with it this passes, and a change elsewhere in the cell still fails",
                "y write it   n do not",
            ]
        )
        if self.keys.read() not in ("y", "\n"):
            return False
        self.walk.mask(stop, found)
        return True

    def _show_noise(self, stop: Stop) -> bool:
        cell, piece = self.walk.cell(stop), self.walk.piece(stop)
        explanation = explain_outputs(cell.change.expected, cell.change.actual, cell.planned.compare)
        place = piece.difference.place.partition(",")[0]
        steps = [one for one in explanation.comparisons if one.place.partition(",")[0] == place]
        normalised = [replace(one, difference=None) for one in steps if one.normalised]
        return _tell(
            [line for one in normalised for line in describe_step(one)] or ["nothing was normalised"]
        )

    def _open_pictures(self, stop: Stop) -> bool:
        piece = self.walk.piece(stop)
        name = f"cell-{stop.number}-{piece.name}"
        return _tell(self.viewer.show(name, self.walk.cell(stop).change, piece))

    def _undo(self, _: Stop) -> bool:
        return self.walk.undo() or _tell(["there is nothing to undo"])

    # ---- text

    def _describe(self, stop: Stop) -> Iterator[str]:
        proposal, cell, piece = self.walk.proposal(stop), self.walk.cell(stop), self.walk.piece(stop)
        line = proposal.plan.document.source_line(cell.planned.cell_index)
        name = f"{proposal.pending.notebook}::cell-{stop.number}::{piece.name}"
        yield ""
        yield f"[{self.walk.position + 1}/{len(self.walk.stops)}] {escape(name)} (line {line})"
        source = cell.planned.source.splitlines()
        for number, text in enumerate(source[:_SHOWN_SOURCE], start=1):
            yield f"  {number:>2} | {escape(text.expandtabs())}"[:WIDTH]
        if len(source) > _SHOWN_SOURCE:
            yield f"  ... {len(source) - _SHOWN_SOURCE} lines more"
        yield ""
        yield from render_difference(piece.difference, color=_has_colours())
        suggested = cell.pending.suggestions.get(piece.key)
        if suggested is not None:
            yield f"unstable: it differs between two runs of this code; m masks it by {escape(str(Mask(*suggested)))}"
        refusal = cell.refusal(piece)
        if refusal:
            yield f"cannot be accepted: {escape(refusal)}"
        yield ""

    def _prompt(self, stop: Stop) -> str:
        alike = len(self.walk.alike(stop))
        keys = ["a accept", "r reject", "s skip"]
        keys += [f"A accept {alike} like this"] if alike > 1 else []
        keys += ["m mask", "t tolerance", "n noise"]
        keys += ["o open"] if "image/" in (self.walk.piece(stop).difference.mimetype or "") else []
        return "  ".join([*keys, "u undo", "q write and quit", "? help"])


def _commands(walk: Walk) -> Iterator[str]:
    """Yield what to do where nobody can be asked."""
    yield "nbcheck review asks at a terminal, and there is none; what it would ask about can be decided by"
    for stop in walk.stops[:_SHOWN_COMMANDS]:
        yield f"  nbcheck accept {walk.proposal(stop).pending.notebook}::cell-{stop.number}::{walk.piece(stop).name}"
    if len(walk.stops) > _SHOWN_COMMANDS:
        yield f"  ... {len(walk.stops) - _SHOWN_COMMANDS} more, listed by nbcheck pending"
    yield "or nbcheck reject with the same names"


def _has_colours() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _tell(lines: Sequence[str]) -> bool:
    """Print an answer; what was on the screen is still what is asked about."""
    _print(f"  {escape(line)}" for line in lines)
    return False


def _print(lines: Iterator[str] | Sequence[str]) -> None:
    for line in lines:
        print(line)
