"""Verdicts on notebooks that run in the bundled kernel."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from helpers.example import Example, verdicts
from helpers.nb import Cell, code, display, error, notebook, result, stderr, stdout

Make = Callable[..., Example]

pytestmark = pytest.mark.slow

GOOD = [
    code("x = 40", count=1),
    code("print('total', x + 2.5, 'm')", stdout("total 42.5 m\n"), count=2),
    code("x + 2", result("42", 3), count=3),
    code("from IPython.display import display\ndisplay('label: mean')", display("'label: mean'"), count=4),
]


def change(number: int, *outputs: dict[str, Any]) -> list[Cell]:
    """The good notebook with other outputs stored in one cell."""
    return [*GOOD[: number - 1], GOOD[number - 1] | {"outputs": list(outputs)}, *GOOD[number:]]


def failed(ran: pytest.RunResult) -> list[str]:
    return [nodeid.partition("::")[2] for nodeid, outcome in verdicts(ran).items() if outcome == "failed"]


def reason(ran: pytest.RunResult) -> str:
    """First line of the only failure."""
    (line,) = (line for line in ran.outlines if line.startswith("nb.ipynb:") and ": cell " in line)
    return line


def test_a_notebook_that_was_just_saved_passes(example: Make) -> None:
    ran = example({"nb.ipynb": notebook(*GOOD)}).run("-rA")
    assert set(verdicts(ran).values()) == {"passed"}
    assert "not compared" not in ran.stdout.str()


@pytest.mark.parametrize(
    ("cells", "cell", "message"),
    [
        pytest.param(
            change(2, stdout("total 42.6 m\n")),
            "cell-2",
            "cell 2: stdout: 42.6 became 42.5 (relative error 0.0023)",
            id="digit",
        ),
        pytest.param(
            change(4, display("'label: meal'")), "cell-4", "cell 4: output 1, text/plain: ", id="label"
        ),
        pytest.param(
            change(3), "cell-3", "cell 3: output 1: execute_result that the file does not have", id="deleted"
        ),
        pytest.param(
            change(2, stdout("total 42.5 m\n"), display("more")), "cell-2", "cell 2: output 2", id="added"
        ),
    ],
)
def test_a_change_fails_exactly_its_cell(example: Make, cells: list[Cell], cell: str, message: str) -> None:
    ran = example({"nb.ipynb": notebook(*cells)}).run("-rA")
    assert failed(ran) == [cell]
    assert len(verdicts(ran)) == 4
    assert message in reason(ran)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("1 / 0", "ZeroDivisionError: division by zero", id="error"),
        pytest.param("import os\nos._exit(3)", "the kernel died with exit code 3", id="exit"),
        pytest.param(
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
            "the kernel died with signal SIGSEGV",
            id="segfault",
        ),
        pytest.param(
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "the kernel died with signal SIGKILL (often: out of memory)",
            id="kill",
        ),
        pytest.param(
            "# nbcheck: timeout=0.3\nwhile True: pass",
            "did not finish within 0.3 s; raise --nbcheck-cell-timeout or give the cell a timeout directive",
            id="endless-loop",
        ),
        pytest.param(
            "# nbcheck: timeout=0.3\nimport time\ntime.sleep(600)",
            "did not finish within 0.3 s; raise --nbcheck-cell-timeout or give the cell a timeout directive",
            id="sleep",
        ),
        pytest.param(
            "input('name? ')",
            "StdinNotImplementedError: input() was called, but nobody can answer: "
            "this front-end does not support input requests",
            id="input",
        ),
        pytest.param("import sys\nsys.exit(0)", "SystemExit: 0", id="sys-exit"),
        pytest.param(
            "%nosuchmagic", "UsageError: Line magic function `%nosuchmagic` not found.", id="unknown-magic"
        ),
        pytest.param(
            "%run nosuchfile.py", "Exception: File `'nosuchfile.py'` not found.", id="failing-magic"
        ),
        pytest.param(
            "import nosuchmodule", "ModuleNotFoundError: No module named 'nosuchmodule'", id="import"
        ),
        pytest.param("def f(:", "SyntaxError: ", id="syntax"),
    ],
)
def test_what_goes_wrong_stops_its_notebook_only(example: Make, source: str, message: str) -> None:
    project = example(
        {"nb.ipynb": notebook(*GOOD[:1], code(source), *GOOD[1:]), "other.ipynb": notebook(*GOOD)}
    )
    start = time.monotonic()
    ran = project.run("-rA")
    assert failed(ran) == ["cell-2"]
    ran.assert_outcomes(passed=5, failed=1, skipped=3)
    assert f": cell 2: {message}" in reason(ran)
    assert time.monotonic() - start < 30


def test_an_expected_error_must_come(example: Make) -> None:
    cells = [
        code("1 / 0", error("ZeroDivisionError", "division by zero"), tags=["raises-exception"]),
        code("1", error("ZeroDivisionError", "division by zero"), tags=["raises-exception"]),
        code("[][0]", error("IndexError", "another message"), tags=["raises-exception"]),
        code("{}[0]", error("IndexError", "0"), tags=["raises-exception"]),
        code("1 / 0", error("ZeroDivisionError", "division by zero")),
        code("print('still here')", stdout("still here\n")),
    ]
    ran = example({"nb.ipynb": notebook(*cells)}).run("-rA")
    assert failed(ran) == ["cell-2", "cell-3", "cell-4"]
    ran.assert_outcomes(passed=3, failed=3)
    assert (
        "nb.ipynb::cell-5: raised the stored error again (ZeroDivisionError: division by zero)"
        in ran.stdout.str()
    )


def test_an_error_points_into_the_file(example: Make) -> None:
    source = "def f():\n    value = 1\n    return value / 0\n\nf()"
    project = example({"nb.ipynb": notebook(*GOOD, code(source))})
    ran = project.run()
    lines = (project.folder / "nb.ipynb").read_text().splitlines()
    number = next(number for number, line in enumerate(lines, 1) if "return value / 0" in line)
    assert reason(ran) == f"nb.ipynb:{number}: cell 5: ZeroDivisionError: division by zero"
    assert "> 3 |     return value / 0" in ran.outlines


def test_state_lives_from_cell_to_cell_and_not_beyond_the_notebook(example: Make) -> None:
    project = example({"a.ipynb": notebook(code("x = 1")), "b.ipynb": notebook(code("x"))})
    ran = project.run("-rA")
    assert verdicts(ran) == {"a.ipynb::cell-1": "passed", "b.ipynb::cell-1": "failed"}


def test_a_cell_selected_alone_has_its_state(example: Make) -> None:
    example({"nb.ipynb": notebook(*GOOD)}).run("nb.ipynb::cell-3").assert_outcomes(passed=1)


def test_history_and_streams_are_as_in_jupyter(example: Make) -> None:
    cells = [
        code("7", result("7", 1), count=1),
        code("Out[1] + In[1].count('7');", count=2),
        code(
            "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
            stdout("a\n"),
            stderr("b\n"),
            stdout("c\n"),
            count=3,
        ),
    ]
    example({"nb.ipynb": notebook(*cells)}).run().assert_outcomes(passed=3)


def test_the_working_directory_is_the_notebooks(example: Make) -> None:
    project = example({"sub/nb.ipynb": notebook(code("print(open('data.txt').read())", stdout("here\n")))})
    project.write("sub/data.txt", "here")
    project.run().assert_outcomes(passed=1)


def test_set_order_is_the_same_in_every_run(example: Make) -> None:
    cell = code(
        "import os\nprint(os.environ['PYTHONHASHSEED'], 'PYTEST_CURRENT_TEST' in os.environ)",
        stdout("0 False\n"),
    )
    example({"nb.ipynb": notebook(cell)}).run().assert_outcomes(passed=1)


def test_a_display_updated_by_a_later_cell(example: Make) -> None:
    cells = [
        code(
            "from IPython.display import display\nhandle = display('0%', display_id=True)", display("'100%'")
        ),
        code("handle.update('100%')", count=2),
    ]
    example({"nb.ipynb": notebook(*cells)}).run().assert_outcomes(passed=2)


@pytest.mark.parametrize("count", [5_000])
def test_many_displays_are_all_compared(example: Make, count: int) -> None:
    source = f"from IPython.display import display\nfor i in range({count}): display(i)"
    outputs = [display(str(number)) for number in range(count)]
    wrong = [*outputs[:-1], display("x")]
    project = example(
        {"good.ipynb": notebook(code(source, *outputs)), "nb.ipynb": notebook(code(source, *wrong))}
    )
    ran = project.run("-rA", "--nbcheck-no-twice")
    assert verdicts(ran) == {"good.ipynb::cell-1": "passed", "nb.ipynb::cell-1": "failed"}
    assert "became x" not in reason(ran)


def test_fifty_megabytes_of_output(example: Make) -> None:
    cells = [
        code("for _ in range(50): print('x' * 999_999)", stdout("")),
        code("print('next')", stdout("next\n")),
    ]
    ran = example({"nb.ipynb": notebook(*cells)}).run("-rA", "--nbcheck-no-twice")
    assert verdicts(ran) == {"nb.ipynb::cell-1": "failed", "nb.ipynb::cell-2": "passed"}
    assert len(ran.stdout.str()) < 100_000


def test_subprocesses_and_displays_keep_their_order(example: Make) -> None:
    source = (
        "import subprocess\nfrom IPython.display import display\n"
        "for i in range(20):\n    subprocess.run(['echo', str(i)])\n    display(i)"
    )
    outputs = [output for number in range(20) for output in (stdout(f"{number}\n"), display(str(number)))]
    example({"nb.ipynb": notebook(code(source, *outputs))}).run().assert_outcomes(passed=1)
