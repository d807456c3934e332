"""From two lines to a pattern for what changes in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.accepting.generalise import generalise_line, unchanged_words


@pytest.mark.parametrize(
    ("expected", "actual", "patterns"),
    [
        ("loss 0.731 s", "loss 0.69 s", [r"(?<=^loss )\d+\.\d+(?= s$)"]),
        ("0.731", "0.69", [r"^\d+\.\d+$"]),
        ("took 3 of 10 s", "took 4 of 12 s", [r"(?<=^took )\d+(?= of )", r"(?<= of )\d+(?= s$)"]),
        ("on 2026-11-24 ok", "on 2026-12-01 ok", [r"(?<=^on )\d{4}-\d{2}-\d{2}(?= ok$)"]),
        ("at 14:00:01.123456", "at 15:10:59.12", [r"(?<=^at )\d{2}:\d{2}:\d{2}\.\d+$"]),
        ("id=3fa2c1", "id=99ab00", [r"(?<=^id=)[0-9a-f]{6}$"]),
        ("job-abc.local", "job-xyzw.local", [r"^job-[a-z]+\.local$"]),
        ("x -1.5", "x 2.5e-3", [r"(?<=^x )[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$"]),
        ("n =   5", "n =  12", [r"(?<=^n =)\s+\d+$"]),
        ("value", "value (cached)", [r"(?<=^value)(?: \(cached\))?$"]),
        ("a (b) [c] 1", "a (b) [c] 2", [r"(?<=^a \(b\) \[c\] )\d+$"]),
    ],
)
def test_patterns(expected: str, actual: str, patterns: list[str]) -> None:
    assert generalise_line(expected, actual) == patterns


lines = st.text(st.sampled_from("ab01. -:/()+*\u00e9"), max_size=25)
numbers = st.one_of(st.integers(-999, 999), st.floats(-1e3, 1e3), st.dates(), st.times(), st.uuids()).map(str)


@given(lines, numbers, numbers, lines)
def test_both_lines_are_the_same_without_what_matches(before: str, one: str, other: str, after: str) -> None:
    expected, actual = (f"{before} {value} {after}" for value in (one, other))
    patterns = generalise_line(expected, actual)
    assert bool(patterns) is (one != other)
    for pattern in patterns:
        expected, actual = (re.sub(pattern, "#", line) for line in (expected, actual))
    assert expected == actual


@given(lines, lines)
def test_unchanged_words_stand_in_both_lines(expected: str, actual: str) -> None:
    for start, stop in unchanged_words(expected, actual):
        assert actual[start:stop] in expected
