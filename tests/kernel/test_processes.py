"""Processes that a host starts and signals."""

from __future__ import annotations

import select
import signal
import subprocess

import pytest

from nbcheck.kernel.processes import Process, start_process


class Child(Process):
    """A child of ours that has not made a session of its own, as an executor just after it was forked."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(["sleep", "600"])
        super().__init__(self._popen.pid)

    def poll(self) -> int | None:
        return self._popen.poll()

    def wait(self) -> int:
        return self._popen.wait(10)


def test_a_process_that_has_no_group_yet_is_signalled_itself() -> None:
    child = Child()
    assert child.exit_fd is not None
    child.signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.signal(signal.SIGKILL)  # nobody is there any more
    child.close()


@pytest.mark.slow
def test_a_signal_reaches_the_whole_group() -> None:
    process = start_process(
        ["sh", "-c", "sleep 600 & echo $!; wait"],
        cwd=None,
        env=None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.exit_fd is not None
    process.signal(signal.SIGTERM)
    assert select.select([process.exit_fd], [], [], 10)[0]
    assert process.poll() == -signal.SIGTERM
    process.close()
