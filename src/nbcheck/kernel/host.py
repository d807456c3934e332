"""The front host: one process, one ZeroMQ context, any number of kernels.

It starts kernels for its owner and watches them: our own behind fronts that live here, and other people's as plain
processes. It never runs user code, so nothing that a notebook does can stop it from answering. When the owner's
line ends, however the owner ended, everything the host started is ended with it, but for kernels that the owner
asked to keep (:mod:`nbcheck.kernel.kept`).

The line to the owner is a socket handed down as a file descriptor; :mod:`nbcheck.protocol.hosting` says what is
spoken on it.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nbcheck.errors import KernelError, UsageError, describe_excess, describe_exit
from nbcheck.kernel.folder import PrivateFolder, base_folder, sweep
from nbcheck.kernel.foreign import ForeignKernel
from nbcheck.kernel.forked import Templates
from nbcheck.kernel.kept import serve_kept
from nbcheck.kernel.link import Configuration
from nbcheck.kernel.memory import MemoryWatch, PeakWatch
from nbcheck.kernel.own import OwnKernel
from nbcheck.kernel.processes import (
    KERNEL_ID_VARIABLE,
    ExecutorEnds,
    Process,
    adopted_by,
    become_subreaper,
    end_leftovers,
    kill,
    start_executor,
)
from nbcheck.protocol.connection import ConnectionInfo, fits_ipc, parse_connection
from nbcheck.protocol.hosting import (
    Exited,
    Hello,
    HostMessage,
    Interrupt,
    Keep,
    MemoryPeak,
    OwnerMessage,
    OwnerMessageReader,
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
from nbcheck.transport.files import write_private
from nbcheck.transport.poll import Poll, Source, new_context

_POLL_WITHOUT_PIDFD = 0.05
"""Seconds between looks at processes where the system cannot tell of their end."""

Kernel = OwnKernel | ForeignKernel


@dataclass(slots=True)
class _Entry:
    kernel: Kernel
    has_ended: bool = False
    escalations: deque[tuple[float, int]] | None = None
    """When to send which signal to a kernel that was asked to stop; None while it was not."""
    watch: MemoryWatch | None = None
    """None where it may use as much memory as there is."""
    idle_limit: float | None = None
    """Seconds that it may be left alone once the owner has gone; None where it ends with the owner."""
    peak: PeakWatch | None = None
    """None where nobody wants to know how much it uses."""

    @property
    def memory_due(self) -> float | None:
        """When somebody has to look at its memory; None when nobody has to."""
        dues = [watch.due for watch in (self.watch, self.peak) if watch is not None and not self.has_ended]
        return min((due for due in dues if due is not None), default=None)

    def describe_end(self, returncode: int | None) -> str:
        """Say how it ended, as the end of a sentence."""
        if self.watch is not None and self.watch.used is not None:
            return describe_excess(self.watch.used, self.watch.limit)
        return f"died with {describe_exit(returncode)}"


class Host:
    """Serves kernels until it is told to stop."""

    def __init__(
        self, tell: Callable[[HostMessage], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Make the private folder and sweep those of hosts that are gone.

        Args:
            tell: is given every message for the owner.
            clock: monotonic seconds.
        """
        base = base_folder(os.environ)
        sweep(base)
        self.folder = PrivateFolder(base)
        self.poll = Poll()
        self._tell = tell
        self._clock = clock
        self._context = new_context()
        self._templates = Templates()
        self._entries: dict[str, _Entry] = {}
        self._started = 0
        become_subreaper()

    # ---- what the owner asks for

    def handle(self, message: OwnerMessage) -> None:
        """Do what the owner asks; what cannot be done is told, not raised."""
        match message:
            case StartKernel():
                self._start(message.kernel_id, lambda: self._start_own(message))
            case StartProcess():
                self._start(message.kernel_id, lambda: self._start_foreign(message))
            case Interrupt():
                if entry := self._entries.get(message.kernel_id):
                    entry.kernel.interrupt()
            case WatchMemory():
                if entry := self._entries.get(message.kernel_id):
                    roots = self._memory_roots(message.kernel_id, entry.kernel.process.pid)
                    entry.peak = PeakWatch(message.limit, roots, self._clock)
            case TakePeak():
                self._tell(MemoryPeak(kernel_id=message.kernel_id, size=self._take_peak(message.kernel_id)))
            case Stop():
                self.stop(message.kernel_id, message.grace)
            case Keep():
                if entry := self._entries.get(message.kernel_id):
                    entry.idle_limit = message.idle_limit

    def _start(self, kernel_id: str, start: Callable[[], Started]) -> None:
        try:
            self._tell(start())
        except (
            KernelError,
            UsageError,
            OSError,
            ValueError,
        ) as error:  # ValueError: NUL in an argument, "=" in a name
            self._tell(StartFailed(kernel_id=kernel_id, reason=str(error)))

    def _start_own(self, message: StartKernel) -> Started:
        self._started += 1
        if message.connection is not None:
            connection = parse_connection(message.connection.encode())
        else:
            connection = self._new_connection(message.interpreter)
        connection_file = self.folder.path / f"kernel-{self._started}.json"
        kernel = OwnKernel(
            message.kernel_id,
            connection,
            context=self._context,
            poll=self.poll,
            launch=lambda ends: self._launch(message, ends),
            configuration=Configuration(
                token=secrets.token_hex(16),
                interpreter=message.interpreter,
                cwd=message.cwd,
                connection_file=str(connection_file),
                arguments=message.arguments,
                instruments=message.instruments,
            ),
            clock=self._clock,
            new_id=lambda: uuid.uuid4().hex,
        )
        self._add(message, kernel)
        content = kernel.connection.to_json()
        write_private(connection_file, content)
        return Started(
            kernel_id=message.kernel_id,
            pid=kernel.process.pid,
            connection=content.decode(),
            connection_file=str(connection_file),
        )

    def _launch(self, message: StartKernel, ends: ExecutorEnds) -> Process:
        env = _environment(message)
        # Only Python is worth it: the others import next to nothing.
        can_fork = message.interpreter == "python" and not message.is_cold
        forked = self._templates.fork(ends, env) if can_fork else None
        return start_executor(ends, env) if forked is None else forked

    def _start_foreign(self, message: StartProcess) -> Started:
        kernel = ForeignKernel(message.argv, cwd=message.cwd, env=_environment(message), poll=self.poll)
        self._add(message, kernel)
        return Started(kernel_id=message.kernel_id, pid=kernel.process.pid)

    def _new_connection(self, kernel_name: str) -> ConnectionInfo:
        key = secrets.token_hex(32).encode("ascii")
        folder = self.folder.path / str(self._started)
        if os.name == "posix" and fits_ipc(folder):
            return ConnectionInfo("ipc", str(folder), 1, 2, 3, 4, 5, key=key, kernel_name=kernel_name)
        return ConnectionInfo("tcp", "127.0.0.1", 0, 0, 0, 0, 0, key=key, kernel_name=kernel_name)

    def _add(self, message: StartKernel | StartProcess, kernel: Kernel) -> None:
        kernel_id, pid = message.kernel_id, kernel.process.pid
        entry = self._entries[kernel_id] = _Entry(kernel)
        if message.max_memory is not None:
            roots = self._memory_roots(kernel_id, pid)
            entry.watch = MemoryWatch(message.max_memory, roots, self._clock)
        self.folder.note_process(pid, kernel_id)

    def _memory_roots(self, kernel_id: str, pid: int) -> Callable[[], list[int]]:
        return lambda: [pid, *adopted_by(self._own_pids, kernel_id, pid)]

    def _take_peak(self, kernel_id: str) -> int:
        entry = self._entries.get(kernel_id)
        if entry is None or entry.peak is None:
            return 0
        if not entry.has_ended:
            entry.peak.look()  # the cell may have been shorter than the time between two looks
        watch, entry.peak = entry.peak, None
        return watch.peak

    def stop(self, kernel_id: str, grace: float) -> None:
        """Begin to end a kernel; the owner is told ``Stopped`` when nothing of it is left."""
        entry = self._entries.get(kernel_id)
        if entry is None:
            self._tell(Stopped(kernel_id=kernel_id))
            return
        now = self._clock()
        if entry.has_ended:
            self._remove(kernel_id)
        elif grace <= 0:
            entry.escalations = deque()
            entry.kernel.process.signal(signal.SIGKILL)
        elif entry.escalations is None:
            entry.escalations = deque([(now + grace, signal.SIGTERM), (now + 2 * grace, signal.SIGKILL)])
            entry.kernel.stop()

    # ---- the loop

    def step(self, ready: Mapping[Source, bool]) -> None:
        """Handle what is ready and what is due."""
        now = self._clock()
        for kernel_id, entry in list(self._entries.items()):
            kernel = entry.kernel
            if ready:
                kernel.handle(ready)
            kernel.tick(now)
            if entry.memory_due is not None and now >= entry.memory_due:
                _look_at_memory(entry, now)
            while entry.escalations and now >= entry.escalations[0][0]:
                kernel.process.signal(entry.escalations.popleft()[1])
            exit_fd = kernel.process.exit_fd
            if not entry.has_ended and (exit_fd is None or exit_fd in ready):
                self._look_whether_ended(kernel_id, entry)

    def _look_whether_ended(self, kernel_id: str, entry: _Entry) -> None:
        process = entry.kernel.process
        if process.exit_fd is not None:
            # Its children first, while the pid is still its own: they may hold the pipes and keep writing.
            process.signal(signal.SIGKILL)
        returncode = process.poll()
        if returncode is None:
            return
        entry.has_ended = True
        if process.exit_fd is not None:
            self.poll.forget(process.exit_fd)
        entry.kernel.finish(entry.describe_end(returncode))
        self._end_leftovers()
        self._tell(
            Exited(
                kernel_id=kernel_id,
                returncode=returncode,
                output=entry.kernel.output,
                used=entry.watch.used if entry.watch else None,
            )
        )
        if entry.escalations is not None:
            self._remove(kernel_id)

    def _remove(self, kernel_id: str) -> None:
        self._entries.pop(kernel_id).kernel.close()
        self._tell(Stopped(kernel_id=kernel_id))

    def _end_leftovers(self) -> None:
        end_leftovers(known=self._own_pids, living=self._living)

    @property
    def _living(self) -> dict[str, int]:
        return {
            kernel_id: entry.kernel.process.pid
            for kernel_id, entry in self._entries.items()
            if not entry.has_ended
        }

    @property
    def _own_pids(self) -> list[int]:
        """Processes that we started ourselves and that run."""
        return [*self._living.values(), *self._templates.pids]

    @property
    def wait(self) -> float | None:
        """Seconds until something is due; None when nothing is."""
        times = [
            time_
            for entry in self._entries.values()
            for time_ in (
                entry.kernel.wake_at,
                entry.escalations[0][0] if entry.escalations else None,
                entry.memory_due,
            )
            if time_ is not None
        ]
        now = self._clock()
        waits = [max(0.0, time_ - now) for time_ in times]
        if any(
            entry.kernel.process.exit_fd is None and not entry.has_ended for entry in self._entries.values()
        ):
            waits.append(_POLL_WITHOUT_PIDFD)
        return min(waits, default=None)

    @property
    def is_empty(self) -> bool:
        """Whether no kernel is left."""
        return not self._entries

    @property
    def kept(self) -> dict[str, float]:
        """Kernels that outlive the owner, and how many seconds each may be left alone."""
        return {
            kernel_id: entry.idle_limit
            for kernel_id, entry in self._entries.items()
            if entry.idle_limit is not None
        }

    def has_clients(self, kernel_id: str) -> bool:
        """Whether somebody is connected to a kernel, as far as that is known."""
        return self._entries[kernel_id].kernel.has_clients

    def has_ended(self, kernel_id: str) -> bool:
        """Whether the process of a kernel has ended."""
        return self._entries[kernel_id].has_ended

    def end_others(self) -> None:
        """End at once all that is not kept."""
        for kernel_id in self._entries.keys() - self.kept.keys():
            self.stop(kernel_id, grace=0)
        while self._entries.keys() - self.kept.keys():
            self.step(self.poll.wait(self.wait))
        self._templates.close()
        self._end_leftovers()

    def end_all(self, grace: float) -> None:
        """End every kernel, then close everything and remove the folder.

        Args:
            grace: seconds that kernels get to leave by themselves; 0 kills them at once.
        """
        for kernel_id in list(self._entries):
            self.stop(kernel_id, grace)
        while not self.is_empty:
            self.step(self.poll.wait(self.wait))
        self._templates.close()
        self._end_leftovers()
        self._context.term()
        self.folder.remove()


def _look_at_memory(entry: _Entry, now: float) -> None:
    if entry.peak is not None and now >= entry.peak.due:
        entry.peak.look()
    if entry.watch is None or entry.watch.due is None or now < entry.watch.due:
        return
    pids = entry.watch.look()
    if pids:
        # Nobody is asked to leave: what they could do about it takes memory. Those that left the group are named.
        entry.kernel.process.signal(signal.SIGKILL)
        for pid in pids:
            kill(pid)


def _environment(message: StartKernel | StartProcess) -> dict[str, str]:
    environ = os.environ if message.env is None else message.env
    return {**environ, KERNEL_ID_VARIABLE: message.kernel_id}


class _OwnerLine:
    """The socket to the owner."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._reader = OwnerMessageReader()
        self.is_open = True

    def fileno(self) -> int:
        return self._line.fileno()

    def close(self) -> None:
        self._line.close()

    def tell(self, message: HostMessage) -> None:
        try:
            self._line.sendall(encode_line(message))
        except OSError:  # the owner has gone
            self.is_open = False

    def read(self) -> list[OwnerMessage]:
        try:
            data = self._line.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self.is_open = False
        return list(self._reader.feed(data))


def main() -> int:
    """Serve the owner at the other end of the socket whose descriptor is the only argument."""
    # Ctrl-C in the owner's terminal is the owner's business: it decides which kernels to interrupt or stop.
    # A handler and not SIG_IGN, which the kernels would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    line = _OwnerLine(socket.socket(fileno=int(sys.argv[1])))
    os.set_inheritable(line.fileno(), False)
    try:
        host = Host(line.tell)
    except OSError as error:
        print(
            f"no private folder can be made in {base_folder(os.environ)}: {error.strerror}", file=sys.stderr
        )
        return 1
    line.tell(Hello(pid=os.getpid(), folder=str(host.folder.path)))
    host.poll.watch(line.fileno())
    while line.is_open:
        ready = host.poll.wait(host.wait)
        if line.fileno() in ready:
            for message in line.read():
                host.handle(message)
        host.step(ready)
    host.poll.forget(line.fileno())
    if host.kept:
        host.end_others()
        line.close()  # the owner waits for this
        serve_kept(host, host.poll)
    # Nobody is left to read outputs, so nothing is gained by waiting for a graceful end.
    host.end_all(grace=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
