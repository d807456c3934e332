"""What can be decided on in a cell, and the outputs that decisions make."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers.nb import OutputDict, display, error, result, stderr, stdout
from nbcheck.accepting.pieces import find_change
from nbcheck.compare import compare_outputs
from nbcheck.compare.base import CompareOptions

OPTIONS = CompareOptions()


def merged(
    expected: list[OutputDict], actual: list[OutputDict], *names: str, **options: Any
) -> list[OutputDict]:
    """Accept the pieces of these names."""
    change = find_change(expected, actual, CompareOptions(**options))
    chosen = [piece for piece in change.pieces if piece.name in names]
    assert sorted(piece.name for piece in chosen) == sorted(names)
    return list(change.merge(chosen))


@pytest.mark.parametrize(
    ("expected", "actual", "names"),
    [
        ([stdout("a")], [stdout("b")], ["stdout"]),
        ([stdout("a"), stderr("w")], [stderr("v"), stdout("b")], ["stdout", "stderr"]),
        ([result("1")], [result("2")], ["1"]),
        ([error("E", "a")], [error("E", "b")], ["error"]),
        ([display("a"), result("1")], [result("1")], ["1"]),
        ([result("1")], [display("a"), result("1")], ["1"]),
        (
            [display("a"), stdout("x"), result("1")],
            [display("b"), stdout("y"), result("2")],
            ["1", "stdout", "3"],
        ),
        ([], [stdout("a"), display("b")], ["stdout", "2"]),
        ([display("a")], [display("a")], []),
        ([display("same " * 9), display("a" * 40)], [display("a" * 40), display("same " * 9)], ["2"]),
    ],
)
def test_each_difference_is_a_piece(expected: Any, actual: Any, names: list[str]) -> None:
    change = find_change(expected, actual, OPTIONS)
    assert [piece.name for piece in change.pieces] == names
    assert compare_outputs(expected, change.merge(change.pieces), OPTIONS) != () or not names
    assert compare_outputs(change.merge(change.pieces), actual, OPTIONS) == ()
    assert list(change.merge([])) == expected


@pytest.mark.parametrize(
    ("expected", "actual", "names", "after"),
    [
        # The other stream stays where and as it is, though the kernel sent them in another order.
        ([stdout("x"), stderr("w")], [stderr("v"), stdout("x")], ["stderr"], [stdout("x"), stderr("v")]),
        ([stdout("x"), result("1")], [stdout("y"), result("2")], ["2"], [stdout("x"), result("2")]),
        # Missing and extra outputs are decided on one by one.
        (
            [display("gone"), display("b")],
            [display("b"), display("new " * 9)],
            ["1"],
            [display("b")],
        ),
        (
            [display("gone"), display("b")],
            [display("b"), display("new " * 9)],
            ["2"],
            [display("gone"), display("b"), display("new " * 9)],
        ),
        # A stream in two parts around a display.
        (
            [stdout("a"), display("d"), stdout("b")],
            [stdout("a"), display("d"), stdout("c")],
            ["stdout"],
            [stdout("a"), display("d"), stdout("c")],
        ),
        ([stdout("a")], [], ["stdout"], []),
    ],
)
def test_what_is_not_accepted_stays(expected: Any, actual: Any, names: list[str], after: Any) -> None:
    assert merged(expected, actual, *names) == after


def test_what_is_equal_but_for_noise_stays_as_it_is_stored() -> None:
    expected = [display("<f at 0x7f0000000001>"), result("1")]
    actual = [display("<f at 0x7f0000000002>"), result("2")]
    assert merged(expected, actual, "2") == [expected[0], result("2")]


def test_ignored_outputs_are_neither_taken_nor_lost() -> None:
    expected = [stderr("old"), result("1")]
    actual = [stderr("new"), result("2")]
    options = {"ignored": frozenset({"stderr"})}
    assert merged(expected, actual, "2", **options) == [stderr("old"), result("2")]
    assert merged([result("1")], actual, "1", **options) == [result("2")]


def test_a_piece_keeps_its_key_when_another_is_accepted() -> None:
    expected, actual = [stdout("a"), result("1")], [stdout("b"), result("2")]
    change = find_change(expected, actual, OPTIONS)
    first, second = change.pieces
    (left,) = find_change(change.merge([first]), actual, OPTIONS).pieces
    assert left.key == second.key != first.key


outputs = st.lists(
    st.one_of(
        st.sampled_from("abc").map(stdout),
        st.sampled_from("abc").map(stderr),
        st.sampled_from(["a" * 30, "b" * 30, "c" * 30]).map(display),
    ),
    max_size=5,
)


@given(outputs, outputs)
@example([stdout("a"), stderr("a")], [stderr("a"), display("a" * 30), stdout("a")])
@example([stderr("a"), stdout("b"), stderr("c")], [stderr("ac"), display("a" * 30), stdout("b")])
def test_all_pieces_together_make_the_fresh_outputs(
    expected: list[OutputDict], actual: list[OutputDict]
) -> None:
    change = find_change(expected, actual, OPTIONS)
    assert compare_outputs(change.merge(change.pieces), actual, OPTIONS) == ()
    assert list(change.merge([])) == expected


@given(outputs, outputs)
def test_no_output_is_lost_or_made_up(expected: list[OutputDict], actual: list[OutputDict]) -> None:
    change = find_change(expected, actual, OPTIONS)
    for number in range(len(change.pieces) + 1):
        for chosen in combinations(change.pieces, number):
            gone = {i for piece in chosen for i in piece.placement.expected}
            come = {j for piece in chosen for j in piece.placement.actual}
            kept = [output for i, output in enumerate(expected) if i not in gone]
            wanted = [*kept, *(actual[j] for j in come)]
            assert sorted(map(str, change.merge(chosen))) == sorted(map(str, wanted))
