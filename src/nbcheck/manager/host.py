"""The owner's side of a front host: start it, ask it for kernels, hear how these end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from nbcheck.errors import KernelError
from nbcheck.protocol.connection import ConnectionInfo, parse_connection
from nbcheck.protocol.hosting import (
    Exited,
    Hello,
    HostMessage,
    HostMessageReader,
    Interrupt,
    Keep,
    MemoryPeak,
    OwnerMessage,
    Started,
    StartFailed,
    StartKernel,
    StartProcess,
    Stop,
    Stopped,
    TakePeak,
    WatchMemory,
    encode_line,
)
from nbcheck.transport.poll import Poll, new_context
from nbcheck.transport.sockets import Context

_START_TIMEOUT = 30.0
"""Seconds for the host to come up and for a process to be spawned: far beyond a loaded CI machine's needs."""
_CLOSE_TIMEOUT = 10.0
"""Seconds for the host to end what is left and leave."""


_SWEEP = (sys.executable, "-P", "-m", "nbcheck.kernel.folder")
"""Ends what a dead host has left behind."""


class HostedKernel:
    """What the owner knows of one kernel's process."""

    def __init__(self, kernel_id: str) -> None:
        """Begin as a kernel of which nothing is known but its id."""
        self.kernel_id = kernel_id
        self.pid: int | None = None
        self.connection: ConnectionInfo | None = None
        self.connection_file: str | None = None
        """Of a foreign kernel its owner knows it."""
        self.failure: str | None = None
        """Why it could not be started."""
        self.exited: Exited | None = None
        """How its process ended."""
        self.memory_peak: int | None = None
        """Bytes that it used at most while somebody wanted to know; None while that is not known."""
        self.is_stopping = False
        """Whether it was asked to stop."""
        self.has_stopped = False
        """Whether nothing of it is left."""


class Host:
    """A front host that runs as a process of ours. Made by :func:`open_host`; one serves any number of kernels."""

    def __init__(self) -> None:
        """Start the process.

        Raises:
            KernelError: it does not come up.
        """
        self._kernels: dict[str, HostedKernel] = {}
        self._reader = HostMessageReader()
        self._hello: Hello | None = None
        self._context: Context | None = None
        self._owner_pid = os.getpid()
        self._is_kept = False
        ours, theirs = socket.socketpair()
        self._line = ours
        try:
            # Its own session: Ctrl-C in the terminal reaches us, and we decide what becomes of the kernels.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "nbcheck.kernel.host", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                cwd="/",
                start_new_session=True,
            )
        finally:
            theirs.close()
        self.is_open = True

    @property
    def context(self) -> Context:
        """The ZeroMQ context of this process's clients; a forked child gets one of its own."""
        if self._context is None:
            self._context = new_context()
        return self._context

    def fileno(self) -> int:
        """Descriptor that is readable when the host has something to say; call :meth:`pump` then."""
        return self._line.fileno()

    @property
    def pid(self) -> int:
        """Process id of the host."""
        return self._process.pid

    @property
    def folder(self) -> str:
        """The host's private folder."""
        self._wait_for(lambda: self._hello is not None, _START_TIMEOUT)
        assert self._hello is not None  # noqa: S101 - waited for
        return self._hello.folder

    # ---- kernels

    def start_own(
        self,
        interpreter: str = "python",
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        is_cold: bool = False,
        max_memory: int | None = None,
        instruments: Mapping[str, Any] | None = None,
    ) -> HostedKernel:
        """Start one of our own kernels.

        Args:
            interpreter: package under ``nbcheck.kernel``.
            cwd: working directory; None is ours.
            env: its whole environment; None is ours.
            arguments: left-over command line.
            is_cold: start a new interpreter even where a warm one could be forked.
            max_memory: bytes that it may use with all that it starts; None for no limit.
            instruments: settings of what is put into a Python kernel to watch or restrain user code, by name.

        Returns:
            The kernel, its sockets bound; its interpreter may still be starting.

        Raises:
            KernelError: it could not be started.
        """
        return self._start(
            StartKernel(
                kernel_id=uuid.uuid4().hex,
                interpreter=interpreter,
                cwd=os.path.abspath(cwd or os.getcwd()),
                env=dict(os.environ if env is None else env),
                arguments=tuple(arguments),
                is_cold=is_cold,
                max_memory=max_memory,
                instruments=instruments or {},
            )
        )

    def start_process(
        self,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        max_memory: int | None = None,
    ) -> HostedKernel:
        """Start somebody else's kernel, whose connection file is already written; see :meth:`start_own`.

        Raises:
            KernelError: it could not be started.
        """
        return self._start(
            StartProcess(
                kernel_id=uuid.uuid4().hex,
                argv=tuple(argv),
                cwd=os.path.abspath(cwd or os.getcwd()),
                env=dict(os.environ if env is None else env),
                max_memory=max_memory,
            )
        )

    def interrupt(self, kernel: HostedKernel) -> None:
        """Interrupt what the kernel runs, by signal."""
        self._tell(Interrupt(kernel_id=kernel.kernel_id))

    def watch_memory(self, kernel: HostedKernel, limit: int) -> None:
        """Remember, from now on, how much a kernel uses at most; returns at once.

        Args:
            kernel: which.
            limit: bytes; what is less need not be exact.

        Raises:
            KernelError: the host is gone.
        """
        kernel.memory_peak = None
        self._tell(WatchMemory(kernel_id=kernel.kernel_id, limit=limit))

    def take_memory_peak(self, kernel: HostedKernel) -> int:
        """Return how much a kernel used at most since :meth:`watch_memory`, in bytes, with all that it started.

        Raises:
            KernelError: the host is gone, or does not say.
        """
        self._tell(TakePeak(kernel_id=kernel.kernel_id))
        self._wait_for(lambda: kernel.memory_peak is not None, _START_TIMEOUT)
        assert kernel.memory_peak is not None  # noqa: S101 - waited for
        return kernel.memory_peak

    def stop(self, kernel: HostedKernel, *, grace: float = 2.0) -> None:
        """Begin to end a kernel and all it left; returns at once.

        Args:
            kernel: which.
            grace: seconds to leave by itself, then SIGTERM, as long again, then SIGKILL; 0 kills at once.
        """
        if not kernel.has_stopped:
            kernel.is_stopping = True
            self._tell(Stop(kernel_id=kernel.kernel_id, grace=grace))

    def keep(self, kernel: HostedKernel, *, idle_limit: float) -> None:
        """Let a kernel, and the host for its sake, live on when the host is closed, or we end.

        Args:
            kernel: which.
            idle_limit: seconds without a client after which it is ended; of a kernel that is not our own it is not
                known whether there is one.

        Raises:
            KernelError: the host has ended.
        """
        self._tell(Keep(kernel_id=kernel.kernel_id, idle_limit=idle_limit))
        self._is_kept = True

    def wait_stopped(self, kernel: HostedKernel, timeout: float) -> bool:
        """Wait until nothing of a kernel is left; return whether that came true in time."""
        try:
            self._wait_for(lambda: kernel.has_stopped, timeout)
        except KernelError:
            return kernel.has_stopped
        return True

    def wait_for_leaving(self) -> None:
        """Wait until nothing is left of the kernels that were asked to stop."""
        for kernel in [kernel for kernel in self._kernels.values() if kernel.is_stopping]:
            self.wait_stopped(kernel, _CLOSE_TIMEOUT)

    def _start(self, message: StartKernel | StartProcess) -> HostedKernel:
        kernel = HostedKernel(message.kernel_id)
        self._kernels[kernel.kernel_id] = kernel
        self._tell(message)
        try:
            self._wait_for(lambda: kernel.pid is not None or kernel.failure is not None, _START_TIMEOUT)
        except KernelError:
            # Somebody has stopped it: it would keep every further kernel waiting as long.
            if self.is_open:
                self._process.kill()
                self._has_ended()
            raise
        if kernel.failure is not None:
            del self._kernels[kernel.kernel_id]
            raise KernelError(f"the kernel's process could not be started: {kernel.failure}")
        return kernel

    # ---- the line

    def pump(self) -> None:
        """Take in what the host has said."""
        if not self.is_open:
            return
        try:
            data = self._line.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._has_ended()
            return
        for message in self._reader.feed(data):
            self._take(message)

    def _take(self, message: HostMessage) -> None:
        if isinstance(message, Hello):
            self._hello = message
            return
        kernel = self._kernels.get(message.kernel_id)
        if kernel is None:
            return
        match message:
            case Started():
                kernel.pid = message.pid
                if message.connection is not None:
                    kernel.connection = parse_connection(message.connection.encode())
                    kernel.connection_file = message.connection_file
            case StartFailed():
                kernel.failure = message.reason
            case MemoryPeak():
                kernel.memory_peak = message.size
            case Exited():
                kernel.exited = message
            case Stopped():
                kernel.has_stopped = True
                del self._kernels[kernel.kernel_id]

    def _has_ended(self) -> None:
        """The host is gone: so is every kernel, and what it could not tidy up is swept now."""
        self.is_open = False
        if self._is_kept and self._process.poll() is None:
            self._process.returncode = 0  # it lives on, and Popen would complain of it
        returncode = self._process.wait()
        for kernel in self._kernels.values():
            kernel.exited = kernel.exited or Exited(kernel_id=kernel.kernel_id, returncode=None)
            kernel.has_stopped = True
        self._kernels.clear()
        if returncode != 0:
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(_SWEEP, cwd="/", stdin=subprocess.DEVNULL, timeout=_CLOSE_TIMEOUT, check=False)

    def _tell(self, message: OwnerMessage) -> None:
        if not self.is_open:
            raise KernelError("the kernel host is not running any more")
        try:
            self._line.sendall(encode_line(message))
        except OSError:
            self._has_ended()

    def _wait_for(self, is_true: Callable[[], bool], timeout: float) -> None:
        """Take in what the host says until something holds.

        Raises:
            KernelError: it did not within ``timeout`` seconds, or the host ended.
        """
        deadline = time.monotonic() + timeout
        poll = Poll()
        poll.watch(self._line.fileno())
        while not is_true():
            if not self.is_open:
                raise KernelError(f"the kernel host ended{self._last_words()}")
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise KernelError(f"the kernel host did not answer within {timeout:g} s")
            if poll.wait(remaining):
                self.pump()

    def _last_words(self) -> str:
        said = self._process.stderr.read().decode("utf-8", "replace").strip() if self._process.stderr else ""
        return f"; it printed:\n{said}" if said else ""

    # ---- the end

    def _read_to_the_end(self, timeout: float) -> None:
        """Wait until the host has left; kill it if it does not."""
        deadline = time.monotonic() + timeout
        poll = Poll()
        poll.watch(self._line.fileno())
        while self.is_open:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                self._process.kill()
                self._has_ended()
            elif poll.wait(remaining):
                self.pump()

    def close(self) -> None:
        """End every kernel and the host itself, but for what is to be kept."""
        if os.getpid() != self._owner_pid:
            return  # a forked child of the owner: the host is not its own
        # Kernels that were asked to leave get their time: their atexit handlers may be running.
        self.wait_for_leaving()
        if self.is_open:
            self._line.shutdown(socket.SHUT_WR)
            self._read_to_the_end(_CLOSE_TIMEOUT)
        self._line.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
        if self._context is not None:
            self._context.destroy(linger=0)
            self._context = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def open_host() -> Host:
    """Start a front host; use it as a context manager, or close it."""
    return Host()
