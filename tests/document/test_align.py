from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.document.align import align

short = st.lists(st.sampled_from("abcdef"), max_size=12)


def partners(pairs):
    return [(i, j) for i, j in pairs if i is not None and j is not None]


@given(short, short)
def test_every_item_has_its_place_in_order(old, new):
    pairs = align(old, new)
    assert [i for i, _ in pairs if i is not None] == list(range(len(old)))
    assert [j for _, j in pairs if j is not None] == list(range(len(new)))
    both = partners(pairs)
    assert all(i < other_i and j < other_j for (i, j), (other_i, other_j) in pairwise(both))


@given(short, short, short, short)
def test_equal_ends_stay_together(head, old, new, tail):
    # What is unique at its place keeps the head apart from the tail.
    pairs = set(align([*head, "old", *old, *tail], [*head, "new", *new, *tail]))
    assert pairs >= {(index, index) for index in range(len(head))}
    starts = len(head) + 1 + len(old), len(head) + 1 + len(new)
    assert pairs >= {(starts[0] + index, starts[1] + index) for index in range(len(tail))}


@given(st.lists(st.integers(), unique=True), st.data())
def test_what_is_inserted_or_deleted_moves_nothing(old, data):
    new = [item for item in old if data.draw(st.booleans())]
    for _ in range(data.draw(st.integers(0, 3))):
        new.insert(data.draw(st.integers(0, len(new))), f"new {len(new)}")
    pairs = align(old, new)
    assert {(old[i], new[j]) for i, j in partners(pairs)} >= {(item, item) for item in new if item in old}


@given(st.permutations(range(7)))
def test_as_many_unique_items_as_possible_keep_their_order(new):
    longest = max(
        len(chosen)
        for size in range(8)
        for chosen in combinations(new, size)
        if list(chosen) == sorted(chosen)
    )
    equal = [(i, j) for i, j in partners(align(range(7), new)) if i == new[j]]
    assert len(equal) == longest


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        ("", "", []),
        ("", "a", [(None, 0)]),
        ("a", "", [(0, None)]),
        ("abc", "axc", [(0, 0), (1, 1), (2, 2)]),
        ("abc", "ac", [(0, 0), (1, None), (2, 1)]),
        ("ac", "abc", [(0, 0), (None, 1), (1, 2)]),
        ("xay", "zaaw", [(0, 0), (1, 1), (2, 2), (None, 3)]),
        # "bb" is not unique, but it stands before something that is.
        ("PbbUQ", "RTbbUS", [(0, 0), (None, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
        ("abcd", "cdab", [(None, 0), (None, 1), (0, 2), (1, 3), (2, None), (3, None)]),
    ],
)
def test_pairs(old, new, pairs):
    assert align(old, new) == pairs


def test_items_of_one_kind_are_paired_first():
    old, new = ["s1", "p1", "e1"], ["p2", "s2", "e2"]
    kinds = [item[0] for item in old], [item[0] for item in new]
    assert align(old, new, kinds) == [(0, None), (1, 0), (None, 1), (2, 2)]
