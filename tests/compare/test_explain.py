"""Explanations tell what the comparison does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from helpers.compare_strategies import outputs
from helpers.nb import display, error, result, stderr, stdout
from nbcheck.compare import CompareMode, CompareOptions, compare_outputs
from nbcheck.compare.base import Output
from nbcheck.compare.explain import (
    SHOWN_LINES,
    Comparison,
    Explanation,
    Normalisation,
    Placement,
    explain_outputs,
)

OPTIONS = CompareOptions()


def only_step(explanation: Explanation) -> Comparison:
    """The one comparison that was not between things that are the same."""
    (step,) = (step for step in explanation.comparisons if step.why_equal != "the same on both sides")
    return step


@pytest.mark.slow
@settings(deadline=None)
@given(outputs, outputs)
def test_steps_and_verdict_agree(expected: list[Output], actual: list[Output]) -> None:
    for options in (
        OPTIONS,
        CompareOptions(mode=CompareMode.EXACT),
        CompareOptions(ignored=frozenset({"stderr"})),
    ):
        explanation = explain_outputs(expected, actual, options)
        assert repr(explanation.differences) == repr(compare_outputs(expected, actual, options))
        lonely = any(
            place.is_moved or not (place.expected and place.actual)
            for place in explanation.placements
            if place.what not in ("stdout", "stderr")
        )
        different = [step for step in explanation.comparisons if step.difference is not None]
        assert bool(explanation.differences) == (lonely or bool(different))
        assert all(bool(step.why_equal) == (step.difference is None) for step in explanation.comparisons)
        for side, all_of_them in enumerate((expected, actual)):
            placed = [
                index for place in explanation.placements for index in (place.expected, place.actual)[side]
            ]
            assert sorted([*placed, *explanation.left_out[side]]) == list(range(len(all_of_them)))


@pytest.mark.parametrize(
    ("expected", "actual", "normalised", "why"),
    [
        (
            "<f at 0x7f0000000001>\nx",
            "<f at 0x7f0000000002>\nx",
            (
                Normalisation(
                    "addresses",
                    (
                        ("<f at 0x7f0000000001>", "<f at <address>>"),
                        ("<f at 0x7f0000000002>", "<f at <address>>"),
                    ),
                ),
            ),
            "equal without addresses",
        ),
        ("0.30000000000000004", "0.3", (), "equal within the tolerances"),
        (
            "0.30000000000000004 at 0x7f0000000001",
            "0.3 at 0x7f0000000001",
            (
                Normalisation(
                    "addresses",
                    (
                        ("0.30000000000000004 at 0x7f0000000001", "0.30000000000000004 at <address>"),
                        ("0.3 at 0x7f0000000001", "0.3 at <address>"),
                    ),
                ),
            ),
            "equal without addresses and within the tolerances",
        ),
    ],
)
def test_why_outputs_are_equal(
    expected: str, actual: str, normalised: tuple[Normalisation, ...], why: str
) -> None:
    step = only_step(explain_outputs([result(expected)], [result(actual)], OPTIONS))
    assert step == Comparison("output 1, text/plain", "TextComparer", normalised, why, None)


def test_spellings_that_do_not_count() -> None:
    cells = [[display("") | {"data": {"text/html": text}}] for text in ("<b>a</b>", "<b >a</b>")]
    step = only_step(explain_outputs(*cells, OPTIONS))
    assert (step.comparer, step.why_equal) == (
        "HtmlComparer",
        "equal but for what the comparer does not count",
    )


def test_only_some_lines_of_a_normaliser_are_kept() -> None:
    texts = ["".join(f"<f at 0x7f00000000{side}{line}>\n" for line in range(9)) for side in (1, 2)]
    step = only_step(explain_outputs([stdout(texts[0])], [stdout(texts[1])], OPTIONS))
    (normalisation,) = step.normalised
    assert len(normalisation.lines) == SHOWN_LINES
    assert normalisation.omitted == 18 - SHOWN_LINES


def test_how_outputs_are_aligned() -> None:
    expected = [
        stdout("a"),
        display("x"),
        stderr("w"),
        stdout("b"),
        display("y"),
        display("gone"),
        result("r"),
    ]
    actual = [stdout("ab"), display("y"), display("x"), result("r"), error("E", "e")]
    explanation = explain_outputs(expected, actual, CompareOptions(ignored=frozenset({"stderr"})))
    assert explanation.left_out == ((2,), ())
    assert explanation.placements == (
        Placement("stdout", (0, 3), (0,)),
        Placement("display_data", (1,), (2,)),
        Placement("display_data", (4,), (1,), is_moved=True),
        Placement("display_data", (5,), ()),
        Placement("execute_result", (6,), (3,)),
        Placement("error", (), (4,)),
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (CompareOptions(mode=CompareMode.RUN), "the cell must only run"),
        (CompareOptions(ignored=frozenset({"all"})), "all outputs are ignored"),
    ],
)
def test_nothing_is_compared(options: CompareOptions, reason: str) -> None:
    assert explain_outputs([stdout("a")], [stdout("b")], options) == Explanation(reason)


def test_what_is_around_the_data() -> None:
    wide: dict[str, Any] = display("x") | {"metadata": {"image/png": {"width": 3}}}
    step = only_step(explain_outputs([display("x")], [wide], OPTIONS))
    assert (step.place, step.why_equal) == ("output 1, type and metadata", "")
    assert step.difference is not None
