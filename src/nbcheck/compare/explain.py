"""Why outputs are equal or not, step by step: what belongs together, what was normalised, what each comparer found.

The steps are those of the comparison itself: the same functions are called with the same options, and watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from typing import Any, TypeAlias

from nbcheck.compare.align import Pair, align_outputs
from nbcheck.compare.base import CompareMode, CompareOptions, Difference, Output
from nbcheck.compare.bundle import compare_representation, richness
from nbcheck.compare.cell import (
    Side,
    compare_error_outputs,
    compare_frames,
    compare_stream,
    find_cuts,
    find_moved,
    stream_names,
    take_side,
)
from nbcheck.compare.diff import diff_sequences
from nbcheck.compare.outputs import compare_outputs
from nbcheck.compare.registry import Registry, label_of, registry_for

SHOWN_LINES = 3
"""Lines that a normaliser changed that are kept of each."""

_Data: TypeAlias = Mapping[str, Any]  # Any: a mimebundle holds whatever JSON the kernel sent


@dataclass(frozen=True, slots=True)
class Placement:
    """What of the stored outputs belongs to what of the fresh ones."""

    what: str
    """``stdout``, ``stderr``, or the type of the output: ``display_data``."""
    expected: tuple[int, ...]
    """Indices of stored outputs, from 0; all of a stream are one, empty where there is none."""
    actual: tuple[int, ...]
    """Indices of fresh outputs, likewise."""
    is_moved: bool = False
    """Whether the same output stands at another place among the others."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What one normaliser did to the texts of one comparison."""

    name: str
    """Of the normaliser."""
    lines: tuple[tuple[str, str], ...]
    """Lines that it changed, before and after, at most :data:`SHOWN_LINES`; empty where it took a line out."""
    omitted: int = 0
    """How many more there were."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that was compared: a stream, an error, a representation of an output, what is around it."""

    place: str
    """``stdout``, ``output 2, text/html``, ``output 2, type and metadata``, ``error``."""
    comparer: str
    """Name of the comparer; empty where nothing had to be judged because a side does not have it."""
    normalised: tuple[Normalisation, ...]
    """What was taken out of either side, in order of application."""
    why_equal: str
    """Why it is no difference; empty when it is one."""
    difference: Difference | None
    """What was found; None when it is equal."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a verdict on outputs comes about."""

    not_compared: str
    """Why nothing was compared at all; empty when something was."""
    left_out: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    """Indices of stored and of fresh outputs that are ignored altogether."""
    placements: tuple[Placement, ...] = ()
    """Streams first, then the other outputs in reading order."""
    comparisons: tuple[Comparison, ...] = ()
    """In the same order, of an output the richest representation first."""
    differences: tuple[Difference, ...] = ()
    """The verdict, as :func:`nbcheck.compare.compare_outputs` gives it."""


def explain_outputs(
    expected: Sequence[Output],
    actual: Sequence[Output],
    options: CompareOptions,
    *,
    registry: Registry | None = None,
) -> Explanation:
    """Compare outputs and tell how.

    Args:
        expected: outputs stored in the file.
        actual: outputs just produced.
        options: what decides.
        registry: comparers; by default the built-in ones and those that the options add.

    Returns:
        All steps; ``differences`` is what the same call of ``compare_outputs`` returns.
    """
    if options.mode is CompareMode.RUN:
        return Explanation("the cell must only run")
    if "all" in options.ignored:
        return Explanation("all outputs are ignored")
    comparers = registry or registry_for(options)
    sides = take_side(expected, options.ignored), take_side(actual, options.ignored)
    pairs = align_outputs(*([output for _, output in side.rich] for side in sides))
    return Explanation(
        not_compared="",
        left_out=(_left_out(expected, sides[0]), _left_out(actual, sides[1])),
        placements=(*_place_streams(sides), *_place_rich(sides, pairs)),
        comparisons=(
            *_compare_streams(sides, pairs, options),
            *_compare_rich(sides, pairs, options, comparers),
        ),
        differences=compare_outputs(expected, actual, options, registry=comparers),
    )


def _left_out(outputs: Sequence[Output], side: Side) -> tuple[int, ...]:
    kept = {index for index, _ in side.outputs}
    return tuple(index for index in range(len(outputs)) if index not in kept)


# Alignment


def _place_streams(sides: tuple[Side, Side]) -> Iterator[Placement]:
    for name in stream_names(sides):
        places = [_stream_places(side, name) for side in sides]
        if any(places):
            yield Placement(name, places[0], places[1])


def _stream_places(side: Side, name: str) -> tuple[int, ...]:
    return tuple(
        index
        for index, output in side.outputs
        if output["output_type"] == "stream" and output.get("name", "stdout") == name
    )


def _place_rich(sides: tuple[Side, Side], pairs: Sequence[Pair]) -> Iterator[Placement]:
    moved = find_moved(sides, [pair for pair in pairs if pair.expected is None or pair.actual is None])
    for pair in pairs:
        if pair.expected is None and pair in moved:
            continue  # told at the place where it was stored
        positions = pair.expected, moved.get(pair, pair.actual)
        found = [
            () if position is None else (side.rich[position],)
            for side, position in zip(sides, positions, strict=True)
        ]
        places = [tuple(index for index, _ in entries) for entries in found]
        what = next(output["output_type"] for entries in found for _, output in entries)
        yield Placement(what, places[0], places[1], pair in moved)


# Comparison


@dataclass(slots=True)
class _Watch:
    """Gathers what normalisers do during one comparison."""

    changes: dict[str, dict[tuple[str, str], None]] = field(default_factory=dict)
    """Lines before and after, by the normaliser's name; the order is that in which they were seen."""

    def note(self, name: str, before: str, after: str) -> None:
        """Take down what one application changed."""
        lines = self.changes.setdefault(name, {})
        first, second = before.split("\n"), after.split("\n")
        for run in diff_sequences(first, second):
            if not run.equal:
                ours = first[run.expected_start : run.expected_stop]
                theirs = second[run.actual_start : run.actual_stop]
                lines.update(dict.fromkeys(zip_longest(ours, theirs, fillvalue="")))

    def gathered(self) -> tuple[Normalisation, ...]:
        """Return what was gathered."""
        return tuple(
            Normalisation(name, tuple(lines)[:SHOWN_LINES], max(0, len(lines) - SHOWN_LINES))
            for name, lines in self.changes.items()
        )


def _compare_streams(
    sides: tuple[Side, Side], pairs: Sequence[Pair], options: CompareOptions
) -> Iterator[Comparison]:
    cuts = find_cuts(sides, pairs, options)
    for name in stream_names(sides):
        texts = [_stream_text(side, name) for side in sides]
        if any(texts):
            judge = partial(compare_stream, name, sides, cuts)
            yield _watch(name, "streams", judge, options, is_same=texts[0] == texts[1])


def _stream_text(side: Side, name: str) -> str:
    places = set(_stream_places(side, name))
    return "".join(output.get("text", "") for index, output in side.outputs if index in places)


def _compare_rich(
    sides: tuple[Side, Side], pairs: Sequence[Pair], options: CompareOptions, registry: Registry
) -> Iterator[Comparison]:
    for pair in pairs:
        if pair.expected is not None and pair.actual is not None:
            index, expected = sides[0].rich[pair.expected]
            _, actual = sides[1].rich[pair.actual]
            is_error = expected["output_type"] == "error"
            if is_error:
                yield _compare_errors(expected, actual, options)
            else:
                yield from _compare_bundles(f"output {index + 1}", expected, actual, options, registry)


def _compare_errors(expected: Output, actual: Output, options: CompareOptions) -> Comparison:
    is_same = all(expected.get(name) == actual.get(name) for name in ("ename", "evalue"))
    judge = partial(compare_error_outputs, expected, actual)
    return _watch("error", "errors", judge, options, is_same=is_same)


def _compare_bundles(
    place: str, expected: Output, actual: Output, options: CompareOptions, registry: Registry
) -> Iterator[Comparison]:
    ours, theirs = expected.get("data", {}), actual.get("data", {})
    is_different = False
    for mimetype in sorted(ours.keys() | theirs.keys(), key=richness):
        judge = partial(_compare_representation, mimetype, ours, theirs, registry)
        has_both = mimetype in ours and mimetype in theirs
        comparer = label_of(registry.find(mimetype)) if has_both else ""
        is_same = has_both and ours[mimetype] == theirs[mimetype]
        found = _watch(f"{place}, {mimetype}", comparer, judge, options, is_same=is_same)
        is_different = is_different or found.difference is not None
        yield found
    # An output fails once: what is around its data is only looked at when these are equal.
    if not is_different:
        frames = [(output["output_type"], output.get("metadata", {})) for output in (expected, actual)]
        judge = partial(compare_frames, expected, actual)
        yield _watch(
            f"{place}, type and metadata", "JsonComparer", judge, options, is_same=frames[0] == frames[1]
        )


def _compare_representation(
    mimetype: str, expected: _Data, actual: _Data, registry: Registry, options: CompareOptions
) -> Difference | None:
    return compare_representation(mimetype, expected, actual, options, registry)


def _watch(
    place: str,
    comparer: str,
    judge: Callable[[CompareOptions], Difference | None],
    options: CompareOptions,
    *,
    is_same: bool,
) -> Comparison:
    """Compare under the eyes of a watch, and find out why what is equal is so."""
    watch = _Watch()
    difference = judge(replace(options, on_normalised=watch.note))
    normalised = watch.gathered()
    why = "" if difference is not None else _explain_equal(judge, options, normalised, is_same=is_same)
    return Comparison(place, comparer, normalised, why, difference)


def _explain_equal(
    judge: Callable[[CompareOptions], Difference | None],
    options: CompareOptions,
    normalised: Sequence[Normalisation],
    *,
    is_same: bool,
) -> str:
    if is_same:
        return "the same on both sides"
    strict = replace(
        options,
        rtol=0.0,
        atol=0.0,
        column_rtol=(),
        column_atol=(),
        image_channel_tolerance=0,
        image_share=0.0,
        image_antialiasing=False,
    )
    reasons = [f"without {', '.join(step.name for step in normalised)}"] if normalised else []
    if judge(strict) is not None:
        reasons.append("within the tolerances")
    return f"equal {' and '.join(reasons)}" if reasons else "equal but for what the comparer does not count"
