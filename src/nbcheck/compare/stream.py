"""Streams: everything a cell printed to stdout is one text, everything it printed to stderr another.

How a kernel cuts a stream into outputs is chance, and so is the order between stdout and stderr. The order between
printed text and displays is not: a display cuts each stream, and text that moved across a cut is a difference. The
cell's result cuts nothing, because it comes after everything that the cell's own code can print.
So the text of each stretch between two displays is compared with the text of the same stretch; only if stretches
differ are the whole streams compared, to tell a changed text from a moved one. Displays without a partner on the
other side cut nothing, they are differences of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbcheck.compare.base import CompareMode, CompareOptions, Difference, DifferenceKind
from nbcheck.compare.lines import texts_agree
from nbcheck.compare.normalise import after_screen, normalise
from nbcheck.compare.text import compare_texts, listing, shorten


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of one side."""

    stretches: tuple[str, ...]
    """Its text, cut where the other outputs with a partner stand."""
    index: int | None
    """Of the first output of this stream; None when the side has none."""
    cuts: tuple[int, ...] = ()
    """Indices of the outputs that cut it, one fewer than stretches."""

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.stretches)


def compare_streams(
    name: str, expected: Stream, actual: Stream, options: CompareOptions
) -> Difference | None:
    """Compare one stream of a cell.

    Args:
        name: ``stdout`` or ``stderr``.
        expected: as stored in the file.
        actual: as just produced; cut into as many stretches.
        options: what decides.
    """
    if expected.stretches == actual.stretches:
        return None
    difference = _judge(expected, actual, options)
    if difference is None:
        return None
    return replace(difference, place=name, expected_index=expected.index, actual_index=actual.index)


def _judge(expected: Stream, actual: Stream, options: CompareOptions) -> Difference | None:
    if not expected.text or not actual.text:
        return _one_sided(expected.text, actual.text, options)
    # Carriage returns must not reach over a display: front-ends apply them inside one output.
    ours = [normalise(stretch, options, stage="screen") for stretch in expected.stretches]
    theirs = [normalise(stretch, options, stage="screen") for stretch in actual.stretches]
    options = after_screen(options)
    unequal = [
        index
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True))
        if not texts_agree(one.text, other.text, options)
    ]
    if not unequal:
        return None
    names = tuple(dict.fromkeys(name for part in (*ours, *theirs) for name in part.names))
    difference = compare_texts(
        "".join(part.text for part in ours), "".join(part.text for part in theirs), options
    )
    if difference is None:
        difference = _moved(
            unequal[0], (expected, actual), (ours[unequal[0]].text, theirs[unequal[0]].text), options
        )
    hidden = names + tuple(name for name in difference.hidden if name not in names)
    return replace(difference, expected=expected.text, actual=actual.text, hidden=hidden)


def _moved(
    place: int, sides: tuple[Stream, Stream], stretches: tuple[str, str], options: CompareOptions
) -> Difference:
    """Tell that text stands in another stretch than it did; ``place`` is the first stretch that differs."""
    exact = replace(options, mode=CompareMode.EXACT)
    shown = compare_texts(*stretches, exact)
    if place == len(sides[0].cuts) and shown is not None:
        return shown  # behind the last display, where nothing can have moved from: blanks came or went
    before = len("".join(stretches[0].split())) >= len("".join(stretches[1].split()))
    number = sides[0].cuts[place] + 1
    there, here = ("before", "after") if before else ("after", "before")
    return Difference(
        kind=DifferenceKind.CHANGED,
        place="",
        summary=f"text moved: {there} output {number} in the file, {here} it in this run",
        hunks=shown.hunks if shown else (),
        omitted=shown.omitted if shown else 0,
    )


def _one_sided(expected: str, actual: str, options: CompareOptions) -> Difference | None:
    if (
        options.mode is not CompareMode.EXACT
        and not normalise(expected or actual, options, stage="screen").text
    ):
        return None
    missing = bool(expected)
    text = expected if missing else actual
    count = len(text.removesuffix("\n").split("\n"))
    what = shorten(text.strip()) if count == 1 else f"{count:,} lines"
    hunks, omitted = listing(normalise(text, options, stage="screen").text, "-" if missing else "+")
    return Difference(
        kind=DifferenceKind.MISSING if missing else DifferenceKind.EXTRA,
        place="",
        summary=f"{what} missing from this run" if missing else f"{what} printed that the file does not have",
        expected=expected or None,
        actual=actual or None,
        hunks=hunks,
        omitted=omitted,
    )
