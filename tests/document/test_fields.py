import json
from itertools import combinations

import pytest
from hypothesis import given

from helpers.notebook_strategies import json_values, notebooks, slowly
from nbcheck.document import from_dict
from nbcheck.document.fields import Kind, as_stored, identity, joined, same
from nbcheck.document.multiline import join_v4

DIFFERENT = [
    0, 0.0, -0.0, False, None, "", [], {}, 1, 1.0, True, "1", [1], [1.0], [True], [0, 1], [0.0, 1], [-0.0, 1],
    [1, 2], [2, 1], [[1]], [{}], {"a": 1}, {"a": 1.0}, {"b": 1}, {"a": None}, float("nan"), float("inf"),
    [float("nan")], [float("nan"), 1], ["a"], ["a", "b"], ["ab"],
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), list(combinations(DIFFERENT, 2)), ids=repr)
def test_what_is_written_differently_differs(left, right):
    assert not same(left, right)
    assert not same(right, left)
    assert not same([left, "x"], [right, "x"])
    assert identity(left) != identity(right)


@given(json_values())
def test_what_is_read_again_is_the_same(value):
    again = as_stored(value)
    assert same(value, again)
    assert identity(value) == identity(again)


def test_order_of_keys_is_free():
    assert same({"a": 1, "b": [2]}, {"b": [2], "a": 1})
    assert identity({"a": 1, "b": [2]}) == identity({"b": [2], "a": 1})


@pytest.mark.slow
@slowly
@given(notebooks())
def test_texts_are_joined_as_the_reader_joins_them(tree):
    expected = from_dict(tree)
    join_v4(expected)
    assert json.dumps(joined(tree, Kind.NOTEBOOK)) == json.dumps(expected)


@pytest.mark.parametrize("value", [{1, 2}, object(), 10**5000], ids=["set", "object", "long integer"])
def test_no_json(value):
    with pytest.raises((TypeError, ValueError)):
        as_stored({"a": [value]})
