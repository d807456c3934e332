"""The paths of systems that lack what Linux has, forced on Linux."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from helpers.nb import code, notebook, stdout

pytestmark = pytest.mark.slow

ELSEWHERE = """
import os, sys
# The host and what it starts take themselves to be on a system without pidfd, subreaper and warm interpreters.
if os.environ.get("NBCHECK_TEST_ELSEWHERE") and "nbcheck.kernel.host" in sys.orig_argv:
    del os.pidfd_open
    sys.platform = "elsewhere"
"""


def test_notebooks_run_where_pidfd_subreaper_and_fork_are_missing(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(textwrap.dedent(ELSEWHERE))
    cells = [
        code("print('runs')", stdout("runs\n")),
        code(
            "import subprocess; subprocess.run(['echo', 'child']); print('python')", stdout("child\npython\n")
        ),
        code("import os; os._exit(3)", count=3),
    ]
    (tmp_path / "a.ipynb").write_bytes(notebook(*cells))
    (tmp_path / "b.ipynb").write_bytes(notebook(cells[0]))
    environ = {
        **os.environ,
        "NBCHECK_TEST_ELSEWHERE": "1",
        "PYTHONPATH": str(site),
        "XDG_RUNTIME_DIR": str(site),
    }
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert "cell 3: the kernel died with exit code 3" in run.stdout, run.stdout
    assert "1 failed, 3 passed" in run.stdout
    assert not list(site.glob("nbcheck-*"))
