"""The host's side of templates: executors forked from a process that has done the imports.

A template (:mod:`nbcheck.kernel.template`) is started with the first kernel that can use it and kept for the next.
What Python reads from its environment only once is fixed in it, so there is one template for each such environment.
Whenever a template cannot do its work, an executor is started from nothing instead: slower, and the same.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress

from nbcheck.kernel.processes import ExecutorEnds, Process

_START_TIMEOUT = 20.0
"""Seconds for a template to answer its first request: it imports IPython before. The owner waits longer."""
_FORK_TIMEOUT = 2.0
"""Seconds for it to answer a later one, which takes milliseconds: a cell may have stopped it, and others wait."""
_STATUS_TIMEOUT = 1.0
"""Seconds for a template to say how a child ended that has ended: it needs milliseconds."""
_MAX_TEMPLATES = 4
"""Templates that are kept; each is an idle process of some 30 MB."""
_READ_ONCE = ("PYTHON", "LD_", "DYLD_", "LC_", "LANG", "MALLOC_")
"""Beginnings of environment variables that are read when a process starts and never again."""


class Template:
    """A process that forks executors."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = socket.socketpair()
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-P", "-m", "nbcheck.kernel.template", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=dict(env),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self.pid = self._popen.pid
        self._line = ours
        self._line.settimeout(_START_TIMEOUT)
        self._buffer = b""
        self._answers: deque[Mapping[str, object]] = deque()
        self._statuses: dict[int, int] = {}
        self.is_usable = True
        self._timeout = _START_TIMEOUT
        self.has_worked = False

    def fork(self, ends: ExecutorEnds, env: Mapping[str, str]) -> ForkedProcess | None:
        """Fork an executor; None when there is none, for whatever reason."""
        request = json.dumps({"environ": dict(env), "cwd": "/"}).encode() + b"\n"
        try:
            fds = [ends.link, ends.stdout, ends.stderr]
            sent = socket.send_fds(self._line, [request], fds)
            self._line.sendall(request[sent:])
            while not self._answers:
                self._read(self._timeout)
        except OSError:
            self.is_usable = False
            return None
        self._timeout = _FORK_TIMEOUT
        self.has_worked = True
        pid = self._answers.popleft().get("pid")
        if not isinstance(pid, int):
            self.is_usable = False
            return None
        return ForkedProcess(pid, self)

    def status(self, pid: int, timeout: float) -> int | None:
        """Return how a child ended; None when that is not known within ``timeout`` seconds."""
        with suppress(OSError):
            while pid not in self._statuses:
                self._read(timeout)
        return self._statuses.pop(pid, None)

    def close(self) -> None:
        """Let it leave; its children stay, and become ours."""
        self._line.close()
        self.is_usable = False
        try:
            self._popen.wait(_STATUS_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def _read(self, timeout: float) -> None:
        """Read what it says.

        Raises:
            OSError: it says nothing in time, or is gone.
        """
        self._line.settimeout(timeout)
        data = self._line.recv(1 << 16)
        if not data:
            self.is_usable = False
            raise ConnectionResetError(errno.ECONNRESET, "the template has ended")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "exited" in message:
                self._statuses[message["exited"]] = message["status"]
            else:
                self._answers.append(message)


class ForkedProcess(Process):
    """An executor that a template forked: the template's child, and ours once the template is gone."""

    def __init__(self, pid: int, template: Template) -> None:
        """Take a process just forked."""
        super().__init__(pid)
        self._template = template
        self._returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, minus the signal's number if one ended it; None while it runs."""
        if self._returncode is None and not _is_running(self.pid):
            self._returncode = self._template.status(self.pid, _STATUS_TIMEOUT)
            if self._returncode is None:
                self._returncode = _reap(self.pid)
        return self._returncode


class Templates:
    """The templates of a host, by what is fixed in them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._templates: dict[tuple[tuple[str, str], ...], Template] = {}

    def fork(self, ends: ExecutorEnds, env: Mapping[str, str]) -> ForkedProcess | None:
        """Fork an executor from the template for this environment; None when that cannot be done."""
        if not sys.platform.startswith("linux"):
            return None  # elsewhere system libraries do not survive a fork, or there is none
        key = tuple(sorted((name, value) for name, value in env.items() if name.startswith(_READ_ONCE)))
        template = self._templates.get(key)
        if template is not None and not template.is_usable:
            self._templates.pop(key).close()
            template = None
        if template is None:
            try:
                template = self._templates[key] = Template(env)
            except OSError:
                return None
            for old in list(self._templates)[:-_MAX_TEMPLATES]:
                self._templates.pop(old).close()
        had_worked = template.has_worked
        forked = template.fork(ends, env)
        # A cell may have ended it, or stopped it. One that never worked is not tried again.
        return self.fork(ends, env) if forked is None and had_worked else forked

    @property
    def pids(self) -> Iterator[int]:
        """Process ids of all templates."""
        return (template.pid for template in self._templates.values())

    def close(self) -> None:
        """Let all of them leave."""
        while self._templates:
            self._templates.popitem()[1].close()


def _is_running(pid: int) -> bool:
    """Whether a process that may not be our child has not ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state = file.read().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"Z", b"X")


def _reap(pid: int) -> int | None:
    """The status of a process that became our child when its template ended."""
    try:
        _pid, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status)
