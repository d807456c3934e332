"""From a document and options to a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, document, markdown, stdout
from nbcheck.compare.base import CompareMode, CompareOptions
from nbcheck.document import parse_document
from nbcheck.errors import UsageError
from nbcheck.execution.directives import Found, Mark
from nbcheck.execution.directives.marks import read_marks
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


def test_what_a_notebook_may_take_says_nothing_of_a_cell() -> None:
    budgets = {"max-seconds": 60, "max-memory": "2G", "cell-max-seconds": 6, "cell-max-memory": "1G"}
    cells = (code("x"), code("# nbcheck: max-seconds=3, max-memory=none"))
    plan = plan_notebook(document(*cells, nbcheck=budgets), RunOptions(max_memory=1 << 40))
    assert (plan.max_seconds, plan.max_memory) == (60, 2 << 30)
    assert [(cell.max_seconds, cell.max_memory) for cell in plan.cells] == [(6, 1 << 30), (3, None)]
    plan = plan_notebook(document(code("x")), RunOptions(max_memory=1 << 40))
    assert (plan.max_seconds, plan.max_memory, plan.cells[0].max_memory) == (None, 1 << 40, None)


@pytest.mark.parametrize(
    ("said", "files"),
    [
        ({}, None),
        ({"uses-files": "a.csv data/*.csv"}, ("a.csv", "data/*.csv")),
        ({"uses-files": ["my data.csv"]}, ("my data.csv",)),
        ({"uses-files": "none"}, ()),
        ({"uses-files": []}, ()),
    ],
)
def test_files_that_a_notebook_names(said: dict[str, Any], files: tuple[str, ...] | None) -> None:
    assert plan_notebook(document(code("x"), nbcheck=said), RunOptions()).uses_files == files


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


# ---- names, dependencies, markers


def plan_cells(*sources: str, **metadata: Any) -> list[PlannedCell]:
    return [*plan_notebook(document(*map(code, sources), **metadata), RunOptions()).cells]


def problems(cell: PlannedCell) -> list[str]:
    return [fault.problem for fault in cell.faults]


def test_dependencies_are_found_by_name_id_and_number() -> None:
    plan = plan_notebook(
        document(
            code("# nbcheck: name=load"),
            code("# nbcheck: depends=load"),
            code("c"),
            code("# nbcheck: depends=cell-2 id:c0"),
            code("# nbcheck: depends=none"),
            code("# nbcheck: depends=c3"),
        ),
        RunOptions(),
    )
    assert [cell.depends for cell in plan.cells] == [None, (1,), None, (2, 1), (), (4,)]
    assert [sorted(plan.needs(number)) for number in range(1, 7)] == [[], [1], [1, 2], [1, 2], [], [1, 2, 4]]
    assert [cell.faults for cell in plan.cells] == [()] * 6


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("laod", "no code cell has the name or id 'laod'; did you mean 'load'?"),
        ("cell-9", "there is no 'cell-9'; its code cells are cell-1 to cell-3"),
        ("cell-2", "'cell-2' is the cell itself"),
        ("end", "'end' is cell 3, which comes later"),
    ],
)
def test_dependencies_that_lead_nowhere(reference: str, problem: str) -> None:
    cells = plan_cells("# nbcheck: name=load", f"# nbcheck: depends={reference}", "# nbcheck: name=end")
    assert problems(cells[1]) == [f"a comment: 'depends' is wrong: {problem}"]


def test_a_name_belongs_to_one_cell() -> None:
    cells = plan_cells("# nbcheck: name=x", "b", "# nbcheck: name=x")
    assert [cell.name for cell in cells] == ["x", "", ""]
    assert problems(cells[2]) == [
        "a comment: cell 1 has the name 'x' as well; a name belongs to one cell of a notebook"
    ]


def test_a_name_that_looks_like_a_number_is_none() -> None:
    (cell,) = plan_cells("# nbcheck: name=cell-3")
    assert problems(cell) == [
        "a comment: the value of 'name' must be a word of letters, digits, _, - and . that is not like cell-3, "
        "not 'cell-3'"
    ]


def test_the_name_that_nbformat_knows_counts_where_it_can() -> None:
    named = [
        code("a", name="x"),
        code("b", name="x"),
        code("c", name="two words"),
        code("# nbcheck: name=y", name="z"),
    ]
    cells = plan_notebook(document(*named, code("# nbcheck: name=x")), RunOptions()).cells
    # Who says it in our words has the better right.
    assert [cell.name for cell in cells] == ["", "", "", "y", "x"]
    assert [cell.faults for cell in cells] == [()] * 5


def test_markers_of_all_places_add_up() -> None:
    outer = {"mark": Found((Mark("gpu"),), "pyproject.toml, [tool.nbcheck]")}
    cell = code("# nbcheck: mark=b, mark='flaky(reruns=2)'", tags=["nbcheck-mark=c", "nbcheck-mark=b"])
    plan = plan_notebook(document(cell, nbcheck={"mark": ["slow"]}), RunOptions(), [outer])
    assert [str(mark) for mark in plan.marks] == ["gpu", "slow"]
    assert [str(mark) for mark in plan.cells[0].marks] == ["c", "b", "flaky(reruns=2)"]
    listed = plan.cells[0].directives["mark"]
    assert [str(mark) for mark in listed.value] == ["gpu", "slow", "c", "b", "flaky(reruns=2)"]
    assert listed.source == (
        "a comment, the tag nbcheck-mark=b, the tag nbcheck-mark=c, notebook metadata, pyproject.toml, [tool.nbcheck]"
    )


@pytest.mark.parametrize(
    ("value", "marks"),
    [
        ("slow", ["slow"]),
        ("slow gpu", ["slow", "gpu"]),
        (["slow", "flaky(reruns=2)"], ["slow", "flaky(reruns=2)"]),
        ("skip(reason='no GPU')", ["skip(reason='no GPU')"]),
        ("usefixtures('a', 'b')", ["usefixtures('a', 'b')"]),
        ("x([1, {'a': None}])", ["x([1, {'a': None}])"]),
    ],
)
def test_markers_as_they_are_written(value: object, marks: list[str]) -> None:
    assert [str(mark) for mark in read_marks(value)] == marks


@pytest.mark.parametrize(
    "value",
    ["", [], None, 3, True, "1x", "a.b", "f(x)", "f(*[])", "f(**{})", "f(", "_x", "_x(1)", ["a b"], [1]],
)
def test_what_is_no_marker(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is nobody's: who says the directive words the fault
        read_marks(value)
