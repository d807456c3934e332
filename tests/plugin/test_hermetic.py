"""``--nbcheck-deterministic`` and ``--nbcheck-no-network``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, section, verdicts
from helpers.nb import code, notebook, stdout

Make = Callable[..., Example]
DRAWS = "import random, numpy\nprint(hash('a'), random.random(), numpy.random.rand())"
CONNECTS = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=0.01)"
BOTH = ("--nbcheck-deterministic", "--nbcheck-no-network")
PYTHON = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
HEADER = [
    "nbcheck: deterministic: hashes, random, numpy.random, torch begin with seed 0",
    "nbcheck: no network: Python code connects to this machine only; native code is not held back",
]


def header(run: pytest.RunResult) -> list[str]:
    return [line for line in run.outlines if line.startswith("nbcheck: ")]


@pytest.mark.slow
def test_both_in_real_kernels(example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    drawn = "4644417185603328019 0.8444218515250481 0.5488135039273248\n"
    made = example(
        {
            "draws.ipynb": notebook(code(DRAWS, stdout(drawn)), **PYTHON),
            "refused.ipynb": notebook(code(CONNECTS), **PYTHON),
            "allowed.ipynb": notebook(code(CONNECTS), nbcheck={"network": True}, **PYTHON),
            "shell.ipynb": notebook(code("true"), kernelspec={"name": "nbcheck-bash", "language": "bash"}),
        }
    )
    run = made.run("-rA", "--nbcheck-html=report.html", *BOTH)
    assert verdicts(run) == {
        "draws.ipynb::cell-1": "passed",
        "refused.ipynb::cell-1": "failed",
        "allowed.ipynb::cell-1": "failed",
        "shell.ipynb::cell-1": "passed",
    }
    text = run.stdout.str()
    assert "connection to 192.0.2.1:80 refused by --nbcheck-no-network; keep what" in text
    # No machine has this address; how soon that shows depends on the network.
    assert "refused by" not in "\n".join(section(run, "[nbcheck] allowed.ipynb::cell-1"))
    lost = "--nbcheck-no-network and --nbcheck-deterministic beyond the seed of hashes"
    assert f"shell.ipynb: not nbcheck's Python kernel, so without {lost}" in section(run, "nbcheck")
    instead = HEADER[0].replace("hashes", "hashes (PYTHONHASHSEED=random does not count)")
    assert header(run) == [instead, HEADER[1]]
    page = (made.folder / "report.html").read_text()
    assert "PYTHONHASHSEED=random does not count" in page
    assert "native code is not held back" in page


def test_what_reaches_the_kernel_and_the_header(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    cells = [code("a")]
    made = fake_example(
        {
            "allowed.ipynb": notebook(*cells, nbcheck={"network": True}),
            "refused.ipynb": notebook(*cells),
            "pytest.ini": "[pytest]\nnbcheck_deterministic = true\nnbcheck_no_network = true\n",
        }
    )
    assert header(made.run()) == HEADER
    assert made.fakes.instruments == [{"seeds": 0}, {"seeds": 0, "network": "--nbcheck-no-network"}]
    assert made.fakes.env_changes == [{"PYTHONHASHSEED": "0"}] * 2


def test_a_project_says_which_notebooks_may_connect(fake_example: Make) -> None:
    table = '[[tool.nbcheck.overrides]]\npaths = ["b.ipynb"]\nnetwork = true\n'
    made = fake_example(
        {"a.ipynb": notebook(code("a")), "b.ipynb": notebook(code("a")), "pyproject.toml": table}
    )
    run = made.run("--nbcheck-no-network")
    assert made.fakes.instruments == [{"network": "--nbcheck-no-network"}, {}]
    assert header(run) == HEADER[1:]


def test_without_them_nothing_is_said_or_done(fake_example: Make) -> None:
    made = fake_example({"nb.ipynb": notebook(code("a"))})
    assert header(made.run()) == []
    assert (made.fakes.instruments, made.fakes.env_changes) == ([{}], [{}])
