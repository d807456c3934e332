"""Differences that are one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from nbcheck.compare import CompareOptions, Difference, DifferenceKind, Severity, compare_outputs
from nbcheck.compare.serial import to_simple
from nbcheck.report.causes import Trace, find_causes, trace_difference

OLD, NEW = "Matplotlib version3.8.0", "Matplotlib version3.9.1"
PNG, TEXT = "image/png", "text/plain"


def picture(notebook: str = "a.ipynb", programs: tuple[str, str] | None = None) -> Trace:
    return Trace(notebook, PNG, programs=programs)


def rich(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "display_data", "metadata": {}, "data": {TEXT: text}}]


def traces(*texts: tuple[str, str]) -> list[Trace]:
    found = []
    for number, (expected, actual) in enumerate(texts):
        (difference,) = compare_outputs(rich(expected), rich(actual), CompareOptions())
        trace = trace_difference(f"{number}.ipynb", difference)
        assert trace is not None
        found.append(trace)
    return found


@pytest.mark.parametrize(
    ("group", "compared", "lines"),
    [
        ([], {}, []),
        ([picture()] * 2, {PNG: 2}, []),
        (
            [picture(), picture(), picture("b.ipynb")],
            {PNG: 2, "image/jpeg": 1},
            [
                "all 3 pictures that were compared differ in 2 notebooks: a new version of the library that makes "
                "them would do this"
            ],
        ),
        # One that is equal speaks against it.
        ([picture()] * 3, {PNG: 4}, []),
        (
            [picture(programs=(OLD, NEW))] * 3,
            {PNG: 3},
            [
                f"all 3 pictures that were compared differ: the stored ones were made by {OLD}, the fresh ones by {NEW}"
            ],
        ),
        # So does a picture that the same program made.
        ([*[picture(programs=(OLD, NEW))] * 2, picture(programs=(NEW, NEW))], {PNG: 3}, []),
        (
            [Trace("a", "text/html")] * 3,
            {"text/html": 3},
            [
                "all 3 outputs of type text/html that were compared differ: a new version of the library that makes "
                "them would do this"
            ],
        ),
        ([Trace("a", TEXT)] * 3, {TEXT: 3}, []),
    ],
)
def test_types(group: list[Trace], compared: dict[str, int], lines: list[str]) -> None:
    assert find_causes(group, Counter(compared)) == lines


def test_the_same_words_everywhere_are_told_once() -> None:
    group = traces(
        ("1.0", "np.float64(1.0)"), ("x = 25.5", "x = np.float64(25.5)"), ("[0.5, 2]", "[np.float64(0.5), 2]")
    )
    assert find_causes(group, Counter({TEXT: 3})) == [
        "3 differences in 3 notebooks are the same change, 'np.float64(' is new, ')' is new: "
        "a new version of a library would do this"
    ]
    assert find_causes(group[:2], Counter({TEXT: 2})) == []
    # The commonest comes first.
    more = [*group, *traces(*[("<Axes: x>", "<AxesSubplot: x>")] * 4)]
    assert [line.split()[0] for line in find_causes(more, Counter())] == ["4", "3"]


def test_other_figures_are_other_results() -> None:
    assert find_causes(traces(("a 1", "a 2"), ("b 3", "b 4"), ("c 5", "c 6")), Counter()) == []


def test_a_change_of_which_a_part_is_not_shown_is_not_known() -> None:
    lines = ["\n".join(f"{word} {number}" for number in range(15)) for word in ("old", "new")]
    assert {trace.change for trace in traces((lines[0], lines[1]))} == {""}


def test_only_changes_of_content_are_kept() -> None:
    changed = Difference(DifferenceKind.CHANGED, "output 1", "x", mimetype=PNG)
    assert trace_difference("a", changed) == Trace("a", PNG)
    assert trace_difference("a", replace(changed, kind=DifferenceKind.MISSING)) is None
    assert trace_difference("a", replace(changed, severity=Severity.UNJUDGED)) is None


def test_traces_travel_between_processes() -> None:
    trace = Trace("a", PNG, "x", (OLD, NEW))
    assert msgspec.convert(json.loads(json.dumps(to_simple(trace))), Trace) == trace
