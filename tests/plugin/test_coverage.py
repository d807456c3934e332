"""Coverage of what notebooks import: the numbers are those of the same code run by pytest itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from coverage import CoverageData

from helpers.example import Example, section
from helpers.nb import code, notebook, result
from nbcheck.manager.discovery import Choice
from nbcheck.protocol.kernelspec import KernelSpec
from pytest_nbcheck.coverage import describe_lost

Make = Callable[..., Example]

MODULE = """
import threading

def size(x):
    if x > 1:
        return "big"
    return "small"

def search():
    for i in range(3):
        if i == 7:
            break
    else:
        return "none"
    return "some"

def search_in_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(search()))
    thread.start()
    thread.join()
    return found

def never():
    return 0
"""
CELLS = ("from pkg.module import size\nsize(2)", "import pkg.module\npkg.module.search_in_thread()")
CONFIG = """
[tool.coverage.run]
branch = true
context = "static"
"""


def measured(folder: Path) -> dict[str, object]:
    """Arcs and contexts of each file, and the lines that those have, by the file's name."""
    data = CoverageData(basename=str(folder / ".coverage"))
    data.read()
    found = {}
    for name in sorted(data.measured_files()):
        by_line = sorted(data.contexts_by_lineno(name).items())
        contexts = {line: sorted(names) for line, names in by_line}
        found[Path(name).relative_to(folder).as_posix()] = (sorted(data.arcs(name) or ()), contexts)
    data.close()
    return found


@pytest.mark.slow
def test_lines_branches_and_contexts_are_those_of_a_run_without_a_kernel(example: Make) -> None:
    tests = [
        f"def test_{number}():\n    " + source.replace("\n", "\n    ")
        for number, source in enumerate(CELLS, 1)
    ]
    cells = [code(CELLS[0], result("'big'")), code(CELLS[1], result("['none']"))]
    project = example(
        {
            "pyproject.toml": CONFIG,
            "pkg/__init__.py": "",
            "pkg/module.py": MODULE,
            "test_it.py": "\n".join(tests),
            "docs/nb.ipynb": notebook(code("import os; os.chdir('..')", count=1), *cells),
            "docs/conftest.py": "",
        }
    )
    arguments = ("--cov=pkg", "--cov-context=test", "--cov-report=", "-pno:cacheprovider")
    project.pytester.syspathinsert()
    project.run_apart("test_it.py", *arguments).assert_outcomes(passed=2)
    expected = measured(project.folder)
    contexts = str(expected["pkg/module.py"])
    assert "static|test_it.py::test_1|run" in contexts
    assert "(6, -4)" in contexts  # a branch
    for more in ([], ["-n2", "--dist=loadfile", "--nbcheck-cold"]):
        project.run_apart("docs", *arguments, *more).assert_outcomes(passed=3)
        names = repr(measured(project.folder))
        for number in (1, 2):
            names = names.replace(f"docs/nb.ipynb::cell-{number + 1}|", f"test_it.py::test_{number}|")
        assert names == repr(expected)
    # pytest-cov saves nothing then, and so nobody would ever add up what kernels have saved.
    project.write("docs/nb.ipynb", notebook(code("import pkg.module\n1 / 0", count=1)))
    project.run_apart("docs", *arguments[:1], *arguments[2:], "-x").assert_outcomes(failed=1)
    assert list(project.folder.glob(".coverage.*")) == []


@pytest.mark.slow
def test_what_cells_do_to_the_measurement(example: Make) -> None:
    project = example(
        {
            "pkg.py": MODULE,
            "clean.ipynb": notebook(code("dir() == [*globals()] and 'coverage' in dir()", result("False"))),
            "trace.ipynb": notebook(
                code("import sys\nsys.settrace(None)", count=1),
                code("import pkg\npkg.size(1)", result("'small'", 2)),
            ),
            "stopped.ipynb": notebook(
                code("# nbcheck: timeout=1\nimport pkg\npkg.search()\nwhile True: pass", count=1)
            ),
            "killed.ipynb": notebook(code("import os, pkg\npkg.never()\nos.kill(os.getpid(), 9)", count=1)),
            "left.ipynb": notebook(code("import os, pkg\npkg.never()\nos._exit(0)", count=1)),
        }
    )
    project.pytester.syspathinsert()
    command = [sys.executable, "-m", "coverage", "run", "--include=pkg.py", "-m", "pytest", "--nbcheck"]
    ran = project.pytester.run(*command, "-pno:cacheprovider", "-pno:hypothesispytest")
    ran.assert_outcomes(passed=3, failed=3)
    assert section(ran, "nbcheck")[-2:] == [
        "killed.ipynb: not all that it runs is counted by coverage: its kernel ended with signal SIGKILL",
        "left.ipynb: not all that it runs is counted by coverage: "
        "its kernel ended without saving what it measured",
    ]
    data = CoverageData(basename=str(project.folder / ".coverage"))
    data.read()
    lines = data.lines(str(project.folder / "pkg.py"))
    assert lines is not None
    counted = {MODULE.splitlines()[line - 1].strip() for line in lines}
    data.close()
    assert {'return "small"', 'return "none"'} <= counted
    assert not {'return "big"', "return 0"} & counted


def test_the_context_is_that_of_the_item_and_its_phase(fake_example: Make) -> None:
    project = fake_example(
        {
            "nb.ipynb": notebook(code("a"), code("b")),
            "conftest.py": "def pytest_configure(config):\n"
            "    config.pluginmanager.register(object(), '_cov_contexts')\n",
        }
    )
    project.run("nb.ipynb::cell-2").assert_outcomes(passed=1)
    (kernel,) = project.fakes.started
    assert kernel.contexts == ["nb.ipynb::cell-2|setup", "nb.ipynb::cell-2|run"]


def test_what_is_not_counted_is_told() -> None:
    def started(
        name: str, choice: Choice, returncode: int | None = 0, is_kept: bool = False
    ) -> SimpleNamespace:
        kernel = SimpleNamespace(name="other", pid=int(name[0]), returncode=returncode, is_kept=is_kept)
        return SimpleNamespace(file=SimpleNamespace(nodeid=name), choice=choice, kernel=kernel)

    def spec(language: str) -> Choice:
        return Choice(KernelSpec("other", ("other",), "Other", language))

    kernels = [
        started("1.ipynb", Choice()),
        started("2.ipynb", Choice(), returncode=-9),
        started("3.ipynb", Choice(), returncode=None),
        started("3.ipynb", Choice(), returncode=None, is_kept=True),
        started("4.ipynb", Choice(interpreter="bash")),
        started("5.ipynb", spec("julia")),
        *(started(f"{number}.ipynb", spec("python")) for number in (6, 7, 8, 9)),
    ]
    assert describe_lost(kernels, {1}) == [  # type: ignore[arg-type] # stand-ins
        "2.ipynb: not all that it runs is counted by coverage: its kernel ended with signal SIGKILL",
        "3.ipynb: not all that it runs is counted by coverage: its kernel ended without saving what it measured",
        "3.ipynb: not all that it runs is counted by coverage: its kernel lives on",
        "not counted by coverage, because only nbcheck's own Python kernel is measured: "
        "6.ipynb (other), 7.ipynb (other), 8.ipynb (other) and 1 more",
    ]
    assert describe_lost(kernels[-4:], set(), counts_foreign=True) == []  # type: ignore[arg-type] # as above
