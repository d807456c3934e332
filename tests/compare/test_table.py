from typing import Any

import pytest

from nbcheck.compare import Change, CompareOptions, Difference, compare_outputs
from nbcheck.compare.html import HtmlComparer

OPTIONS = CompareOptions()


def table(*rows: str, heads: str = "i name price") -> str:
    head = "".join(f"<th>{name}</th>" for name in heads.split())
    body = "".join(
        "<tr>"
        + "".join(f"<t{'hd'[bool(i)]}>{cell}</t{'hd'[bool(i)]}>" for i, cell in enumerate(row.split()))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def compare(expected: str, actual: str) -> Difference:
    difference = HtmlComparer().compare(expected, actual, OPTIONS)
    assert difference is not None
    assert difference.expected == expected
    assert difference.actual == actual
    return difference


BASE = table("0 pen 1.5", "1 ink 2.5", "2 pad 3.5")


@pytest.mark.parametrize(
    ("actual", "summary", "changes"),
    [
        (
            table("0 pen 1.5", "1 ink 2.75", "2 pad 3.5"),
            "1 of 12 cells differ",
            (Change("row '1', column 'price'", "2.5", "2.75", "relative error 0.091"),),
        ),
        (
            table("0 pen 1.5", "2 pad 3.5"),
            "1 row missing",
            (Change("row '1'", "", None),),
        ),
        (
            table("0 pen 1.5", "1 ink 2.5", "2 pad 3.5", "3 box 9"),
            "1 row new",
            (Change("row '3'", None, ""),),
        ),
        (
            table("0 pen x 1.5", "1 ink x 2.5", "2 pad x 3.5", heads="i name kind price"),
            "column 'kind' new",
            (Change("column 'kind'", None, ""),),
        ),
        (
            table("0 1.5", "1 2.5", "2 4.5", heads="i price"),
            "1 of 8 cells differ, column 'name' missing",
            (
                Change("column 'name'", "", None),
                Change("row '2', column 'price'", "3.5", "4.5", "relative error 0.22"),
            ),
        ),
        (
            table("0 pen 1.5", "1 ink 2.5", "2 pad 3.5", heads="i name cost"),
            "1 of 12 cells differ",
            (Change("row 'i, name, price', column 'price'", "price", "cost"),),
        ),
        (
            BASE.replace("<td>pen", '<td class="hot">pen'),
            "1 of 12 cells differ",
            (Change("row '0', column 'name'", "<td>", '<td class="hot">'),),
        ),
    ],
)
def test_changed_table(actual: str, summary: str, changes: tuple[Change, ...]) -> None:
    difference = compare(BASE, actual)
    assert (difference.summary, difference.changes, difference.details) == (summary, changes, ())


def test_the_number_of_the_table_is_told() -> None:
    assert compare(BASE * 2, BASE + BASE.replace("pen", "ink")).changes == (
        Change("table 2, row '0', column 'name'", "pen", "ink"),
    )


def test_many_cells_are_not_all_parsed() -> None:
    expected = table(*(f"{number} a {number}.5" for number in range(3000)))
    difference = compare(expected, expected.replace(">a<", ">b<"))
    assert difference.summary == "at least 1,000 of 9,003 cells differ"
    assert (len(difference.changes), difference.omitted) == (20, 980)


def test_other_markup_is_told_by_its_tokens() -> None:
    difference = compare("<p>Hello <b>big</b> world</p>", "<p>Hello <b>small</b> world</p>")
    assert difference.summary == "big became small"


def test_large_markup_is_told_by_its_lines() -> None:
    filler = "<p>same</p>\n" * 200_000
    assert compare(filler + "<b>1</b>", filler + "<b>2</b>").summary == "1 became 2 (relative error 0.5)"


def test_unclosed_and_nested_tables_are_no_tables() -> None:
    for source in ("<table><tr><td>1", "<table><tr><td><table></table>1</td></tr></table>", "</table>1"):
        assert compare(source, source.replace("1", "2")).summary == "1 became 2 (relative error 0.5)"


@pytest.mark.parametrize(
    ("options", "is_equal"),
    [
        ({"column_rtol": (("price", 0.1),)}, True),
        ({"column_atol": (("price", 0.3),)}, True),
        ({"column_atol": (("price", 0.2),)}, False),
        ({"column_rtol": (("name", 0.1),)}, False),
    ],
)
def test_tolerances_of_columns(options: dict[str, tuple[tuple[str, float], ...]], is_equal: bool) -> None:
    actual = table("0 pen 1.5", "1 ink 2.75", "2 pad 3.5")
    found = HtmlComparer().compare(BASE, actual, CompareOptions(**options))
    assert (found is None) is is_equal


@pytest.mark.parametrize(
    ("changed", "is_equal"),
    [(table("0 pen 1.51"), True), (table("0 pan 1.51"), False), (table("0 pen 1.5"), False)],
)
def test_the_text_of_a_table_has_passed_with_its_columns(changed: str, is_equal: bool) -> None:
    def output(html: str, text: str) -> dict[str, Any]:
        return {
            "output_type": "execute_result",
            "data": {"text/html": html, "text/plain": text},
            "metadata": {},
        }

    sides = [output(table("0 pen 1.5"), "1.5")], [output(changed, "1.51")]
    assert (not compare_outputs(*sides, CompareOptions(column_rtol=(("price", 0.1),)))) is is_equal
    assert compare_outputs(*sides, OPTIONS)
