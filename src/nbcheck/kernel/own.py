"""One of our own kernels inside a host: its front, sockets, executor and pipes, tied together.

This is the I/O of :class:`nbcheck.kernel.front.Front`: it reads descriptors when the host says they are ready and
writes what the front asks for. It decides nothing.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec

from nbcheck.errors import RemoteProtocolError
from nbcheck.kernel.front import Front, FrontIO
from nbcheck.kernel.link import Configuration, Frame, FrameReader, Op, encode_frame
from nbcheck.kernel.ordering import STREAMS
from nbcheck.kernel.processes import ExecutorEnds, Process
from nbcheck.protocol.connection import CHANNELS, ConnectionInfo
from nbcheck.protocol.signing import Signer
from nbcheck.transport.poll import Poll, Source, receive_waiting, send
from nbcheck.transport.sockets import Context, bind_kernel_sockets

_PIPE_SIZE = 1 << 20
"""Bytes an output pipe should hold: 64 KiB, the default, stops a printing executor every few hundred lines."""
_READ_SIZE = 1 << 20
_REST = 0.005
"""Seconds a pipe that has just been read is left alone: reading a line at a time costs more than printing it."""


Launch = Callable[[ExecutorEnds], Process]


class OwnKernel:
    """A kernel whose front lives here."""

    def __init__(
        self,
        kernel_id: str,
        connection: ConnectionInfo,
        *,
        context: Context,
        poll: Poll,
        launch: Launch,
        configuration: Configuration,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        """Bind the sockets and start the executor.

        Raises:
            KernelError: an address cannot be bound.
            OSError: the executor cannot be started.
        """
        self._poll = poll
        self._clock = clock
        self._reader = FrameReader()
        self._outgoing: deque[memoryview] = deque()
        self._resting_until = 0.0
        self._sockets, self.connection = bind_kernel_sockets(context, connection)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._link: socket.socket | None = ours
        pipes = {name: os.pipe() for name in STREAMS}
        self._pipes: dict[str, int] = {name: pipe[0] for name, pipe in pipes.items()}
        are_large = [_prepare_pipe(fd) for fd in self._pipes.values()]
        self._can_rest = all(are_large)
        ends = ExecutorEnds(theirs.detach(), pipes["stdout"][1], pipes["stderr"][1])
        self._channels = {
            self._sockets.shell: "shell",
            self._sockets.control: "control",
            self._sockets.stdin: "stdin",
        }
        try:
            self.process = launch(ends)
        except (OSError, ValueError):
            self._close_lines()
            self._sockets.close()
            raise
        finally:
            ends.close()
        self.front = Front(
            kernel_id,
            Signer(connection.key, connection.signature_scheme),
            FrontIO(self._send, self._to_executor, self._interrupt, self._read_requests),
            token=configuration.token,
            clock=clock,
            new_id=new_id,
            ports={channel: self.connection.port(channel) for channel in CHANNELS},
        )
        self._to_executor(Frame(Op.CONFIGURE, (msgspec.json.encode(configuration),)))
        for source in self.sources:
            poll.watch(source)
        self.front.announce()

    @property
    def sources(self) -> list[Source]:
        """All that has to be watched for this kernel."""
        sources: list[Source] = [
            *self._channels,
            self._sockets.iopub,
            self._sockets.heartbeat,
            *self._pipes.values(),
        ]
        if self._link is not None:
            sources.append(self._link.fileno())
        if self.process.exit_fd is not None:
            sources.append(self.process.exit_fd)
        return sources

    @property
    def wake_at(self) -> float | None:
        """When, on the clock, :meth:`tick` is due at the latest."""
        times = [time for time in (self.front.flush_at, self._resting_until or None) if time is not None]
        return min(times, default=None)

    @property
    def has_clients(self) -> bool:
        """Whether anybody listens to it."""
        return self.front.has_subscribers

    def handle(self, ready: Mapping[Source, bool]) -> None:
        """Read what is ready and let the front answer."""
        if self._link is not None:
            fd = self._link.fileno()
            if fd in ready:
                if ready[fd]:
                    self._write()
                self._read_link()
        if any(fd in ready for fd in self._pipes.values()):
            self._read_pipes()
        self._pump()
        self._read_subscriptions()
        for source, channel in self._channels.items():
            if source in ready:
                for frames in receive_waiting(source):
                    self.front.receive(channel, frames)
        if self._sockets.heartbeat in ready:
            for frames in receive_waiting(self._sockets.heartbeat):
                send(self._sockets.heartbeat, frames)

    def tick(self, now: float) -> None:
        """Do what is due by the clock."""
        if self._resting_until and now >= self._resting_until:
            self._resting_until = 0.0
            for fd in self._pipes.values():
                self._poll.watch(fd)
        flush_at = self.front.flush_at
        if flush_at is not None and now >= flush_at:
            self.front.flush()

    def finish(self, summary: str) -> None:
        """Read everything the ended executor left and tell the front how it ended."""
        self._read_link()
        self._read_pipes(is_last=True)
        self.front.executor_ended(summary)
        self._close_lines()

    def stop(self) -> None:
        """Ask the executor to leave."""
        self.front.stop()

    def interrupt(self) -> None:
        """Interrupt the running cell."""
        self.front.interrupt()

    def close(self) -> None:
        """Close everything; the executor must have ended."""
        self._close_lines()
        for source in (*self._channels, self._sockets.iopub, self._sockets.heartbeat):
            self._poll.forget(source)
        self._sockets.close()
        if self.process.exit_fd is not None:
            self._poll.forget(self.process.exit_fd)
        self.process.close()

    output = ""
    """What the process printed and no client was shown: nothing, a front shows all."""

    # ---- the front's hands

    def _send(self, channel: str, frames: Sequence[bytes]) -> None:
        if channel == "iopub":
            # ZeroMQ sends to a subscriber from the moment it subscribed; its welcome has to be the first message.
            self._read_subscriptions()
        send(getattr(self._sockets, channel), frames)

    def _read_subscriptions(self) -> None:
        for frames in receive_waiting(self._sockets.iopub):
            self.front.subscribed(frames[0])

    def _interrupt(self) -> None:
        self.process.signal(signal.SIGINT)

    def _read_requests(self) -> None:
        for frames in receive_waiting(self._sockets.shell):
            self.front.receive("shell", frames)

    def _to_executor(self, frame: Frame) -> None:
        if self._link is None:
            return
        self._outgoing.extend(memoryview(chunk) for chunk in encode_frame(frame) if chunk)
        self._write()

    def _write(self) -> None:
        # Never waits: an executor that is printing does not read, and we must go on reading what it prints.
        if self._link is None:
            return
        while self._outgoing:
            chunk = self._outgoing[0]
            try:
                sent = self._link.send(chunk)
            except BlockingIOError:
                break
            except OSError:  # it has ended; the poll will tell
                self._outgoing.clear()
                break
            if sent == len(chunk):
                self._outgoing.popleft()
            else:
                self._outgoing[0] = chunk[sent:]
        self._poll.watch(self._link.fileno(), also_writable=bool(self._outgoing))

    # ---- reading

    def _read_link(self) -> None:
        got_frames = False
        while self._link is not None:
            try:
                data = self._link.recv(_READ_SIZE)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._close_link()
                break
            try:
                for frame in self._reader.feed(data):
                    got_frames = True
                    self.front.framed(frame)
            except (RemoteProtocolError, ValueError, msgspec.MsgspecError):
                self._distrust()
        if got_frames:
            # The marks of these frames were written before them, so they are in the pipes now.
            self._read_pipes()

    def _pump(self) -> None:
        try:
            self.front.pump()
        except (RemoteProtocolError, ValueError, msgspec.MsgspecError):
            self._distrust()

    def _distrust(self) -> None:
        # User code wrote into the executor's line to us: nothing that comes from there can be believed any more. The
        # other kernels of this host go on.
        self.process.signal(signal.SIGKILL)
        self._close_link()

    def _read_pipes(self, *, is_last: bool = False) -> None:
        got_text = False
        for stream, fd in list(self._pipes.items()):
            try:
                # One read takes all that a pipe can hold. A second could wait for ever on a child that keeps writing.
                data = os.read(fd, _READ_SIZE)
            except BlockingIOError:
                continue
            if data:
                got_text = True
                self.front.printed(stream, data)
            else:
                self._close_pipe(stream)
        if got_text and self._can_rest and not is_last:
            self._resting_until = self._clock() + _REST
            for fd in self._pipes.values():
                self._poll.forget(fd)

    def _close_lines(self) -> None:
        self._close_link()
        for stream in list(self._pipes):
            self._close_pipe(stream)
        self._resting_until = 0.0

    def _close_link(self) -> None:
        if self._link is not None:
            self._poll.forget(self._link.fileno())
            self._link.close()
            self._link = None
            self._outgoing.clear()

    def _close_pipe(self, stream: str) -> None:
        fd = self._pipes.pop(stream)
        self._poll.forget(fd)
        os.close(fd)


def _prepare_pipe(fd: int) -> bool:
    """Make our end non-blocking and the pipe large; return whether it is large."""
    os.set_blocking(fd, False)
    if not sys.platform.startswith("linux"):
        return False
    try:
        return fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_SIZE) >= _PIPE_SIZE
    except OSError:  # the user's share of pipe memory is used up
        return False
