"""The outputs of one cell that are not equal as they stand: filter, align, judge, put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbcheck.compare.align import Pair, align_outputs, output_key
from nbcheck.compare.base import CompareMode, CompareOptions, Difference, DifferenceKind, Output, Severity
from nbcheck.compare.bundle import compare_bundles, compare_values, crashed
from nbcheck.compare.error import compare_errors, error_line
from nbcheck.compare.registry import Registry, builtin_registry
from nbcheck.compare.stream import Stream, compare_streams
from nbcheck.compare.text import listing

_STREAMS = ("stdout", "stderr")
_TEXTS = ("text/plain", "text/markdown", "text/latex", "text/html")
"""What an output is told by, the plainest first."""
# Bokeh repeats here the running number of a model, which the script beside it is judged by.
_VOLATILE_METADATA = frozenset({"application/vnd.bokehjs_exec.v0+json"})


@dataclass(frozen=True, slots=True)
class Side:
    """One side's outputs, each with its index in the cell."""

    outputs: tuple[tuple[int, Output], ...]
    """Everything that is compared, in order."""
    rich: tuple[tuple[int, Output], ...]
    """Those that are no streams."""


def judge_outputs(
    expected: Sequence[Output], actual: Sequence[Output], options: CompareOptions, registry: Registry
) -> tuple[Difference, ...]:
    """Find every difference between two lists of outputs; see :func:`nbcheck.compare.compare_outputs`."""
    sides = take_side(expected, options.ignored), take_side(actual, options.ignored)
    pairs = align_outputs(*([output for _, output in side.rich] for side in sides))
    found = _compare_streams(sides, pairs, options)
    found += _compare_rich(sides, pairs, options, registry)
    return tuple(sorted(found, key=_reading_order))


def take_side(outputs: Sequence[Output], ignored: frozenset[str]) -> Side:
    """Leave out what is ignored, and tell streams from the rest."""
    kept = []
    for index, output in enumerate(outputs):
        # An output of a type that nobody knows is kept as it is stored, whatever its data are.
        known = output if isinstance(output.get("data", {}), dict) else {**output, "data": {}}
        if str(index + 1) in ignored:
            continue
        left = _without_ignored(known, ignored) if ignored else known
        if left is not None:
            kept.append((index, left))
    return Side(tuple(kept), tuple(entry for entry in kept if entry[1]["output_type"] != "stream"))


def _without_ignored(output: Output, ignored: frozenset[str]) -> Output | None:
    """An output without its ignored representations; None when nothing is left of it."""
    kind = output["output_type"]
    if (output.get("name", "stdout") if kind == "stream" else kind) in ignored:
        return None
    data = output.get("data")
    if not data or not ignored & data.keys():
        return output
    kept = {mimetype: value for mimetype, value in data.items() if mimetype not in ignored}
    metadata = {name: value for name, value in output.get("metadata", {}).items() if name not in ignored}
    return {**output, "data": kept, "metadata": metadata} if kept else None


def _reading_order(difference: Difference) -> tuple[int, int]:
    expected, actual = difference.expected_index, difference.actual_index
    first = expected if expected is not None else actual if actual is not None else 0
    return first, actual if actual is not None else first


# Streams


def _compare_streams(
    sides: tuple[Side, Side], pairs: Sequence[Pair], options: CompareOptions
) -> list[Difference]:
    paired = find_cuts(sides, pairs, options)
    return [
        difference
        for name in stream_names(sides)
        if (difference := compare_stream(name, sides, paired, options)) is not None
    ]


def find_cuts(
    sides: tuple[Side, Side], pairs: Sequence[Pair], options: CompareOptions
) -> list[tuple[int, int]]:
    """Find the outputs that cut streams, as indices in the cell on both sides."""
    return [
        (sides[0].rich[pair.expected][0], sides[1].rich[pair.actual][0])
        for pair in pairs
        if pair.expected is not None
        and pair.actual is not None
        # The result comes when the cell's code has ended. Text behind it is that of a thread or a child process, or
        # was read late by the kernel; where it stands is chance.
        and (options.mode is CompareMode.EXACT or not _is_result(sides[0].rich[pair.expected][1]))
    ]


def stream_names(sides: tuple[Side, Side]) -> list[str]:
    """Return the names of streams: the usual two, and what else either side has."""
    found = (
        output.get("name", "stdout")
        for side in sides
        for _, output in side.outputs
        if output["output_type"] == "stream"
    )
    return list(dict.fromkeys((*_STREAMS, *found)))


def compare_stream(
    name: str, sides: tuple[Side, Side], cuts: Sequence[tuple[int, int]], options: CompareOptions
) -> Difference | None:
    """Compare one stream of both sides; ``cuts`` are what :func:`find_cuts` found."""
    try:
        expected = _stream(sides[0], name, [cut for cut, _ in cuts])
        actual = _stream(sides[1], name, [cut for _, cut in cuts])
        return compare_streams(name, expected, actual, options)
    except Exception as error:  # a normaliser may be a user's; whatever it raises must become a verdict
        return replace(crashed("the stream comparer", error, None, None), place=name)


def _is_result(output: Output) -> bool:
    return bool(output["output_type"] == "execute_result")


def _stream(side: Side, name: str, cuts: Sequence[int]) -> Stream:
    stretches: list[list[str]] = [[] for _ in range(len(cuts) + 1)]
    first = None
    passed = 0
    for index, output in side.outputs:
        while passed < len(cuts) and cuts[passed] < index:
            passed += 1
        if output["output_type"] == "stream" and output.get("name", "stdout") == name:
            stretches[passed].append(output.get("text", ""))
            first = index if first is None else first
    return Stream(tuple("".join(parts) for parts in stretches), first, tuple(cuts))


# Displays, results and errors


def _compare_rich(
    sides: tuple[Side, Side], pairs: Sequence[Pair], options: CompareOptions, registry: Registry
) -> list[Difference]:
    found = []
    lonely = [pair for pair in pairs if pair.expected is None or pair.actual is None]
    moved = find_moved(sides, lonely)
    for pair in pairs:
        if pair.expected is None or pair.actual is None:  # not `in lonely`: there may be thousands
            if pair not in moved:
                found.append(_lonely(sides, pair))
            elif pair.expected is not None:
                found.append(_told_as_moved(sides, pair.expected, moved[pair]))
            continue
        (i, expected), (j, actual) = sides[0].rich[pair.expected], sides[1].rich[pair.actual]
        difference = _compare_pair(expected, actual, options, registry)
        if difference is not None:
            place = f"{_place(i, expected)}{', ' + difference.mimetype if difference.mimetype else difference.place}"
            found.append(replace(difference, place=place, expected_index=i, actual_index=j))
    return found


def _compare_pair(
    expected: Output, actual: Output, options: CompareOptions, registry: Registry
) -> Difference | None:
    if expected["output_type"] == "error":
        return compare_error_outputs(expected, actual, options)
    data = compare_bundles(expected.get("data", {}), actual.get("data", {}), options, registry)
    return data if data is not None else compare_frames(expected, actual, options)


def compare_error_outputs(expected: Output, actual: Output, options: CompareOptions) -> Difference | None:
    """Compare two outputs of type error."""
    try:
        return compare_errors(expected, actual, options)
    except Exception as error:  # a normaliser may be a user's; whatever it raises must become a verdict
        return crashed("the error comparer", error, error_line(expected), error_line(actual))


def compare_frames(expected: Output, actual: Output, options: CompareOptions) -> Difference | None:
    """Compare what is around the data of two outputs: their types and metadata."""
    if expected["output_type"] != actual["output_type"]:
        summary = f"{expected['output_type']} became {actual['output_type']}"
        return Difference(
            kind=DifferenceKind.CHANGED,
            place="",
            summary=summary,
            expected=expected["output_type"],
            actual=actual["output_type"],
            severity=Severity.PRESENTATION,
        )
    metadata = _metadata(expected), _metadata(actual)
    difference = compare_values("application/json", *metadata, options, builtin_registry())
    if difference is None:
        return None
    severity = difference.severity if difference.severity is Severity.UNJUDGED else Severity.PRESENTATION
    return replace(difference, place=", metadata", severity=severity)


def _metadata(output: Output) -> dict[str, Any]:
    return {
        name: value for name, value in output.get("metadata", {}).items() if name not in _VOLATILE_METADATA
    }


def _place(index: int, output: Output) -> str:
    return "error" if output["output_type"] == "error" else f"output {index + 1}"


def _lonely(sides: tuple[Side, Side], pair: Pair) -> Difference:
    """Tell of an output without a partner, showing its plainest text."""
    missing = pair.expected is not None
    side, position = (sides[0], pair.expected) if missing else (sides[1], pair.actual)
    assert position is not None  # noqa: S101 (one side of a pair is always there)
    index, output = side.rich[position]
    what = "error" if output["output_type"] == "error" else output["output_type"]
    text = _plain(output)
    names = ", ".join(sorted(output.get("data", {})))
    hunks, omitted = listing(text, "-" if missing else "+") if text else ((), 0)
    return Difference(
        kind=DifferenceKind.MISSING if missing else DifferenceKind.EXTRA,
        place=_place(index, output),
        summary=f"{what} missing from this run" if missing else f"{what} that the file does not have",
        expected=dict(output) if missing else None,
        actual=None if missing else dict(output),
        hunks=hunks,
        omitted=omitted,
        details=() if text or not names else (f"has {names}",),
        expected_index=index if missing else None,
        actual_index=None if missing else index,
    )


def _plain(output: Output) -> str:
    """The text that tells best what the output is."""
    if output["output_type"] == "error":
        return error_line(output)
    data: dict[str, Any] = output.get("data", {})
    texts = [text for name in _TEXTS if isinstance(text := data.get(name), str) and text]
    # <IPython.core.display.Markdown object> tells nothing, where there is more.
    telling = [text for text in texts if not (text.startswith("<") and text.endswith(" object>"))]
    return next(iter(telling or texts), "")


def find_moved(sides: tuple[Side, Side], lonely: Sequence[Pair]) -> dict[Pair, int]:
    """Find outputs that both sides have, at different places.

    Returns:
        Both lonely pairs of each such output; the value is the position on the actual side.
    """
    waiting: dict[str, list[Pair]] = {}
    for pair in lonely:
        if pair.actual is not None:
            waiting.setdefault(output_key(sides[1].rich[pair.actual][1]), []).append(pair)
    moved = {}
    for pair in lonely:
        partners = (
            waiting.get(output_key(sides[0].rich[pair.expected][1])) if pair.expected is not None else None
        )
        if partners:
            partner = partners.pop(0)
            assert partner.actual is not None  # noqa: S101 (only such pairs wait)
            moved[pair] = moved[partner] = partner.actual
    return moved


def _told_as_moved(sides: tuple[Side, Side], position: int, other_position: int) -> Difference:
    (i, output), (j, other) = sides[0].rich[position], sides[1].rich[other_position]
    text = _plain(output)
    hunks, omitted = listing(text, " ") if text else ((), 0)
    return Difference(
        kind=DifferenceKind.CHANGED,
        place=_place(i, output),
        summary=f"moved: output {i + 1} in the file, output {j + 1} in this run",
        expected=dict(output),
        actual=dict(other),
        hunks=hunks,
        omitted=omitted,
        expected_index=i,
        actual_index=j,
    )
