"""``--nbcheck-gitlab``: the file is written, with paths from the checkout. Its form: tests/report/test_gitlab.py."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from helpers.example import Example
from helpers.fake_kernel import Raises
from helpers.nb import code, notebook

Make = Callable[..., Example]


def test_issues_are_written(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"nb.ipynb": notebook(code("a"), code("b")), "bad.ipynb": "{", "ok.ipynb": notebook(code("a"))}
    example = fake_example(files, {"b": [Raises("ValueError", "no")]})
    monkeypatch.setenv("CI_PROJECT_DIR", str(example.folder.parent))
    result = example.run("--nbcheck-gitlab=gl-code-quality-report.json")
    assert any(
        "nbcheck: code quality report: gl-code-quality-report.json" in line for line in result.outlines
    )
    issues = json.loads((example.folder / "gl-code-quality-report.json").read_bytes())
    folder = example.folder.name
    assert [(issue["check_name"], issue["location"]) for issue in issues] == [
        ("nbcheck-unreadable", {"path": f"{folder}/bad.ipynb", "lines": {"begin": 1}}),
        ("nbcheck-error", {"path": f"{folder}/nb.ipynb", "lines": {"begin": 16}}),
    ]


def test_two_reports_cannot_be_one_file(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"))})
    result = example.run("--nbcheck-gitlab=r.json", "--nbcheck-json=./r.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = f"ERROR: {example.folder}/r.json is given for more than one report; each needs a file of its own"
    assert result.errlines[0] == said
    assert not (example.folder / "r.json").exists()


def test_a_passing_run_writes_an_empty_list_over_its_own_reports_only(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a")), "mine.json": "[1]"})
    for _ in range(2):
        assert example.run("--nbcheck-gitlab=q.json").ret == 0
    assert json.loads((example.folder / "q.json").read_bytes()) == []
    refused = example.run("--nbcheck-gitlab=mine.json")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert refused.errlines[0] == (
        f"ERROR: --nbcheck-gitlab: {example.folder}/mine.json is no such report of nbcheck, so it is not "
        "overwritten; choose another name"
    )
