"""The ways to name a cell, and what it shows of its outputs."""

from __future__ import annotations

import pytest

from helpers.nb import code, document, error, markdown, result, stderr, stdout
from nbcheck.errors import UsageError
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook
from nbcheck.testing.cells import Cell, find_cell

PLAN = plan_notebook(
    document(
        code("1", tags=["load", "both"]), markdown("# text"), code("2", tags=["both", 3]), code("3", tags="x")
    ),
    RunOptions(),
)


class Shown:
    """A fold that is done."""

    def __init__(self, *outputs):
        self._outputs = outputs

    def outputs(self):
        return self._outputs


@pytest.mark.parametrize(
    ("address", "number"),
    [(1, 1), (3, 3), (-1, 3), (-3, 1), ("cell-2", 2), ("load", 1), ("c2", 2), ("c3", 3)],
)
def test_a_cell_is_found(address: int | str, number: int):
    assert find_cell(PLAN, address).number == number


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (0, "nb.ipynb: there is no cell 0; it has 3 code cells, and the first is cell 1"),
        (-4, "nb.ipynb: there is no cell -4; it has 3 code cells, and the first is cell 1"),
        (
            "cell-4",
            "nb.ipynb: there is no 'cell-4'; its code cells are cell-1 to cell-3; tags are both, load",
        ),
        ("both", "nb.ipynb: several cells are tagged 'both': 1, 2; name one by its number"),
        (
            "laod",
            "nb.ipynb: no code cell has the name or id 'laod'; its code cells are cell-1 to cell-3; "
            "did you mean the tag 'load'?",
        ),
        (
            "zz",
            "nb.ipynb: no code cell has the name or id 'zz'; its code cells are cell-1 to cell-3; tags are both, load",
        ),
    ],
)
def test_an_address_that_leads_nowhere(address: int | str, told: str):
    with pytest.raises(UsageError) as raised:
        find_cell(PLAN, address)
    assert str(raised.value) == told


def test_outputs_as_text_and_data():
    cell = Cell(PLAN.cells[0], ["load"], "nb.ipynb")
    assert not cell.was_run
    picture = {"output_type": "display_data", "data": {"image/png": "xyz"}, "metadata": {}}
    cell.take(Shown(stdout("a\n"), stderr("b"), result("3"), picture, error("E", "no")), None)
    assert cell.was_run
    assert cell.text == "a\nb3\nE: no"
    assert (cell.stdout, cell.stderr) == ("a\n", "b")
    assert cell.results == [{"text/plain": "3"}, {"image/png": "xyz"}]


def test_outputs_of_a_cell_that_was_not_run():
    cell = Cell(PLAN.cells[1], [], "nb.ipynb")
    with pytest.raises(UsageError, match=r"^nb\.ipynb, cell 2: it has not been run; nb\.run\(to=2\) does$"):
        _ = cell.text
