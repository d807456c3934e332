"""Which stored output belongs to which fresh one.

Outputs other than streams keep their order: exact matches anchor, what stands between two anchors is paired by kind
and likeness, and what finds no partner is missing or extra. Streams are cut by these outputs and never aligned
(see ``stream.py``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nbcheck.compare.base import Output
from nbcheck.compare.diff import align_by_likeness, diff_sequences
from nbcheck.compare.lazy import likeness

_SAMPLE = 2_000
"""Characters of a representation that decide how alike two outputs are."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pair:
    """Items that belong together; None where an item has no partner."""

    expected: int | None
    """Index on the expected side."""
    actual: int | None
    """Index on the actual side."""


def align(
    expected: Sequence[Item],
    actual: Sequence[Item],
    *,
    key: Callable[[Item], str],
    alike: Callable[[Item, Item], float],
) -> tuple[Pair, ...]:
    """Align two sequences of items.

    Args:
        expected: items stored in the file.
        actual: items just produced.
        key: items with one key are exact matches.
        alike: how alike two items are; 0 or less means that they cannot be a pair.

    Returns:
        Pairs in reading order that cover both sequences.
    """
    if len(expected) == len(actual) == 1:
        return (Pair(0, 0),) if alike(expected[0], actual[0]) > 0 else (Pair(0, None), Pair(None, 0))
    pairs: list[Pair] = []
    for run in diff_sequences([key(item) for item in expected], [key(item) for item in actual]):
        ours = range(run.expected_start, run.expected_stop)
        theirs = range(run.actual_start, run.actual_stop)
        if run.equal:
            pairs += [Pair(i, j) for i, j in zip(ours, theirs, strict=True)]
        else:
            pairs += _align_gap(expected, actual, ours, theirs, alike)
    return tuple(pairs)


def _align_gap(
    expected: Sequence[Item],
    actual: Sequence[Item],
    ours: range,
    theirs: range,
    alike: Callable[[Item, Item], float],
) -> list[Pair]:
    pairs = []
    for i, j in align_by_likeness(
        len(ours), len(theirs), lambda i, j: alike(expected[ours[i]], actual[theirs[j]])
    ):
        pair = Pair(None if i is None else ours[i], None if j is None else theirs[j])
        if (
            pair.expected is None
            or pair.actual is None
            or alike(expected[pair.expected], actual[pair.actual]) > 0
        ):
            pairs.append(pair)
        else:
            pairs += [Pair(pair.expected, None), Pair(None, pair.actual)]
    return pairs


def align_outputs(expected: Sequence[Output], actual: Sequence[Output]) -> tuple[Pair, ...]:
    """Align the outputs of a cell that are no streams."""
    return align(expected, actual, key=output_key, alike=output_likeness)


def output_key(output: Output) -> str:
    """Everything of an output that counts, as one string."""
    counting = {name: value for name, value in output.items() if name not in ("execution_count", "traceback")}
    return json.dumps(counting, sort_keys=True, default=repr)


def output_likeness(expected: Output, actual: Output) -> float:
    """How alike two outputs are: 0 when they cannot be a pair, else from 1 to 3."""
    if (expected["output_type"] == "error") != (actual["output_type"] == "error"):
        return 0.0
    if expected["output_type"] == "error":
        return 1.0 + (expected.get("ename") == actual.get("ename"))
    ours, theirs = expected.get("data", {}), actual.get("data", {})
    common = ours.keys() & theirs.keys()
    if not common:
        return 0.0 if ours or theirs else 1.0
    share = len(common) / len(ours.keys() | theirs.keys())
    samples = [(_sample(ours[mimetype]), _sample(theirs[mimetype])) for mimetype in sorted(common)]
    return 1.0 + share + max(likeness(one, other) for one, other in samples)


def _sample(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=repr)
    return text[:_SAMPLE]
