"""Bash notebooks, on the kernel that comes with nbcheck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from helpers.example import Example, section, verdicts
from helpers.nb import Cell, code, error, notebook, stderr, stdout

pytestmark = pytest.mark.slow

Make = Callable[[Mapping[str, bytes | str]], Example]


def bash(*cells: Cell, name: str = "nbcheck-bash") -> bytes:
    return notebook(*cells, kernelspec={"name": name, "display_name": name, "language": "bash"})


@pytest.fixture(autouse=True)
def _no_kernelspecs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no kernelspec be installed, whatever this machine has."""
    monkeypatch.setattr("nbcheck.execution.kernels.installed_dirs", lambda: [tmp_path])


def test_state_outputs_and_folder(example: Make) -> None:
    made = example(
        {
            "folder/nb.ipynb": bash(
                code("x=6; cd ..; f() { echo $((x * $1)); }", count=1),
                code("f 7; ls -d folder; echo err >&2", stdout("42\nfolder\n"), stderr("err\n")),
                code("echo changed", stdout("stored\n")),
                code("for i in 1 2 3; do echo $i; done", stdout("1\n2\n3\n")),
            )
        }
    )
    run = made.run("-rA", "--nbcheck-cold")
    assert list(verdicts(run).values()) == ["passed", "passed", "passed", "failed"]
    assert section(run, "[nbcheck] folder/nb.ipynb::cell-3")[0] == (
        "folder/nb.ipynb:37: cell 3: stdout: stored became changed"
    )


def test_beside_python_and_without_its_kernelspec(example: Make) -> None:
    made = example(
        {
            "a.ipynb": notebook(code("print(6 * 7)", stdout("42\n")), language_info={"name": "python"}),
            "b.ipynb": bash(code("echo $((6 * 7))", stdout("42\n")), name="bash"),
            "c.ipynb": notebook(code("print(6 * 7)", stdout("42\n")), language_info={"name": "python"}),
        }
    )
    run = made.run("-rA")
    run.assert_outcomes(passed=3)
    assert section(run, "nbcheck") == [
        "b.ipynb: kernelspec 'bash' is not installed; the bundled bash kernel was used"
    ]


@pytest.mark.parametrize(
    ("source", "first"),
    [
        ("nosuch", "nb.ipynb:6: cell 1: ExitStatus: 127"),
        ("echo last; exit 3", "nb.ipynb:6: cell 1: BashEnded: bash ended with exit code 3"),
        (
            "exit",
            "nb.ipynb:6: cell 1: ended the kernel with quit() or exit(), and 1 more cell cannot run; "
            "make it the last one, or remove the call",
        ),
        (
            "# nbcheck: timeout=0.5\nsleep 60",
            "nb.ipynb:6: cell 1: did not finish within 0.5 s; "
            "raise --nbcheck-cell-timeout or give the cell a timeout directive",
        ),
    ],
)
def test_a_cell_that_fails(example: Make, source: str, first: str) -> None:
    run = example({"nb.ipynb": bash(code(source, count=1), code("echo later", stdout("later\n")))}).run()
    run.assert_outcomes(failed=1, skipped=1)
    assert section(run, "[nbcheck] nb.ipynb::cell-1")[0] == first


def test_a_stored_exit_status_is_expected(example: Make) -> None:
    cells = [code("(exit 3)", error("ExitStatus", "3")), code("echo later", stdout("later\n"))]
    run = example({"nb.ipynb": bash(*cells)}).run()
    run.assert_outcomes(passed=2)


def test_without_bash_on_the_path_it_is_named(example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = example({"nb.ipynb": bash(code("echo x"))})
    monkeypatch.setenv("PATH", str(made.folder))
    run = made.run()
    run.assert_outcomes(failed=1)
    assert section(run, "[nbcheck] nb.ipynb::cell-1")[0] == (
        "nb.ipynb:6: cell 1: the bundled bash kernel needs the program 'bash', which is not on PATH; install it"
    )
