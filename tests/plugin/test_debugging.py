"""``--pdb`` and ``--trace`` at a real terminal, and without one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, section
from helpers.nb import code, notebook, result, stdout

Make = Callable[..., Example]

pytestmark = pytest.mark.slow

FAILING = notebook(
    code("x = 41", count=1),
    code("def f(secret):\n    return secret / 0\nf(7)", count=2),
    code("print(x)", stdout("41\n")),
)
DIFFERENT = notebook(code("x = 2\nx", result("1")), code("x", result("100", 2)))
TIMEOUT = 60


def spawn(project: Example, *arguments: str):  # type: ignore[no-untyped-def] # pexpect has no types
    command = "--nbcheck -p no:cacheprovider -p no:hypothesispytest --color=no"
    child = project.pytester.spawn_pytest(" ".join([command, *arguments]), expect_timeout=TIMEOUT)
    return child


def converse(child, *steps: str | tuple[str, str]) -> None:  # type: ignore[no-untyped-def] # as above
    """Wait for each text, and type what stands beside it."""
    for step in steps:
        expected, typed = (step, None) if isinstance(step, str) else step
        child.expect_exact(expected)
        if typed is None:
            continue
        if typed.startswith("^"):
            child.sendcontrol(typed[1:])
        else:
            child.sendline(typed)


def test_a_prompt_on_the_kernel_that_failed(example: Make, require: Callable[[str], object]) -> None:
    require("pexpect")
    project = example(
        {"a.ipynb": FAILING, "b.ipynb": DIFFERENT, "test_c.py": "def test_c():\n    assert 0\n"}
    )
    child = spawn(project, "--pdb", "--timeout=20")
    converse(
        child,
        "a.ipynb:17: cell 2: ZeroDivisionError: division by zero",
        "nbcheck: the kernel after cell 2",
        ("nbcheck> ", "for i in range(x, x + 2):"),
        ("    ...> ", "    print('row', i)"),
        ("    ...> ", ""),
        "row 42\r\n",
        ("nbcheck> ", "%debug"),
        ("ipdb> ", "print('secret is', secret)"),
        "secret is 7\r\n",
        ("ipdb> ", "^d"),
        ("nbcheck> ", "from getpass import getpass; print('begun'); 'got ' + getpass('pass? ')"),
        "begun\r\n",
        ("pass? ", "sesame"),
        "'got sesame'",
        ("nbcheck> ", "from time import sleep; print('be' + 'gun'); sleep(600)"),
        ("begun\r\n", "^c"),
        "KeyboardInterrupt",
        ("nbcheck> ", "^c"),
        ("nbcheck> ", "exit"),
        "b.ipynb:6: cell 1: output 1, text/plain: 1 became 2",
        ("nbcheck> ", "x = 100"),
        ("nbcheck> ", "^d"),
        "entering PDB",
        ("(Pdb) ", "c"),
    )
    child.expect_exact("3 failed, 2 passed, 1 skipped")
    child.expect("\r\n")
    child.close()


def test_stopping_in_a_cell_before_a_cell_and_for_good(
    example: Make, require: Callable[[str], object]
) -> None:
    require("pexpect")
    stopping = code("def f(n):\n    breakpoint()\n    return n\nf(7)", count=1)
    project = example({"a.ipynb": notebook(stopping, code("1"))})
    child = spawn(project, "--pdb", "--trace", "--nbcheck-items=cell", "-x")
    converse(
        child,
        "nbcheck: before a.ipynb::cell-1",
        "nbcheck: the kernel after cell 0",
        ("nbcheck> ", "exit"),
        "breakpoint()",
        ("ipdb> ", "print('n is', n)"),
        "n is 7\r\n",
        ("ipdb> ", "c"),
        "a.ipynb:6: cell 1: ",
        ("nbcheck> ", "q!"),
        "Exit: Quitting debugger",
    )
    child.expect_exact("1 failed")
    child.expect("\r\n")
    child.close()


def test_without_a_terminal(example: Make) -> None:
    project = example({"nb.ipynb": FAILING, "dead.ipynb": notebook(code("import os; os._exit(3)", count=1))})
    ran = project.run_apart("--pdb", "--trace", "--nbcheck-items=notebook")
    ran.assert_outcomes(failed=2)
    assert ran.outlines.count("no prompt: standard input is no terminal") == 2
    # The cells after the one that failed were not run, and what has been shown is not shown again.
    assert section(ran, "FAILURES") == []
    assert "nb.ipynb:17: cell 2: ZeroDivisionError: division by zero" in ran.outlines
