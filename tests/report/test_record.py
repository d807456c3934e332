"""What of a notebook and its results goes into a report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from helpers.nb import code, display, document, error, markdown, stdout
from nbcheck.compare.base import Change, Difference, DifferenceKind, HunkLine, TextHunk
from nbcheck.report.base import FaultRecord, NotebookRecord, ResultRecord, from_builtins, to_builtins
from nbcheck.report.record import (
    MAX_DATA,
    MAX_OUTPUTS,
    MAX_TEXT,
    cut_outputs,
    record_fault,
    record_notebook,
    record_result,
)
from nbcheck.results import CellError, CellResult, Outcome

DIFFERENCE = Difference(
    DifferenceKind.CHANGED,
    "stdout",
    "a became b",
    expected="a\n",
    actual="b\n",
    hunks=(TextHunk(1, 1, (HunkLine("-", "a", ((0, 1),)), HunkLine("+", "b", ((0, 1),)))),),
    changes=(Change("x", "1", None, "remark"),),
    expected_index=0,
    actual_index=0,
)


def test_a_notebook_is_recorded_as_it_stands_in_the_file() -> None:
    notebook = document(
        markdown("# Title"),
        code("a\nb", stdout("x\n"), count=3, tags=["slow"]),
        code("c"),
        language_info={"name": "python", "pygments_lexer": "ipython3"},
    )
    record = record_notebook(notebook, "nbcheck-python", ["a note"])
    assert (record.language, record.kernel_name, record.notes) == ("ipython3", "nbcheck-python", ("a note",))
    text, first, second = record.cells
    assert (text.cell_type, text.source, text.number) == ("markdown", "# Title", None)
    assert (first.number, first.execution_count, first.tags) == (1, 3, ("slow",))
    assert first.expected == (stdout("x\n"),)
    assert first.line == notebook.source_line(1)
    assert (second.number, second.execution_count, second.expected) == (2, None, ())


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"language_info": {"name": "R"}}, "R"),
        ({"kernelspec": {"language": "bash"}}, "bash"),
        ({"language_info": 7, "kernelspec": {"language": []}}, "python"),
    ],
)
def test_the_language_of_a_notebook(metadata: dict[str, Any], language: str) -> None:
    assert record_notebook(document(code("a"), **metadata), "", []).language == language


@pytest.mark.parametrize(
    "record",
    [
        record_notebook(document(markdown("m"), code("a", stdout("x"), error("E", "v"))), "k", ["n"]),
        record_result(
            CellResult(
                1,
                1,
                Outcome.DIFFERENT,
                "message",
                (DIFFERENCE,),
                CellError("E", "v", ("t",)),
                (display("x"),),
            ),
            advice=["do"],
            compared_not="",
        ),
        record_fault(["text"], 2, b"a\nb\nc"),
    ],
)
def test_a_record_survives_the_way_between_processes(
    record: NotebookRecord | ResultRecord | FaultRecord,
) -> None:
    values = json.loads(json.dumps(to_builtins(record)))
    assert from_builtins(values, type(record)) == record


def test_lone_surrogates_do_not_travel() -> None:
    values = to_builtins(record_fault(["\ud800 \u00e9"], None, b""))
    assert values["text"] == ["? \u00e9"]


def test_outputs_that_are_equal_to_the_stored_ones_are_not_kept_twice() -> None:
    result = CellResult(0, 1, Outcome.PASSED, outputs=(display("x"),))
    assert record_result(result, advice=(), compared_not="").result.outputs == ()
    uncompared = replace(result, compared=False)
    assert record_result(uncompared, advice=(), compared_not="run only").result.outputs == (display("x"),)


@pytest.mark.parametrize(
    ("outcome", "is_for_pages", "is_kept"),
    [
        (Outcome.DIFFERENT, True, True),
        (Outcome.DIFFERENT, False, False),
        (Outcome.ERROR, False, False),
        (Outcome.DIED, False, True),
        (Outcome.TIMEOUT, False, True),
    ],
)
def test_what_is_large_is_kept_for_pages_only(outcome: Outcome, is_for_pages: bool, is_kept: bool) -> None:
    drawn = replace(DIFFERENCE, picture="AAAA")
    result = CellResult(0, 1, outcome, "m", (drawn,), outputs=(stdout("x"),))
    record = record_result(result, advice=(), compared_not="", is_for_pages=is_for_pages)
    assert bool(record.result.outputs) is is_kept
    assert record.result.differences[0].picture == ("AAAA" if is_for_pages else None)


def said(what: str) -> dict[str, Any]:
    return display(f"[{what} left out of this report]")


@pytest.mark.parametrize(
    ("output", "cut"),
    [
        (stdout("x" * MAX_TEXT), stdout("x" * MAX_TEXT)),
        (display("short"), display("short")),
        (
            {"output_type": "display_data", "data": {"image/png": "A" * (MAX_DATA + 1)}, "metadata": {}},
            said("an output with image/png"),
        ),
        (
            {
                "output_type": "display_data",
                "data": {"text/html": "A" * (MAX_DATA + 1), "text/plain": "x"},
                "metadata": {},
            },
            display("x"),
        ),
        (
            {"output_type": "display_data", "data": {"application/json": ["x" * MAX_TEXT]}, "metadata": {}},
            said("an output with application/json"),
        ),
        ({"output_type": "novelty"}, {"output_type": "display_data", "data": {}}),
    ],
)
def test_what_is_too_large_is_left_out_and_said(output: dict[str, Any], cut: dict[str, Any]) -> None:
    assert cut_outputs([output]) == (cut,)


def test_a_long_text_is_cut_in_its_middle() -> None:
    ((_, _, text),) = (output.values() for output in cut_outputs([stdout("a" * MAX_TEXT + "b" * MAX_TEXT)]))
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert "\n... 100,000 characters left out ...\n" in text
    assert len(text) < MAX_TEXT + 100


def test_many_outputs_are_counted() -> None:
    cut = cut_outputs([display("x")] * (MAX_OUTPUTS + 5))
    assert len(cut) == MAX_OUTPUTS + 1
    assert cut[-1] == said("5 more outputs")


@pytest.mark.parametrize(
    ("line", "raw", "excerpt"),
    [
        (None, b"a", ()),
        (1, b"", ()),
        (1, b"a\nb", ((1, "a"), (2, "b"))),
        (6, b"\n".join(b"%d" % n for n in range(1, 21)), tuple((n, str(n)) for n in range(2, 11))),
        (1, b"\xff\r\n", ((1, "\ufffd"), (2, ""))),
        (1, b"x" * 1000, ((1, "x" * 300),)),
    ],
)
def test_a_fault_shows_the_lines_around_it(
    line: int | None, raw: bytes, excerpt: tuple[tuple[int, str], ...]
) -> None:
    assert record_fault(["wrong"], line, raw).excerpt == excerpt
