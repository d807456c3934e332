"""``nbcheck review`` as a person uses it: after a failing run, in a terminal of a certain size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, notebook
from helpers.tmux import Tmux

PICTURE = "import matplotlib.pyplot as plt\nplt.plot([1, {}]);"
TABLE = "import pandas as pd\npd.DataFrame({{'price': [1.5, {}]}})"
SOURCES = (
    "print('first')\nprint('loss {} s')",
    TABLE,
    PICTURE,
    "raise ValueError('bad {}')",
    "print('same')",
)
OLD = ("0.731", "2.5", "2", "input", "")
NEW = ("0.694", "3.5", "3", "output", "")


MASKED_AND_ACCEPTED = [
    '-   "metadata": {},',
    '+   "metadata": {',
    '+    "nbcheck": {',
    '+     "ignore-pattern": [',
    r'+      "(?<=^loss )\\d+\\.\\d+(?= s$)"',
    "+     ]",
    "+    }",
    "+   },",
    '-       "1    2.5"',
    '+       "1    3.5"',
    r'-       "      <td>2.5</td>\n",',
    r'+       "      <td>3.5</td>\n",',
    '-     "evalue": "bad input",',
    '+     "evalue": "bad output",',
]


def run(folder: Path, *arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", "--nbcheck", "-q", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def git_diff(before: Path, after: Path) -> list[str]:
    command = ["git", "diff", "--no-index", "--unified=0", "--", str(before), str(after)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line for line in shown.splitlines() if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.slow
def test_a_review_after_a_failing_run(
    require: Callable[[str], Any],
    require_program: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require_program("tmux")
    for name in ("pandas", "matplotlib"):
        require(name)
    monkeypatch.delenv("CI", raising=False)
    project, scratch = tmp_path / "project", tmp_path / "s"
    project.mkdir()
    scratch.mkdir()
    tags = {3: {"tags": ["raises-exception"]}}
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = project / "nb.ipynb"
    path.write_bytes(
        notebook(
            *(
                code(source.format(old), **tags.get(n, {}))
                for n, (source, old) in enumerate(zip(SOURCES, OLD, strict=True))
            ),
            **python,
        )
    )
    assert run(project, "--nbcheck-update=new") == 0
    text = path.read_text()
    for source, old, new in zip(SOURCES, OLD, NEW, strict=True):
        line = source.format(old).splitlines()[-1]
        assert text.count(line) == 1 or not old, line
        text = text.replace(line, source.format(new).splitlines()[-1])
    path.write_text(text)
    before = tmp_path / "before.ipynb"
    before.write_text(text)
    assert run(project, "--nbcheck-no-twice") == 1
    command = [sys.executable, "-m", "nbcheck", "review"]
    with Tmux(command, scratch, cwd=project, environ={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("[1/4] nb.ipynb::cell-1::stdout")
        terminal.wait_for("? help", 1)
        terminal.press("m")
        terminal.wait_for(r"ignore-pattern=(?<=^loss )\d+\.\d+(?= s$)")
        terminal.press("y")
        terminal.wait_for("[2/4] nb.ipynb::cell-2::1")
        terminal.resize(60, 20)
        terminal.press("a")
        terminal.wait_for("[3/4] nb.ipynb::cell-3::1")
        terminal.press("r")
        terminal.wait_for("[4/4] nb.ipynb::cell-4::error")
        terminal.press("a")
        terminal.wait_for("everything is decided")
        terminal.press("q")
        terminal.wait_for("2 outputs in 1 notebook accepted")
        terminal.wait_for("1 masked")
        terminal.wait_for("1 rejected")
    changed = git_diff(before, path)
    traceback = [line for line in changed if r"\u001b" in line]
    assert [line[0] for line in traceback] == ["-", "-", "+", "+"]
    assert [line for line in changed if line not in traceback] == MASKED_AND_ACCEPTED
    # What was masked passes; what was rejected still fails, and waits no more.
    assert run(project, "--nbcheck-no-twice", "nb.ipynb::cell-1") == 0
    assert run(project, "--nbcheck-no-twice", "nb.ipynb::cell-3") == 1
