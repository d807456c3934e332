"""What the terminal summary says of notebooks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, section
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, error, notebook, stdout
from pytest_nbcheck.summary import summarise

Make = Callable[..., Example]


def facts(
    *uncompared: str, notes: tuple[str, ...] = (), notebook_notes: tuple[str, ...] = ()
) -> dict[str, object]:
    return {"uncompared": uncompared, "notes": notes, "notebook_notes": notebook_notes}


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        ([], []),
        ([("a::cell-1", facts())], []),
        ([("a::cell-1", facts("run only"))], ["1 cell not compared: run only"]),
        (
            [("a::notebook", facts("run only", "no stored outputs", "no stored outputs"))],
            ["2 cells not compared: no stored outputs", "1 cell not compared: run only"],
        ),
        (
            [
                ("a::cell-1", facts(notes=("x", "y"), notebook_notes=("n",))),
                ("a::cell-2", facts(notes=("x",), notebook_notes=("n",))),
            ],
            ["a: n", "a::cell-1: x", "a::cell-1: y", "a::cell-2: x"],
        ),
    ],
)
def test_table(told: list[tuple[str, dict[str, object]]], lines: list[str]) -> None:
    assert summarise(told) == lines


def test_many_notes_are_cut() -> None:
    lines = summarise([("a::cell-1", facts(notes=tuple(map(str, range(13)))))])
    assert len(lines) == 11
    assert lines[-1] == "... and 3 more notes, shown with -rA"


def test_a_notebook_that_passes_gives_plain_dots(fake_example: Make) -> None:
    cell = code("a", stdout("x"))
    example = fake_example({"nb.ipynb": notebook(cell, cell)}, {"a": [prints("x")]})
    result = example.run()
    start = result.outlines.index("collected 2 items")
    assert result.outlines[start : start + 4] == [
        "collected 2 items",
        "",
        "nb.ipynb ..                                                              [100%]",
        "",
    ]
    assert section(result, "nbcheck") == []


def test_cells_that_were_not_compared_are_counted(fake_example: Make) -> None:
    cells = [code("a"), code("b"), code("c", stdout("x"), tags=["nbcheck-ignore-output"])]
    example = fake_example({"nb.ipynb": notebook(*cells)}, {"c": [prints("y")]})
    result = example.run()
    result.assert_outcomes(passed=3)
    assert section(result, "nbcheck") == [
        "1 cell not compared: all outputs ignored",
        "2 cells not compared: no stored outputs",
        "nb.ipynb::cell-3: ignored outputs: stdout",
    ]
    assert section(example.run("-q"), "nbcheck") == []


def test_notes_are_sections_of_passed_items(fake_example: Make) -> None:
    example = fake_example(
        {"nb.ipynb": notebook(code("a", error("ValueError", "no")))}, {"a": [Raises("ValueError", "no")]}
    )
    result = example.run("-rA")
    note = "raised the stored error again (ValueError: no); tag the cell raises-exception to say that it is meant"
    assert section(result, "nbcheck") == [f"nb.ipynb::cell-1: {note}"]
    assert section(result, "Captured nbcheck notes call") == [note]


def test_repairs_of_a_document_are_notes(fake_example: Make) -> None:
    raw = notebook(code("a"), code("b")).replace(b'"c1"', b'"c0"')
    result = fake_example({"nb.ipynb": raw}).run()
    lines = section(result, "nbcheck")
    assert lines[0] == "2 cells not compared: no stored outputs"
    assert len(lines) == 2
    assert lines[1].startswith("nb.ipynb: ")


def test_whole_notebooks_name_the_cell_of_a_note(fake_example: Make) -> None:
    cells = [code("a"), code("b", stdout("x"), tags=["nbcheck-ignore-output"])]
    example = fake_example({"nb.ipynb": notebook(*cells)})
    assert section(example.run("--nbcheck-items=notebook"), "nbcheck")[-1] == (
        "nb.ipynb::notebook: cell 2: ignored outputs: stdout"
    )


def test_what_many_differences_have_in_common_is_told_once(fake_example: Make) -> None:
    files = {f"{name}.ipynb": notebook(code("a", stdout("x = 1.5"))) for name in "abc"}
    result = fake_example(files, {"a": [prints("x = np.float64(1.5)")]}).run()
    assert section(result, "nbcheck")[0] == (
        "3 differences in 3 notebooks are the same change, 'np.float64(' is new, ')' is new: "
        "a new version of a library would do this"
    )
