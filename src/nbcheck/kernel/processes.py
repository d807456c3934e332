"""Processes that a host starts: executors and other people's kernels, and what these leave behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KERNEL_ID_VARIABLE = "NBCHECK_KERNEL_ID"
"""Environment variable by which a daemon that left its session can still be told to be a kernel's."""

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class ExecutorEnds:
    """The executor's ends of the lines to it; closed by us as soon as it has them."""

    link: int
    """Socketpair of frames."""
    stdout: int
    """Write end of the pipe that becomes its fd 1."""
    stderr: int
    """Write end of the pipe that becomes its fd 2."""

    def close(self) -> None:
        """Close our copies."""
        for fd in (self.link, self.stdout, self.stderr):
            os.close(fd)


class Process(ABC):
    """A process in a session of its own, whose end can be waited for in a poll."""

    def __init__(self, pid: int) -> None:
        """Take a process just started, the leader of its session."""
        self.pid = pid
        self.exit_fd = _open_pidfd(pid)
        """Readable once the process has ended; None where the system has no such thing: poll then."""

    @abstractmethod
    def poll(self) -> int | None:
        """Return the exit code, minus the signal's number if one ended it; None while it runs."""

    def signal(self, number: int) -> None:
        """Send a signal to all that is in its process group, which may be there when the process is not."""
        try:
            os.killpg(self.pid, number)
        except PermissionError:  # what macOS says of a group of zombies
            return
        except ProcessLookupError:
            # It has ended, or has just been forked and not made its group yet. By descriptor, because its number may
            # be another process's by now.
            if self.exit_fd is not None:
                with suppress(OSError):
                    signal.pidfd_send_signal(self.exit_fd, number)

    def close(self) -> None:
        """Give back the descriptor; the process must have ended."""
        if self.exit_fd is not None:
            os.close(self.exit_fd)
            self.exit_fd = None


class SpawnedProcess(Process):
    """A child of ours."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        """Take a process just started with ``start_new_session=True``."""
        super().__init__(popen.pid)
        self._popen = popen

    def poll(self) -> int | None:
        """Return the exit code, minus the signal's number if one ended it; None while it runs."""
        return self._popen.poll()

    def signal(self, number: int) -> None:
        """Send a signal to all that is in its process group, as long as it is not reaped."""
        # Afterwards its number may be another process's.
        if self._popen.returncode is None:
            super().signal(number)


def start_process(
    argv: Sequence[str],
    *,
    cwd: str | None,
    env: Mapping[str, str] | None,
    stdout: int,
    stderr: int,
    pass_fds: Sequence[int] = (),
) -> SpawnedProcess:
    """Start a program in a new session, with no standard input.

    Raises:
        OSError: it cannot be started.
    """
    return SpawnedProcess(
        subprocess.Popen(
            argv,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            restore_signals=True,
        )
    )


def start_executor(ends: ExecutorEnds, env: Mapping[str, str]) -> SpawnedProcess:
    """Start an executor as a new interpreter, with ``env`` as its whole environment.

    Raises:
        OSError: it cannot be started.
    """
    # -P and a neutral folder: nothing beside the notebook may shadow what the executor itself imports.
    argv = [sys.executable, "-P", "-m", "nbcheck.kernel.executor", str(ends.link)]
    return start_process(
        argv, cwd="/", env=env, stdout=ends.stdout, stderr=ends.stderr, pass_fds=(ends.link,)
    )


def become_subreaper() -> bool:
    """Make this process the new parent of whatever its descendants leave behind (Linux).

    Returns:
        Whether the system can do it.
    """
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def end_leftovers(known: Iterable[int], living: Mapping[str, int]) -> None:
    """Kill and reap our children that nobody owns: what ended kernels left running.

    Args:
        known: pids of our own children that live on.
        living: kernels that still run, id -> session id. What they started is spared; so is, as long as there are
            any, a process of which it cannot be told who started it.
    """
    spared = set(known)
    # Killing a process hands its children to us, so the list is taken anew until it stays empty.
    for _round in range(100):
        leftovers = [pid for pid in _children() if pid not in spared and not _may_belong(pid, living)]
        if not leftovers:
            return
        for pid in leftovers:
            kill(pid)
        _reap(leftovers)


def adopted_by(known: Iterable[int], kernel_id: str, session: int) -> list[int]:
    """Return what a kernel started and left, so that it has become ours.

    Args:
        known: pids of our own children.
        kernel_id: the kernel's.
        session: id of its session.
    """
    spared = set(known)
    found = []
    for pid in _children():
        with suppress(ProcessLookupError):
            if pid not in spared and (os.getsid(pid) == session or kernel_id_of(pid) == kernel_id):
                found.append(pid)
    return found


def kernel_id_of(pid: int) -> str | None:
    """Return the id of the kernel that started a process, from its environment.

    Returns:
        None when it has none, is gone, or is not ours to look at. A process that was forked and not exec'd has the
        environment that the program began with.
    """
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return None
    for entry in environ.split(b"\0"):
        name, _, value = entry.partition(b"=")
        if name == KERNEL_ID_VARIABLE.encode():
            return value.decode("ascii", "replace")
    return None


def _may_belong(pid: int, living: Mapping[str, int]) -> bool:
    """Whether a process may have been started by one of the kernels that still run."""
    if not living:
        return False
    try:
        if os.getsid(pid) in living.values():
            return True
    except ProcessLookupError:
        return False
    kernel_id = kernel_id_of(pid)
    return kernel_id is None or kernel_id in living


def _children() -> list[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [int(pid) for pid in path.read_text("ascii").split()]
    except (OSError, ValueError):
        return []


def kill(pid: int) -> None:
    """Send SIGKILL to a process, if it is there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _reap(pids: Iterable[int]) -> None:
    """Wait for killed children: at once as a rule, half a second for one that is stuck in the kernel."""
    deadline = time.monotonic() + 0.5
    for pid in pids:
        while True:
            try:
                reaped, _status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                break
            if reaped or time.monotonic() > deadline:
                break
            time.sleep(0.001)


def _open_pidfd(pid: int) -> int | None:
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return None
    try:
        fd: int = opener(pid)
    except OSError:  # an old Linux kernel, or a sandbox that forbids it
        return None
    return fd
