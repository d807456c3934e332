"""Notebooks with parameters: what is set, where, and what can be compared then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from helpers.fake_kernel import FakeClock, FakeKernel, Raises, returns
from helpers.nb import Cell, code, document, markdown, result
from nbcheck.errors import UsageError
from nbcheck.execution.check import why_not_compared
from nbcheck.execution.options import RunOptions
from nbcheck.execution.parameters import OTHER_PARAMETERS, name_sets, parametrize, read_parameter
from nbcheck.execution.plan import NotebookPlan, plan_notebook
from nbcheck.execution.run import NotebookRun
from nbcheck.results import Outcome

PARAMETERS = code("alpha = 0.1\nname: str = 'x'\nhours = 24 * 7\na, b = 1, 2", tags=["parameters"])
INJECTED = code("alpha = 0.2", tags=["injected-parameters"])
LAST = code("alpha", result("0.1"), count=3)


def plans(*cells: Cell, sets: list[Mapping[str, Any]], **metadata: Any) -> tuple[NotebookPlan, ...]:
    made = document(*cells, nbcheck={"parametrize": sets}, **metadata)
    return parametrize(plan_notebook(made, RunOptions()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", True),
        ("false", False),
        ("None", None),
        ("null", None),
        ("3", 3),
        ("-3", -3),
        ("0.3", 0.3),
        ("1e3", 1000.0),
        ("x", "x"),
        ("", ""),
        ("a=b", "a=b"),
        ('"3"', "3"),
        ("[1, null]", [1, None]),
        ('{"a": {"b": []}}', {"a": {"b": []}}),
        ("[1", "[1"),
    ],
)
def test_values_of_the_command_line(text: str, value: object):
    read = read_parameter(f"alpha={text}")
    assert read == ("alpha", value)
    assert type(read[1]) is type(value)


@pytest.mark.parametrize("text", ["alpha", "=1", "a b=1", "class=1", "1a=1"])
def test_what_is_no_parameter(text: str):
    with pytest.raises(ValueError, match=text):
        read_parameter(text)


@pytest.mark.parametrize(
    ("sets", "names"),
    [
        ([{"alpha": 0.1}, {"alpha": -0.5, "name": "y z"}], ["alpha=0.1", "alpha=-0.5,name=y z"]),
        ([{}, {"flag": True, "none": None}], ["defaults", "flag=True,none=None"]),
        ([{"columns": ["a"]}, {"name": "x" * 41}, {"name": "a]::b"}], ["columns0", "name1", "name2"]),
        ([{"alpha": 1}, {"alpha": "1"}], ["alpha=1-0", "alpha=1-1"]),
    ],
)
def test_names_of_sets(sets: list[Mapping[str, Any]], names: list[str]):
    assert name_sets(sets) == names


@pytest.mark.parametrize("sets", [[], [{"a b": 1}], [{"class": 1}], [{"a": 1}, {"a": 1}], {"a": [1]}, [1]])
def test_sets_that_are_none(sets: Any):
    with pytest.raises(UsageError, match="the value of 'parametrize' must be a list of sets of parameters"):
        plans(PARAMETERS, sets=sets)


def test_a_notebook_without_sets_has_one_plan():
    plan = plan_notebook(document(PARAMETERS, LAST), RunOptions())
    assert parametrize(plan) == (plan,)


def test_values_are_set_after_the_tagged_cell():
    first, second = plans(
        markdown("#"), code("1"), PARAMETERS, LAST, sets=[{}, {"alpha": 0.5, "name": 'a"b'}]
    )
    assert [first.parameters, second.parameters] == ["defaults", "alpha=0.5,name1"]
    assert [cell.after for cell in first.cells] == [(), (), ()]
    (after,) = second.cells[1].after
    assert after.source == "alpha = 0.5\nname = 'a\"b'"
    assert (second.setup, second.notes) == ((), ())


def test_without_a_tagged_cell_values_are_set_at_the_top():
    (plan,) = plans(code("1"), sets=[{"alpha": 0.5}])
    assert [setup.source for setup in plan.setup] == ["alpha = 0.5"]
    assert plan.notes == ("no cell is tagged parameters: alpha set before the first cell",)


def test_a_command_line_takes_the_place_of_the_sets():
    made = document(PARAMETERS, nbcheck={"parametrize": [{"alpha": 1}, {"alpha": 2}]})
    (plan,) = parametrize(plan_notebook(made, RunOptions(parameters={"alpha": 3})))
    assert plan.parameters == "alpha=3"


@pytest.mark.parametrize(
    ("cells", "values", "is_compared"),
    [
        ([PARAMETERS], {}, True),
        ([PARAMETERS], {"alpha": 0.1}, True),
        ([PARAMETERS], {"alpha": 0.1, "name": "x"}, True),
        ([PARAMETERS], {"name": "y"}, False),
        ([PARAMETERS], {"alpha": "0.1"}, False),
        ([PARAMETERS], {"hours": 168}, False),
        ([PARAMETERS], {"a": 1}, False),
        ([code("one = 1", tags=["parameters"])], {"one": 1}, True),
        ([code("one = 1", tags=["parameters"])], {"one": True}, False),
        ([code("one = 1", tags=["parameters"])], {"one": 1.0}, False),
        ([code("one = 1\none = f()", tags=["parameters"])], {"one": 1}, False),
        ([code("one = 1\nif f(): one = 2", tags=["parameters"])], {"one": 1}, False),
        ([code("%pylab\none = 1", tags=["parameters"])], {"one": 1}, False),
        ([], {"alpha": 1}, False),
        ([PARAMETERS, INJECTED], {"alpha": 0.2}, True),
        ([PARAMETERS, INJECTED], {"alpha": 0.1}, False),
        ([PARAMETERS, INJECTED], {}, False),
        ([PARAMETERS, INJECTED], {"alpha": 0.2, "name": "x"}, True),
        ([INJECTED], {"alpha": 0.2}, True),
    ],
)
def test_only_what_was_stored_with_these_values_is_compared(
    cells: list[Cell], values: Mapping[str, Any], is_compared: bool
):
    (plan,) = plans(*cells, LAST, sets=[values])
    assert plan.cells[-1].uncompared_by == ("" if is_compared else OTHER_PARAMETERS)


def test_what_papermill_injected_gives_way():
    (plan,) = plans(PARAMETERS, INJECTED, LAST, sets=[{"alpha": 0.3}])
    assert plan.cells[1].skipped_by == "the parameters of this run, which take its place"
    assert not plan_notebook(document(PARAMETERS, INJECTED), RunOptions()).cells[1].skipped_by


@pytest.mark.parametrize(
    ("cell", "values", "told"),
    [
        (
            PARAMETERS,
            {"alhpa": 1},
            "cell 1 (line 6), tagged parameters, does not assign 'alhpa'; did you mean 'alpha'?",
        ),
        (
            PARAMETERS,
            {"zzz": 1},
            "cell 1 (line 6), tagged parameters, does not assign 'zzz'; it assigns alpha, name, hours, a, b",
        ),
        (
            code("", tags=["parameters"]),
            {"zzz": 1},
            "cell 1 (line 5), tagged parameters, does not assign 'zzz'; it assigns nothing",
        ),
        (
            code("a = 1", tags=["parameters", "skip-execution"]),
            {"a": 2},
            "cell 1 (line 6), tagged parameters, is skipped by the tag skip-execution, so that no parameter can be set",
        ),
    ],
)
def test_a_set_that_cannot_be_applied(cell: Cell, values: Mapping[str, Any], told: str):
    with pytest.raises(UsageError) as raised:
        plans(cell, sets=[values])
    assert str(raised.value).partition(": ")[2] == told


def test_another_language():
    with pytest.raises(
        UsageError, match=r"^nb\.ipynb: parameters can be set in Python notebooks only, not R$"
    ):
        plans(
            PARAMETERS, sets=[{"alpha": 1}], kernelspec={"name": "ir", "language": "R", "display_name": "R"}
        )


# ---- running


def run(plan: NotebookPlan, script: Mapping[str, Any]) -> tuple[NotebookRun, FakeKernel]:
    clock = FakeClock()
    kernel = FakeKernel(script, clock)
    return NotebookRun(plan, lambda: kernel, clock=clock), kernel


def test_the_set_up_runs_once_before_the_first_cell():
    (plan,) = plans(code("1"), code("2"), sets=[{"alpha": 0.5}])
    notebook, kernel = run(plan, {})
    assert [cell.outcome for cell in notebook.notebook_result().cells] == [Outcome.PASSED] * 2
    assert (kernel.hidden, kernel.executed) == (["alpha = 0.5"], ["1", "2"])


def test_a_set_up_that_fails_keeps_all_cells_from_running():
    (plan,) = plans(code("1"), code("2"), sets=[{"alpha": 0.5}])
    notebook, kernel = run(plan, {"alpha = 0.5": [Raises("NameError", "no")]})
    first, second = notebook.notebook_result().cells
    assert (first.outcome, first.message) == (
        Outcome.ERROR,
        "the parameters, run before the first cell: NameError: no",
    )
    assert second.outcome is Outcome.NOT_RUN
    assert kernel.executed == []
    assert kernel.is_closed


def test_cells_that_are_not_compared_say_why():
    (plan,) = plans(PARAMETERS, LAST, sets=[{"alpha": 0.5}])
    notebook, _ = run(plan, {"alpha": [returns("0.5")]})
    last = notebook.result(2)
    assert (last.outcome, last.compared) == (Outcome.PASSED, False)
    assert why_not_compared(plan.cells[1], last) == "other parameters"
