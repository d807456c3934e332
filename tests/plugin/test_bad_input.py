"""Whatever lies under the name of a notebook: one clear failure, or it runs; the notebooks beside it always run."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from helpers.example import Example, section, verdicts
from helpers.fake_kernel import Publishes
from helpers.nb import code, error, markdown, notebook, result, stdout
from nbcheck.execution.directives import DIRECTIVES, Scope
from nbcheck.manager.discovery import Choice, choose_kernelspec, find_kernelspecs
from nbcheck.protocol.content import DisplayData

Make = Callable[..., Example]

GOOD = notebook(code("a"))
RESTORE = "restore the file from version control or from .ipynb_checkpoints"
CORRECT = f"correct it, or {RESTORE}"
UPGRADE = "upgrade pytest-nbcheck, or save the notebook in format 4"
MAX_LINES = 60


# ---- making files


def put(pointer: str, value: object = None, *, drop: bool = False) -> bytes:
    """A notebook with one value replaced, or dropped; its code cell has every type of output."""
    cell = code("a", result("1"), stdout("x"), error("E"))
    tree: Any = json.loads(
        notebook(cell, kernelspec={"name": "python3", "display_name": "Python 3"}, language_info={})
    )
    steps = [step.replace("~1", "/") for step in pointer.split("/")[1:]]
    node = tree
    for step in steps[:-1]:
        node = node[int(step) if isinstance(node, list) else step]
    last = int(steps[-1]) if isinstance(node, list) else steps[-1]
    if drop:
        del node[last]
    else:
        node[last] = value
    return json.dumps(tree, indent=1).encode()


def swap(old: bytes, new: bytes) -> bytes:
    """The good notebook with a piece of its text replaced."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def with_metadata(text: bytes) -> bytes:
    """The good notebook with any text as a value of its metadata."""
    return swap(b'"metadata": {},\n "nbformat"', b'"metadata": {"x": ' + text + b'},\n "nbformat"')


# ---- files that are no notebooks

# Name, content, place in the file, problem and remedy.
BROKEN: list[tuple[str, bytes, str, str]] = [
    ("cut off", GOOD[:60], ", line 5, column 15", f"the file ends in the middle of the notebook; {RESTORE}"),
    (
        "cut off in a string",
        GOOD[: GOOD.index(b'"a"') + 2],
        ", line 6, column 7",
        f"the file ends in the middle of the notebook; {RESTORE}",
    ),
    (
        "comma before a bracket",
        swap(b'"nbformat_minor": 5', b'"nbformat_minor": 5,'),
        ", line 16, column 21",
        "not valid JSON: a comma before a closing bracket; delete the comma",
    ),
    (
        "comma left out",
        swap(b'"nbformat": 4,', b'"nbformat": 4'),
        ", line 16, column 2",
        f"not valid JSON: a comma or a closing bracket is missing; {RESTORE}",
    ),
    (
        "single quotes",
        swap(b'"nbformat":', b"'nbformat':"),
        ", line 15, column 2",
        f"not valid JSON: a key in double quotes is missing; {RESTORE}",
    ),
    (
        "colon left out",
        swap(b'"nbformat": 4', b'"nbformat" 4'),
        ", line 15, column 13",
        f"not valid JSON: a colon is missing after a key; {RESTORE}",
    ),
    (
        "Python value",
        swap(b'"nbformat": 4', b'"nbformat": True'),
        ", line 15, column 14",
        f"not valid JSON: a value is missing or misspelt; {RESTORE}",
    ),
    (
        "line break in a string",
        swap(b'"a"', b'"a\n"'),
        ", line 6, column 7",
        f"not valid JSON: a line break or another control character inside a string; {RESTORE}",
    ),
    (
        "unknown escape",
        swap(b'"a"', b'"\\x41"'),
        ", line 6, column 6",
        f"not valid JSON: an unknown escape sequence inside a string; {RESTORE}",
    ),
    (
        "two documents",
        GOOD + GOOD,
        ", line 18, column 1",
        "a second JSON document begins here; keep one of the two",
    ),
    (
        "text after it",
        GOOD + b"oops\n",
        ", line 18, column 1",
        "text after the end of the notebook; delete it",
    ),
    (
        "merge conflict",
        swap(b'    "a"\n', b'<<<<<<< HEAD\n    "a"\n=======\n    "b"\n>>>>>>> topic\n'),
        ", line 6, column 1",
        "unresolved merge conflict, markers in lines 6, 8 and 10; resolve the conflict and delete the markers",
    ),
    (
        "merge conflict of whole files",
        b"<<<<<<< HEAD\n" + GOOD + b"=======\n" + GOOD + b">>>>>>> topic\n",
        ", line 1, column 1",
        "unresolved merge conflict, markers in lines 1, 19 and 37; resolve the conflict and delete the markers",
    ),
    ("empty", b"", "", f"the file is empty; delete it, or {RESTORE}"),
    ("white space", b" \n", "", f"the file holds nothing but white space; delete it, or {RESTORE}"),
    *(
        (
            encoding,
            GOOD.decode().encode(encoding),
            "",
            "this is UTF-16 or UTF-32 text, but a notebook is UTF-8; save the file as UTF-8",
        )
        for encoding in ("utf-16", "utf-16-be", "utf-32")
    ),
    (
        "NUL byte",
        swap(b'"a"', b'"a\0"'),
        ", line 6, column 7",
        f"a NUL byte: the file is damaged or is no text; {RESTORE}",
    ),
    (
        "nothing but NUL bytes",
        b"\0" * 4096,
        ", line 1, column 1",
        f"a NUL byte: the file is damaged or is no text; {RESTORE}",
    ),
    (
        "Git LFS pointer",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n",
        "",
        "this is a Git LFS pointer, not the notebook itself; run: git lfs pull",
    ),
    (
        "HTML",
        b"<!DOCTYPE html>\n<html></html>\n",
        "",
        "this is an HTML page that was saved under the name of a notebook; "
        "download the raw file instead of the page that shows it",
    ),
    (
        "picture",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        ", line 1, column 1",
        "not UTF-8: byte 0x89 cannot stand here; save the file as UTF-8, or restore it if it is no text at all",
    ),
    (
        "Latin-1",
        swap(b'"a"', b'"\xe9"'),
        ", line 6, column 6",
        "not UTF-8: byte 0xe9 cannot stand here; save the file as UTF-8, or restore it if it is no text at all",
    ),
    (
        "Python source",
        b"import os\n",
        ", line 1, column 1",
        f"not valid JSON: a value is missing or misspelt; {RESTORE}",
    ),
    ("null", b"null", ", line 1", f"found null where a notebook has an object; {RESTORE}"),
    ("list", b"[]", ", line 1", f"found a list where a notebook has an object; {RESTORE}"),
    ("string", b'"nb"', ", line 1", f'found "nb" where a notebook has an object; {RESTORE}'),
    (
        "other JSON",
        b"{}",
        "",
        'no "nbformat" key: this is JSON, but no notebook; if it is one, add "nbformat": 4 and "nbformat_minor": 5',
    ),
    (
        "nested and cut off",
        b'{"cells": ' + b"[" * 100_000,
        ", line 1, column 100010",
        "lists and objects nested 100001 deep, more than 300 are not read; clear the output that holds them",
    ),
    (
        "nested",
        with_metadata(b"[" * 5000 + b"]" * 5000),
        ", line 14, column 5019",
        "lists and objects nested 5002 deep, more than 300 are not read; clear the output that holds them",
    ),
    (
        "endless integer",
        with_metadata(b"9" * 5000),
        ", line 14, column 20",
        "an integer of more than 4300 digits; store it as a string",
    ),
    (
        "repeated key",
        swap(b'"nbformat": 4', b'"nbformat": 4, "cells": 1'),
        ", line 15, column 26 (/cells)",
        f"found 1, allowed: a list; {CORRECT}",
    ),
    *(
        (
            f"format {text}",
            swap(b'"nbformat": 4', b'"nbformat": ' + text.encode()),
            ", line 15, column 14 (/nbformat)",
            f"notebook format {shown} is not known, only 1 to 4 are; {UPGRADE}",
        )
        for text, shown in (
            ("5", "5"),
            ("0", "0"),
            ("-1", "-1"),
            ("4.5", "4.5"),
            ("NaN", "NaN"),
            ("1e400", "Infinity"),
            ("null", "null"),
            ('"4"', '"4"'),
            ("[4]", "a list"),
            ("true", "true"),
        )
    ),
    (
        "minor version 1e400",
        swap(b'"nbformat_minor": 5', b'"nbformat_minor": 1e400'),
        ", line 16, column 20 (/nbformat_minor)",
        f"found Infinity, allowed: an integer from 0; {CORRECT}",
    ),
    (
        "format 3 without worksheets",
        b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}}',
        ", line 1, column 1 (/worksheets)",
        f"found nothing, allowed: a list; {CORRECT}",
    ),
]

CELL, OUTPUTS = "/cells/0", "/cells/0/outputs"
OBJECT, LIST, STRING, LINES = "an object", "a list", "a string", "a string or a list of strings"

# Pointer, wrong value, how it is called, what is allowed.
WRONG_TYPES: list[tuple[str, object, str, str]] = [
    ("/cells", None, "null", LIST),
    ("/cells", {"a": 1}, "an object", LIST),
    ("/cells", "x", '"x"', LIST),
    ("/metadata", None, "null", OBJECT),
    ("/metadata", [], "a list", OBJECT),
    ("/nbformat_minor", "5", '"5"', "an integer from 0"),
    ("/nbformat_minor", -1, "-1", "an integer from 0"),
    (CELL, None, "null", OBJECT),
    (CELL, ["a"], "a list", OBJECT),
    (CELL, "a", '"a"', OBJECT),
    (f"{CELL}/cell_type", None, "null", STRING),
    (f"{CELL}/cell_type", ["code"], "a list", STRING),
    (f"{CELL}/cell_type", {}, "an object", STRING),
    (f"{CELL}/source", None, "null", LINES),
    (f"{CELL}/source", 7, "7", LINES),
    (f"{CELL}/source", {}, "an object", LINES),
    (f"{CELL}/metadata", None, "null", OBJECT),
    (f"{CELL}/metadata", [], "a list", OBJECT),
    (f"{CELL}/outputs", None, "null", LIST),
    (f"{CELL}/outputs", {}, "an object", LIST),
    (f"{OUTPUTS}/0", None, "null", OBJECT),
    (f"{OUTPUTS}/0", "x", '"x"', OBJECT),
    (f"{OUTPUTS}/0/output_type", None, "null", STRING),
    (f"{OUTPUTS}/0/output_type", [], "a list", STRING),
    (f"{OUTPUTS}/0/data", None, "null", OBJECT),
    (f"{OUTPUTS}/0/data", "1", '"1"', OBJECT),
    (f"{OUTPUTS}/0/data/text~1plain", 1, "1", LINES),
    (f"{OUTPUTS}/0/data/text~1html", {}, "an object", LINES),
    (f"{OUTPUTS}/0/data/image~1png", None, "null", LINES),
    (f"{OUTPUTS}/0/metadata", None, "null", OBJECT),
    (f"{OUTPUTS}/1/name", None, "null", STRING),
    (f"{OUTPUTS}/1/name", [], "a list", STRING),
    (f"{OUTPUTS}/1/text", None, "null", LINES),
    (f"{OUTPUTS}/1/text", {}, "an object", LINES),
    (f"{OUTPUTS}/2/ename", None, "null", STRING),
    (f"{OUTPUTS}/2/evalue", {}, "an object", STRING),
    (f"{OUTPUTS}/2/traceback", None, "null", LIST),
    (f"{OUTPUTS}/2/traceback", "x", '"x"', LIST),
]

# Pointer whose key is left out.
NEEDED = [("/cells", LIST), (f"{CELL}/cell_type", STRING), (f"{OUTPUTS}/0/output_type", STRING)]


def check_failing(example: Example, run: pytest.RunResult, expected: Mapping[str, str]) -> None:
    """Every bad file is one short failure that begins as expected (by node id), every other notebook passed."""
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    found = verdicts(run)
    assert {nodeid for nodeid, verdict in found.items() if verdict != "passed"} == set(expected)
    assert "good.ipynb::cell-1" in found
    for nodeid, first in expected.items():
        assert found[nodeid] == "failed"
        text = section(run, f"[nbcheck] {nodeid}")
        assert text[0] == first.replace("FOLDER", str(example.folder))
        assert len(text) <= MAX_LINES
    assert "Traceback" not in run.stdout.str()
    assert "nbcheck/" not in run.stdout.str()


FILES = {
    **{f"broken{number:02}.ipynb": case[1] for number, case in enumerate(BROKEN)},
    **{f"wrong{number:02}.ipynb": put(case[0], case[1]) for number, case in enumerate(WRONG_TYPES)},
    **{f"lacks{number:02}.ipynb": put(case[0], drop=True) for number, case in enumerate(NEEDED)},
}


@pytest.fixture(scope="module")
def run_of_all(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pytest.RunResult]:
    """One run, in a process of its own, with every file that is no notebook and a good one; and its folder."""
    folder = tmp_path_factory.mktemp("bad")
    for name, content in {**FILES, "good.ipynb": notebook(code("1"))}.items():
        (folder / name).write_bytes(content)
    arguments = ["-p", "no:hypothesispytest", "--nbcheck", "-rA", "--junitxml=report.xml"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return folder, pytest.RunResult(ended.returncode, ended.stdout.splitlines(), ended.stderr.splitlines(), 0)


def failure(run_of_all: tuple[Path, pytest.RunResult], name: str) -> str:
    """The text of a file's failure, all of which must be one line, without the name of its folder."""
    folder, run = run_of_all
    (text,) = section(run, f"[nbcheck] {name}::notebook")
    return text.removeprefix(f"{folder}/")


@pytest.mark.slow
def test_every_bad_file_fails_and_the_good_one_passes(run_of_all: tuple[Path, pytest.RunResult]) -> None:
    folder, run = run_of_all
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    assert verdicts(run) == {f"{name}::notebook": "failed" for name in FILES} | {
        "good.ipynb::cell-1": "passed"
    }
    assert "Traceback" not in run.stdout.str()
    assert "nbcheck/" not in run.stdout.str()
    report = (folder / "report.xml").read_text()
    assert "\x1b" not in report
    assert len(ElementTree.fromstring(report).findall(".//failure")) == len(FILES)


@pytest.mark.parametrize(
    ("number", "place", "said"),
    [pytest.param(number, *case[2:], id=case[0]) for number, case in enumerate(BROKEN)],
)
def test_a_file_that_is_no_notebook(
    run_of_all: tuple[Path, pytest.RunResult], number: int, place: str, said: str
) -> None:
    name = f"broken{number:02}.ipynb"
    assert failure(run_of_all, name) == f"{name}{place}: {said}"


@pytest.mark.parametrize(
    ("number", "pointer", "value", "found", "allowed"),
    [pytest.param(number, *case, id=f"{case[0]} is {case[2]}") for number, case in enumerate(WRONG_TYPES)],
)
def test_a_value_of_the_wrong_type(
    run_of_all: tuple[Path, pytest.RunResult],
    number: int,
    pointer: str,
    value: object,
    found: str,
    allowed: str,
) -> None:
    name = f"wrong{number:02}.ipynb"
    said = failure(run_of_all, name)
    place = re.search(r"line (\d+), column (\d+)", said)
    assert place is not None
    assert said == f"{name}, {place[0]} ({pointer}): found {found}, allowed: {allowed}; {CORRECT}"
    stored = FILES[name].decode().splitlines()[int(place[1]) - 1][int(place[2]) - 1 :]
    assert stored.startswith(json.dumps(value, indent=1).splitlines()[0])


@pytest.mark.parametrize(
    ("number", "pointer", "allowed", "place"),
    [
        pytest.param(number, *case, place, id=case[0])
        for number, (case, place) in enumerate(
            zip(NEEDED, ("line 1, column 1", "line 3, column 3", "line 10, column 5"), strict=True)
        )
    ],
)
def test_a_key_that_nothing_can_stand_in_for(
    run_of_all: tuple[Path, pytest.RunResult], number: int, pointer: str, allowed: str, place: str
) -> None:
    name = f"lacks{number:02}.ipynb"
    assert (
        failure(run_of_all, name)
        == f"{name}, {place} ({pointer}): found nothing, allowed: {allowed}; {CORRECT}"
    )


def test_bad_files_are_collected_without_a_word(fake_example: Make) -> None:
    run = fake_example(FILES).run("--collect-only", "-q")
    assert run.ret == pytest.ExitCode.OK
    assert [line for line in run.outlines if "::" in line] == [f"{name}::notebook" for name in sorted(FILES)]


# ---- odd notebooks that run

# Name, content, notes on it in the summary.
ACCEPTED: list[tuple[str, bytes, list[str]]] = [
    (
        "format 3",
        json.dumps(
            {
                "nbformat": 3,
                "nbformat_minor": 0,
                "metadata": {},
                "worksheets": [
                    {"cells": [{"cell_type": "code", "input": ["a"], "outputs": [], "metadata": {}}]}
                ],
            }
        ).encode(),
        [],
    ),
    (
        "format 2",
        json.dumps(
            {
                "nbformat": 2,
                "metadata": {},
                "worksheets": [{"cells": [{"cell_type": "code", "input": ["a"], "outputs": []}]}],
            }
        ).encode(),
        [],
    ),
    ("format 1", b'{"nbformat": 1, "cells": [{"cell_type": "code", "code": "a"}]}', []),
    ("format 4.99", swap(b'"nbformat_minor": 5', b'"nbformat_minor": 99'), []),
    ("format 4.0 in floats", swap(b'"nbformat": 4', b'"nbformat": 4.0'), []),
    ("huge minor version", swap(b'"nbformat_minor": 5', b'"nbformat_minor": ' + b"9" * 400), []),
    ("1e400", with_metadata(b"1e400"), []),
    ("NaN", with_metadata(b"[NaN, -Infinity]"), []),
    ("huge integer", with_metadata(b"9" * 4000), []),
    ("lone surrogates", with_metadata(rb'"\ud800"'), []),
    ("nested a little", with_metadata(b"[" * 200 + b"]" * 200), []),
    ("repeated key", swap(b'"nbformat": 4', b'"nbformat": 3, "nbformat": 4'), []),
    ("CRLF", GOOD.replace(b"\n", b"\r\n"), []),
    ("one line", json.dumps(json.loads(GOOD)).encode(), []),
    (
        "byte order mark",
        b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n"),
        ["line 1: the file starts with a byte order mark, which Jupyter does not open"],
    ),
    ("no ids", swap(b',\n   "id": "c0"', b""), ["line 3: cell without a usable id, one was made up"]),
    (
        "id of a wrong type",
        swap(b'"id": "c0"', b'"id": 7'),
        ["line 3: cell without a usable id, one was made up"],
    ),
    (
        "repeated ids",
        notebook(code("a"), code("b")).replace(b'"c1"', b'"c0"'),
        ['line 13: the cell id "c0" is used before, another was made up'],
    ),
    (
        "no outputs",
        swap(b'   "outputs": [],\n', b""),
        ['line 3: code cell without "outputs", taken as []'],
    ),
    (
        "no metadata",
        swap(b'   "metadata": {},\n   "outputs"', b'   "outputs"'),
        ['line 3: cell without "metadata", taken as {}'],
    ),
    (
        "no metadata of the notebook",
        swap(b' "metadata": {},\n "nbformat"', b' "nbformat"'),
        ['line 1: notebook without "metadata", taken as {}'],
    ),
    (
        "no minor version",
        swap(b'"nbformat": 4,\n "nbformat_minor": 5', b'"nbformat": 4'),
        ['line 1: notebook without "nbformat_minor", taken as 0'],
    ),
    (
        "unknown cell type",
        notebook({"cell_type": "sql", "metadata": {}}, code("a")),
        ['line 3: cell of the unknown type "sql", kept as it is'],
    ),
    ("kernelspec of a wrong type", notebook(code("a"), kernelspec=[3]), []),
    ("kernelspec name of a wrong type", notebook(code("a"), kernelspec={"name": {}}), []),
    ("language of a wrong type", notebook(code("a"), language_info=7), []),
    ("language name of a wrong type", notebook(code("a"), language_info={"name": None}), []),
    ("number of a wrong type", swap(b'"execution_count": null', b'"execution_count": "x"'), []),
    ("tags of a wrong type", notebook(code("a", tags={"nbcheck-skip": 1})), []),
    ("tag of a wrong type", notebook(code("a", tags=[1, None, {}])), []),
    ("no cells", notebook(), []),
    ("nothing but text", notebook(markdown("# text")), []),
]


@pytest.mark.parametrize(("content", "notes"), [pytest.param(*case[1:], id=case[0]) for case in ACCEPTED])
def test_an_odd_notebook_runs(fake_example: Make, content: bytes, notes: list[str]) -> None:
    run = fake_example({"odd.ipynb": content, "good.ipynb": GOOD}).run("-rA")
    assert run.ret == pytest.ExitCode.OK
    assert set(verdicts(run).values()) == {"passed"}
    assert [line for line in run.outlines if line.startswith("odd.ipynb: ")] == [
        f"odd.ipynb: {note}" for note in notes
    ]


def test_an_output_of_an_unknown_type_is_missed(fake_example: Make) -> None:
    content = notebook(code("a", {"output_type": "widget", "data": {}}))
    example = fake_example({"bad.ipynb": content, "good.ipynb": GOOD})
    run = example.run("-rA")
    check_failing(
        example, run, {"bad.ipynb::cell-1": "bad.ipynb:6: cell 1: output 1: widget missing from this run"}
    )
    assert 'bad.ipynb: line 10: output of the unknown type "widget", kept as it is' in run.outlines


# ---- directives

FLAT = "x" * 100_000


def known(scope: Scope) -> str:
    """The directives that can be said of a cell or a notebook, as a message lists them."""
    return ", ".join(directive.name for directive in DIRECTIVES.values() if scope in directive.scopes)


def cut(message: str) -> str:
    """What is shown of a message that is far too long."""
    return f"{message[:700]} ... {message[-300:]}"


FAULTY: list[tuple[str, bytes, str]] = [
    (
        "unknown directive",
        notebook(code("# nbcheck: skp\na")),
        "bad.ipynb:6: cell 1: a comment: unknown directive 'skp'; did you mean 'skip'?",
    ),
    (
        "misspelt tag",
        notebook(code("a", tags=["nbcheck-skpi"])),
        "bad.ipynb:6: cell 1: the tag nbcheck-skpi: unknown directive 'skpi'; did you mean 'skip'?",
    ),
    (
        "wrong value",
        notebook(code("# nbcheck: timeout=soon\na")),
        "bad.ipynb:6: cell 1: a comment: the value of 'timeout' must be "
        "a number of seconds above 0, or none for no limit, not 'soon'",
    ),
    (
        "metadata of a wrong type",
        notebook(code("a", nbcheck=["skip"])),
        "bad.ipynb:6: cell 1: cell metadata: 'nbcheck' must be an object of directives, not ['skip']",
    ),
    (
        "endless directive",
        notebook(code(f"# nbcheck: {FLAT}\na")),
        "bad.ipynb:6: cell 1: "
        + cut(f"a comment: unknown directive '{FLAT}'; known are {known(Scope.CELL)}"),
    ),
    (
        "a thousand faults",
        notebook(code("# nbcheck: x\n" * 1000)),
        f"bad.ipynb:6: cell 1: a comment: unknown directive 'x'; known are {known(Scope.CELL)} (and 999 more)",
    ),
]


@pytest.mark.parametrize(("content", "first"), [pytest.param(*case[1:], id=case[0]) for case in FAULTY])
def test_a_directive_that_cannot_be_followed(fake_example: Make, content: bytes, first: str) -> None:
    example = fake_example({"bad.ipynb": content, "good.ipynb": GOOD})
    run = example.run("-rA")
    check_failing(example, run, {"bad.ipynb::cell-1": first})
    text = section(run, "[nbcheck] bad.ipynb::cell-1")
    assert text[-1] == "Correct the directive, or remove it."
    assert max(map(len, text)) < 1100


def test_a_thousand_faulty_directives_of_a_notebook(fake_example: Make) -> None:
    content = notebook(code("a"), nbcheck={f"x{number}": 1 for number in range(1000)})
    example = fake_example({"bad.ipynb": content, "good.ipynb": GOOD})
    run = example.run("-rA")
    first = f"bad.ipynb: notebook metadata: unknown directive 'x0'; known are {known(Scope.NOTEBOOK)}"
    check_failing(example, run, {"bad.ipynb::notebook": first})
    text = section(run, "[nbcheck] bad.ipynb::notebook")
    assert (len(text), text[-1]) == (11, "... and 990 more")


def test_a_very_long_line_of_source(fake_example: Make) -> None:
    example = fake_example({"bad.ipynb": notebook(code("y" * 1_000_000, stdout("x"))), "good.ipynb": GOOD})
    run = example.run("-rA")
    check_failing(example, run, {"bad.ipynb::cell-1": "bad.ipynb:6: cell 1: stdout: x missing from this run"})
    assert section(run, "[nbcheck] bad.ipynb::cell-1")[2] == f"  1 | {'y' * 200} ..."


# ---- pictures


def png(width: int, height: int) -> bytes:
    """A PNG of few bytes that claims to be any size; with 1 x 1 it is a real one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


NOT_DECODED = "bytes differ; the stored picture cannot be decoded (UnidentifiedImageError)"
TOO_LARGE = "bytes differ; the stored picture is too large to decode"


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        pytest.param("no base64 at all", "not both are base64", id="no base64"),
        pytest.param(
            base64.b64encode(b"no picture").decode(),
            NOT_DECODED,
            id="no picture",
        ),
        pytest.param(
            base64.b64encode(png(1, 1)[:40]).decode(),
            NOT_DECODED,
            id="cut off",
        ),
        pytest.param(
            base64.b64encode(png(60_000, 60_000)).decode(),
            TOO_LARGE,
            id="decompression bomb",
        ),
        pytest.param(
            base64.b64encode(png(12_000, 12_000)).decode(),
            f"{TOO_LARGE} (12000 x 12000)",
            id="too large",
        ),
        pytest.param("", NOT_DECODED, id="empty"),
    ],
)
def test_a_stored_picture_that_is_none(fake_example: Make, stored: str, said: str) -> None:
    output = {"output_type": "display_data", "data": {"image/png": stored}, "metadata": {}}
    fresh = DisplayData(data={"image/png": base64.b64encode(png(1, 1)).decode()})
    example = fake_example(
        {"bad.ipynb": notebook(code("p", output)), "good.ipynb": GOOD}, {"p": [Publishes(fresh)]}
    )
    check_failing(
        example,
        example.run("-rA"),
        {"bad.ipynb::cell-1": f"bad.ipynb:6: cell 1: output 1, image/png: {said}"},
    )


# ---- kernels


def real_choice(example: Example, kernelspecs: Mapping[str, bytes]) -> None:
    """Let fake kernels be chosen as real ones are."""
    for name, content in kernelspecs.items():
        example.write(f"kernels/{name}/kernel.json", content)

    def choose(metadata: Mapping[str, Any], requested: str | None) -> Choice:
        specs = find_kernelspecs([example.folder / "kernels"])
        return choose_kernelspec(metadata, requested=requested, specs=specs, python=sys.executable)

    vars(example.fakes)["choose"] = choose


NEXT = "install that kernel, or choose another with --nbcheck-kernel NAME"
ANEW = "install that kernel anew, or choose another with --nbcheck-kernel NAME"
COLON = "not JSON: Expecting ':' delimiter: line 1 column 9 (char 8)"
VALUE = "not JSON: Expecting value: line 1 column 1 (char 0)"
SPEC = "kernelspec 'odd' (FOLDER/kernels/odd/kernel.json) cannot be used"


@pytest.mark.parametrize(
    ("metadata", "kernelspec", "said"),
    [
        pytest.param(
            {"kernelspec": {"name": "ir", "language": "R"}},
            None,
            f"no kernelspec named 'ir' (installed: none); {NEXT}",
            id="unknown kernel of another language",
        ),
        pytest.param(
            {"kernelspec": {"name": "../../etc/passwd", "language": "R"}},
            None,
            f"no kernelspec named '../../etc/passwd' (installed: none); {NEXT}",
            id="path",
        ),
        pytest.param(
            {"kernelspec": {"name": "/kernels/odd", "language": "R"}},
            b'{"argv": ["R"]}',
            f"no kernelspec named '/kernels/odd' (installed: odd); {NEXT}",
            id="absolute path",
        ),
        pytest.param(
            {"kernelspec": {"name": "\ud800\x1b[31m", "language": "R"}},
            None,
            rf"no kernelspec named '\ud800\x1b[31m' (installed: none); {NEXT}",
            id="surrogates and escapes",
        ),
        pytest.param(
            {"kernelspec": {"name": "odd"}},
            b'{"argv" []}',
            f"{SPEC}: not JSON: Expecting ':' delimiter: line 1 column 9 (char 8); {ANEW}",
            id="broken kernel.json",
        ),
        pytest.param(
            {"kernelspec": {"name": "odd"}},
            b"",
            f"{SPEC}: not JSON: Expecting value: line 1 column 1 (char 0); {ANEW}",
            id="empty kernel.json",
        ),
        pytest.param(
            {"kernelspec": {"name": "odd"}},
            b'{"argv": []}',
            f"{SPEC}: argv must be a list of one or more strings; {ANEW}",
            id="no command",
        ),
        pytest.param(
            {"kernelspec": {"name": "odd"}},
            b'{"argv": "R", "env": [1], "metadata": 1}',
            f"{SPEC}: argv must be a list of one or more strings; env must be an object of strings; "
            f"metadata must be an object; {ANEW}",
            id="wrong types",
        ),
    ],
)
def test_a_kernel_that_cannot_be_chosen(
    fake_example: Make, metadata: dict[str, Any], kernelspec: bytes | None, said: str
) -> None:
    example = fake_example({"bad.ipynb": notebook(code("a"), **metadata), "good.ipynb": GOOD})
    real_choice(example, {} if kernelspec is None else {"odd": kernelspec})
    check_failing(example, example.run("-rA"), {"bad.ipynb::cell-1": f"bad.ipynb:6: cell 1: {said}"})


def test_a_python_that_a_kernelspec_names_and_nobody_has(fake_example: Make) -> None:
    content = notebook(code("a"), kernelspec={"name": "odd"})
    example = fake_example({"odd.ipynb": content})
    real_choice(example, {"odd": b'{"argv": ["/nowhere/python", "-m", "ipykernel"], "language": "python"}'})
    run = example.run("-rA")
    assert run.ret == pytest.ExitCode.OK
    note = "kernelspec 'odd' names /nowhere/python, which does not exist; the bundled Python kernel was used"
    assert f"odd.ipynb: {note}" in run.outlines


@pytest.mark.slow
def test_a_program_that_a_kernelspec_names_and_nobody_has(
    example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = notebook(code("a"), kernelspec={"name": "odd", "language": "R"})
    made = example({"bad.ipynb": content, "good.ipynb": notebook(code("1"))})
    made.write("share/kernels/odd/kernel.json", b'{"argv": ["/nowhere/R"], "language": "R"}')
    monkeypatch.setenv("JUPYTER_PATH", str(made.folder / "share"))
    said = (
        "kernelspec 'odd' (FOLDER/share/kernels/odd/kernel.json) cannot be used: "
        f"there is no program '/nowhere/R'; {ANEW}"
    )
    check_failing(made, made.run("-rA"), {"bad.ipynb::cell-1": f"bad.ipynb:6: cell 1: {said}"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            {"env": {"A=B": "x"}},
            "the kernel's process could not be started: illegal environment variable name",
        ),
        ({"argv": ["cat", "a\0b"]}, "the kernel's process could not be started: embedded null byte"),
        (
            {"argv": ["./nowhere/R"]},
            "the kernel's process could not be started: [Errno 2] No such file or directory: './nowhere/R'",
        ),
        ({"argv": ["true"]}, "kernel 'odd' died with exit code 0"),
        ({"argv": ["yes"]}, "kernel 'odd' did not answer within 2 s of its start"),
    ],
    ids=["environment", "NUL", "relative", "ends at once", "prints for ever"],
)
def test_a_kernelspec_whose_program_is_no_kernel(
    example: Make, monkeypatch: pytest.MonkeyPatch, members: dict[str, Any], said: str
) -> None:
    content = notebook(code("a"), kernelspec={"name": "odd", "language": "R"})
    # The good one comes after it and needs the same host.
    made = example({"bad.ipynb": content, "good.ipynb": notebook(code("1"))})
    made.write(
        "share/kernels/odd/kernel.json", json.dumps({"argv": ["cat"], "language": "R", **members}).encode()
    )
    monkeypatch.setenv("JUPYTER_PATH", str(made.folder / "share"))
    run = made.run("-rA", "--nbcheck-kernel-startup-timeout=2")
    check_failing(made, run, {"bad.ipynb::cell-1": f"bad.ipynb:6: cell 1: {said}"})


# ---- names, and what is no file

NAMES = [
    "with space.ipynb",
    "a:b.ipynb",
    "-dash.ipynb",
    "new\nline.ipynb",
    "\u00fc\u6f22.ipynb",
    "n" * 244 + ".ipynb",
    "CAPITAL.IPYNB",
    os.fsdecode(b"\xff\xfe.ipynb"),
    "odd[1].ipynb",
    "a::b.ipynb",
    "escape\x1b.ipynb",
    "mirror\u202e.ipynb",
]
UNSELECTABLE = ("odd[1].ipynb", "a::b.ipynb")  # pytest ends a path there


@pytest.mark.parametrize("name", [pytest.param(name, id=ascii(name[:20])) for name in NAMES])
@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_odd_names(fake_example: Make, name: str, family: str) -> None:
    example = fake_example({f"good/{name}": GOOD, f"bad/{name}": b"{"})
    run = example.run("--junitxml=report.xml", "-o", f"junit_family={family}")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.assert_outcomes(passed=1, failed=1)
    shown = name.encode("unicode_escape").decode() if not name.isprintable() else name
    said = f"line 1, column 2: the file ends in the middle of the notebook; {RESTORE}"
    assert f"bad/{shown}, {said}" in run.outlines
    report = (example.folder / "report.xml").read_text()
    assert "\x1b" not in report
    assert len(ElementTree.fromstring(report).findall(".//testcase")) == 2


def test_the_summary_has_room_for_what_is_wrong(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    example = fake_example({"bad.ipynb": b"{", "worse.ipynb": notebook(code("a"), nbcheck={"skp": 1})})
    summary = [line for line in example.run().outlines if line.startswith("FAILED")]
    assert summary == [
        "FAILED bad.ipynb::notebook - the file ends in the middle of the notebook",
        "FAILED worse.ipynb::notebook - notebook metadata: unknown directive 'skp'; di...",
    ]


@pytest.mark.parametrize(
    "name", [pytest.param(name, id=ascii(name[:20])) for name in NAMES if name not in UNSELECTABLE]
)
def test_odd_names_on_the_command_line(fake_example: Make, name: str) -> None:
    example = fake_example({f"good/{name}": notebook(code("a"), code("b"))})
    example.run(f"good/{name}::cell-2").assert_outcomes(passed=1)
    example.run(f"good/{name}").assert_outcomes(passed=2)


def test_what_is_no_file_is_left_alone(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    example = fake_example({"good.ipynb": GOOD, ".ipynb_checkpoints/good-checkpoint.ipynb": GOOD})
    example.write("folder.ipynb/inner.ipynb", GOOD)
    (example.folder / "dangling.ipynb").symlink_to("nowhere")
    (example.folder / "loop.ipynb").symlink_to("loop.ipynb")
    (example.folder / "link.ipynb").symlink_to("good.ipynb")
    os.mkfifo(example.folder / "pipe.ipynb")
    (example.folder / "piped.ipynb").symlink_to("pipe.ipynb")
    (example.folder / "endless.ipynb").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener, monkeypatch.context() as patch:
        patch.chdir(example.folder)  # its path may be longer than an address may be
        listener.bind("socket.ipynb")
    run = example.run("-rA")
    assert run.ret == pytest.ExitCode.OK
    assert verdicts(run) == {
        "folder.ipynb/inner.ipynb::cell-1": "passed",
        "good.ipynb::cell-1": "passed",
        "link.ipynb::cell-1": "passed",
    }


# Root reads everything by two capabilities, which a process can give up for the program it becomes.
WITHOUT_CAPABILITIES = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
    if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
        sys.exit(77)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.slow
def test_a_file_that_must_not_be_read(example: Make) -> None:
    made = example({"bad.ipynb": GOOD, "good.ipynb": notebook(markdown("# text"))})
    (made.folder / "bad.ipynb").chmod(0)
    command = [sys.executable, *(["-c", WITHOUT_CAPABILITIES] if os.geteuid() == 0 else []), "-m", "pytest"]
    options = ["--nbcheck", "-rA", "-p", "no:hypothesispytest", "-p", "no:cacheprovider"]
    ended = subprocess.run([*command, *options], cwd=made.folder, capture_output=True, text=True, check=False)
    if ended.returncode == 77:
        pytest.skip("root reads everything, and cannot give that up here")
    run = pytest.RunResult(ended.returncode, ended.stdout.splitlines(), ended.stderr.splitlines(), 0)
    assert run.ret == pytest.ExitCode.TESTS_FAILED, ended.stderr
    assert verdicts(run) == {"bad.ipynb::notebook": "failed", "good.ipynb::notebook": "passed"}
    said = "bad.ipynb: cannot be read: Permission denied; check its name and permissions"
    assert section(run, "[nbcheck] bad.ipynb::notebook") == [said]
