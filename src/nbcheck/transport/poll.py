"""Waiting for ZeroMQ sockets and plain file descriptors at once, and reading what has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import zmq

from nbcheck.transport.sockets import Context, Socket

# send_multipart and recv_multipart spend most of their time on enum arithmetic, some 10 us a message. A cell costs a
# dozen messages, so the methods of the C socket are called directly, with plain integers.
_send = zmq.backend.Socket.send
_receive = zmq.backend.Socket.recv
_get = zmq.backend.Socket.get
_SNDMORE = int(zmq.SNDMORE)
_NOBLOCK = int(zmq.NOBLOCK)
_EVENTS = int(zmq.EVENTS)
_POLLIN = int(zmq.POLLIN)

Source = Socket | int
"""What can be waited for: a ZeroMQ socket or a file descriptor."""


def new_context() -> Context:
    """Make a context; a process needs one, and never one made before a fork."""
    context: Context = zmq.Context(io_threads=1)
    context.setsockopt(zmq.MAX_SOCKETS, 65535)  # a front has five; the default of 1023 is 200 kernels
    return context


class Poll:
    """A set of sources to wait for."""

    def __init__(self) -> None:
        """Begin with none."""
        self._poller = zmq.Poller()

    def watch(self, source: Source, *, also_writable: bool = False) -> None:
        """Add a source, or change what it is watched for."""
        self._poller.register(source, zmq.POLLIN | (zmq.POLLOUT if also_writable else 0))

    def forget(self, source: Source) -> None:
        """Take a source out; one that is not in is ignored."""
        if source in self._poller:
            self._poller.unregister(source)

    def __contains__(self, source: Source) -> bool:
        return source in self._poller

    def wait(self, seconds: float | None) -> dict[Source, bool]:
        """Wait until a source is ready.

        Args:
            seconds: at most so long; None means for ever.

        Returns:
            The ready sources; the value says whether it can be written. A descriptor whose other end hung up
            counts as ready. Empty after the time.
        """
        # Rounded up: rounding down would turn the last millisecond before a deadline into a busy loop.
        timeout = None if seconds is None else max(0, -int(-seconds * 1000 // 1))
        return {source: bool(events & zmq.POLLOUT) for source, events in self._poller.poll(timeout)}


def receive_waiting(socket: Socket, limit: int = 1000) -> Iterator[list[bytes]]:
    """Yield the messages that have already arrived, ``limit`` at most, without waiting."""
    for _ in range(limit):
        # Asked first: an exception for each empty socket costs more than reading a message.
        if not int(_get(socket, _EVENTS)) & _POLLIN:
            return
        frames = []
        has_more = True
        while has_more:
            frame = _receive(socket, _NOBLOCK, False)
            frames.append(frame.bytes)
            has_more = frame.more
        yield frames


def send(socket: Socket, frames: Sequence[bytes]) -> None:
    """Send a multipart message; without a high-water mark this never waits.

    A ROUTER drops what is for a client that has gone, as it should.
    """
    for frame in frames[:-1]:
        _send(socket, frame, _SNDMORE)
    _send(socket, frames[-1], 0)
