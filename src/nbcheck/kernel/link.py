"""The private line between a front and its executor: frames on a socketpair, marks in the output pipes.

The executor writes to three places: frames on a stream socketpair, and whatever the user's code and its
children print on two pipes (its fds 1 and 2). The front has to publish all of it in the order it happened,
but nothing orders bytes on a pipe against bytes on a socket. So the executor writes an in-band *mark* to both
pipes before each frame: fixed length, a random token of this kernel, a sequence number. The front publishes
what stands before the mark, then the frame of that number.

Everything here is pure: bytes in, values out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec


class Op(StrEnum):
    """What a frame is for."""

    # front -> executor
    CONFIGURE = "configure"
    """First frame of all. Parts: one JSON object, see :class:`Configuration`."""
    REQUEST = "request"
    """A shell or control request to handle. Parts: header, metadata, content, buffers..."""
    INPUT_REPLY = "input_reply"
    """The answer to INPUT_REQUEST. Parts: header, metadata, content."""
    EXIT = "exit"
    """Leave: run atexit handlers and end with code 0. No parts."""

    # executor -> front
    READY = "ready"
    """The interpreter is built. Parts: content of kernel_info_reply without ``status``."""
    PUBLISH = "publish"
    """A message for iopub. Parts: parent header, metadata, content, buffers..."""
    REPLY = "reply"
    """The one reply to the request being handled. Parts as PUBLISH. A comm message has none: then ``msg_type`` is
    empty, and the frame only says that it has been handled."""
    INPUT_REQUEST = "input_request"
    """Ask the front-end that sent the request for a line. Parts as PUBLISH."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame on the socketpair."""

    op: Op
    """What it is for."""
    parts: tuple[bytes, ...] = ()
    """Payload; JSON parts are passed through unread wherever possible."""
    msg_type: str = ""
    """Message type of a request, publication or reply."""
    seq: int = 0
    """Number of the mark that stands in both pipes at this frame's place; 0 from the front."""
    status: str = ""
    """For REPLY: ``ok`` or ``error``, so that the front need not read the content."""


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What an executor is told before anything else."""

    token: str
    """Token of the marks: 32 hexadecimal digits."""
    interpreter: str = "python"
    """Which interpreter to build: the name of a package under ``nbcheck.kernel``."""
    cwd: str | None = None
    """Working directory; None keeps the process's."""
    connection_file: str = ""
    """Path that ``%connect_info`` shows; may be empty."""
    arguments: tuple[str, ...] = ()
    """Left-over command line, such as ``--HistoryManager.hist_file=:memory:``."""
    # Any: JSON of whatever shape the instrument takes
    instruments: Mapping[str, Any] = {}
    """Settings of what is put into the executor to watch or restrain user code, by name."""


_ENVELOPE = struct.Struct("<II")  # length of the envelope, number of parts
_MAX_ENVELOPE = 1 << 20
"""Bytes: a message with a hundred thousand buffers."""
_MAX_FRAME = 1 << 40
"""Bytes: more than any machine's memory, so that only garbage is refused."""


class _Envelope(msgspec.Struct, array_like=True):
    op: str
    msg_type: str
    seq: int
    status: str
    lengths: list[int]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Envelope)


def encode_frame(frame: Frame) -> list[bytes]:
    """Turn a frame into chunks to be written one after the other (``socket.sendmsg`` takes them as they are)."""
    envelope = _encoder.encode(
        _Envelope(
            frame.op.value, frame.msg_type, frame.seq, frame.status, [len(part) for part in frame.parts]
        )
    )
    return [_ENVELOPE.pack(len(envelope), len(frame.parts)) + envelope, *frame.parts]


class FrameReader:
    """Cuts the byte stream of the socketpair into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._envelope: _Envelope | None = None
        self._needed = _ENVELOPE.size

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take received bytes and yield the frames they complete.

        Consume the iterator before feeding again.

        Raises:
            ValueError: the stream is not one of frames.
        """
        self._buffer += data
        position = 0
        view = self._buffer
        try:
            while len(view) - position >= self._needed:
                if self._envelope is None:
                    size, _count = _ENVELOPE.unpack_from(view, position)
                    if size > _MAX_ENVELOPE:
                        raise ValueError(f"envelope of {size} bytes")
                    head = _ENVELOPE.size + size
                    if len(view) - position < head:
                        self._needed = head
                        break
                    start = position + _ENVELOPE.size
                    self._envelope = _decoder.decode(bytes(view[start : start + size]))
                    position += head
                    self._needed = sum(self._envelope.lengths)
                    if self._needed > _MAX_FRAME:
                        raise ValueError(f"frame of {self._needed} bytes")
                    continue
                envelope, self._envelope, self._needed = self._envelope, None, _ENVELOPE.size
                parts = []
                for length in envelope.lengths:
                    parts.append(bytes(view[position : position + length]))
                    position += length
                yield Frame(Op(envelope.op), tuple(parts), envelope.msg_type, envelope.seq, envelope.status)
        finally:
            del view[:position]


class MarkKind(StrEnum):
    """What follows a mark."""

    FRAME = "f"
    """A frame with the mark's number is on the socketpair."""
    SWITCH = "s"
    """Nothing: the code only turned from one stream to the other."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in an output pipe."""

    seq: int
    """Number, from 1, without gaps, the same in both pipes."""
    kind: MarkKind
    """Whether a frame belongs here."""


# An operating system command of ECMA-48: should a mark ever leak to a terminal, the terminal swallows it.
_MARK_START = b"\x1b]nbcheck;"
_MARK_END = b"\x07"
_TOKEN_LENGTH = 32
_SEQ_LENGTH = 16
MARK_LENGTH = len(_MARK_START) + _TOKEN_LENGTH + 1 + _SEQ_LENGTH + 1 + len(_MARK_END)
"""Bytes of one mark: far below PIPE_BUF, so that writing it is atomic."""


class MarkWriter:
    """Makes the marks of one kernel, on the executor's side."""

    def __init__(self, token: str) -> None:
        """Take the kernel's token: 32 hexadecimal digits."""
        self._prefix = _MARK_START + token.encode("ascii") + b";"
        self.seq = 0

    def next(self, kind: MarkKind) -> bytes:
        """Count on and return the bytes to be written to both pipes."""
        self.seq += 1
        return b"%b%016x%b\x07" % (self._prefix, self.seq, kind.value.encode("ascii"))


class MarkReader:
    """Splits what comes out of one output pipe into printed bytes and marks, on the front's side."""

    def __init__(self, token: str) -> None:
        """Take the kernel's token: 32 hexadecimal digits."""
        self._prefix = _MARK_START + token.encode("ascii") + b";"
        self._held = b""

    def feed(self, data: bytes) -> Iterable[bytes | Mark]:
        """Take bytes of the pipe; return printed bytes (never empty) and marks in order.

        The beginning of a mark at the end of ``data`` is held back until the rest comes.
        """
        found: list[bytes | Mark] = []
        data = self._held + data
        position = 0
        while True:
            start = data.find(self._prefix, position)
            if start < 0:
                break
            if start + MARK_LENGTH > len(data):
                break
            if start > position:
                found.append(data[position:start])
            body = data[start + len(self._prefix) : start + MARK_LENGTH]
            found.append(Mark(int(body[:_SEQ_LENGTH], 16), MarkKind(chr(body[_SEQ_LENGTH]))))
            position = start + MARK_LENGTH
        end = start if start >= 0 else self._hold_from(data, position)
        if end > position:
            found.append(data[position:end])
        self._held = data[end:]
        return found

    def rest(self) -> bytes:
        """Return what was held back: at the end of the stream it was no mark after all."""
        held, self._held = self._held, b""
        return held

    def _hold_from(self, data: bytes, position: int) -> int:
        """Where the longest suffix of ``data`` begins that may be the beginning of a mark."""
        low = max(position, len(data) - len(self._prefix) + 1)
        start = data.find(_MARK_START[:1], low)
        while start >= 0:
            if self._prefix.startswith(data[start:]):
                return start
            start = data.find(_MARK_START[:1], start + 1)
        return len(data)
