"""Settings for a whole project under which what waits would pass: tried on everything that runs have left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from nbcheck.accepting.pieces import Piece, find_change
from nbcheck.accepting.proposal import Proposal, ProposedCell
from nbcheck.compare.base import CompareOptions
from nbcheck.compare.normalise import NORMALISERS

_LEAST = 3
"""Outputs that have to pass for a setting of the whole project to be worth its while."""
_RTOLS = (1e-6, 1e-5, 1e-4, 1e-3)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, and what would pass because of it."""

    name: str
    """Of the directive."""
    value: str
    """As TOML."""
    reason: str
    """What it leaves out, for people."""
    passes: tuple[tuple[str, int, str], ...]
    """Notebook, number of the cell and place of each difference."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    notebook: str
    cell: ProposedCell
    piece: Piece

    def passes(self, options: CompareOptions) -> bool:
        change = find_change(self.cell.change.expected, self.cell.change.actual, options)
        return all(one.difference.place != self.piece.difference.place for one in change.pieces)


_Apply = Callable[[CompareOptions], CompareOptions]


def find_settings(proposals: Iterable[Proposal]) -> list[Setting]:
    """Find settings that let outputs pass; each is counted for what the ones before it leave.

    Args:
        proposals: notebooks with something that waits.
    """
    waiting = [
        _Waiting(proposal.pending.notebook, cell, piece)
        for proposal in proposals
        for cell in proposal.cells
        for piece in cell.pieces
    ]
    settings = []
    rules: list[tuple[str, list[_Waiting]]] = []
    for name in (row.name for row in NORMALISERS if row.is_optional):
        passing = _passing(waiting, _enable(name))
        if len(passing) >= _LEAST:
            rules.append((name, passing))
            waiting = _without(waiting, passing)
    if rules:
        names = ", ".join(f'"{name}"' for name, _ in rules)
        passing = [one for _, found in rules for one in found]
        settings.append(_setting("normalise", f"[{names}]", "noise of these kinds", passing))
    pictures = _passing(waiting, lambda options: replace(options, image_antialiasing=True))
    if len(pictures) >= _LEAST:
        waiting = _without(waiting, pictures)
        settings.append(_setting("image-antialiasing", "true", "smoothed edges of pictures", pictures))
    settings += _tolerance(waiting)
    return settings


def _tolerance(waiting: Sequence[_Waiting]) -> Iterator[Setting]:
    """Yield the smallest tolerance that lets as many numbers pass as the largest one that may be offered."""
    found = [(value, _passing(waiting, _tolerate(value))) for value in _RTOLS]
    most = max(len(passing) for _, passing in found)
    if most >= _LEAST:
        value, passing = next(entry for entry in found if len(entry[1]) == most)
        yield _setting("rtol", f"{value:g}", "the last digits of numbers", passing)


def _passing(waiting: Iterable[_Waiting], apply: _Apply) -> list[_Waiting]:
    return [one for one in waiting if one.passes(apply(one.cell.planned.compare))]


def _without(waiting: Iterable[_Waiting], passing: Iterable[_Waiting]) -> list[_Waiting]:
    # By identity: to compare them would be to compare outputs.
    done = {id(one) for one in passing}
    return [one for one in waiting if id(one) not in done]


def _enable(name: str) -> _Apply:
    return lambda options: replace(options, enabled_normalisers=options.enabled_normalisers | {name})


def _tolerate(value: float) -> _Apply:
    return lambda options: replace(options, rtol=max(options.rtol, value))


def _setting(name: str, value: str, what: str, passing: Sequence[_Waiting]) -> Setting:
    reason = f"{len(passing):,} outputs pass without {what}"
    places = tuple((one.notebook, one.cell.pending.number, one.piece.difference.place) for one in passing)
    return Setting(name, value, reason, places)
