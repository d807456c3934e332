"""Splitting notebooks over CI jobs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.execution.shards import name_split, split_notebooks, weigh_notebooks

PATHS = st.text("abc/", min_size=1, max_size=4)
WEIGHTS = st.dictionaries(PATHS, st.integers(1, 1000), max_size=30)


@pytest.mark.parametrize(
    ("cells", "durations", "weights"),
    [
        ({}, {}, {}),
        ({"a": 3, "b": 0}, {}, {"a": 3, "b": 1}),
        ({"a": 3, "b": 9}, {"a": 1.5, "b": 0.25}, {"a": 1500, "b": 250}),
        # unknown ones get the median, the lower one of two, and never a count of cells beside milliseconds
        (
            {"a": 1, "b": 1, "c": 1, "new": 99},
            {"a": 1, "b": 2, "c": 9},
            {"a": 1000, "b": 2000, "c": 9000, "new": 2000},
        ),
        ({"a": 1, "b": 1, "new": 99}, {"a": 1, "b": 2}, {"a": 1000, "b": 2000, "new": 1000}),
        # what is not run does not matter
        ({"a": 3}, {"gone": 7}, {"a": 3}),
        ({"a": 3}, {"a": 0.0}, {"a": 1}),
    ],
)
def test_weights(cells: dict[str, int], durations: dict[str, float], weights: dict[str, int]) -> None:
    assert weigh_notebooks(cells, durations) == weights


@pytest.mark.parametrize(
    ("weights", "count", "assigned"),
    [
        ({}, 3, {}),
        ({"a": 1}, 3, {"a": 1}),
        ({"b": 1, "a": 1, "c": 1}, 2, {"a": 1, "b": 2, "c": 1}),
        ({"a": 7, "b": 5, "c": 4, "d": 3}, 2, {"a": 1, "b": 2, "c": 2, "d": 1}),
        ({"a": 100, "b": 1, "c": 1, "d": 1}, 2, {"a": 1, "b": 2, "c": 2, "d": 2}),
    ],
)
def test_the_heaviest_goes_first_to_who_has_least(
    weights: dict[str, int], count: int, assigned: dict[str, int]
) -> None:
    assert split_notebooks(weights, count) == assigned


@given(WEIGHTS, st.integers(1, 7), st.randoms(use_true_random=False))
def test_every_notebook_is_in_one_shard_whatever_their_order(
    weights: dict[str, int], count: int, order: random.Random
) -> None:
    shuffled = list(weights.items())
    order.shuffle(shuffled)
    assigned = split_notebooks(weights, count)
    assert split_notebooks(dict(shuffled), count) == assigned
    assert assigned.keys() == weights.keys()
    assert set(assigned.values()) <= set(range(1, count + 1))
    loads = [
        sum(weight for path, weight in weights.items() if assigned[path] == number)
        for number in range(1, count + 1)
    ]
    # Nobody gets another notebook while somebody has less.
    assert max(loads) - min(loads) <= max(weights.values(), default=0)


@given(WEIGHTS, WEIGHTS, st.integers(1, 7), st.integers(1, 7))
def test_splits_have_the_same_name_when_they_are_the_same(
    one: dict[str, int], other: dict[str, int], count: int, other_count: int
) -> None:
    first, second = split_notebooks(one, count), split_notebooks(other, other_count)
    is_same = (first, count) == (second, other_count)
    assert (name_split(first, count) == name_split(second, other_count)) is is_same
