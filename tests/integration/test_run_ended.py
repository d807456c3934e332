"""A test run that is ended from outside, in the middle of a cell, leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.kernels import descendants, wait_gone
from helpers.nb import code, notebook

pytestmark = pytest.mark.slow

CELL = """
import os, subprocess
from pathlib import Path
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
Path("begun").write_text(str(child.pid))
while True: pass
"""


@pytest.mark.parametrize(
    ("number", "returncode"), [(signal.SIGKILL, -9), (signal.SIGINT, 2), (signal.SIGTERM, -15)]
)
@pytest.mark.parametrize("start", [[], ["--nbcheck-cold"]], ids=["forked", "cold"])
def test_a_run_that_is_ended_leaves_nothing(
    tmp_path: Path, number: signal.Signals, returncode: int, start: list[str]
) -> None:
    (tmp_path / "loop.ipynb").write_bytes(notebook(code(CELL, count=1)))
    os.mkfifo(tmp_path / "begun")
    base = tmp_path / "run"
    base.mkdir()
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-p", "no:cacheprovider", *start]
    # The private folder is made where this points to, so that what is left can be told from other runs'.
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(base)}
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL) as run:
        try:
            left_by_cell = int((tmp_path / "begun").read_text())
            processes = descendants(run.pid) | {left_by_cell}
            assert len(processes) >= 3
            assert len(list(base.iterdir())) == 1
            run.send_signal(number)
            assert run.wait(60) == returncode
        finally:
            run.kill()
    assert wait_gone(processes) == set()
    assert list(base.iterdir()) == []
