"""What other notebook testers let pass and we must not: one list of it, and where each is tested.

Collected from reports of their users and from runs of nbval, nbmake and pytest-notebook.
"""

from __future__ import annotations

import ast
import base64
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from helpers.example import Example, verdicts
from helpers.nb import Cell, code, display, error, notebook, result, stdout

Make = Callable[..., Example]

TESTS = Path(__file__).parents[1]
LAST = code("print('end')", stdout("end\n"))
DISPLAY = "from IPython.display import display\n"
PICTURE = """
import base64, io
from PIL import Image
from IPython.display import Image as Shown
buffer = io.BytesIO()
Image.new('RGB', (8, 8), {colour!r}).save(buffer, 'PNG')
Shown(buffer.getvalue(), format='png')
""".strip()


def draw(colour: str, *, stored: str) -> Cell:
    """A cell that draws in one colour and has the picture of another one stored."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), stored).save(picture, "PNG")
    data = {
        "text/plain": "<IPython.core.display.Image object>",
        "image/png": base64.b64encode(picture.getvalue()).decode(),
    }
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}
    return code(PICTURE.format(colour=colour), output)


REAL: dict[str, tuple[Cell, ...]] = {
    "an unknown magic, though no error is shown": (code("%nosuchmagic", count=1),),
    "a magic that fails": (code("%run nosuch.py", count=1),),
    "what comes after a magic that fails": (
        code("%run nosuch.py\nprint('never')", stdout("never\n"), tags=["raises-exception"]),
    ),
    "an error whose handler shows nothing": (
        code("get_ipython().set_custom_exc((ValueError,), lambda *_, **__: None)\nint('x')", count=1),
    ),
    "an error that a tag expects and that does not come": (
        code("1", error("ValueError", "no"), tags=["raises-exception"]),
    ),
    "an error of another type than the tag's": (
        code("{}['x']", error("ValueError", "'x'"), tags=["raises-exception"]),
    ),
    "an error with another message than the tag's": (
        code("raise ValueError('yes')", error("ValueError", "no"), tags=["raises-exception"]),
    ),
    "another picture": (draw("black", stored="white"),),
    "a print that moved behind a display": (
        code(f"{DISPLAY}display(1)\nprint('a')", stdout("a\n"), display("1")),
    ),
    "displays that changed places": (
        code(f"{DISPLAY}display(1)\ndisplay(2.5)", display("2.5"), display("1")),
    ),
    "a result that became a display": (code(f"{DISPLAY}display(1)", result("1")),),
    "a result that is gone": (code("1;", result("1")),),
    "a result that is new": (code("1", count=1),),
    "a display whose update by a later cell is another": (
        code(f"{DISPLAY}handle = display(1, display_id=True)", display("2")),
        code("handle.update(3)", count=2),
    ),
    "a kernel that ends itself without a word": (code("import os\nos._exit(0)", count=1),),
    "sys.exit(0)": (code("import sys\nsys.exit(0)", count=1),),
    "a cell that takes too long": (code("# nbcheck: timeout=0.2\nwhile True: pass", count=1),),
    "outputs of a cell that was never run": ({**code("print('a')", stdout("b\n")), "execution_count": None},),
    "numbers that are one digit apart": (code("print(0.333)", stdout("0.334\n")),),
    "True where 1 was": (code("True", result("1")),),
}
"""Cells by what is wrong with the first of them. Real kernels run them."""

ELSEWHERE: dict[str, str] = {
    "a reply that tells of an error which no output shows": (
        "execution/test_run.py::test_an_unexpected_error_stops_the_notebook"
    ),
    "a cell that the kernel did not run because an earlier one failed": (
        "execution/test_run.py::test_an_aborted_request_is_an_error"
    ),
    "outputs, a reply or an end that never arrive": (
        "execution/test_run.py::test_a_kernel_that_leaves_out_a_message_fails_the_cell"
    ),
    "outputs that arrive after the reply": (
        "execution/test_run.py::test_outputs_that_take_long_to_arrive_are_waited_for"
    ),
    "outputs that arrive after the cell": "execution/test_run.py::test_late_output_is_noted",
    "a kernel that dies between two cells": (
        "execution/test_run.py::test_a_death_between_cells_fails_the_next_one"
    ),
    "a kernel that was killed for its memory": "execution/test_run.py::test_a_death_is_told_with_its_cause",
    "a kernel that hangs and ignores the interrupt": (
        "execution/test_run.py::test_a_cell_that_does_not_heed_the_interrupt_is_killed"
    ),
    "a kernel that cannot be started": (
        "execution/test_run.py::test_a_kernel_that_cannot_be_started_fails_one_cell"
    ),
    "a notebook whose metadata allows errors": (
        "execution/test_check.py::test_a_notebook_that_allows_errors_does_not_pass_in_silence"
    ),
    "an error that is an accident, though it is stored": (
        "execution/test_check.py::test_an_accident_fails_even_when_stored"
    ),
    "a timeout in a cell that may raise": (
        "execution/test_run.py::test_an_expected_error_does_not_excuse_a_timeout"
    ),
    "a second difference behind the first": ("execution/test_check.py::test_several_differences_are_counted"),
    "a comparer that crashed": "execution/test_check.py::test_a_comparer_that_crashes_is_a_failure",
    "a stored output of an unknown type": (
        "compare/test_outputs.py::test_a_stored_output_of_an_unknown_type_may_hold_anything"
    ),
    "ignored outputs, and cells without any": (
        "plugin/test_summary.py::test_cells_that_were_not_compared_are_counted"
    ),
    "cells that were not run, since an earlier one failed": (
        "plugin/test_verdicts.py::test_what_goes_wrong_stops_its_notebook_only"
    ),
    "prints after a cell closed or replaced sys.stdout": (
        "plugin/test_hostile_cells.py::test_a_hostile_cell_gets_its_verdict"
    ),
    "more output than fits into a queue": (
        "integration/test_own_kernel.py::test_twenty_thousand_displays_all_arrive_in_order"
    ),
    "the same, on a kernel that is not ours": (
        "integration/test_foreign_kernel.py::test_nothing_is_lost_when_we_read_late"
    ),
    "a notebook that is no notebook": ("plugin/test_items.py::test_a_broken_notebook_is_one_failing_item"),
}
"""Tests by what they keep from passing."""


@pytest.mark.slow
def test_nothing_of_it_passes(example: Make) -> None:
    notebooks = {
        f"nb{number:02}.ipynb": notebook(*cells, LAST) for number, cells in enumerate(REAL.values(), start=1)
    }
    notebooks["right.ipynb"] = notebook(draw("white", stored="white"), LAST)
    outcomes = verdicts(example(notebooks).run("-rA"))
    passed = [
        title
        for number, title in enumerate(REAL, start=1)
        if outcomes.pop(f"nb{number:02}.ipynb::cell-1") != "failed"
    ]
    assert passed == []
    # Nothing but the first cell is wrong, so that the test above has one reason to fail.
    assert set(outcomes.values()) <= {"passed", "skipped"}


@cache
def functions(name: str) -> set[str]:
    """Names of the tests in a file."""
    tree = ast.parse((TESTS / name).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("title", ELSEWHERE)
def test_the_rest_is_tested_where_the_list_says(title: str) -> None:
    path, _, name = ELSEWHERE[title].partition("::")
    assert name in functions(path)
