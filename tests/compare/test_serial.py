"""Differences as JSON, and what they say of their severity."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings

from helpers.compare_strategies import outputs
from nbcheck.compare import CompareOptions, Difference, Severity, compare_outputs
from nbcheck.compare.base import Output
from nbcheck.compare.serial import difference_from_json, difference_to_json

OPTIONS = CompareOptions()


@pytest.mark.slow
@settings(deadline=None)  # the first difference in a list imports deepdiff
@given(outputs, outputs)
def test_what_was_written_is_read_again(expected: list[Output], actual: list[Output]) -> None:
    for difference in compare_outputs(expected, actual, OPTIONS):
        values = difference_to_json(difference)
        assert values.keys() == {field.name for field in fields(Difference)}
        text = json.dumps(values)
        assert difference_to_json(difference_from_json(json.loads(text))) == json.loads(text) or "NaN" in text


def test_other_values_are_refused() -> None:
    with pytest.raises(ValueError, match="required field `kind`"):
        difference_from_json({"place": "", "summary": ""})


def test_half_a_surrogate_pair_can_be_sent() -> None:
    (difference,) = compare_outputs(*([stream(text)] for text in ("a\ud800", "b")), OPTIONS)
    assert difference_to_json(difference)["expected"] == "a?"


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def rich(text: str = "x", kind: str = "display_data", **metadata: Any) -> dict[str, Any]:
    return {"output_type": kind, "metadata": metadata, "data": {"text/plain": text}}


SPACING = ("only white space differs",)


@pytest.mark.parametrize(
    ("expected", "actual", "severity", "details"),
    [
        (stream("a b\n"), stream("a c\n"), Severity.CONTENT, ()),
        (stream("a b\nc\n"), stream("a  b\nc\n"), Severity.PRESENTATION, SPACING),
        (stream("a\nb\n"), stream("a b\n"), Severity.PRESENTATION, SPACING),
        (stream("a b\n"), stream("a b"), Severity.PRESENTATION, ("only one side ends with a line end",)),
        (rich(width=5), rich(width=6), Severity.PRESENTATION, ()),
        (rich(), rich(kind="execute_result"), Severity.PRESENTATION, ()),
        (rich("1"), rich("2"), Severity.CONTENT, ()),
        (rich(), rich(5), Severity.UNJUDGED, ()),  # type: ignore[arg-type] (that is the case)
    ],
)
def test_severity(expected: Output, actual: Output, severity: Severity, details: tuple[str, ...]) -> None:
    (difference,) = compare_outputs([expected], [actual], OPTIONS)
    assert (difference.severity, difference.details) == (severity, details)
