"""Every report for CI systems points at the very line of a large notebook."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from helpers.example import Example
from helpers.nb import code, display, markdown, notebook, stdout

Make = Callable[..., Example]

DIFFERENT = "print('different')\nprint('second line')"
FAILING = "def divide(number):\n    return 1 / number  # here\n\n\nfor number in (1, 0):\n    divide(number)"


@pytest.mark.slow
def test_reports_point_at_the_line(example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    padding = [
        cell
        for n in range(65)
        for cell in (
            markdown(f'# Chapter {n}\n\nText with a \\ and a " in it.'),
            code(f"value = '''{n}\n\n\u00e9'''\nvalue;", display("x\n" * 3), tags=["nbcheck-ignore-output"]),
        )
    ]
    raw = notebook(*padding, code(DIFFERENT, stdout("stored\n")), *padding[:2], code(FAILING, count=1))
    lines = raw.decode().splitlines()
    assert len(lines) > 2_000
    expected = [
        (number, text)
        for number, text in enumerate(lines, start=1)
        if "print('different')" in text or "# here" in text
    ]
    places = [("docs/large.ipynb", number) for number, _ in expected]
    assert len(places) == 2
    made = example({"docs/large.ipynb": raw})
    monkeypatch.setenv("GITHUB_WORKSPACE", str(made.folder))
    result = made.run(
        "--nbcheck-annotations=github",
        "--nbcheck-gitlab=quality.json",
        "--nbcheck-json=run.json",
        "--junitxml=junit.xml",
        "-o",
        "junit_family=xunit1",
    )
    result.assert_outcomes(failed=2, passed=66)

    annotations = [line for line in result.outlines if line.startswith("::error")]
    assert [line.partition(",title=")[0] for line in annotations] == [
        f"::error file={path},line={line}" for path, line in places
    ]
    quality = json.loads((made.folder / "quality.json").read_bytes())
    assert [(found["location"]["path"], found["location"]["lines"]["begin"]) for found in quality] == places
    (entry,) = json.loads((made.folder / "run.json").read_bytes())["notebooks"]
    failed = [cell for cell in entry["cells"] if cell["outcome"] in ("different", "error")]
    assert [(entry["path"], cell["line"]) for cell in failed] == places
    cases = [
        case
        for case in ET.parse(made.folder / "junit.xml").iter("testcase")
        if case.find("failure") is not None
    ]
    assert [(case.get("file"), int(case.get("line", 0))) for case in cases] == places
    for path, line in places:
        assert any(text.startswith(f"{path}:{line}: ") for text in result.outlines)
