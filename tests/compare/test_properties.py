"""What holds for all outputs."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.compare_strategies import json_values, outputs, texts
from nbcheck.compare import CompareMode, CompareOptions, compare_outputs
from nbcheck.compare.base import Output
from nbcheck.compare.html import HtmlComparer
from nbcheck.compare.jsonlike import JsonComparer
from nbcheck.compare.registry import builtin_registry
from nbcheck.compare.text import compare_texts
from nbcheck.report.terminal import render_difference

pytestmark = pytest.mark.slow
# No deadline below: the first difference in a list imports deepdiff, which takes longer than examples may take.

OPTIONS = CompareOptions(roots=("/data/nb", "/data"))
EXACT = CompareOptions(mode=CompareMode.EXACT)
numbers = st.floats(0.1, 10, allow_nan=False).map(repr) | st.sampled_from(
    ["1.0000000", "1.00000001", "1e-17", "0.0"]
)
tables = st.lists(st.lists(numbers, min_size=1, max_size=3), min_size=1, max_size=3).map(
    lambda rows: (
        "<table>"
        + "".join("<tr>" + "".join(f"<td>{x}</td>" for x in row) + "</tr>" for row in rows)
        + "</table>"
    )
)


def is_sound(found: tuple[Any, ...]) -> bool:
    return not any("not judged" in difference.summary for difference in found)


@settings(deadline=None)
@given(outputs)
def test_identity_passes(cell: list[Output]) -> None:
    for options in (OPTIONS, EXACT):
        assert compare_outputs(cell, copy.deepcopy(cell), options) == ()


@settings(deadline=None)
@given(outputs, outputs)
def test_verdict_is_symmetric(expected: list[Output], actual: list[Output]) -> None:
    for options in (OPTIONS, EXACT):
        found, reverse = (
            compare_outputs(expected, actual, options),
            compare_outputs(actual, expected, options),
        )
        assert bool(found) == bool(reverse)
        assert is_sound(found)
        assert is_sound(reverse)


@settings(deadline=None)
@given(texts, texts)
def test_verdict_on_texts_is_symmetric(expected: str, actual: str) -> None:
    for options in (OPTIONS, EXACT):
        found, reverse = compare_texts(expected, actual, options), compare_texts(actual, expected, options)
        assert (found is None) == (reverse is None)


@settings(deadline=None)
@given(json_values, json_values)
def test_verdict_on_json_is_symmetric(expected: Any, actual: Any) -> None:
    found, reverse = (
        JsonComparer().compare(*pair, OPTIONS) for pair in ((expected, actual), (actual, expected))
    )
    assert (found is None) == (reverse is None)


markup = st.lists(
    st.sampled_from(
        [
            "<g id='a1'>",
            "</g>",
            "<path d='M 0 1.5'/>",
            "<use href='#a1' x='2'>",
            "<!--",
            "<![CDATA[",
            "<svg viewBox='0 0 9 9'>",
        ]
    )
    | st.sampled_from(
        [
            "# h\n",
            "- a\n",
            "_b_ ",
            "`c` ",
            "```\n",
            "| d |\n",
            "|--|\n",
            "> ",
            "\n\n",
            r"\alpha ",
            "$",
            "{",
            "}",
            "% e\n",
        ]
    )
    | texts
).map("".join)


@settings(deadline=None)
@given(
    markup,
    markup,
    st.sampled_from(["image/svg+xml", "text/markdown", "text/latex", "text/html", "text/javascript"]),
)
def test_verdict_on_markup_is_symmetric(expected: str, actual: str, mimetype: str) -> None:
    comparer = builtin_registry().find(mimetype)
    found, reverse = comparer.compare(expected, actual, OPTIONS), comparer.compare(actual, expected, OPTIONS)
    assert (found is None) == (reverse is None)


@settings(deadline=None)
@given(tables, tables)
def test_verdict_on_tables_is_symmetric(expected: str, actual: str) -> None:
    found, reverse = (
        HtmlComparer().compare(*pair, OPTIONS) for pair in ((expected, actual), (actual, expected))
    )
    assert (found is None) == (reverse is None)


@settings(deadline=None)
@given(outputs, outputs)
def test_exact_is_stricter(expected: list[Output], actual: list[Output]) -> None:
    if compare_outputs(expected, actual, OPTIONS):
        assert compare_outputs(expected, actual, EXACT)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.5, 2), st.floats(-1e-3, 1e-3)), min_size=1, max_size=4),
    st.floats(0, 0.1),
    st.floats(0, 0.1),
    st.floats(0, 0.1),
)
def test_tolerance_is_monotone(
    values: list[tuple[float, float]], rtol: float, more: float, atol: float
) -> None:
    expected = " ".join(repr(value) for value, _ in values)
    actual = " ".join(repr(value + noise) for value, noise in values)
    strict, lax = CompareOptions(rtol=rtol, atol=atol), CompareOptions(rtol=rtol + more, atol=atol + more)
    if compare_texts(expected, actual, strict) is None:
        assert compare_texts(expected, actual, lax) is None


@settings(deadline=None)
@given(outputs, outputs)
def test_differences_can_be_told(expected: list[Output], actual: list[Output]) -> None:
    for difference in compare_outputs(expected, actual, OPTIONS):
        assert difference.place
        assert difference.summary
        assert all(line.isprintable() for line in render_difference(difference, color=False))


@settings(deadline=None)
@given(texts, texts)
def test_marks_cover_what_differs(expected: str, actual: str) -> None:
    difference = compare_texts(expected, actual, EXACT)
    if difference is None:
        return
    for hunk in difference.hunks:
        for line in hunk.lines:
            stops = [place for mark in line.marks for place in mark]
            assert stops == sorted(stops)
            assert not stops or (stops[0] >= 0 and stops[-1] <= len(line.text))
