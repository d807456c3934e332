"""Directives at work: from comment, tag, metadata and pyproject.toml to the verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, section, verdicts
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, notebook, stdout

Make = Callable[..., Example]


def verdict(make: Make, cell: dict[str, object], *steps: object, files: dict[str, str] | None = None) -> str:
    source = "".join(cell["source"])
    example = make({"nb.ipynb": notebook(cell), **(files or {})}, {source: list(steps)})
    return verdicts(example.run("-rA"))["nb.ipynb::cell-1"]


@pytest.mark.parametrize(
    ("directive", "stored", "fresh", "outcome"),
    [
        ("", "x = 3.14\n", "x = 3.15\n", "failed"),
        ("rtol=1e-2", "x = 3.14\n", "x = 3.15\n", "passed"),
        ("rtol=1e-9", "x = 3.141592654\n", "x = 3.141592660\n", "failed"),
        ("atol=0.5", "x = 3.14\n", "x = 3.15\n", "passed"),
        ("ignore-pattern=x=.*", "x=1\n", "x=2\n", "passed"),
        ("ignore-pattern=y=.*", "x=1\n", "x=2\n", "failed"),
        ("normalise=-addresses", "<A at 0x7f1f2a3b4c5d>\n", "<A at 0x7f1f2a3b4c5e>\n", "failed"),
        ("", "<A at 0x7f1f2a3b4c5d>\n", "<A at 0x7f1f2a3b4c5e>\n", "passed"),
        ("normalise=dates", "2024-05-01\n", "2025-06-02\n", "passed"),
        ("", "2024-05-01\n", "2025-06-02\n", "failed"),
        ("ignore-output=1", "a\n", "b\n", "passed"),
        ("ignore-output=2", "a\n", "b\n", "failed"),
        ("xfail=known", "a\n", "b\n", "xfail"),
        ("xfail", "a\n", "a\n", "xpass"),
    ],
)
def test_comparison(fake_example: Make, directive: str, stored: str, fresh: str, outcome: str) -> None:
    source = f"# nbcheck: {directive}" if directive else "a"
    assert verdict(fake_example, code(source, stdout(stored)), prints(fresh)) == outcome


@pytest.mark.parametrize(
    ("directive", "evalue", "outcome"),
    [
        ("raises-exception=ValueError", "no", "passed"),
        ("raises-exception=ValueError: ^no$", "no", "passed"),
        ("raises-exception=ValueError: yes", "no", "failed"),
        ("raises-exception=KeyError", "no", "failed"),
    ],
)
def test_the_error_that_is_meant(fake_example: Make, directive: str, evalue: str, outcome: str) -> None:
    assert verdict(fake_example, code(f"# nbcheck: {directive}"), Raises("ValueError", evalue)) == outcome


def test_another_error_than_meant_is_told(fake_example: Make) -> None:
    source = "# nbcheck: raises-exception=KeyError: x"
    example = fake_example({"nb.ipynb": notebook(code(source))}, {source: [Raises("ValueError", "no")]})
    assert example.run().outlines.count("nb.ipynb:6: cell 1: ValueError: no; it must raise KeyError: x") == 1
    assert "If this error is right, name it in the directive raises-exception." in example.run().outlines
    example = fake_example({"nb.ipynb": notebook(code(source))}, {source: []})
    assert (
        "nb.ipynb:6: cell 1: raised no exception, though it must raise KeyError: x" in example.run().outlines
    )


def test_an_expected_failure_in_one_item_per_notebook(fake_example: Make) -> None:
    cells = [code("# nbcheck: xfail=known", stdout("a\n")), code("b", stdout("b\n"))]
    script = {"# nbcheck: xfail=known": [prints("x\n")], "b": [prints("b\n")]}
    example = fake_example({"nb.ipynb": notebook(*cells)}, script)
    finished = example.run("-rA", "--nbcheck-items=notebook")
    assert verdicts(finished) == {"nb.ipynb::notebook": "passed"}
    assert section(finished, "nbcheck") == ["nb.ipynb::notebook: cell 1: failed as expected (known)"]


CONFIG = """
[tool.nbcheck]
mode = "run"
[[tool.nbcheck.overrides]]
paths = ["strict/"]
mode = "semantic"
"""


def test_the_project_says_it_for_its_notebooks(fake_example: Make) -> None:
    differs = notebook(code("a", stdout("a\n")))
    exact = notebook(code("a", stdout("a\n")), nbcheck={"mode": "exact"})
    files = {"pyproject.toml": CONFIG, "x.ipynb": differs, "strict/y.ipynb": differs, "z.ipynb": exact}
    example = fake_example(files, {"a": [prints("b\n")]})
    assert verdicts(example.run("-rA")) == {
        "x.ipynb::cell-1": "passed",
        "strict/y.ipynb::cell-1": "failed",
        "z.ipynb::cell-1": "failed",
    }


def test_the_command_line_wins_over_the_project(fake_example: Make) -> None:
    files = {"pyproject.toml": CONFIG, "x.ipynb": notebook(code("a", stdout("a\n")))}
    example = fake_example(files, {"a": [prints("b\n")]})
    assert verdicts(example.run("-rA", "--nbcheck-mode=semantic")) == {"x.ipynb::cell-1": "failed"}


def test_a_configuration_that_makes_no_sense_fails_each_notebook(fake_example: Make) -> None:
    files = {"pyproject.toml": "[tool.nbcheck]\nmod = 1", "x.ipynb": notebook(code("a"))}
    finished = fake_example(files, {"a": []}).run("-rA")
    assert verdicts(finished) == {"x.ipynb::notebook": "failed"}
    assert (
        "pyproject.toml, [tool.nbcheck]: unknown directive 'mod'; did you mean 'mode'?" in finished.outlines
    )
