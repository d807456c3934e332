"""``--nbcheck-annotations``: what GitHub Actions is told, and when. Its form: tests/report/test_github.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.example import Example
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, notebook, stdout

Make = Callable[..., Example]

NOTEBOOK = notebook(code("a", stdout("stored\n")), code("b"), code("c"))
SCRIPT = {"a": [prints("fresh\n")], "b": [Raises("ValueError", "50%, no")]}


def annotations(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("::")]


@pytest.fixture
def summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of the step summary, in a job of GitHub Actions."""
    path = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_failures_are_annotated_in_a_job_of_github(
    fake_example: Make, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = fake_example({"sub/nb.ipynb": NOTEBOOK, "ok.ipynb": notebook(code("c"))}, SCRIPT)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(example.folder.parent))
    monkeypatch.chdir(example.folder / "sub")
    path = f"{example.folder.name}/sub/nb.ipynb"
    first, second = annotations(example.run("..", "-q", "--tb=no"))
    assert first.startswith(
        f"::error file={path},line=6,title={path}%2C cell 1::stdout: stored became fresh%0A  -    1  stored%0A"
    )
    assert second.startswith(f"::error file={path},line=22,title={path}%2C cell 2::ValueError: 50%25, no%0A")
    text = summary.read_text("utf-8")
    assert text.startswith("## nbcheck: 1 of 2 notebooks failed\n")
    assert f"### {path.replace('_', chr(92) + '_')}, cell 1\n" in text


def test_a_summary_is_added_to_what_the_step_has(fake_example: Make, summary: Path) -> None:
    summary.write_text("mine\n")
    example = fake_example({"nb.ipynb": notebook(code("c"))})
    result = example.run()
    assert annotations(result) == []
    assert summary.read_text("utf-8").startswith("mine\n## nbcheck: 1 notebook passed\n")


def test_a_summary_that_would_be_too_large_is_cut(fake_example: Make, summary: Path) -> None:
    summary.write_bytes(b"x" * ((1 << 20) - 1_500))
    fake_example({"nb.ipynb": notebook(code("a", stdout("s" * 90)), code("b"))}, SCRIPT).run()
    assert len(summary.read_bytes()) <= 1 << 20
    assert b"more failures not shown" in summary.read_bytes()


@pytest.mark.parametrize(
    ("variables", "arguments", "count"),
    [
        ({}, [], 0),
        ({}, ["--nbcheck-annotations=github"], 2),
        ({"GITHUB_ACTIONS": "true"}, [], 2),
        ({"GITHUB_ACTIONS": "true"}, ["--nbcheck-annotations=none"], 0),
        ({"GITHUB_ACTIONS": "true"}, ["--collect-only"], 0),
        ({"GITHUB_ACTIONS": "true"}, ["-x"], 1),
        ({"GITHUB_ACTIONS": "true"}, ["--nbcheck-items=notebook"], 2),
        ({"GITHUB_ACTIONS": "true"}, ["--deselect=nb.ipynb::cell-1"], 1),
    ],
)
def test_the_switch(
    fake_example: Make,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    arguments: list[str],
    count: int,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert len(annotations(fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT).run(*arguments))) == count


def test_a_summary_that_cannot_be_written_fails_nothing(
    fake_example: Make, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary / "no"))
    result = fake_example({"nb.ipynb": notebook(code("c"))}).run()
    assert result.ret == 0
    assert any("nbcheck: step summary: not written: " in line for line in result.outlines)


def test_another_plugin_that_annotates_is_left_to_it(fake_example: Make, summary: Path) -> None:
    name = "pytest_github_actions_annotate_failures"
    example = fake_example({"nb.ipynb": NOTEBOOK, f"{name}.py": ""}, SCRIPT)
    example.pytester.syspathinsert()
    assert annotations(example.run("-p", name)) == []
    assert summary.exists()
    assert len(annotations(example.run("-p", name, "--nbcheck-annotations=github"))) == 2


def test_ordinary_tests_are_not_annotated(fake_example: Make, summary: Path) -> None:
    example = fake_example({"test_x.py": "def test_x(): assert False"})
    assert annotations(example.run()) == []


@pytest.mark.slow
def test_reruns_are_annotated_once(
    fake_example: Make, summary: Path, require: Callable[[str], object]
) -> None:
    require("pytest_rerunfailures")
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    assert len(annotations(example.run("--reruns=2"))) == 2
