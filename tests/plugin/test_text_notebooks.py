"""Notebooks kept as text are collected and run like others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from document.test_text import MYST, PERCENT
from helpers.example import Example, section, verdicts
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, markdown, notebook, stdout
from nbcheck.document import text as text_module

Make = Callable[..., Example]
SCRIPT = {
    "1 / 0": [Raises("ZeroDivisionError", "no")],
    "x = 1\nprint(x)": [prints("1\n")],
    "!ls\nx = 1": [prints("b\n")],
    "x + 1": [],
}
FILES = {"a.md": MYST, "b.py": PERCENT, "README.md": "# Title\n", "script.py": "# %%\nx = 1\n"}


@pytest.fixture(autouse=True)
def jupytext(require: Callable[[str], object]) -> None:
    require("jupytext")


def test_texts_are_run(fake_example: Make) -> None:
    example = fake_example(FILES, SCRIPT)
    finished = example.run("-rA")
    assert verdicts(finished) == {
        "a.md::cell-1": "passed",
        "a.md::cell-2": "passed",
        "b.py::cell-1": "passed",
        "b.py::cell-2": "passed",
    }
    assert section(finished, "nbcheck") == ["4 cells not compared: no stored outputs"]


def test_a_pair_is_run_once_and_compared(fake_example: Make) -> None:
    stored = notebook(markdown("Title"), code("!ls\nx = 1", stdout("a\n")), code("x + 1", count=2))
    example = fake_example({**FILES, "b.ipynb": stored}, SCRIPT)
    finished = example.run("-rA")
    assert verdicts(finished)["b.py::cell-1"] == "failed"
    assert "b.py:14: cell 1: stdout: a became b" in finished.outlines
    assert not any(name.startswith("b.ipynb") for name in verdicts(finished))


def test_the_notebook_of_a_pair_can_be_asked_for(fake_example: Make) -> None:
    example = fake_example({**FILES, "b.ipynb": notebook(code("x + 1"))}, SCRIPT)
    assert verdicts(example.run("-rA", "b.ipynb")) == {"b.ipynb::cell-1": "passed"}


def test_without_jupytext_they_are_counted(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "can_read_text", lambda: False)
    example = fake_example({**FILES, "b.ipynb": notebook(code("x + 1"))}, SCRIPT)
    finished = example.run("-rA")
    assert verdicts(finished) == {"b.ipynb::cell-1": "passed"}
    assert "2 notebooks kept as text not run: install pytest-nbcheck[jupytext]" in finished.outlines


def test_without_jupytext_one_that_is_asked_for_fails(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "can_read_text", lambda: False)
    finished = fake_example(FILES, SCRIPT).run("a.md")
    assert finished.ret == 1
    assert any("install pytest-nbcheck[jupytext] to run it" in line for line in finished.outlines)


def test_a_script_is_still_collected_as_tests(fake_example: Make) -> None:
    example = fake_example({"test_b.py": PERCENT + "\n\ndef test_it():\n    assert x == 1\n"}, {})
    finished = example.run("--collect-only", "-q")
    assert [line for line in finished.outlines if "::" in line] == [
        "test_b.py::cell-1",
        "test_b.py::cell-2",
        "test_b.py::test_it",
    ]
