"""Together with plugins that the project itself has no use for, the real ones, in an environment of their own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from helpers.nb import code, notebook, result, stdout
from helpers.venv import make_venv

pytestmark = [pytest.mark.foreign, pytest.mark.slow, pytest.mark.timeout(600)]

PACKAGES = ("pytest-html", "pytest-randomly", "pytest-random-order", "pytest-sugar", "pytest-testmon")

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
CHAIN = [code("x = 1", count=1), *(code("x += 1\nprint(x)", stdout(f"{n}\n"), count=n) for n in range(2, 13))]
FLAKY = "import os\nx += 1\nprint(x if os.path.exists('tried') else 'no')\nopen('tried', 'w').close()"
FILES = {
    "good.ipynb": notebook(*CHAIN, kernelspec=KERNEL),
    "flaky.ipynb": notebook(CHAIN[0], code(FLAKY, stdout("2\n")), *CHAIN[2:6], kernelspec=KERNEL),
    "bad.ipynb": notebook(
        *CHAIN[:2], code("print(3.25)", stdout("3.5\n")), code("1 / 0"), code("x"), kernelspec=KERNEL
    ),
    "imports.ipynb": notebook(code("import helped\nhelped.answer()", result("42")), kernelspec=KERNEL),
    "helped.py": b"def answer():\n    return 42\n",
    "test_x.py": b"import pytest\n\n@pytest.mark.parametrize('n', range(5))\ndef test_n(n):\n    pass\n",
}
BAD = {
    "bad.ipynb::cell-3": "failed",
    "bad.ipynb::cell-4": "failed",
    "bad.ipynb::cell-5": "skipped",
}

Run = Callable[..., tuple[dict[str, str], str]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_venv(tmp_path_factory.mktemp("plugins"), *PACKAGES)


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Run:
    """Runs pytest in a project with FILES; returns what is not passed in the order of JUnit XML, and the terminal."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)

    def run_pytest(*arguments: str) -> tuple[dict[str, str], str]:
        command = [python, "-m", "pytest", "--nbcheck", "--junitxml=r.xml", "--color=no", *arguments]
        finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert finished.returncode in (0, 1), finished.stdout + finished.stderr
        found = {}
        for case in ElementTree.parse(tmp_path / "r.xml").iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            found[name.replace("[nbcheck] ", "")] = next(
                (
                    kind
                    for tag, kind in (("failure", "failed"), ("skipped", "skipped"))
                    if case.find(tag) is not None
                ),
                "passed",
            )
        return found, finished.stdout

    return run_pytest


def not_passed(outcomes: dict[str, str]) -> dict[str, str]:
    """What is not passed, by the end of the name: file and cell."""
    return {
        re.sub(r".*?(\w+)(?:\.ipynb)?::.*(cell-\d+)$", r"\1.ipynb::\2", name): outcome
        for name, outcome in outcomes.items()
        if outcome != "passed"
    }


def test_all_of_them_together(run: Run, tmp_path: Path) -> None:
    outcomes, terminal = run(
        "-n2",
        "--html=r.html",
        "--self-contained-html",
        "--reruns=1",
        "--timeout=60",
        "--cov=helped",
        "--testmon",
    )
    assert not_passed(outcomes) == BAD
    assert len(outcomes) == 12 + 6 + 5 + 1 + 5
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "bad.ipynb::cell-3" in page
    assert "3.5 became 3.25" in page
    assert "3.5 became 3.25" in terminal


@pytest.mark.parametrize(
    "arguments",
    [
        ["-p", "randomly", "-p", "no:random_order", "--randomly-seed=3"],
        ["-p", "no:randomly", "--random-order-bucket=global", "--random-order-seed=3"],
        ["-p", "randomly", "-n2", "--randomly-seed=4"],
    ],
)
def test_shuffled(run: Run, arguments: list[str]) -> None:
    outcomes, _ = run("--reruns=1", *arguments)
    assert not_passed(outcomes) == BAD
    assert len(outcomes) == 29
    for name, count in (("good", 12), ("flaky", 6), ("bad", 5)):
        cells = [int(id.rpartition("-")[2]) for id in outcomes if re.search(rf"\b{name}\b.*::cell-", id)]
        assert cells == [*range(1, count + 1)]


def test_testmon_leaves_out_no_notebook(run: Run, tmp_path: Path) -> None:
    arguments = ("-p", "no:sugar", "-p", "no:randomly", "--testmon", "imports.ipynb", "test_x.py")
    assert len(run(*arguments)[0]) == 6
    # The Python tests are left out, as nothing has changed that they ran.
    outcomes, terminal = run(*arguments)
    assert [*outcomes.values()] == ["passed"]
    assert "nbcheck: pytest-testmon sees nothing of kernels: notebooks are run, all of them" in terminal
    (tmp_path / "helped.py").write_text("def answer():\n    return 54\n")
    outcomes, _ = run(*arguments)
    assert [*outcomes.values()] == ["failed"]
