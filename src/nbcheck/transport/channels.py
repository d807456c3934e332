"""A client's channels to one kernel: typed messages over the four sockets."""

from __future__ import annotations

from collections import deque

from nbcheck.errors import RemoteProtocolError
from nbcheck.protocol.connection import ConnectionInfo
from nbcheck.protocol.message import Message
from nbcheck.protocol.signing import ReplayGuard, Signer
from nbcheck.protocol.wire import decode, encode, pack, unpack
from nbcheck.transport.poll import Poll, receive_waiting, send
from nbcheck.transport.sockets import Context, connect_client_sockets


class Channels:
    """Connected sockets that carry :class:`~nbcheck.protocol.message.Message` values."""

    def __init__(self, context: Context, connection: ConnectionInfo, identity: bytes) -> None:
        """Connect; the kernel need not have bound its sockets yet.

        Args:
            context: where the sockets live.
            connection: what the connection file says.
            identity: routing identity of this client.
        """
        self._sockets = connect_client_sockets(context, connection, identity)
        self._signer = Signer(connection.key, connection.signature_scheme)
        self._guard = ReplayGuard()
        self._received: deque[Message] = deque()
        # iopub before shell: where both are ready, the outputs of a cell come before its reply.
        self._sources = {
            self._sockets.iopub: "iopub",
            self._sockets.stdin: "stdin",
            self._sockets.control: "control",
            self._sockets.shell: "shell",
        }
        self._poll = Poll()
        for socket in self._sources:
            self._poll.watch(socket)
        self.dropped = 0
        """Messages dropped because they were not signed, replayed or malformed."""

    def send(self, message: Message) -> None:
        """Send on the message's channel; never waits."""
        send(getattr(self._sockets, message.channel), pack(encode(message), self._signer))

    def watch(self, fd: int) -> None:
        """Wait for a plain descriptor as well."""
        self._poll.watch(fd)

    def forget(self, fd: int) -> None:
        """Wait for a descriptor no longer."""
        self._poll.forget(fd)

    def take(self) -> Message | None:
        """Return the next message received, or None."""
        return self._received.popleft() if self._received else None

    def wait(self, seconds: float | None) -> set[int]:
        """Wait for messages or a watched descriptor, and read the messages.

        Args:
            seconds: at most so long; None means for ever.

        Returns:
            The watched descriptors that are readable.
        """
        ready = self._poll.wait(seconds)
        for socket, channel in self._sources.items():
            if socket in ready:
                for frames in receive_waiting(socket):
                    self._take(channel, frames)
        return {source for source in ready if isinstance(source, int)}

    def close(self) -> None:
        """Close the sockets."""
        self._sockets.close()

    def _take(self, channel: str, frames: list[bytes]) -> None:
        try:
            self._received.append(decode(unpack(frames, self._signer, self._guard), channel))
        except RemoteProtocolError:
            self.dropped += 1
