"""``--nbcheck-json``: what reaches the file, whichever way the items are run. Its form: tests/report/test_json.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from helpers.example import Example
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, markdown, notebook, stdout

Make = Callable[..., Example]

NOTEBOOK = notebook(
    markdown("# Heading"),
    code("a", stdout("stored\n")),
    code("b"),
    code("c", tags=["nbcheck-skip"]),
    code("d\ne"),
    code("f"),
)
SCRIPT = {"a": [prints("fresh\n")], "d\ne": [Raises("ValueError", "no")]}


def read(example: Example, name: str = "run.json") -> Any:
    return json.loads((example.folder / name).read_bytes())


def test_every_cell_is_told(fake_example: Make) -> None:
    files = {"sub/nb.ipynb": NOTEBOOK, "ok.ipynb": notebook(code("b")), "bad.ipynb": "{"}
    example = fake_example(files, SCRIPT)
    finished = example.run("--nbcheck-json=out/run.json")
    assert finished.ret == 1
    assert any("nbcheck: JSON report: out/run.json" in line for line in finished.outlines)
    tree = read(example, "out/run.json")
    bad, ok, failed = sorted(tree["notebooks"], key=lambda entry: entry["path"])
    assert (failed["path"], failed["kernel"], failed["code_cells"]) == ("sub/nb.ipynb", "fake", 5)
    raw = NOTEBOOK.decode().splitlines()
    assert [(cell["outcome"], cell["id"]) for cell in failed["cells"]] == [
        ("different", "c1"),
        ("passed", "c2"),
        ("skipped", "c3"),
        ("error", "c4"),
        ("not-run", "c5"),
    ]
    assert [raw[cell["line"] - 1].strip(' "\\n,') for cell in failed["cells"]] == ["a", "b", "c", "d", "f"]
    first, second, third, fourth, fifth = failed["cells"]
    assert first["differences"][0]["summary"]
    assert second["not_compared"] == "no stored outputs"
    assert third["message"] == "skipped by the tag nbcheck-skip"
    assert fourth["error"]["ename"] == "ValueError"
    assert fifth["message"] == "not run: cell 4 raised ValueError"
    assert (ok["outcome"], ok["kernel"], len(ok["cells"])) == ("passed", "fake", 1)
    assert (bad["outcome"], bad["cells"]) == ("failed", [])
    assert bad["fault"]["line"] == 1


def test_one_item_per_notebook(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": NOTEBOOK, "pytest.ini": "[pytest]\nnbcheck_json = run.json"}, SCRIPT)
    example.run("--nbcheck-items=notebook")
    (entry,) = read(example)["notebooks"]
    assert [item["name"] for item in entry["items"]] == ["notebook"]
    assert len(entry["cells"]) == 5


def test_an_interrupted_run_tells_what_was_done(fake_example: Make) -> None:
    conftest = (
        "def pytest_runtest_setup(item):\n    if item.name == 'cell-2':\n        raise KeyboardInterrupt\n"
    )
    example = fake_example({"nb.ipynb": NOTEBOOK, "conftest.py": conftest}, SCRIPT)
    example.pytester.runpytest_inprocess("--nbcheck", "--nbcheck-json=run.json", no_reraise_ctrlc=True)
    tree = read(example)
    assert tree["note"].startswith("The run was interrupted")
    assert [cell["number"] for cell in tree["notebooks"][0]["cells"]] == [1]


@pytest.mark.parametrize(("arguments", "cells"), [(["-x"], [1]), (["-k", "cell-2"], [2]), (["--co"], None)])
def test_a_part_of_the_run(fake_example: Make, arguments: list[str], cells: list[int] | None) -> None:
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    example.run("--nbcheck-json=run.json", *arguments)
    if cells is None:
        assert not (example.folder / "run.json").exists()
    else:
        tree = read(example)
        assert [cell["number"] for cell in tree["notebooks"][0]["cells"]] == cells
        assert tree["note"] == (
            "The run ended early: stopping after 1 failures." if "-x" in arguments else ""
        )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nb.ipynb", "nb.ipynb is no such report of nbcheck, so it is not overwritten; choose another name"),
        ("folder", "folder is a folder; give the name of a file"),
    ],
)
def test_what_is_there_already_is_a_usage_error(fake_example: Make, path: str, said: str) -> None:
    example = fake_example({"nb.ipynb": NOTEBOOK, "folder/x": ""}, SCRIPT)
    finished = example.run(f"--nbcheck-json={path}")
    assert finished.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: --nbcheck-json: {example.folder}/{said}" in finished.errlines
    assert (example.folder / "nb.ipynb").read_bytes() == NOTEBOOK


def test_an_earlier_report_is_replaced(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("b"))})
    for _ in range(2):
        assert example.run("--nbcheck-json=run.json").ret == 0
    assert read(example)["counts"]["passed"] == 1


def test_a_report_that_cannot_be_written_fails_the_run(fake_example: Make) -> None:
    example = fake_example({"ok.ipynb": notebook(code("b")), "file": "x"})
    finished = example.run("--nbcheck-json=file/run.json", "--nbcheck-html=r.html")
    assert finished.ret == 1
    assert any("nbcheck: no JSON report: " in line for line in finished.outlines)
    assert any("nbcheck: HTML report: r.html" in line for line in finished.outlines)


@pytest.mark.slow
def test_workers_and_reruns_make_one_report(example: Make, require: Callable[[str], object]) -> None:
    require("xdist")
    require("pytest_rerunfailures")
    flaky = "import os\nprint(1 if os.path.exists('tried') else 0)\nopen('tried', 'w').close()"
    made = example(
        {
            "a.ipynb": notebook(code(flaky, stdout("1\n")), code("1 / 0")),
            "b.ipynb": notebook(code("print(1)", stdout("1\n"))),
        }
    )
    made.run_apart("--nbcheck-json=run.json", "-n2", "--dist=loadfile", "--reruns=1")
    tree = read(made)
    assert tree["counts"] | {"notebooks": 2, "failed": 1, "passed": 2} == tree["counts"]
    a, b = sorted(tree["notebooks"], key=lambda entry: entry["path"])
    assert [cell["outcome"] for cell in a["cells"]] == ["passed", "error"]
    assert [cell["outcome"] for cell in b["cells"]] == ["passed"]
    assert {a["kernel"], b["kernel"]} == {"nbcheck-python"}
