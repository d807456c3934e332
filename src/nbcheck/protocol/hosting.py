"""What a front host and its owner say to each other: one JSON object a line, both ways.

This is our own small protocol beside Jupyter's. It carries what Jupyter leaves to the operating system: starting,
signalling and ending processes, and how they ended. Everything that concerns code and outputs goes over ZeroMQ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from nbcheck.errors import RemoteProtocolError

CONTEXT = "nbcheck_context"
"""Name in the metadata of an execute_request: on whose account the code is run, for the instrument ``coverage``."""


class StartKernel(msgspec.Struct, frozen=True, kw_only=True, tag="start_kernel"):
    """Owner: start one of our own kernels behind a new front."""

    kernel_id: str
    """Chosen by the owner, unique in this host."""
    interpreter: str = "python"
    """Package under ``nbcheck.kernel``."""
    cwd: str | None = None
    """Working directory of the user's code; None is the host's."""
    env: Mapping[str, str] | None = None
    """The whole environment of the executor; None is the host's."""
    arguments: tuple[str, ...] = ()
    """Left-over arguments of the kernel's command line."""
    connection: str | None = None
    """Text of a connection file to bind; None lets the host choose ipc in its private folder."""
    is_cold: bool = False
    """Start a new interpreter even where a warm one could be forked."""
    max_memory: int | None = None
    """Bytes that it may use with all that it starts; None for no limit."""
    # Any: JSON of whatever shape the instrument takes
    instruments: Mapping[str, Any] = {}
    """Settings of what is put into the executor to watch or restrain user code, by name."""


class StartProcess(msgspec.Struct, frozen=True, kw_only=True, tag="start_process"):
    """Owner: start somebody else's kernel and watch it. The owner has written its connection file."""

    kernel_id: str
    argv: tuple[str, ...]
    cwd: str | None = None
    env: Mapping[str, str] | None = None
    max_memory: int | None = None
    """As in :class:`StartKernel`."""


class Interrupt(msgspec.Struct, frozen=True, kw_only=True, tag="interrupt"):
    """Owner: interrupt what the kernel is doing, by signal."""

    kernel_id: str


class WatchMemory(msgspec.Struct, frozen=True, kw_only=True, tag="watch_memory"):
    """Owner: remember how much the kernel uses at most, from now on."""

    kernel_id: str
    limit: int
    """Bytes; what is less need not be exact."""


class TakePeak(msgspec.Struct, frozen=True, kw_only=True, tag="take_peak"):
    """Owner: that was all. Answered by MemoryPeak."""

    kernel_id: str


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Owner: end a kernel, everything it left running, and its sockets. Answered by Stopped."""

    kernel_id: str
    grace: float = 2.0
    """Seconds to leave by itself; then SIGTERM, as long again, then SIGKILL. 0 kills at once."""


class Keep(msgspec.Struct, frozen=True, kw_only=True, tag="keep"):
    """Owner: let a kernel outlive the line between us, until it is ended or left alone."""

    kernel_id: str
    idle_limit: float
    """Seconds without a client after which it is ended."""


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """Host: the process runs, and the sockets of an own kernel are bound."""

    kernel_id: str
    pid: int
    connection: str | None = None
    """Text of the connection file of an own kernel."""
    connection_file: str | None = None
    """Path of that file, in the host's private folder."""


class StartFailed(msgspec.Struct, frozen=True, kw_only=True, tag="start_failed"):
    """Host: the kernel could not be started."""

    kernel_id: str
    reason: str


class Exited(msgspec.Struct, frozen=True, kw_only=True, tag="exited"):
    """Host: the kernel's process ended."""

    kernel_id: str
    returncode: int | None
    """As in :class:`subprocess.Popen`; None when it could not be learnt."""
    output: str = ""
    """Last part of what a foreign kernel's process printed itself."""
    used: int | None = None
    """Bytes in use when it was ended for using more than it may; None when that was not the reason."""


class MemoryPeak(msgspec.Struct, frozen=True, kw_only=True, tag="memory_peak"):
    """Host: what the kernel, with all that it started, used at most since WatchMemory."""

    kernel_id: str
    size: int
    """Bytes."""


class Stopped(msgspec.Struct, frozen=True, kw_only=True, tag="stopped"):
    """Host: nothing of that kernel is left."""

    kernel_id: str


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """Host: first line of all."""

    pid: int
    folder: str
    """The host's private folder: connection files, ipc sockets."""


OwnerMessage = StartKernel | StartProcess | Interrupt | WatchMemory | TakePeak | Stop | Keep
HostMessage = Hello | Started | StartFailed | MemoryPeak | Exited | Stopped

M = TypeVar("M")

_encoder = msgspec.json.Encoder()


def encode_line(message: OwnerMessage | HostMessage) -> bytes:
    """Return the message as one line, its end included."""
    return _encoder.encode(message) + b"\n"


class _LineReader(Generic[M]):
    """Cuts a byte stream into messages."""

    def __init__(self, decoder: msgspec.json.Decoder[M]) -> None:
        self._decoder = decoder
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[M]:
        """Take received bytes and yield the messages they complete.

        Raises:
            RemoteProtocolError: a line is not a message.
        """
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            try:
                yield self._decoder.decode(line)
            except msgspec.DecodeError as error:
                raise RemoteProtocolError(f"not a message between host and owner: {error}") from error


class OwnerMessageReader(_LineReader[OwnerMessage]):
    """Reads what the owner says, in the host."""

    def __init__(self) -> None:
        """Begin with an empty buffer."""
        super().__init__(msgspec.json.Decoder(OwnerMessage))


class HostMessageReader(_LineReader[HostMessage]):
    """Reads what the host says, in the owner."""

    def __init__(self) -> None:
        """Begin with an empty buffer."""
        super().__init__(msgspec.json.Decoder(HostMessage))
