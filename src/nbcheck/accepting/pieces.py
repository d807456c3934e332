"""Pieces: the smallest parts of a cell's change that can be decided on, and the outputs that come of decisions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference, Output
from nbcheck.compare.explain import Placement, explain_outputs
from nbcheck.transport.project import digest


@dataclass(frozen=True, slots=True)
class Piece:
    """One difference of a cell, with the outputs that it is about."""

    name: str
    """How people point at it: ``stdout``, ``error``, or the number of the output, from 1."""
    difference: Difference
    """What differs."""
    placement: Placement
    """The outputs on both sides."""
    key: str
    """Says which piece this is, also after others of the cell were accepted."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """How the stored outputs of a cell and its fresh ones belong together."""

    expected: tuple[Output, ...]
    """Stored outputs."""
    actual: tuple[Output, ...]
    """Fresh outputs."""
    placements: tuple[Placement, ...]
    """What belongs to what; ignored outputs are in none."""
    pieces: tuple[Piece, ...]
    """What differs, in reading order."""

    def merge(self, accepted: Collection[Piece]) -> tuple[Output, ...]:
        """Return the outputs that the cell has when some pieces were accepted.

        What was not accepted stays as it is stored, and so does what is equal under the options. Fresh outputs come
        where their stored counterparts stand, else where they stand among the others.
        """
        taken = {id(piece.placement) for piece in accepted}
        stored = {index: place for place in self.placements for index in place.expected}
        fresh = {index: place for place in self.placements for index in place.actual}

        def keeps(i: int) -> bool:
            return i not in stored or id(stored[i]) not in taken

        def takes(j: int) -> bool:
            return j in fresh and id(fresh[j]) in taken

        merged: list[Output] = []
        for ours, theirs in self._stretches():
            partners = self._pair(ours, theirs)
            comes_new = any(takes(j) for j in theirs if not _is_stream(self.actual[j]))
            stays = any(keeps(i) for i in ours if not _is_stream(self.expected[i]))
            if comes_new and not stays:
                merged += self._around_new(ours, theirs, keeps, takes)
                continue
            at_fresh = theirs.start
            for i in ours:
                j = partners.get(i)
                if j is None:
                    merged += [self.expected[i]] if keeps(i) else []
                    continue
                alone = [k for k in range(at_fresh, j) if k not in partners.values()]
                merged += [self.actual[k] for k in alone if takes(k)]
                merged.append(self.actual[j] if takes(j) else self.expected[i])
                at_fresh = max(at_fresh, j + 1)
            alone = [k for k in range(at_fresh, theirs.stop) if k not in partners.values()]
            merged += [self.actual[k] for k in alone if takes(k)]
        return tuple(merged)

    def _around_new(
        self, stored: range, fresh: range, keeps: Callable[[int], bool], takes: Callable[[int], bool]
    ) -> Iterator[Output]:
        """Yield a stretch of streams into which other outputs come, in the order of the run.

        What is kept of a stream stands where the run has that stream: before or behind what comes.
        """
        left = [i for i in stored if keeps(i)]
        names = [self.actual[j].get("name") for j in fresh]
        for position, j in enumerate(fresh):
            if takes(j):
                yield self.actual[j]
                continue
            kept = [
                i for i in left if _is_stream(self.actual[j]) and self.expected[i]["name"] == names[position]
            ]
            here = kept[:1] if names[position] in names[position + 1 :] else kept
            left = [i for i in left if i not in here]
            yield from (self.expected[i] for i in here)
        yield from (self.expected[i] for i in left)

    def _stretches(self) -> Iterator[tuple[range, range]]:
        """Yield the outputs on both sides, cut before and behind each pair that is no stream."""
        at_stored, at_fresh = 0, 0
        pairs = sorted(
            (place.expected[0], place.actual[0])
            for place in self.placements
            if place.expected
            and place.actual
            and not place.is_moved
            and not _is_stream(self.expected[place.expected[0]])
        )
        for i, j in pairs:
            yield range(at_stored, i), range(at_fresh, j)
            yield range(i, i + 1), range(j, j + 1)
            at_stored, at_fresh = i + 1, j + 1
        yield range(at_stored, len(self.expected)), range(at_fresh, len(self.actual))

    def _pair(self, stored: range, fresh: range) -> dict[int, int]:
        """Pair the outputs of a stretch that take each other's place, by their indices."""
        ours = [(i, self.expected[i]["name"]) for i in stored if _is_stream(self.expected[i])]
        theirs = [(j, self.actual[j]["name"]) for j in fresh if _is_stream(self.actual[j])]
        if len(stored) == len(fresh) == 1 and not ours and not theirs:
            return {stored.start: fresh.start} if self._belong_together(stored.start, fresh.start) else {}
        stored_names, fresh_names = ([name for _, name in side] for side in (ours, theirs))
        if Counter(stored_names) == Counter(fresh_names):
            # As many of each stream: how they alternate is chance, and stays as it is stored.
            waiting = {name: [j for j, other in theirs if other == name] for name in fresh_names}
            return {i: waiting[name].pop(0) for i, name in ours}
        blocks = SequenceMatcher(None, stored_names, fresh_names, autojunk=False).get_matching_blocks()
        return {
            ours[block.a + step][0]: theirs[block.b + step][0]
            for block in blocks
            for step in range(block.size)
        }

    def _belong_together(self, i: int, j: int) -> bool:
        return any(place.expected == (i,) and place.actual == (j,) for place in self.placements)


def find_change(expected: Sequence[Output], actual: Sequence[Output], options: CompareOptions) -> CellChange:
    """Compare the outputs of a cell, and find what can be decided on.

    Args:
        expected: stored in the file.
        actual: of a run.
        options: what decides.
    """
    explanation = explain_outputs(expected, actual, options)
    pieces = []
    for difference in explanation.differences:
        place = _find_placement(difference, explanation.placements)
        sides = [expected[index] for index in place.expected], [actual[index] for index in place.actual]
        pieces.append(Piece(_name(difference, place), difference, place, _key(sides)))
    return CellChange(tuple(expected), tuple(actual), explanation.placements, tuple(pieces))


def new_change(actual: Sequence[Output]) -> CellChange:
    """Return the change of a cell that nobody has run before: there is nothing to compare, and all of it is new."""
    return CellChange((), tuple(actual), (), ())


def _is_stream(output: Output) -> bool:
    return bool(output["output_type"] == "stream")


def _find_placement(difference: Difference, placements: Sequence[Placement]) -> Placement:
    i, j = difference.expected_index, difference.actual_index
    if i is None and j is None:  # a stream whose comparison failed has no place but its name
        return next(place for place in placements if place.what == difference.place)
    return next(
        place
        for place in placements
        if (i is None or i in place.expected) and (j is None or j in place.actual)
    )


def _name(difference: Difference, place: Placement) -> str:
    if difference.place == "error":
        return "error"
    index = difference.expected_index if difference.expected_index is not None else difference.actual_index
    is_stream = place.what == difference.place
    return place.what if is_stream or index is None else str(index + 1)


# Any: outputs are whatever JSON a kernel sent
def _key(sides: tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]) -> str:
    return digest(json.dumps(sides, sort_keys=True, default=str).encode())[:16]
