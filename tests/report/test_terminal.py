import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.compare import Change, CompareOptions, Difference, DifferenceKind
from nbcheck.compare.base import HunkLine, TextHunk
from nbcheck.compare.text import compare_texts
from nbcheck.report.terminal import WIDTH, escape, render_difference


def render(expected: str, actual: str) -> list[str]:
    difference = compare_texts(expected, actual, CompareOptions())
    assert difference is not None
    return render_difference(difference, color=False)


def test_changed_words_are_pointed_at() -> None:
    assert render("alpha\ntotal 3.14 m\nomega\n", "alpha\ntotal 3.15 m\nomega\n") == [
        "3.14 became 3.15 (relative error 0.0032)",
        "       1  alpha",
        "  -    2  total 3.14 m",
        "  ?             ^^^^",
        "  +    2  total 3.15 m",
        "  ?             ^^^^",
        "       3  omega",
    ]


def test_what_only_one_side_has_is_pointed_at() -> None:
    assert render("a b c d e f", "a X c d Y f g")[1:] == [
        "  -    1  a b c d e f",
        "  ?         ^     ^  ^",
        "  +    1  a X c d Y f g",
        "  ?         ^     ^  ^^",
    ]


def test_hunks_and_the_rest() -> None:
    lines = [f"line {number}" for number in range(60)]
    changed = [
        f"{line}!" if number in range(3, 15) or number == 50 else line for number, line in enumerate(lines)
    ]
    rendered = render("\n".join(lines), "\n".join(changed))
    assert rendered[0] == "13 of 60 lines differ"
    assert rendered[-1] == "    ... 3 more"
    far = render("\n".join(lines), "\n".join([*lines[:9], "x", *lines[10:40], "y", *lines[41:]]))
    assert "      ..." in far


def test_wide_lines_are_shown_around_the_change() -> None:
    rendered = render("x" * 300 + " 1 " + "y" * 300, "x" * 300 + " 2 " + "y" * 300)
    assert rendered[1] == f"  -    1  \u2026{'x' * 19} 1 {'y' * 66}\u2026"
    assert rendered[2] == f"  ?       {' ' * 21}^"
    assert max(map(len, rendered)) == WIDTH


def test_control_characters_are_spelt_out() -> None:
    rendered = render("a\tb \x07\u202e\n", "a b\n")
    assert rendered[1] == "  -    1  a\\tb \\x07\\u202e"


def test_wide_characters_keep_the_pointers_in_place() -> None:
    assert render("\u4e2d\u6587 a", "\u4e2d\u6587 b")[1:3] == ["  -    1  \u4e2d\u6587 a", "  ?            ^"]


def test_color() -> None:
    difference = Difference(
        kind=DifferenceKind.CHANGED,
        place="stdout",
        summary="a became b",
        hunks=(
            TextHunk(
                1, 1, (HunkLine(" ", "c"), HunkLine("-", "x a", ((2, 3),)), HunkLine("+", "x b", ((2, 3),)))
            ),
        ),
    )
    assert render_difference(difference, color=True) == [
        "\x1b[1mstdout: a became b\x1b[0m",
        "       1  c",
        "\x1b[31m  -    2  x \x1b[7ma\x1b[0m\x1b[31m\x1b[0m",
        "\x1b[32m  +    2  x \x1b[7mb\x1b[0m\x1b[32m\x1b[0m",
    ]


def test_changes_details_and_hidden_noise() -> None:
    difference = Difference(
        kind=DifferenceKind.CHANGED,
        place="output 1, text/html",
        summary="2 of 9 cells differ",
        changes=(Change("row 'x'", "1", "2"), Change("row 'y'", "\x1b", "2")),
        omitted=1234,
        details=("text/plain differs too",),
        hidden=("ansi", "addresses", "uuids"),
    )
    assert render_difference(difference, color=False) == [
        "output 1, text/html: 2 of 9 cells differ",
        "    row 'x': 1 became 2",
        "    row 'y': \\x1b became 2",
        "    text/plain differs too",
        "    ... 1,234 more",
        "    normalised before comparing: addresses, uuids",
    ]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (DifferenceKind.CHANGED, ["  - ValueError: a", "  + KeyError: b"]),
        (DifferenceKind.MISSING, ["  - ValueError: a"]),
        (DifferenceKind.EXTRA, ["  + KeyError: b"]),
    ],
)
def test_short_values(kind: DifferenceKind, lines: list[str]) -> None:
    difference = Difference(
        kind=kind, place="error", summary="s", expected="ValueError: a", actual="KeyError: b"
    )
    assert render_difference(difference, color=False)[1:] == lines


def test_a_change_that_the_summary_tells_is_not_told_twice() -> None:
    difference = Difference(
        kind=DifferenceKind.CHANGED, place="o", summary="a: 1 became 2", changes=(Change("a", "1", "2"),)
    )
    assert render_difference(difference, color=False) == ["o: a: 1 became 2"]


@given(st.text())
def test_escaped_text_is_printable(text: str) -> None:
    assert all(
        character == " " or character.isprintable() or character.isspace() for character in escape(text)
    )
    assert not set(escape(text)) & {"\x1b", "\r", "\n", "\x9b", "\u202e"}


one_column = st.text(st.characters(exclude_categories=["Mn", "Mc", "Me", "Cs"]), max_size=300)


@pytest.mark.slow
@given(one_column, one_column)
def test_lines_stay_narrow(expected: str, actual: str) -> None:
    difference = compare_texts(expected, actual, CompareOptions())
    if difference is not None:
        for line in render_difference(difference, color=False)[1:]:
            assert len(line) <= WIDTH + 1
