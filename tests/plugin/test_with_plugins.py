"""Together with other plugins, in processes of their own and with real kernels."""

from __future__ import annotations

import os
import re
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


PYTHON_TESTS = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_number(number):
    pass
"""


def workers(ran: pytest.RunResult) -> dict[str, set[str]]:
    """Workers by file, of a run with ``-v`` under xdist."""
    found: dict[str, set[str]] = {}
    for line in ran.outlines:
        match = re.match(r"\[(gw\d+)\].* (?:PASSED|FAILED) (.+?)::", line)
        if match:
            found.setdefault(match[2], set()).add(match[1])
    return found


@pytest.mark.parametrize("dist", ["load", "worksteal", "loadgroup", "loadscope"])
def test_xdist_keeps_a_notebook_on_one_worker_and_its_names(example: Make, dist: str) -> None:
    files = {f"{name}.ipynb": notebook(*CHAIN) for name in "abc"}
    ran = example({**files, "test_x.py": PYTHON_TESTS}).run_apart("-n2", f"--dist={dist}", "-v")
    ran.assert_outcomes(passed=22)
    on = workers(ran)
    assert [len(on[name]) for name in files] == [1, 1, 1]
    assert len(set().union(*on.values())) == 2
    assert any("PASSED a.ipynb::cell-3" in line and "@" not in line for line in ran.outlines)


def test_xdist_runs_each_notebook_on_each_worker(example: Make) -> None:
    ran = example({"a.ipynb": notebook(*CHAIN)}).run_apart("-n2", "--dist=each", "-v")
    ran.assert_outcomes(passed=12)
    assert workers(ran) == {"a.ipynb": {"gw0", "gw1"}}


OWN_SCHEDULER = """
from xdist.scheduler import LoadScheduling

class Own(LoadScheduling):
    pass

def pytest_xdist_make_scheduler(config, log):
    return Own(config, log)
"""


def test_a_scheduler_of_the_project_may_tear_a_notebook_apart(example: Make) -> None:
    project = example({"nb.ipynb": notebook(*CHAIN), "conftest.py": OWN_SCHEDULER})
    ran = project.run_apart("-n2", "--maxschedchunk=1", "-v")
    ran.assert_outcomes(passed=6)
    assert workers(ran) == {"nb.ipynb": {"gw0", "gw1"}}


FLAKY = """
import os, helped
x += 1
print(helped.twice(x) if os.path.exists('tried') else 'no')
open('tried', 'w').close()
"""


def test_selection_workers_reruns_a_failing_predecessor_and_coverage(example: Make) -> None:
    # Of a.ipynb only cells after the one that raises are selected, of b.ipynb a flaky one and one after it.
    project = example(
        {
            "a.ipynb": notebook(code("1 / 0"), *CHAIN[1:4]),
            "b.ipynb": notebook(CHAIN[0], code(FLAKY, stdout("4\n")), *CHAIN[2:5]),
            "c.ipynb": notebook(*CHAIN),
            "helped.py": "def twice(number):\n    return 2 * number\n",
        }
    )
    ran = project.run_apart("-n2", "--reruns=1", "-k", "cell-2 or cell-4", "--cov=helped", "-rA")
    assert verdicts(ran) == {
        "a.ipynb::cell-2": "failed",
        "b.ipynb::cell-2": "passed",
        "b.ipynb::cell-4": "passed",
        "c.ipynb::cell-2": "passed",
        "c.ipynb::cell-4": "passed",
    }
    # a.ipynb's cell 2 and b.ipynb's were run again; a.ipynb's cell 4 is skipped, since cell 1 has been told.
    ran.stdout.fnmatch_lines(["* 1 failed, 4 passed, 1 skipped, 2 rerun in *"])
    ran.stdout.fnmatch_lines(["*cell 1 (run because cell 2 needs it): ZeroDivisionError: division by zero"])


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
