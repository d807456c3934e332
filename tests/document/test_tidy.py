"""Checking, repairing, upgrading and stripping notebook files."""

from __future__ import annotations

import difflib
import json
from typing import Any

import pytest
from hypothesis import given

from helpers.nb import code, markdown, notebook, result, stdout
from helpers.notebook_strategies import notebooks
from nbcheck.document.load import parse_document
from nbcheck.document.tidy import find_issues, normalize, strip, upgrade
from nbcheck.errors import DocumentError

RUN = notebook(
    markdown("# Title"),
    code("a", stdout("x\n"), result("1", 1), count=1, execution={"iopub.status.busy": "now"}, mine=1),
    code("b"),
    code("c", stdout("kept\n"), count=2, tags=["keep_output"]),
)


def tree(*cells: dict[str, Any], minor: int = 5, **more: Any) -> bytes:
    return json.dumps(
        {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": minor, **more}, indent=2
    ).encode()


def changed_lines(old: bytes, new: bytes) -> list[str]:
    lines = difflib.unified_diff(old.decode().splitlines(), new.decode().splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_issues_have_their_place() -> None:
    raw = tree({"cell_type": "code", "source": 3, "metadata": {}, "outputs": [], "id": "a b"})
    assert [(issue.line, issue.column, issue.pointer, issue.problem) for issue in find_issues(raw)] == [
        (8, 13, "/cells/0/id", 'found "a b", allowed: 1 to 64 letters, digits, - and _'),
        (5, 17, "/cells/0/source", "found 3, allowed: a string or a list of strings"),
        (3, 5, "/cells/0/execution_count", 'found nothing, allowed: the required key "execution_count"'),
    ]


def test_a_sound_notebook_has_no_issues() -> None:
    assert find_issues(RUN) == []


def test_what_is_no_notebook_is_an_error() -> None:
    for function in (find_issues, normalize, strip, upgrade):
        with pytest.raises(DocumentError):
            function(b"{")


def test_normalize_repairs_ids_outputs_and_metadata() -> None:
    raw = tree(
        {"cell_type": "code", "id": "a", "source": "1", "metadata": {}},
        {"cell_type": "markdown", "id": "a", "source": "2"},
        {"cell_type": "raw", "source": "3", "metadata": {}},
    )
    new = normalize(raw)
    assert find_issues(new) == []
    assert normalize(new) == new
    first, second, third = json.loads(new)["cells"]
    assert (first["id"], first["outputs"], first["execution_count"]) == ("a", [], None)
    assert second["metadata"] == {}
    assert len({first["id"], second["id"], third["id"]}) == 3


def test_normalize_leaves_older_formats_and_sound_files() -> None:
    old = b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}'
    assert normalize(old) == old
    assert normalize(RUN) == RUN
    four = tree({"cell_type": "markdown", "source": "x", "metadata": {}}, minor=2)
    assert normalize(four) == four


def test_upgrade_of_format_4_changes_the_version_and_gives_ids() -> None:
    raw = tree({"cell_type": "markdown", "source": "x", "metadata": {}}, minor=2)
    new = upgrade(raw)
    cell = json.loads(new)["cells"][0]
    assert changed_lines(raw, new) == [
        '-      "metadata": {}',
        '+      "metadata": {},',
        f'+      "id": "{cell["id"]}"',
        '-  "nbformat_minor": 2',
        '+  "nbformat_minor": 5',
    ]
    assert upgrade(new) == new


def test_upgrade_of_older_formats() -> None:
    raw = (
        b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": ['
        b'{"cell_type": "code", "input": "x", "language": "python", "outputs": [], "prompt_number": 1}]}]}'
    )
    new = upgrade(raw)
    document = parse_document(new)
    assert document.version == (4, 5)
    assert document.notes == ()
    assert document.notebook["cells"][0]["source"] == "x"
    assert new.endswith(b"}\n")


def test_strip_takes_out_what_running_left() -> None:
    new = strip(RUN)
    _, first, second, kept = json.loads(new)["cells"]
    assert (first["outputs"], first["execution_count"], first["metadata"]) == ([], None, {"mine": 1})
    assert (second["outputs"], second["execution_count"]) == ([], None)
    assert (kept["outputs"], kept["execution_count"]) == ([stdout("kept\n")], 2)
    assert strip(new) == new


def test_a_notebook_may_keep_all_its_outputs() -> None:
    raw = notebook(code("a", stdout("x")), keep_output=True)
    assert strip(raw) == raw


@given(notebooks())
def test_what_was_done_need_not_be_done_again(stored: dict[str, Any]) -> None:
    raw = json.dumps(stored).encode()
    for function in (normalize, upgrade, strip):
        once = function(raw)
        assert function(once) == once
        parse_document(once)
