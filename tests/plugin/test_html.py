"""``--nbcheck-html``: what reaches the report, whichever way the items are run."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from helpers.example import Example, section
from helpers.fake_kernel import Dies, Raises, prints
from helpers.nb import code, markdown, notebook, stdout

Make = Callable[..., Example]

FAILING = notebook(
    markdown("# Heading"), code("a", stdout("stored\n")), code("b", stdout("same\n")), code("c"), code("d")
)
SCRIPT = {
    "a": [prints("fresh\n")],
    "b": [prints("same\n")],
    "c": [Raises("ValueError", "no")],
    "d": [],
}


def text_of(page: Path) -> str:
    """What a reader sees of a page, white space collapsed."""
    html = re.sub(r"(?s)<(style|script)>.*?</\1>|<[^>]+>", " ", page.read_text("utf-8"))
    return " ".join(unescape(html).split())


def test_one_file(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FAILING, "ok.ipynb": notebook(code("d"))}, SCRIPT)
    finished = example.run("--nbcheck-html=out/report.html")
    assert finished.ret == 1
    assert any("nbcheck: HTML report: out/report.html" in line for line in finished.outlines)
    assert [path.name for path in (example.folder / "out").iterdir()] == ["report.html"]
    text = text_of(example.folder / "out/report.html")
    for part in (
        "1 of 2 notebooks failed",
        "Heading",
        "stdout stored became fresh",
        "ValueError: no",
        "not run: cell 3 raised ValueError",
        "If the error is meant, tag the cell raises-exception.",
        "pytest --nbcheck nb.ipynb::cell-3",
    ):
        assert part in text


def test_a_folder(fake_example: Make) -> None:
    example = fake_example({"sub/nb.ipynb": FAILING, "ok.ipynb": notebook(code("d"))}, SCRIPT)
    example.run("--nbcheck-html=out")
    found = sorted(
        path.relative_to(example.folder / "out").as_posix() for path in (example.folder / "out").rglob("*")
    )
    assert found == ["index.html", "notebooks", "notebooks/sub-nb.html"]


def test_the_configuration_file_may_ask_for_it(fake_example: Make) -> None:
    example = fake_example(
        {"nb.ipynb": FAILING, "pytest.ini": "[pytest]\nnbcheck_html = from-file.html"}, SCRIPT
    )
    example.run()
    assert (example.folder / "from-file.html").exists()
    example.run("--nbcheck-html=from-line.html")
    assert (example.folder / "from-line.html").exists()


def test_a_passing_run_has_a_report_too(fake_example: Make) -> None:
    example = fake_example({"ok.ipynb": notebook(code("d"))}, SCRIPT)
    assert example.run("--nbcheck-html=r.html").ret == 0
    assert "1 notebook passed" in text_of(example.folder / "r.html")


def test_one_item_per_notebook(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FAILING}, SCRIPT)
    example.run("--nbcheck-html=r.html", "--nbcheck-items=notebook")
    text = text_of(example.folder / "r.html")
    assert "stdout stored became fresh" in text
    assert "ValueError: no" in text
    assert "not run: cell 3 raised ValueError" in text


def test_a_file_that_cannot_be_read(fake_example: Make) -> None:
    example = fake_example({"bad.ipynb": b'{\n "cells": [\n<<<<<<< HEAD\n]}'}, SCRIPT)
    example.run("--nbcheck-html=r.html")
    text = text_of(example.folder / "r.html")
    assert "unresolved merge conflict" in text
    assert '{ "cells": [ <<<<<<< HEAD ]}' in text


def test_one_cell_that_was_selected(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FAILING}, SCRIPT)
    example.run("--nbcheck-html=r.html", "nb.ipynb::cell-1")
    text = text_of(example.folder / "r.html")
    assert "stdout stored became fresh" in text
    assert text.count("not selected") == 3


def test_a_cell_that_needs_one_that_failed(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FAILING}, SCRIPT)
    example.run("--nbcheck-html=r.html", "nb.ipynb::cell-4")
    assert "ValueError: no" in text_of(example.folder / "r.html")


def test_expected_failures_and_skips_are_told_as_such(fake_example: Make) -> None:
    conftest = """
        import pytest
        def pytest_collection_modifyitems(items):
            for item in items:
                if item.name == "cell-1":
                    item.add_marker(pytest.mark.xfail(reason="a known bug"))
                if item.name == "cell-4":
                    item.add_marker(pytest.mark.skip(reason="not today"))
    """
    example = fake_example({"nb.ipynb": FAILING, "conftest.py": _dedent(conftest)}, SCRIPT)
    example.run("--nbcheck-html=r.html")
    text = text_of(example.folder / "r.html")
    assert "failed as expected" in text
    assert "not today" in text


def test_a_hook_that_fails_is_told_of_a_notebook_kept_as_text(
    fake_example: Make, require: Callable[[str], object]
) -> None:
    require("jupytext")
    conftest = "def pytest_runtest_setup(item):\n    raise RuntimeError('the setup broke')\n"
    text = "---\njupyter:\n  jupytext:\n    text_representation:\n      extension: .md\n---\n\n```python\na\n```\n"
    example = fake_example({"nb.md": text, "conftest.py": conftest}, SCRIPT)
    example.run("--nbcheck-html=r.html")
    assert "the setup broke" in text_of(example.folder / "r.html")


def test_a_hook_that_fails_is_told(fake_example: Make) -> None:
    conftest = """
        def pytest_runtest_setup(item):
            if item.name == "cell-2":
                raise RuntimeError("the setup broke")
    """
    example = fake_example({"nb.ipynb": FAILING, "conftest.py": _dedent(conftest)}, SCRIPT)
    example.run("--nbcheck-html=r.html")
    text = text_of(example.folder / "r.html")
    assert "error in setup or teardown" in text
    assert "the setup broke" in text


def test_a_kernel_that_died_shows_what_it_printed(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"))}, {"a": [prints("last words\n"), Dies(-11)]})
    example.run("--nbcheck-html=r.html")
    text = text_of(example.folder / "r.html")
    assert "the kernel died with signal SIGSEGV" in text
    assert "last words" in text


def test_an_interrupted_run_has_a_report_of_what_was_done(fake_example: Make) -> None:
    conftest = """
        def pytest_runtest_setup(item):
            if item.name == "cell-2":
                raise KeyboardInterrupt
    """
    example = fake_example({"nb.ipynb": FAILING, "conftest.py": _dedent(conftest)}, SCRIPT)
    finished = example.pytester.runpytest_inprocess(
        "--nbcheck", "--nbcheck-html=r.html", no_reraise_ctrlc=True
    )
    assert finished.ret == pytest.ExitCode.INTERRUPTED
    text = text_of(example.folder / "r.html")
    assert "The run was interrupted" in text
    assert "stdout stored became fresh" in text


def test_nothing_is_written_when_tests_are_only_listed(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FAILING}, SCRIPT)
    example.run("--nbcheck-html=r.html", "--collect-only")
    assert not (example.folder / "r.html").exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nb.ipynb", "nb.ipynb is a file; a report in one file needs a name that ends in .html"),
        ("mine.html", "mine.html is no report of nbcheck, so it is not overwritten; choose another name"),
    ],
)
def test_what_is_there_already_is_a_usage_error(fake_example: Make, path: str, said: str) -> None:
    example = fake_example({"nb.ipynb": FAILING, "mine.html": "mine"}, SCRIPT)
    finished = example.run(f"--nbcheck-html={path}")
    assert finished.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: --nbcheck-html: {example.folder}/{said}" in finished.errlines
    assert (example.folder / "mine.html").read_text() == "mine"


def test_a_report_that_cannot_be_written_fails_the_run(fake_example: Make) -> None:
    example = fake_example({"ok.ipynb": notebook(code("d")), "file": "x"}, SCRIPT)
    finished = example.run("--nbcheck-html=file/r.html")
    assert finished.ret == 1
    said = (
        f"nbcheck: no HTML report: {example.folder}/file/r.html: its folder cannot be made: File exists; "
        "choose another place for it"
    )
    assert any(said in line for line in finished.outlines)


def test_other_tests_are_left_out(fake_example: Make) -> None:
    example = fake_example(
        {"test_x.py": "def test_x(): assert False", "ok.ipynb": notebook(code("d"))}, SCRIPT
    )
    example.run("--nbcheck-html=r.html")
    assert "test_x" not in text_of(example.folder / "r.html")


@pytest.mark.slow
def test_workers_of_xdist_report_to_one_page(example: Make, require: Callable[[str], object]) -> None:
    require("xdist")
    files = {
        f"nb{n}.ipynb": notebook(code(f"print({n})", stdout("stored\n")), code("1 / 0"), code("'\\ud800'"))
        for n in range(3)
    }
    made = example(files)
    finished = made.run_apart("--nbcheck-html=r.html", "-n2", "--dist=loadfile")
    assert finished.ret == 1
    text = text_of(made.folder / "r.html")
    assert "3 of 3 notebooks failed" in text
    for n in range(3):
        assert f"stdout stored became {n}" in text
    assert text.count("ZeroDivisionError: division by zero") >= 3


@pytest.mark.slow
def test_an_item_that_is_run_again_is_told_once(fake_example: Make, require: Callable[[str], object]) -> None:
    require("pytest_rerunfailures")
    example = fake_example({"nb.ipynb": FAILING}, SCRIPT)
    finished = example.run("--nbcheck-html=r.html", "--reruns=1")
    assert section(finished, "short test summary info")
    text = text_of(example.folder / "r.html")
    assert "tests failed 2" in text


def _dedent(text: str) -> str:
    return "\n".join(line[8:] for line in text.splitlines())
