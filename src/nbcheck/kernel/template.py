"""A process that has built an interpreter and forks kernels from it: milliseconds instead of a start from nothing.

It listens on a unix stream socket. A request is one line of JSON, and its first byte carries three descriptors
(SCM_RIGHTS): the executor's end of the socketpair and the write ends of the pipes for stdout and stderr::

    {"environ": {"PATH": "...", ...}, "cwd": "/folder/of/the/notebook"}

The answer is a line too, and the next request may be sent when it has come::

    {"pid": 4711}                               the child runs, and waits for CONFIGURE on its socketpair
    {"error": "why there is no child"}          start an executor of its own instead

Whenever a child has ended, a line says so; the status is negative for a signal::

    {"exited": 4711, "status": 0}

At the end of the socket it leaves, and its children stay.

What cannot differ between its children is fixed when it starts: the interpreter, PYTHONHASHSEED and all that Python
reads from the environment only once, such as PYTHONPATH.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbcheck.kernel.executor import main, prepare
from nbcheck.kernel.interpreter import Interpreter
from nbcheck.kernel.processes import KERNEL_ID_VARIABLE

_MAX_LINE = 1 << 24
"""Bytes of a request: far beyond any environment."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What a child is to be."""

    environ: Mapping[str, str]
    cwd: str
    fds: Sequence[int]
    """Socketpair, stdout, stderr."""


def serve_template(
    fd: int, *, interpreter: str = "python", warm_up: Callable[[Interpreter], None] | None = None
) -> int:
    """Fork kernels until the socket ends.

    Args:
        fd: our end of the unix stream socket.
        interpreter: name of the interpreter's package under ``nbcheck.kernel``.
        warm_up: called once with the interpreter, to import what the kernels will need. It must leave no thread
            running.

    Returns:
        The exit code of this process, or of the forked kernel: this returns in each child too.
    """
    prepared = prepare(interpreter)
    if warm_up is not None:
        warm_up(prepared)
    gc.collect()
    # Otherwise the first collection in a child would touch, and so copy, every page of the heap.
    gc.freeze()
    template = _Template(socket.socket(fileno=fd))
    order = template.serve()
    if order is None:
        return 0
    _become(order)
    return main(order.fds[0], prepared)


class _Template:
    """The process that forks."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._children: set[int] = set()
        self._wake, wakened = socket.socketpair()
        for end in (self._wake, wakened):
            end.setblocking(False)
        self._wakened = wakened
        signal.set_wakeup_fd(wakened.fileno(), warn_on_full_buffer=False)
        # The wakeup descriptor is written to only for signals that have a handler.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self) -> _Order | None:
        """Answer requests. Returns in each child with what it is to be, and at the end of the socket with None."""
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while True:
            ready = {fd for fd, _events in poll.poll()}
            if self._wake.fileno() in ready:
                self._report_ended()
            if self._connection.fileno() in ready:
                order = self._receive()
                if order is None:
                    return None
                if self._fork(order):
                    return order

    def _receive(self) -> _Order | None:
        data, fds, _flags, _address = socket.recv_fds(self._connection, 1 << 16, 3)
        while data and not data.endswith(b"\n") and len(data) < _MAX_LINE:
            more = self._connection.recv(1 << 16)
            if not more:
                break
            data += more
        if not data.endswith(b"\n"):
            return None
        request = json.loads(data)
        return _Order(request["environ"], request["cwd"], fds)

    def _fork(self, order: _Order) -> bool:
        """Fork; return whether this is the child."""
        answer: dict[str, Any]
        threads = _count_threads()
        if threads > 1:
            answer = {"error": f"the template has {threads} threads and must not fork"}
        else:
            try:
                pid = os.fork()
            except OSError as error:
                answer = {"error": f"cannot fork: {error.strerror}"}
            else:
                if pid == 0:
                    self._close()
                    return True
                self._children.add(pid)
                answer = {"pid": pid}
        for fd in order.fds:
            os.close(fd)
        self._say(answer)
        return False

    def _report_ended(self) -> None:
        while True:
            try:
                if not self._wake.recv(4096):
                    break
            except BlockingIOError:
                break
        for pid in sorted(self._children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._children.remove(pid)
                self._say({"exited": pid, "status": os.waitstatus_to_exitcode(status)})

    def _say(self, message: Mapping[str, Any]) -> None:
        try:
            self._connection.sendall(json.dumps(message).encode() + b"\n")
        except ConnectionError:
            return  # the next poll sees the end of the socket

    def _close(self) -> None:
        """Give up everything of the template's, in a child."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for end in (self._connection, self._wake, self._wakened):
            end.close()


def _count_threads() -> int:
    """Number of threads, those of C libraries included."""
    return len(os.listdir("/proc/self/task")) if Path("/proc/self/task").is_dir() else 1


def _become(order: _Order) -> None:
    """Make a forked child what an executor is that was started from nothing."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for source, target in ((null, 0), (order.fds[1], 1), (order.fds[2], 2)):
        os.dup2(source, target)
    for fd in (null, *order.fds[1:]):
        os.close(fd)
    _rename(order.environ.get(KERNEL_ID_VARIABLE, ""))
    os.environ.clear()
    os.environ.update(order.environ)
    os.chdir(order.cwd)
    # What has been read from the environment already.
    time.tzset()
    tempfile.tempdir = None
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _rename(kernel_id: str) -> None:
    """Write a kernel's id over the template's where the system keeps the environment that a process began with.

    Setting a variable leaves that memory as it is, and /proc shows nothing else of this process and its forks.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    address = libc.getenv(KERNEL_ID_VARIABLE.encode())
    if address and len(os.environ.get(KERNEL_ID_VARIABLE, "")) == len(kernel_id):
        ctypes.memmove(address, kernel_id.encode(), len(kernel_id))


if __name__ == "__main__":
    sys.exit(serve_template(int(sys.argv[1])))
