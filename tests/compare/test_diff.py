from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.compare import diff
from nbcheck.compare.diff import Run, align_by_likeness, changed_middle, diff_sequences

items = st.lists(st.sampled_from("abcdef"), max_size=30)


def check(expected: list[str], actual: list[str], runs: list[Run]) -> None:
    i = j = 0
    for run in runs:
        assert (run.expected_start, run.actual_start) == (i, j)
        i, j = run.expected_stop, run.actual_stop
        same = expected[run.expected_start : i] == actual[run.actual_start : j]
        assert run.equal == same
    assert (i, j) == (len(expected), len(actual))
    assert all(not (one.equal and other.equal) for one, other in pairwise(runs))


@given(items, items)
def test_runs_cover_both_sides(expected: list[str], actual: list[str]) -> None:
    check(expected, actual, diff_sequences(expected, actual))


@given(items, items, st.integers(0, 20))
def test_patience_covers_both_sides(expected: list[str], actual: list[str], cells: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff, "_LCS_CELLS", cells)
        check(expected, actual, diff_sequences(expected, actual))


def test_an_insertion_is_one_run() -> None:
    lines = [str(number) for number in range(50)]
    changed = [*lines[:10], "new", *lines[10:]]
    assert diff_sequences(lines, changed) == [
        Run(True, 0, 10, 0, 10),
        Run(False, 10, 10, 10, 11),
        Run(True, 10, 50, 11, 51),
    ]


def test_patience_finds_unique_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "_LCS_CELLS", 0)
    runs = diff_sequences(list("xabcy"), list("zabwcq"))
    assert [(run.expected_start, run.expected_stop) for run in runs if run.equal] == [(1, 3), (3, 4)]


@given(st.integers(0, 6), st.integers(0, 6), st.data())
def test_pairs_cover_both_sides_in_order(n: int, m: int, data: st.DataObject) -> None:
    table = data.draw(
        st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=m, max_size=m), min_size=n, max_size=n)
    )
    pairs = align_by_likeness(n, m, lambda i, j: table[i][j])
    assert [i for i, _ in pairs if i is not None] == list(range(n))
    assert [j for _, j in pairs if j is not None] == list(range(m))
    assert all(table[i][j] > 0 for i, j in pairs if i is not None and j is not None)


def test_too_many_pairs_go_by_position() -> None:
    pairs = align_by_likeness(200, 100, lambda i, j: 1.0)
    assert pairs[99:101] == [(99, 99), (100, None)]


@given(st.text("ab 1", max_size=20), st.text("ab 1", max_size=20))
def test_changed_middle_keeps_the_ends(expected: str, actual: str) -> None:
    start, stop, other_stop = changed_middle(expected, actual)
    assert expected[:start] == actual[:start]
    assert expected[stop:] == actual[other_stop:]
    assert start <= stop
    assert start <= other_stop
    assert start == 0 or expected[start - 1] == " "
    assert stop == len(expected) or expected[stop] == " "
