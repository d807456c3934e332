"""From a document and options to a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, document, markdown, stdout
from nbcheck.compare.base import CompareMode, CompareOptions
from nbcheck.document import parse_document
from nbcheck.errors import UsageError
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import PlannedCell, plan_notebook


def plan_cell(
    source: str = "x", options: RunOptions | None = None, general: Any = None, **metadata: Any
) -> PlannedCell:
    notebook = document(code(source, **metadata), nbcheck=general or {})
    (cell,) = plan_notebook(notebook, options or RunOptions()).cells
    return cell


def test_only_code_cells_are_planned_and_numbered() -> None:
    plan = plan_notebook(document(markdown("#"), code("a"), markdown("#"), code("b\nc")), RunOptions())
    assert [(cell.cell_index, cell.number, cell.cell_id, cell.source) for cell in plan.cells] == [
        (1, 1, "c1", "a"),
        (3, 2, "c3", "b\nc"),
    ]
    assert plan.path == Path("nb.ipynb")


def test_a_notebook_from_no_file_has_a_name() -> None:
    plan = plan_notebook(
        parse_document(b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'), RunOptions()
    )
    assert plan.path == Path("notebook.ipynb")
    assert plan.cells == ()


@pytest.mark.parametrize(
    ("cell", "was_run"),
    [
        (code("x"), False),
        (code("x", count=3), True),
        (code("x", stdout("a")), True),
        (code("x", stdout("a")) | {"execution_count": None}, True),
    ],
)
def test_a_cell_with_neither_outputs_nor_count_was_never_run(cell: dict[str, Any], was_run: bool) -> None:
    assert plan_notebook(document(cell), RunOptions()).cells[0].was_run is was_run


@pytest.mark.parametrize(("source", "is_blank"), [("", True), (" \n\t\n", True), ("# comment", False)])
def test_a_cell_without_code_is_blank(source: str, is_blank: bool) -> None:
    assert plan_cell(source).is_blank is is_blank


def test_options_hold_where_the_notebook_says_nothing() -> None:
    compare = CompareOptions(mode=CompareMode.EXACT, ignored=frozenset({"stderr"}))
    options = RunOptions(cell_timeout=7, notebook_timeout=70, compare=compare)
    plan = plan_notebook(document(code("x")), options)
    cell = plan.cells[0]
    assert (cell.timeout, plan.timeout, cell.compare) == (7, 70, compare)
    assert (cell.skipped_by, cell.must_raise, cell.faults) == ("", False, ())


def test_the_nearest_wins_over_notebook_and_options() -> None:
    general = {"mode": "exact", "cell-timeout": 20, "timeout": 200, "ignore-output": "stderr"}
    options = RunOptions(cell_timeout=7, notebook_timeout=70)
    plan = plan_notebook(
        document(
            code("x"),
            code("# nbcheck: run-only, timeout=none, ignore-output=text/html"),
            nbcheck=general,
        ),
        options,
    )
    plain, special = plan.cells
    assert plan.timeout == 200
    assert (plain.timeout, plain.compare.mode, plain.compare.ignored) == (20, CompareMode.EXACT, {"stderr"})
    assert (special.timeout, special.compare.mode) == (None, CompareMode.RUN)
    assert special.compare.ignored == {"text/html"}


def test_run_only_denied_leaves_the_mode_of_the_run() -> None:
    exact = RunOptions(compare=CompareOptions(mode=CompareMode.EXACT))
    cell = plan_cell("# nbcheck: run-only=false", exact, {"run-only": True})
    assert cell.compare.mode is CompareMode.EXACT


def test_a_skipped_cell_says_by_what() -> None:
    assert plan_cell(tags=["skip-execution"]).skipped_by == "the tag skip-execution"
    assert plan_cell(general={"skip": True}).skipped_by == "notebook metadata"
    assert plan_cell("# nbcheck: skip=false", general={"skip": True}).skipped_by == ""


def test_faults_of_a_cell_stay_with_the_cell() -> None:
    (fault,) = plan_cell("# nbcheck: skp").faults
    assert fault.problem == "a comment: unknown directive 'skp'; did you mean 'skip'?"


def test_faults_of_the_notebook_are_raised_together() -> None:
    with pytest.raises(UsageError) as caught:
        plan_notebook(document(nbcheck={"skp": True, "mode": "x"}), RunOptions())
    assert str(caught.value) == (
        "nb.ipynb: notebook metadata: unknown directive 'skp'; did you mean 'skip'?\n"
        "nb.ipynb: notebook metadata: the value of 'mode' must be semantic, exact or run, not 'x'"
    )
