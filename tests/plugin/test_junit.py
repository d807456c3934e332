"""``--junitxml``: line, properties and plain text of notebooks, in both of pytest's formats."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from helpers.example import Example
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, markdown, notebook, stdout

Make = Callable[..., Example]

HOSTILE = "\x1b[31mred\x1b[0m \x00 \x07 \ufffe ]]> <b> & \"'\r\n"
NOTEBOOK = notebook(
    markdown("# Heading"),
    code("a", stdout("stored\n")),
    code("b"),
    code("c", tags=["nbcheck-skip"]),
    code("d"),
    code("e"),
)
SCRIPT = {"a": [prints(HOSTILE)], "d": [Raises("ValueError", HOSTILE)]}

# What Jenkins' junit-10.xsd allows.
XUNIT2 = {
    "testsuites": ({"name"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
        {"testcase", "properties"},
    ),
    "testcase": (
        {"name", "classname", "time"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
}


def cases(example: Example) -> dict[str, ET.Element]:
    tree = ET.parse(example.folder / "junit.xml")
    return {f"{case.get('classname')}::{case.get('name')}": case for case in tree.iter("testcase")}


def properties(case: ET.Element) -> dict[str, str | None]:
    return {str(found.get("name")): found.get("value") for found in case.iter("property")}


def run(example: Example, family: str, *arguments: str) -> None:
    example.run("--junitxml=junit.xml", "-o", f"junit_family={family}", *arguments)


def test_xunit1_has_lines_and_properties(fake_example: Make) -> None:
    example = fake_example(
        {"sub/nb.ipynb": NOTEBOOK, "bad.ipynb": '{\n "cells": [\n<<<<<<< HEAD\n]}'}, SCRIPT
    )
    run(example, "xunit1")
    found = cases(example)
    raw = NOTEBOOK.decode().splitlines()
    for number, source in enumerate("abcde", start=1):
        case = found[f"sub.nb.ipynb::cell-{number}"]
        assert case.get("file") == "sub/nb.ipynb"
        assert raw[int(case.get("line", 0)) - 1].strip() == f'"{source}"'
    assert properties(found["sub.nb.ipynb::cell-1"]) == {
        "nbcheck.notebook": "sub/nb.ipynb",
        "nbcheck.line": "14",
        "nbcheck.kernel": "fake",
        "nbcheck.cell": "1",
        "nbcheck.cell_id": "c1",
        "nbcheck.execution_count": "1",
        "nbcheck.outcome": "different",
    }
    outcomes = [properties(found[f"sub.nb.ipynb::cell-{n}"])["nbcheck.outcome"] for n in range(1, 6)]
    assert outcomes == ["different", "passed", "skipped", "error", "not-run"]
    bad = found["bad.ipynb::notebook"]
    assert (bad.get("line"), properties(bad)["nbcheck.outcome"]) == ("3", "unreadable")


def test_xunit2_keeps_to_its_schema(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    run(example, "xunit2")
    for element in ET.parse(example.folder / "junit.xml").iter():
        attributes, children = XUNIT2[element.tag]
        assert element.attrib.keys() <= attributes
        assert {child.tag for child in element} <= children
    (failure,) = cases(example)["nb.ipynb::cell-4"].iter("failure")
    assert (failure.text or "").startswith("nb.ipynb:54: cell 4: ValueError: ")


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
@pytest.mark.parametrize(
    "arguments", [[], ["--nbcheck-items=notebook"], ["--color=yes", "-o", "junit_logging=all"]]
)
def test_texts_are_plain(fake_example: Make, family: str, arguments: list[str]) -> None:
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    run(example, family, *arguments)
    texts = [
        text
        for element in ET.parse(example.folder / "junit.xml").iter()
        for text in [element.text or "", *element.attrib.values()]
    ]
    assert any("ValueError" in text for text in texts)
    # Escape sequences, and what pytest writes for characters that XML has not.
    assert not [text for text in texts if re.search(r"\x1b|#x1B|#x0", text)]


def test_a_notebook_as_one_item(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    run(example, "xunit1", "--nbcheck-items=notebook")
    (case,) = cases(example).values()
    assert (case.get("line"), properties(case)["nbcheck.outcome"]) == ("14", "different")
    example.write("nb.ipynb", notebook(code("c", tags=["nbcheck-skip"]), code("b")))
    run(example, "xunit1", "--nbcheck-items=notebook")
    (case,) = cases(example).values()
    assert properties(case)["nbcheck.outcome"] == "passed"


def test_a_setup_that_fails_has_its_cell(fake_example: Make) -> None:
    conftest = "def pytest_runtest_setup(item):\n    if item.name == 'cell-2':\n        raise RuntimeError\n"
    example = fake_example({"nb.ipynb": NOTEBOOK, "conftest.py": conftest}, SCRIPT)
    run(example, "legacy")
    case = cases(example)["nb.ipynb::cell-2"]
    assert (case.get("line"), properties(case)["nbcheck.cell_id"]) == ("30", "c2")
    assert "nbcheck.outcome" not in properties(case)


def test_ordinary_tests_are_as_pytest_has_them(fake_example: Make) -> None:
    example = fake_example({"test_x.py": "def test_x(): pass"})
    run(example, "xunit1")
    (case,) = cases(example).values()
    assert (case.get("line"), properties(case)) == ("0", {})


@pytest.mark.slow
def test_workers_and_reruns_write_a_case_once(example: Make, require: Callable[[str], object]) -> None:
    require("xdist")
    require("pytest_rerunfailures")
    flaky = "import os\nprint(1 if os.path.exists('tried') else 0)\nopen('tried', 'w').close()"
    made = example({"nb.ipynb": notebook(code(flaky, stdout("1\n")), code("x = 1\n1 / 0"))})
    made.run_apart("-n1", "--reruns=1", "--junitxml=junit.xml", "-o", "junit_family=xunit1")
    found = cases(made)
    assert [len(list(case.iter("properties"))) for case in found.values()] == [1, 1]
    failed = properties(found["nb.ipynb::cell-2"])
    assert failed["nbcheck.kernel"] == "nbcheck-python"
    lines = Path(made.folder / "nb.ipynb").read_text().splitlines()
    assert lines[int(failed["nbcheck.line"] or 0) - 1].strip() == '"1 / 0"'
    assert properties(found["nb.ipynb::cell-1"])["nbcheck.outcome"] == "passed"
