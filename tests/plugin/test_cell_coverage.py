"""``--nbcheck-cov-cells``: which lines of the cells themselves were run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.example import Example
from helpers.nb import code, notebook
from pytest_nbcheck.cell_coverage import CellCoverage

Make = Callable[..., Example]
PYTHON = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
FIRST = """

import sys
def f(x):
    if x:
        return 1
    return 2
%time f(1)
class A:
    def g(self):
        return 3"""
SECOND = """import threading
thread = threading.Thread(target=A().g)
thread.start()
thread.join()
for i in []:
    print(i)"""
NOT_RUN = ("    return 2", "    print(i)")


def lines_of(example: Example, path: str = "cells.lcov") -> dict[str, dict[int, int]]:
    """What a file says of each line, by notebook."""
    found: dict[str, dict[int, int]] = {}
    name = ""
    for entry in (example.folder / path).read_text().splitlines():
        kind, _, value = entry.partition(":")
        if kind == "SF":
            name = value
            found[name] = {}
        elif kind == "DA":
            line, count = map(int, value.split(","))
            found[name][line] = count
    return found


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("-n2",), ("--nbcheck-cold",)])
def test_lines_are_those_of_the_file(example: Make, arguments: tuple[str, ...]) -> None:
    content = notebook(code(FIRST), code(SECOND), code("# nothing"), **PYTHON)
    made = example({"a.ipynb": content, "sub/b.ipynb": content, "test_x.py": "def test_x(): pass"})
    run = made.run("--nbcheck-cov-cells=cells.lcov", *arguments)
    run.assert_outcomes(passed=7)
    run.stdout.fnmatch_lines(["*nbcheck: lines of cells: 26 of 30 were run: cells.lcov*"])
    texts = content.decode().splitlines() if isinstance(content, bytes) else content.splitlines()
    found = lines_of(made)
    assert list(found) == ["a.ipynb", "sub/b.ipynb"]
    for lines in found.values():
        said = {json.loads(texts[line - 1].rstrip(",")).rstrip("\n"): count for line, count in lines.items()}
        wanted = [line for source in (FIRST, SECOND) for line in source.splitlines() if line]
        assert said == {line: int(line not in NOT_RUN) for line in wanted}


CAPTURED = "%%capture\nx = 0\nif x:\n    never = 1\nlast = 3"
NESTED = "if False:\n    a = 1\n    b = 2\nget_ipython().run_cell('1\\n2\\n3');"
TWICE = "def twice():\n    return 2"
NEVER = "# a comment\nimport os\n\nfor x in []:\n    os.getcwd()"


@pytest.mark.slow
def test_only_what_was_run_counts(example: Make) -> None:
    sources = [CAPTURED, NESTED, TWICE, "twice()", TWICE, "1 / 0", NEVER, "%matplotlib\n\n# no\nx"]
    content = notebook(*map(code, sources), **PYTHON)
    made = example({"a.ipynb": content})
    made.run("--nbcheck-cov-cells=cells.lcov").assert_outcomes(passed=5, failed=1, skipped=2)
    texts = (content.decode() if isinstance(content, bytes) else content).splitlines()
    said = [
        (json.loads(texts[line - 1].strip().rstrip(",")).rstrip("\n"), count)
        for line, count in lines_of(made)["a.ipynb"].items()
    ]
    assert said == [
        ("%%capture", 1),
        *(("if False:", 1), ("get_ipython().run_cell('1\\n2\\n3');", 1)),
        *(("def twice():", 1), ("    return 2", 1)),
        ("twice()", 1),
        *(("def twice():", 1), ("    return 2", 0)),
        ("1 / 0", 1),
        *(("import os", 0), ("for x in []:", 0), ("    os.getcwd()", 0)),
        *(("%matplotlib", 0), ("x", 0)),
    ]


@pytest.mark.slow
def test_a_kernel_that_died_is_counted(example: Make) -> None:
    made = example({"a.ipynb": notebook(code("import os\nos._exit(3)"), **PYTHON)})
    run = made.run("--nbcheck-cov-cells=cells.lcov")
    run.stdout.fnmatch_lines(["*lines of cells: 0 of 0 were run, 1 kernel could not tell: cells.lcov*"])


def test_what_is_there_is_not_overwritten(fake_example: Make) -> None:
    made = fake_example({"a.ipynb": notebook(code("a")), "cells.lcov": "mine"})
    run = made.run("--nbcheck-cov-cells=cells.lcov")
    run.stderr.fnmatch_lines(["ERROR: --nbcheck-cov-cells: *cells.lcov is no such report of nbcheck*"])
    assert (made.folder / "cells.lcov").read_text() == "mine"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="both can watch at once here")
def test_one_trace_function_does_not_serve_two() -> None:
    config: Any = SimpleNamespace(option=SimpleNamespace(cov_source=["x"]))
    session: Any = None  # not looked at
    with pytest.raises(pytest.UsageError, match="together with --cov needs Python 3"):
        CellCoverage(config, session, "c.lcov")
