"""The JSON report: what is in it, and that the schema in docs/ says so."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nbcheck.compare.base import Change, Difference, DifferenceKind, HunkLine, TextHunk
from nbcheck.report.base import (
    FaultRecord,
    ItemOutcome,
    ItemRecord,
    NotebookEntry,
    NotebookFacts,
    ResultRecord,
    RunReport,
)
from nbcheck.report.json import BEGINS, render_json
from nbcheck.results import CellError, CellResult, Outcome

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "nbcheck-run.schema.json").read_text("utf-8"))

DIFFERENCE = Difference(
    DifferenceKind.CHANGED,
    "stdout",
    "a became b",
    expected="a",
    actual=math.nan,
    hunks=(TextHunk(1, 1, (HunkLine("-", "a", ((0, 1),)), HunkLine("+", "b", ((0, 1),)))),),
    changes=(Change("x", "1", None, "remark"),),
    picture="AAAA",
    expected_index=0,
)
FAILED = CellResult(
    3,
    2,
    Outcome.ERROR,
    "ValueError: no",
    (DIFFERENCE,),
    CellError("ValueError", "no", ("\x1b[31mline\x1b[0m",)),
    notes=("a note",),
    execution_count=2,
    duration=1.23456,
)
RUN = RunReport(
    notebooks=(
        NotebookEntry(
            "../nb.ipynb",
            (
                ItemRecord("cell-1", ItemOutcome.PASSED, 1.0, line=5),
                ItemRecord("cell-2", ItemOutcome.FAILED, 2.0, line=9),
                ItemRecord("cell-3", ItemOutcome.SKIPPED, 0.0, "not today"),
            ),
            results=(
                ResultRecord(
                    CellResult(0, 1, Outcome.PASSED, compared=False), compared_not="run only", line=5
                ),
                ResultRecord(FAILED, 1, ("Mend it.",), "", 10, "c3", "a known bug"),
            ),
            facts=NotebookFacts("python3", 3, ("a repair",)),
        ),
        NotebookEntry(
            "bad-\ud800.ipynb",
            (ItemRecord("notebook", ItemOutcome.FAILED),),
            fault=FaultRecord(("not JSON",), 3, ((3, "<<<<"),)),
        ),
    ),
    started="2026-11-24 13:40:00+00:00",
    duration=3.14159,
    environment=(("Python", "3.12.1"),),
    note="The run was interrupted.",
    folder="/project/sub",
)
RAW = render_json(RUN, "/project")
TREE = json.loads(RAW)


def members(value: Any, schema: dict[str, Any], place: str) -> Iterator[str]:
    """Places of the members of a value that a schema does not describe."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema and value is not None:
        schema = next(option for option in schema["oneOf"] if option.get("type") != "null")
        yield from members(value, schema, place)
    elif isinstance(value, dict) and "properties" in schema:
        for name, item in value.items():
            if name not in schema["properties"]:
                yield f"{place}/{name}"
            else:
                yield from members(item, schema["properties"][name], f"{place}/{name}")
    elif isinstance(value, list) and "items" in schema:
        for item in value:
            yield from members(item, schema["items"], place)


@pytest.mark.parametrize("tree", [TREE, json.loads(render_json(RunReport((), "now", 0.0, ()), "/"))])
def test_it_is_as_the_schema_says(tree: Any) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(tree)
    assert list(members(tree, SCHEMA, "")) == []


def test_the_example_in_the_docs_is_one() -> None:
    _, _, rest = (DOCS / "json.md").read_text("utf-8").partition("```json\n")
    example = json.loads(rest.partition("```")[0])
    jsonschema.Draft202012Validator(SCHEMA).validate(example)
    assert list(members(example, SCHEMA, "")) == []


def test_whatever_is_known_is_in_it() -> None:
    assert (TREE["started"], TREE["duration"], TREE["note"]) == (
        "2026-11-24T13:40:00+00:00",
        3.142,
        "The run was interrupted.",
    )
    assert TREE["counts"] == {
        "notebooks": 2,
        "failed_notebooks": 2,
        "failed": 2,
        "error": 0,
        "xpassed": 0,
        "xfailed": 0,
        "skipped": 1,
        "passed": 1,
        "not_compared": 1,
    }
    first, second = TREE["notebooks"]
    assert (first["path"], first["outcome"], first["duration"]) == ("nb.ipynb", "failed", 3.0)
    assert (first["kernel"], first["code_cells"], first["notes"]) == ("python3", 3, ["a repair"])
    assert first["items"][2] == {
        "name": "cell-3",
        "outcome": "skipped",
        "duration": 0.0,
        "line": None,
        "text": "not today",
    }
    passed, failed = first["cells"]
    assert (passed["line"], passed["not_compared"]) == (5, "run only")
    assert (failed["number"], failed["index"], failed["id"], failed["line"]) == (2, 3, "c3", 10)
    assert (failed["outcome"], failed["xfail"], failed["duration"]) == ("error", "a known bug", 1.235)
    assert failed["error"] == {"ename": "ValueError", "evalue": "no", "traceback": ["line"]}
    (difference,) = failed["differences"]
    assert (difference["expected"], difference["actual"]) == ("a", None)  # JSON has no NaN
    assert difference["hunks"][0]["lines"][0] == {"side": "-", "text": "a", "marks": [[0, 1]]}
    assert difference["changes"] == [{"where": "x", "expected": "1", "actual": None, "remark": "remark"}]
    assert "picture" not in difference
    assert (second["path"], second["fault"]) == ("sub/bad-?.ipynb", {"text": ["not JSON"], "line": 3})


def test_it_is_known_again() -> None:
    assert BEGINS.match(RAW)
    assert not BEGINS.match(b'{"cells": [], "schema": "nbcheck-run/1"}')


@pytest.mark.parametrize(
    ("folder", "name", "root", "path"),
    [
        ("/project", "nb.ipynb", "/project", "nb.ipynb"),
        ("/project/sub", "nb.ipynb", "/project", "sub/nb.ipynb"),
        ("/project/sub", "../nb.ipynb", "/project", "nb.ipynb"),
        ("/project", "nb.ipynb", "/proj", "nb.ipynb"),
        ("/project", "nb.ipynb", "/", "project/nb.ipynb"),
        ("/elsewhere", "nb.ipynb", "/project", "nb.ipynb"),
    ],
)
def test_paths_start_from_the_root_where_they_can(folder: str, name: str, root: str, path: str) -> None:
    assert RunReport((), "", 0.0, (), folder=folder).path_from(root, name) == path


def test_a_root_that_is_a_link_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    run = RunReport((), "", 0.0, (), folder=str(tmp_path / "link"))
    assert run.path_from(str(tmp_path / "real"), "a/nb.ipynb") == "a/nb.ipynb"
