"""The texts of a piece, side by side, and the pairs of lines in them that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbcheck.accepting.pieces import CellChange, Piece
from nbcheck.compare.base import CompareOptions, Output
from nbcheck.compare.normalise import normalise
from nbcheck.compare.text import compare_texts

_TEXTS = ("text/plain", "text/markdown", "text/latex")
"""Representations that are compared line by line."""

LinePair = tuple[str, str]
"""A stored line and the fresh one at its place."""


def changed_lines(change: CellChange, piece: Piece, options: CompareOptions) -> list[LinePair]:
    """Return the lines of a piece that differ.

    Args:
        change: of the cell.
        piece: what differs.
        options: what decides.

    Returns:
        Pairs in reading order, each once; none where lines came or went, and where there are no lines.
    """
    pairs: dict[LinePair, None] = {}
    cells = piece.difference.changes
    if cells and not piece.difference.omitted:
        pairs.update(
            ((one.expected, one.actual), None) for one in cells if one.expected and one.actual is not None
        )
    for expected, actual in piece_texts(change, piece):
        sides = [normalise(text, options, stage="screen").text.split("\n") for text in (expected, actual)]
        if len(sides[0]) != len(sides[1]):
            return []
        for ours, theirs in zip(*sides, strict=True):
            if ours != theirs and compare_texts(ours, theirs, options) is not None:
                pairs[ours, theirs] = None
    return list(pairs)


def piece_texts(change: CellChange, piece: Piece) -> Iterator[tuple[str, str]]:
    """Yield the texts of a piece on both sides: of a stream, of an error, of the plain representations of an output."""
    stored = [change.expected[index] for index in piece.placement.expected]
    fresh = [change.actual[index] for index in piece.placement.actual]
    if not stored or not fresh:
        return
    if piece.placement.what in (stored[0].get("name"), fresh[0].get("name")):
        yield _joined(stored), _joined(fresh)
        return
    for key in ("evalue", "ename"):
        if key in stored[0] and key in fresh[0]:
            yield str(stored[0][key]), str(fresh[0][key])
    data = stored[0].get("data", {}), fresh[0].get("data", {})
    for mimetype in _TEXTS:
        texts = [side.get(mimetype) for side in data]
        if isinstance(texts[0], str) and isinstance(texts[1], str):
            yield texts[0], texts[1]


def _joined(outputs: Sequence[Output]) -> str:
    return "".join(str(output.get("text", "")) for output in outputs)
