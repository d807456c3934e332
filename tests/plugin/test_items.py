"""What is collected, under which names, and what a selection runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, section, verdicts
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, markdown, notebook, stdout

Make = Callable[..., Example]

THREE = notebook(code("a"), markdown("# text"), code("b"), code("c"))


def collected(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def test_one_item_for_each_code_cell(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": THREE})
    result = example.run("--collect-only", "-q")
    assert collected(result) == ["nb.ipynb::cell-1", "nb.ipynb::cell-2", "nb.ipynb::cell-3"]
    assert example.fakes.executed == []


def test_one_item_for_a_notebook(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": THREE})
    result = example.run("--collect-only", "-q", "--nbcheck-items=notebook")
    assert collected(result) == ["nb.ipynb::notebook"]


def test_a_notebook_without_code_passes(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(markdown("# text"))})
    assert verdicts(example.run("-rA")) == {"nb.ipynb::notebook": "passed"}
    assert example.fakes.executed == []


def test_without_the_option_notebooks_are_left_alone(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": THREE})
    result = example.pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_which_files_are_notebooks(fake_example: Make) -> None:
    one = notebook(code("a"))
    example = fake_example(
        {
            "sub/Nb.IPYNB": one,
            "nb.ipynb": one,
            "nb.ipynb.txt": one,
            "nb.py": "",
            ".ipynb_checkpoints/nb-checkpoint.ipynb": one,
            "docs/_build/nb.ipynb": one,
            ".virtual_documents/nb.ipynb": one,
            "web/node_modules/nb.ipynb": one,
        }
    )
    example.write("pytest.ini", "[pytest]\nnorecursedirs =\n")
    assert collected(example.run("--collect-only", "-q")) == ["nb.ipynb::cell-1", "sub/Nb.IPYNB::cell-1"]
    result = example.run("--collect-only", "-q", "docs/_build/nb.ipynb")
    assert collected(result) == []


def test_the_folder_of_the_project_may_have_any_name(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = fake_example({"_build/project/nb.ipynb": THREE, "_build/project/pytest.ini": "[pytest]\n"})
    monkeypatch.chdir(example.folder / "_build/project")
    assert len(collected(example.run("--collect-only", "-q"))) == 3


def test_notebooks_and_python_tests_run_together(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": THREE, "test_x.py": "def test_y(): pass"})
    result = example.run()
    result.assert_outcomes(passed=4)
    assert "nb.ipynb ..." in result.stdout.str()


# ---- broken notebooks


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"cells": [', id="cut-off"),
        pytest.param(b"[]", id="no-object"),
        pytest.param(b'{"cells": {}, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', id="no-cells"),
        pytest.param(b"\xff\xfe\x00", id="not-utf-8"),
    ],
)
def test_a_broken_notebook_is_one_failing_item(fake_example: Make, content: bytes) -> None:
    example = fake_example({"broken.ipynb": content, "good.ipynb": notebook(code("a"))})
    result = example.run("-rA")
    assert verdicts(result) == {"broken.ipynb::notebook": "failed", "good.ipynb::cell-1": "passed"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = result.stdout.str()
    assert "broken.ipynb" in "\n".join(section(result, "[nbcheck] broken.ipynb::notebook"))
    assert "Traceback" not in text
    assert "nodes.py" not in text


def test_faulty_directives_of_a_notebook_break_it(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"), nbcheck={"skp": True})})
    result = example.run()
    assert section(result, "[nbcheck] nb.ipynb::notebook") == [
        "nb.ipynb: notebook metadata: unknown directive 'skp'; did you mean 'skip'?"
    ]


# ---- selection


@pytest.mark.parametrize(
    ("arguments", "outcomes", "executed"),
    [
        (["nb.ipynb::cell-2"], {"nb.ipynb::cell-2": "passed"}, ["a", "b"]),
        (["-k", "cell-3"], {"nb.ipynb::cell-3": "passed"}, ["a", "b", "c"]),
        (
            ["--deselect", "nb.ipynb::cell-2"],
            {"nb.ipynb::cell-1": "passed", "nb.ipynb::cell-3": "passed"},
            ["a", "b", "c"],
        ),
        (
            ["nb.ipynb::cell-2", "nb.ipynb::cell-1"],
            {"nb.ipynb::cell-1": "passed", "nb.ipynb::cell-2": "passed"},
            ["a", "b"],
        ),
    ],
)
def test_a_selected_cell_runs_after_its_predecessors(
    fake_example: Make, arguments: list[str], outcomes: dict[str, str], executed: list[str]
) -> None:
    example = fake_example({"nb.ipynb": THREE})
    assert verdicts(example.run("-rA", *arguments)) == outcomes
    assert example.fakes.executed == [executed]


def test_differences_of_cells_that_are_not_selected_are_not_reported(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a", stdout("x")), code("b"))})
    assert verdicts(example.run("-rA", "-k", "cell-2")) == {"nb.ipynb::cell-2": "passed"}


def test_an_error_stops_its_notebook_only(fake_example: Make) -> None:
    example = fake_example(
        {"a.ipynb": THREE, "z.ipynb": notebook(code("z"))}, {"b": [Raises("NameError", "name 'x'")]}
    )
    result = example.run("-rA")
    assert verdicts(result) == {
        "a.ipynb::cell-1": "passed",
        "a.ipynb::cell-2": "failed",
        "z.ipynb::cell-1": "passed",
    }
    assert "SKIPPED [1] a.ipynb:34: not run: cell 2 raised NameError" in result.outlines
    result.assert_outcomes(passed=2, failed=1, skipped=1)


def test_an_error_in_a_cell_that_is_not_selected_fails_the_first_that_needs_it(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": THREE}, {"a": [Raises("NameError", "name 'x'")]})
    result = example.run("-rA", "--deselect", "nb.ipynb::cell-1")
    assert verdicts(result) == {"nb.ipynb::cell-2": "failed"}
    assert "nb.ipynb:6: cell 1 (run because cell 2 needs it): NameError: name 'x'" in result.outlines
    result.assert_outcomes(failed=1, skipped=1, deselected=1)


def test_an_error_in_a_cell_marked_to_be_skipped_fails_the_first_that_needs_it(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": THREE}, {"a": [Raises("NameError")]})
    example.write(
        "conftest.py",
        """
import pytest

def pytest_collection_modifyitems(items):
    items[0].add_marker(pytest.mark.skip)
""",
    )
    example.run("-rA").assert_outcomes(failed=1, skipped=2)


def test_exitfirst_and_last_failed(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"), code("b", stdout("x")), code("c"))})
    result = example.run("-rA", "-x")
    assert verdicts(result) == {"nb.ipynb::cell-1": "passed", "nb.ipynb::cell-2": "failed"}
    example.fakes.script["b"] = [prints("x")]
    assert verdicts(example.run("-rA", "--lf")) == {"nb.ipynb::cell-2": "passed"}
    assert example.fakes.executed == [["a", "b"], ["a", "b"]]


def test_a_skipped_cell_is_reported_at_its_line(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a\nb", tags=["skip-execution"]))})
    result = example.run("-rs")
    assert "SKIPPED [1] nb.ipynb:6: skipped by the tag skip-execution" in result.outlines


def test_lines_in_the_file(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": THREE})
    items, _ = example.pytester.inline_genitems("--nbcheck")
    lines = example.write("nb.ipynb", THREE).read_text().splitlines()
    for item, source in zip(items, "abc", strict=True):
        path, line, name = item.location
        assert (path, name) == ("nb.ipynb", f"[nbcheck] {item.nodeid}")
        assert line is not None
        assert lines[line].strip() == f'"{source}"'


def test_notebook_items_report_every_failed_cell(fake_example: Make) -> None:
    cells = notebook(code("a", stdout("x")), code("b"), code("c", stdout("y")), code("d"))
    example = fake_example({"nb.ipynb": cells}, {"d": [Raises("NameError")]})
    result = example.run("--nbcheck-items=notebook")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    for number in (1, 3, 4):
        assert f": cell {number}: " in text
    assert "FAILED nb.ipynb::notebook - 3 cells failed, the first: cell 1: " in text


def test_names_in_verbose_output(fake_example: Make) -> None:
    result = fake_example({"sub.d/nb.ipynb": notebook(code("a"))}).run("-v")
    assert any(line.startswith("sub.d/nb.ipynb::cell-1 PASSED") for line in result.outlines)
