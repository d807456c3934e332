"""Any process of a run, killed at any moment: no hang, and nothing left after the next run."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.kernels import descendants, is_running, wait_gone
from helpers.nb import code, notebook

pytestmark = [pytest.mark.slow, pytest.mark.foreign, pytest.mark.timeout(900)]

TRIALS = 200
LONGEST_RUN = 1.5
"""Seconds into a run up to which somebody is killed: it takes about two."""
PATIENCE = 60.0
"""Seconds after which a run that was hit counts as hanging."""

BUSY = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nprint('x' * 100_000)"


def start_run(folder: Path, base: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-q", "-p", "no:cacheprovider"]
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(base)}
    return subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def watch(run: subprocess.Popen[bytes], seconds: float) -> set[int]:
    """Let it run for a while; return every process seen below it."""
    seen: set[int] = set()
    end = os.pidfd_open(run.pid)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen |= descendants(run.pid)
        if select.select([end], [], [], 0.02)[0]:
            break
    os.close(end)
    return seen


def test_whoever_is_killed_whenever_nothing_is_left(tmp_path: Path) -> None:
    project, base = tmp_path / "project", tmp_path / "run"
    project.mkdir()
    base.mkdir()
    for number in range(3):
        (project / f"n{number}.ipynb").write_bytes(notebook(*[code(BUSY, count=1)] * 3))
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    seen: set[int] = set()
    for trial in range(TRIALS):
        told = f"seed {seed}, trial {trial}"
        with start_run(project, base) as run:
            seen |= watch(run, chance.uniform(0, LONGEST_RUN))
            victim = chance.choice([run.pid, *descendants(run.pid)])
            if is_running(victim):
                os.kill(victim, signal.SIGKILL)
            seen |= watch(run, PATIENCE)
            if run.poll() is None:
                run.kill()
                raise AssertionError(f"{told}: the run hangs")
    with start_run(project, base) as last:
        last.wait(PATIENCE)
    left = wait_gone({pid for pid in seen if is_running(pid)})
    assert left == set(), f"seed {seed}"
    assert list(base.iterdir()) == [], f"seed {seed}"
