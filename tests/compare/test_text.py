import pytest

from nbcheck.compare import CompareOptions, Difference
from nbcheck.compare.base import HunkLine, TextHunk
from nbcheck.compare.text import SHOWN_CHANGES, compare_texts, mark_changes

OPTIONS = CompareOptions()


def compare(expected: str, actual: str) -> Difference:
    difference = compare_texts(expected, actual, OPTIONS)
    assert difference is not None
    return difference


def test_a_changed_number_is_marked_in_its_context() -> None:
    difference = compare("a\nb\nc\ntotal 3.14 m\nd\ne\nf\n", "a\nb\nc\ntotal 3.15 m\nd\ne\nf\n")
    assert difference.summary == "3.14 became 3.15 (relative error 0.0032)"
    assert difference.hunks == (
        TextHunk(
            2,
            2,
            (
                HunkLine(" ", "b"),
                HunkLine(" ", "c"),
                HunkLine("-", "total 3.14 m", ((6, 10),)),
                HunkLine("+", "total 3.15 m", ((6, 10),)),
                HunkLine(" ", "d"),
                HunkLine(" ", "e"),
            ),
        ),
    )
    assert difference.omitted == 0


def test_a_line_that_agrees_within_tolerance_is_context() -> None:
    difference = compare("0.3\nx\n", "0.30000000000000004\ny\n")
    assert [line.side for line in difference.hunks[0].lines] == [" ", "-", "+"]
    assert difference.summary == "x became y"


@pytest.mark.parametrize(
    ("expected", "actual", "summary"),
    [
        ("a\nb\nc", "a\nx\ny", "2 of 3 lines differ"),
        ("a\nb", "a\nb\nc", "1 line new"),
        ("a\nb\nc", "a", "2 lines missing"),
        ("one two three\nb\nc", "one two 3\nb\nc\nd", "1 of 4 lines differ, 1 line new"),
        ("a b c d", "x b y d", "the line differs"),
        ("a", "a\n", "the end of the last line differs"),
        ("3.10", "3.1", "3.10 became 3.1"),
    ],
)
def test_summary(expected: str, actual: str, summary: str) -> None:
    assert compare(expected, actual).summary == summary


def test_a_missing_line_end_is_told() -> None:
    assert compare("a", "a\n").details == ("only one side ends with a line end",)


def test_far_changes_make_two_hunks() -> None:
    lines = [f"line {number}" for number in range(40)]
    changed = [*lines]
    changed[3], changed[30] = "x", "y"
    difference = compare("\n".join(lines), "\n".join(changed))
    assert [(hunk.expected_start, hunk.actual_start) for hunk in difference.hunks] == [(2, 2), (29, 29)]


def test_many_changes_are_counted() -> None:
    expected = "\n".join(f"a {number}" for number in range(5000))
    actual = "\n".join(f"b {number}" for number in range(5000))
    difference = compare(expected, actual)
    assert difference.summary == "5,000 of 5,000 lines differ"
    assert difference.omitted == 5000 - SHOWN_CHANGES == 4990
    assert sum(len(hunk.lines) for hunk in difference.hunks) == 2 * SHOWN_CHANGES


def test_an_inserted_line_is_the_only_change() -> None:
    lines = [f"line {number} {number * 7}" for number in range(100)]
    difference = compare("\n".join(lines), "\n".join([*lines[:50], "new", *lines[50:]]))
    assert difference.summary == "1 line new"
    assert [line.text for line in difference.hunks[0].lines if line.side == "+"] == ["new"]


def test_marks_leave_noise_alone() -> None:
    difference = compare("<f at 0x7f1f2a3b4c5d> x=1", "<f at 0x7fffaabbccdd> x=2")
    assert [line.marks for line in difference.hunks[0].lines] == [((24, 25),), ((24, 25),)]
    assert difference.hidden == ("addresses",)


def test_shown_lines_are_as_on_the_screen() -> None:
    difference = compare("10%\r\x1b[31m99%\x1b[0m\n", "100%\n")
    assert [line.text for line in difference.hunks[0].lines] == ["99%", "100%"]
    assert difference.hidden == ("terminal", "ansi")


@pytest.mark.parametrize(
    ("expected", "actual", "marks"),
    [
        ("a b c", "a x c", (((2, 3),), ((2, 3),))),
        ("a b c", "a c", (((2, 4),), ((2, 2),))),
        ("x=1.5;", "x=1.25;", (((2, 5),), ((2, 6),))),
        ("one two", "three four", (((0, 7),), ((0, 10),))),
        ("", "a", (((0, 0),), ((0, 1),))),
        ("a", "a", ((), ())),
    ],
)
def test_marks(expected: str, actual: str, marks: object) -> None:
    assert mark_changes(expected, actual) == marks


def test_long_lines_are_marked_where_they_changed() -> None:
    difference = compare("word " * 200_000 + "a b", "word " * 200_000 + "a c")
    assert difference.summary == "b became c"
