"""Together with other plugins, in processes of their own and with real kernels."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from helpers.example import Example, verdicts
from helpers.nb import code, notebook, stdout

Make = Callable[..., Example]

pytestmark = pytest.mark.slow

CHAIN = [code("x = 1", count=1), *(code("x += 1\nprint(x)", stdout(f"{n}\n"), count=n) for n in range(2, 7))]


@pytest.mark.parametrize("dist", ["load", "loadgroup", "loadfile", "worksteal"])
def test_xdist_keeps_the_state_right(example: Make, dist: str) -> None:
    project = example({"a.ipynb": notebook(*CHAIN), "b.ipynb": notebook(*CHAIN)})
    project.run_apart("-n2", f"--dist={dist}").assert_outcomes(passed=12)


def test_xdist_loadfile_keeps_a_notebook_on_one_worker(example: Make) -> None:
    pid = code("import os\nopen('pids', 'a').write(f'{os.getpid()} ');", count=1)
    project = example({"nb.ipynb": notebook(*[pid] * 6)})
    project.run_apart("-n2", "--dist=loadfile").assert_outcomes(passed=6)
    pids = (project.folder / "pids").read_text().split()
    assert (len(pids), len(set(pids))) == (6, 1)


def test_xdist_tells_failures_notes_and_counts_as_without(example: Make) -> None:
    cells = [code("print(3.25)", stdout("3.5\n")), code("1")]
    project = example({"nb.ipynb": notebook(*cells)})
    texts = []
    for arguments in (["-n0"], ["-n2", "--dist=loadfile"]):
        ran = project.run_apart(*arguments, "--color=yes")
        texts.append([line for line in ran.outlines if "3.25" in line or "not compared" in line])
    assert texts[0] == texts[1]
    assert any("\x1b[1;31mnb.ipynb:6: cell 1: " in line for line in texts[0])
    assert len(texts[0]) > 3


def test_a_failing_predecessor_is_told_by_every_worker_that_needs_it(example: Make) -> None:
    project = example({"nb.ipynb": notebook(code("1 / 0"), *CHAIN)})
    ran = project.run_apart("-n2", "--dist=load", "-rA")
    outcomes = verdicts(ran)
    assert outcomes.pop("nb.ipynb::cell-1") == "failed"
    # At most one more: the first cell that the other worker was given.
    assert list(outcomes.values()) in ([], ["failed"])


def test_a_rerun_has_a_fresh_kernel_and_its_predecessors(example: Make) -> None:
    flaky = "import os\nx += 1\nprint(x if os.path.exists('tried') else 'no')\nopen('tried', 'w').close()"
    project = example({"nb.ipynb": notebook(CHAIN[0], code(flaky, stdout("2\n")), *CHAIN[2:])})
    ran = project.run_apart("--reruns=2", "-rA")
    assert set(verdicts(ran).values()) == {"passed"}
    ran.stdout.fnmatch_lines(["* 6 passed, 1 rerun in *"])


def test_ctrl_c_leaves_no_process(example: Make) -> None:
    source = "import os, time\nopen('started', 'w').write(str(os.getpid()))\ntime.sleep(600)"
    project = example({"nb.ipynb": notebook(code(source))})
    pytest_process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--nbcheck", "-p", "no:cacheprovider"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    kernel = _wait_for_pid(project.folder / "started")
    family = [psutil.Process(kernel), *psutil.Process(pytest_process.pid).children(recursive=True)]
    pytest_process.send_signal(signal.SIGINT)
    output, _ = pytest_process.communicate(timeout=60)
    assert pytest_process.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in output
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def _wait_for_pid(path: Path) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return int(text)
        os.sched_yield()
    raise TimeoutError(f"{path} was not written")


def test_a_time_limit_of_pytest_timeout_ends_the_cell(example: Make) -> None:
    project = example({"nb.ipynb": notebook(code("import time\ntime.sleep(600)"), code("1"))})
    ran = project.run_apart("--timeout=2", "--timeout-method=signal", "-rA")
    ran.assert_outcomes(failed=1, skipped=1)
    assert "SKIPPED [1] nb.ipynb:17: not run: cell 1 was stopped" in ran.outlines
