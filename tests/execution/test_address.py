"""Other names of cells than ``cell-3``."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbcheck.execution.address import find_cell, is_name


@dataclass(frozen=True)
class Cell:
    number: int
    name: str = ""
    cell_id: str = ""


CELLS = [
    Cell(1, "load-data", "a1"),
    Cell(2, "", "b2"),
    Cell(3, "b2.x", "cell-1"),
    Cell(4, "plot", "load-data"),
]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("cell-1", 1),  # also the id of another: the canonical name wins
        ("cell-4", 4),
        ("b2.x", 3),
        ("b2", 2),
        ("id:b2", 2),
        ("id:cell-1", 3),
        ("id:load-data", 4),
        ("plot", 4),
    ],
)
def test_finding(text: str, number: int) -> None:
    assert find_cell(text, CELLS) == number


@pytest.mark.parametrize(("first", "text", "number"), [(0, "Cell 0", 1), (0, "Cell 3", 4), (1, "Cell 4", 4)])
def test_finding_by_nbvals_name(first: int, text: str, number: int) -> None:
    assert find_cell(text, CELLS, nbval_from=first) == number


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cell-5", "there is no 'cell-5'; its code cells are cell-1 to cell-4"),
        ("Cell 4", "there is no 'Cell 4'; its code cells are cell-1 to cell-4"),
        ("plt", "no code cell has the name or id 'plt'; did you mean 'plot'?"),
        ("id:a2", "no code cell has the id 'id:a2'; did you mean 'id:b2' or 'id:a1'?"),
        ("zzzz", "no code cell has the name or id 'zzzz'; named are load-data, b2.x, plot"),
        ("cell-0", "no code cell has the name or id 'cell-0'; did you mean 'cell-1'?"),
        ("load-data", "'load-data' is said of cells 1, 4; write cell-1"),
    ],
)
def test_names_that_lead_to_no_cell(text: str, problem: str) -> None:
    with pytest.raises(LookupError) as caught:
        find_cell(text, CELLS, nbval_from=0)
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("cells", "there_is"),
    [([], "the notebook has no code cells"), ([Cell(1)], "its only code cell is cell-1")],
)
def test_a_notebook_with_few_cells(cells: list[Cell], there_is: str) -> None:
    with pytest.raises(LookupError, match=there_is):
        find_cell("cell-2", cells)


def test_nbvals_names_are_none_where_nobody_expects_them() -> None:
    with pytest.raises(LookupError, match="no code cell has the name or id 'Cell 0'"):
        find_cell("Cell 0", CELLS)


@pytest.mark.parametrize("text", ["load", "load-data", "_x.1", "2nd", "größe", "cells-1", "cell-a"])
def test_words_that_can_be_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["", "a b", "-a", "id:a", "a[1]", "a/b", "cell-1", "CELL-01", "notebook", "None", "all"]
)
def test_words_that_cannot_be_names(text: str) -> None:
    assert not is_name(text)
