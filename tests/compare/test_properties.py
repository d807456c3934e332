"""What holds for all outputs."""

import base64
import copy
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

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


printed = st.sampled_from(
    ["0.333", "0.334", "3.1", "3.10", "100", "101", "5.0", "6.0", "1e3", "1.5e-7"]
) | st.floats(-100, 100, allow_nan=False).map(repr)
number_lines = st.lists(
    st.lists(printed, min_size=1, max_size=3).map(lambda row: f"[{'  '.join(row)}]"), min_size=1, max_size=3
).map("\n".join)
tolerances = st.sampled_from([0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, 0.01, 0.1, 1.0, 10.0])
noise = st.floats(-1e-3, 1e-3) | st.sampled_from([0.0, 1e-9, 1e-13])


def as_output(mimetype: str, value: Any) -> list[Output]:
    return [{"output_type": "display_data", "metadata": {}, "data": {mimetype: value}}]


def shifted(text: str, shift: float) -> str:
    """The text with its last number shifted, where it has one with a point."""
    head, point, tail = text.rpartition(".")
    digits = tail.rstrip("]")
    number = f"{head.rpartition('[')[2].rpartition(' ')[2]}.{digits}"
    try:
        return text.replace(number, repr(float(number) + shift)) if point else text
    except ValueError:
        return text


@settings(deadline=None, max_examples=200)
@given(
    st.tuples(number_lines, number_lines)
    | st.builds(lambda text, by: (text, shifted(text, by)), number_lines, noise),
    tolerances,
    tolerances,
    tolerances,
    tolerances,
)
def test_each_tolerance_is_monotone(
    pair: tuple[str, str], rtol: float, atol: float, more_rtol: float, more_atol: float
) -> None:
    strict = CompareOptions(rtol=rtol, atol=atol)
    cells = [
        [as_output("text/plain", text) for text in pair],
        [as_output("text/html", f"<table><tr><td>{text}</td></tr></table>") for text in pair],
        [
            as_output(
                "application/json", [float(word) for word in text.replace("[", " ").replace("]", " ").split()]
            )
            for text in pair
        ],
        [as_output("image/svg+xml", f"<svg viewBox='0 0 9 9'><path d='M {text}'/></svg>") for text in pair],
    ]
    for expected, actual in cells:
        if compare_outputs(expected, actual, strict) == ():
            for lax in (
                replace(strict, rtol=max(rtol, more_rtol)),
                replace(strict, atol=max(atol, more_atol)),
            ):
                assert compare_outputs(expected, actual, lax) == (), lax


pixels = st.lists(st.integers(0, 255), min_size=12, max_size=12)


def as_png(values: list[int]) -> str:
    encoded = io.BytesIO()
    Image.frombytes("L", (4, 3), bytes(values)).save(encoded, "PNG")
    return base64.b64encode(encoded.getvalue()).decode()


@settings(deadline=None)
@given(
    pixels,
    st.lists(st.integers(-20, 20), min_size=12, max_size=12),
    st.integers(0, 255),
    st.integers(0, 255),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_tolerance_of_pictures_is_monotone(
    values: list[int], shifts: list[int], channel: int, more_channel: int, share: float, more_share: float
) -> None:
    other = [min(255, max(0, value + shift)) for value, shift in zip(values, shifts, strict=True)]
    pair = as_output("image/png", as_png(values)), as_output("image/png", as_png(other))
    strict = CompareOptions(image_channel_tolerance=channel, image_share=share)
    found, reverse = compare_outputs(*pair, strict), compare_outputs(*pair[::-1], strict)
    assert bool(found) == bool(reverse)
    if not found:
        for lax in (
            replace(strict, image_channel_tolerance=max(channel, more_channel)),
            replace(strict, image_share=max(share, more_share)),
            replace(strict, image_antialiasing=True),
        ):
            assert compare_outputs(*pair, lax) == (), lax


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
