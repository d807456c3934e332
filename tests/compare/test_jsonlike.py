from typing import Any

import pytest

from nbcheck.compare import Change, CompareMode, CompareOptions, Difference
from nbcheck.compare.jsonlike import JsonComparer, same_json, unpack_array

OPTIONS = CompareOptions()


def compare(expected: Any, actual: Any, options: CompareOptions = OPTIONS) -> Difference:
    difference = JsonComparer().compare(expected, actual, options)
    assert difference is not None
    return difference


@pytest.mark.parametrize(
    ("expected", "actual", "summary"),
    [
        ({"a": [1, {"b": 2.5}]}, {"a": [1, {"b": 5.0}]}, "a[1].b: 2.5 became 5.0 (relative error 0.5)"),
        ({"a b": 1}, {"a b": 2}, '["a b"]: 1 became 2'),
        (True, 1, "true became 1"),
        ([None], ["x"], '[0]: null became "x"'),
        ({"a": {"x": 1}}, {"a": [1]}, "a: object of 1 became list of 1"),
        ({"a": 1}, {}, "a: 1 missing from this run"),
        ({}, {"a": [1, 2]}, "a: list of 2 is new"),
        ([1, 2, 3], [1, 9, 2, 3], "[1]: 9 is new"),
        ([{"x": 1}, {"x": 2}], [{"x": 2}], "2 values differ"),
        (list(range(1000)), list(range(1001)), "1,000 items became 1,001"),
    ],
)
def test_summary(expected: Any, actual: Any, summary: str) -> None:
    assert compare(expected, actual).summary == summary


def test_changes() -> None:
    expected = {"data": [{"y": [1.0, 2.0]}], "layout": {"title": "a"}, "old": None}
    actual = {"data": [{"y": [1.0, 2.5], "x": [1]}], "layout": {"title": "b"}}
    difference = compare(expected, actual)
    assert difference.changes == (
        Change("old", "null", None),
        Change("data[0].x", None, "list of 1"),
        Change("data[0].y[1]", "2.0", "2.5", "relative error 0.2"),
        Change("layout.title", '"a"', '"b"'),
    )
    assert (difference.details, difference.omitted) == ((), 0)


def test_paths_below_lists_of_unequal_length() -> None:
    difference = compare({"a": [{"x": 1}]}, {"a": [{"x": 2}, {"x": 3}]})
    # Releases of deepdiff differ in the order.
    said = sorted(map(str, difference.changes))
    assert said == ["a[0].x: 1 became 2", "a[1]: object of 1 is new"]


def test_many_changes_are_counted() -> None:
    difference = compare(list(range(100)), list(range(1, 101)))
    assert difference.summary == "100 values differ"
    assert (len(difference.changes), difference.omitted) == (20, 80)


def test_a_spent_budget_leaves_a_summary() -> None:
    assert compare([1, 2], [3], CompareOptions(budget=-1.0)).summary == "2 items became 1"


def test_items_within_tolerance_are_not_told_when_lengths_differ() -> None:
    assert compare([0.3, "0x7f1f2a3b4c5d"], [0.30000000000000004, "0x7f1f2a3b4caa", 5]).changes == (
        Change("[2]", None, "5"),
    )


def test_mode_exact() -> None:
    options = CompareOptions(mode=CompareMode.EXACT)
    assert compare([0.3], [0.30000000000000004], options).changes
    assert compare({"a": "0x7f1f2a3b4c5d"}, {"a": "0x7f1f2a3b4caa"}, options).changes


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ({"a": [1, True]}, {"a": [1, True]}, True),
        ({"a": [1, True]}, {"a": [1, 1]}, False),
        ({"a": 1, "b": 1.0}, {"b": 1, "a": 1}, True),
        ({"a": {"b": [False]}}, {"a": {"b": [0]}}, False),
        ("x", "x", True),
        ([1], [2], False),
    ],
)
def test_same_json(expected: Any, actual: Any, same: bool) -> None:
    assert same_json(expected, actual) is same


def test_unpack_array() -> None:
    assert unpack_array({"dtype": "i2", "bdata": "AQACAA==", "shape": "2"}) == [1, 2]
    assert unpack_array({"dtype": "i2", "bdata": "AQAC"}) is None
    assert unpack_array({"dtype": "i2", "bdata": "?"}) is None
    assert unpack_array({"dtype": "c8", "bdata": "AQACAA=="}) is None
    assert unpack_array({"dtype": "i2", "bdata": "AQACAA==", "more": 1}) is None
