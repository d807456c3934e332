"""The front of a kernel: what Jupyter clients talk to. It never runs user code and does no I/O itself.

The host reads sockets and pipes and feeds the front; the front answers through the three functions it was given.
It owns the queue of requests, the headers and signatures of everything published, the order of outputs, and the
promise that every request gets busy, a reply and idle, whatever happens to the executor.

State of a front:

=========== ========================== ============================================================
state       event                      what happens
=========== ========================== ============================================================
starting    READY                      idle: the first request in the queue is handled
idle        request                    busy: ``status: busy``, the executor gets it
busy        request                    queued (control is answered at once)
busy        REPLY                      reply, ``status: idle``; after an error the queue is aborted
any         interrupt_request          the executor is interrupted if it is busy
any         shutdown_request           stopping: the executor gets EXIT
any         executor ended             dead: the running request is answered with ``KernelDied``
=========== ========================== ============================================================
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

import msgspec

from nbcheck.errors import RemoteProtocolError
from nbcheck.kernel.link import Frame, Op
from nbcheck.kernel.ordering import STREAMS, OutputOrder, Printed
from nbcheck.protocol.jsontext import JsonReader
from nbcheck.protocol.message import PROTOCOL_VERSION
from nbcheck.protocol.signing import ReplayGuard, Signer
from nbcheck.protocol.wire import RawMessage, decode_header, pack, unpack

_MAX_STREAM_MESSAGE = 1 << 20
"""Bytes of one stream message: text is passed on when it has grown to this, even while more is coming."""
STREAM_DELAY = 0.05
"""Seconds that printed text may wait for more to be joined to it; ipykernel waits 0.2."""
_PARTS = {Op.READY: 1, Op.PUBLISH: 3, Op.INPUT_REQUEST: 3, Op.REPLY: 3}
"""What an executor may send, and how many parts it has at least."""
_CONTROL_TYPES = frozenset({"shutdown_request", "interrupt_request", "kernel_info_request"})
_COMM_TYPES = frozenset({"comm_open", "comm_msg", "comm_close"})


class FrontState(Enum):
    """Where a front is in its life."""

    STARTING = auto()
    IDLE = auto()
    BUSY = auto()
    STOPPING = auto()
    DEAD = auto()


@dataclass(frozen=True, slots=True)
class _Request:
    channel: str
    raw: RawMessage
    msg_id: str
    msg_type: str


class _ExecuteFlags(msgspec.Struct, frozen=True):
    silent: bool = False
    stop_on_error: bool = True


class _ExecutionCount(msgspec.Struct, frozen=True):
    execution_count: int


_decode_flags = msgspec.json.Decoder(_ExecuteFlags).decode
_read_count = JsonReader(_ExecutionCount).read
_decode_any = msgspec.json.decode
_encode_json = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class FrontIO:
    """What the host does for a front."""

    send: Callable[[str, Sequence[bytes]], None]
    """Send a multipart message on ``shell``, ``control``, ``stdin`` or ``iopub``."""
    to_executor: Callable[[Frame], None]
    """Write a frame to the executor."""
    interrupt: Callable[[], None]
    """Send SIGINT to the executor's process group."""
    read_requests: Callable[[], None]
    """Feed every shell request that has already arrived: they count as queued when a cell fails."""


class Front:
    """One kernel as its clients see it."""

    def __init__(
        self,
        kernel_id: str,
        signer: Signer,
        io: FrontIO,
        *,
        token: str,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        ports: Mapping[str, int] | None = None,
    ) -> None:
        """Make a front whose executor has just been started.

        Args:
            kernel_id: appears in the topics of iopub messages.
            signer: signs with the key of the connection file.
            io: how it reaches sockets and executor.
            token: token of the marks in the executor's pipes.
            clock: monotonic seconds.
            new_id: gives a new unique string at each call.
            ports: of the channels, as the connection file has them, by channel.
        """
        self._io = io
        self._ports = {f"{channel}_port": port for channel, port in (ports or {}).items()}
        self._signer = signer
        self._guard = ReplayGuard()
        self._clock = clock
        self._session = new_id()
        self._sent = 0
        self._topic = f"kernel.{kernel_id}.".encode()
        self._order = OutputOrder(token)
        self._queue: deque[_Request] = deque()
        self._current: _Request | None = None
        self._parent = b"{}"
        self._kernel_info = b""
        self._execution_count = 0
        self._stream = ""
        self._text: list[str] = []
        self._text_size = 0
        self._text_since = 0.0
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in STREAMS}
        self._asked_input = False
        self._topics: set[bytes] = set()
        self._waiting_info: list[_Request] = []
        self.state = FrontState.STARTING
        self.dropped = 0
        """Messages dropped because they were not signed, replayed or malformed."""

    # ---- clients -> front

    def receive(self, channel: str, frames: Sequence[bytes]) -> None:
        """Take a message from ``shell``, ``control`` or ``stdin``; one that is not signed is dropped."""
        try:
            raw = unpack(frames, self._signer, self._guard)
            header = decode_header(raw.header)
        except RemoteProtocolError:
            self.dropped += 1
            return
        request = _Request(channel, raw, header.msg_id, header.msg_type)
        if channel == "stdin":
            self._take_input(request)
        elif channel == "control":
            self._handle_control(request)
        else:
            self._queue.append(request)
            self._next()

    def subscribed(self, event: bytes) -> None:
        r"""Take what an XPUB socket receives.

        Args:
            event: ``\\x01`` and the topic that somebody subscribes to; with ``\\x00``, that the last one has left.
        """
        topic = event[1:]
        if event[:1] == b"\x00":
            self._topics.discard(topic)
        elif event[:1] == b"\x01":
            self._topics.add(topic)
            content = _encode_json({"subscription": topic.decode("utf-8", "replace")})
            self._send("iopub", RawMessage((topic,), self._header("iopub_welcome"), b"{}", b"{}", content))

    @property
    def has_subscribers(self) -> bool:
        """Whether a client listens."""
        return bool(self._topics)

    def announce(self) -> None:
        """Publish ``status: starting``, once, when the sockets are bound."""
        self._publish_status("starting", b"{}")

    # ---- executor -> front

    def printed(self, stream: str, data: bytes) -> None:
        """Take bytes from one of the executor's pipes; call :meth:`pump` after a round of reading."""
        self._order.printed(stream, data)

    def framed(self, frame: Frame) -> None:
        """Take a frame from the executor; call :meth:`pump` after a round of reading.

        Raises:
            RemoteProtocolError: an executor never sends such a frame.
        """
        is_empty_reply = frame.op is Op.REPLY and not frame.msg_type
        if frame.op not in _PARTS or (len(frame.parts) < _PARTS[frame.op] and not is_empty_reply):
            raise RemoteProtocolError(f"executor sent {frame.op} with {len(frame.parts)} parts")
        self._order.framed(frame)

    def pump(self) -> None:
        """Pass on everything that is in order now."""
        for item in self._order.drain():
            if isinstance(item, Printed):
                self._take_printed(item)
            else:
                self._take_frame(item)

    def executor_ended(self, summary: str) -> None:
        """Take note that the executor's process is gone and its pipes and socket were read to the end.

        Args:
            summary: how it ended, as the end of a sentence on the kernel.
        """
        self._order.ended()
        self.pump()
        for stream in STREAMS:
            self._add_text(stream, self._decoders[stream].decode(b"", final=True))
        self._flush_text()
        was_stopping = self.state is FrontState.STOPPING
        self.state = FrontState.DEAD
        cause = "the kernel was shut down" if was_stopping else f"the kernel {summary}"
        if self._current is not None:
            current, self._current = self._current, None
            self._reply_failed(current, cause)
            self._publish_status("idle", current.raw.header)
        waiting, self._waiting_info = self._waiting_info, []
        queued = [*waiting, *self._queue]
        self._queue.clear()
        for request in queued:
            self._refuse(request, cause)

    @property
    def flush_at(self) -> float | None:
        """When, on the clock, :meth:`flush` is due; None while there is nothing to flush."""
        return self._text_since + STREAM_DELAY if self._text else None

    def flush(self) -> None:
        """Publish printed text that waited for more."""
        self._flush_text()

    # ---- requests

    def _handle_control(self, request: _Request) -> None:
        if request.msg_type == "kernel_info_request" and self.state is FrontState.STARTING:
            self._waiting_info.append(request)
            return
        parent = request.raw.header
        self._publish_status("busy", parent)
        self._handle_own(request)
        self._publish_status("idle", parent)

    def _handle_own(self, request: _Request) -> None:
        """Answer a request that needs no executor."""
        match request.msg_type:
            case "kernel_info_request":
                content = {"status": "ok", **_decode_any(self._kernel_info)} if self._kernel_info else {}
                self._reply(request, "kernel_info_reply", _encode_json(content))
            case "connect_request":
                self._reply(request, "connect_reply", _encode_json({"status": "ok", **self._ports}))
            case "interrupt_request":
                self.interrupt()
                self._reply(request, "interrupt_reply", b'{"status":"ok"}')
            case "shutdown_request":
                self._shut_down(request)
            case _:
                self._reply_failed(
                    request, f"no handler for {request.msg_type} on {request.channel}", "UnknownMessage"
                )

    def _shut_down(self, request: _Request) -> None:
        try:
            restart = bool(_decode_any(request.raw.content).get("restart", False))
        except (msgspec.DecodeError, AttributeError):
            restart = False
        content = _encode_json({"status": "ok", "restart": restart})
        self._reply(request, "shutdown_reply", content)
        self._publish("shutdown_reply", request.raw.header, b"{}", content)
        self.stop()

    def stop(self) -> None:
        """Ask the executor to leave; what runs in it is interrupted."""
        if self.state in (FrontState.DEAD, FrontState.STOPPING):
            return
        self.interrupt()
        self.state = FrontState.STOPPING
        self._io.to_executor(Frame(Op.EXIT))

    def interrupt(self) -> None:
        """Interrupt the executor if it is handling a request."""
        if self._current is not None and self.state is FrontState.BUSY:
            self._io.interrupt()

    def _next(self) -> None:
        while self._queue and self._current is None:
            if self.state is FrontState.DEAD:
                self._refuse(self._queue.popleft(), "the kernel is dead")
                continue
            if self.state is not FrontState.IDLE:
                return
            request = self._queue.popleft()
            # Text that threads or children printed meanwhile belongs to the cell before.
            self._flush_text()
            self._parent = request.raw.header
            self._publish_status("busy", request.raw.header)
            if request.msg_type in _CONTROL_TYPES or not self._is_for_executor(request):
                self._handle_own(request)
                self._publish_status("idle", request.raw.header)
                continue
            self._current = request
            self.state = FrontState.BUSY
            raw = request.raw
            self._io.to_executor(
                Frame(Op.REQUEST, (raw.header, raw.metadata, raw.content, *raw.buffers), request.msg_type)
            )

    @staticmethod
    def _is_for_executor(request: _Request) -> bool:
        return request.msg_type in _COMM_TYPES or request.msg_type in (
            "execute_request",
            "complete_request",
            "inspect_request",
            "is_complete_request",
            "history_request",
            "comm_info_request",
        )

    def _refuse(self, request: _Request, reason: str) -> None:
        self._publish_status("busy", request.raw.header)
        self._reply_failed(request, reason)
        self._publish_status("idle", request.raw.header)

    def _abort(self, request: _Request) -> None:
        """Answer an execute_request that was here already when the cell before it failed."""
        self._publish_status("busy", request.raw.header)
        content = {"status": "aborted", "execution_count": self._execution_count}
        self._reply(request, "execute_reply", _encode_json(content))
        self._publish_status("idle", request.raw.header)

    def _take_input(self, request: _Request) -> None:
        # Anything but the answer to our own question is stale: the cell it was for was interrupted.
        if not self._asked_input or request.msg_type != "input_reply":
            return
        self._asked_input = False
        raw = request.raw
        self._io.to_executor(Frame(Op.INPUT_REPLY, (raw.header, raw.metadata, raw.content), request.msg_type))

    # ---- what the executor sent

    def _take_frame(self, frame: Frame) -> None:
        for stream in STREAMS:
            # A frame ends the text before it, a character cut in half included.
            self._add_text(stream, self._decoders[stream].decode(b"", final=True))
        self._flush_text()
        match frame.op:
            case Op.READY:
                self._kernel_info = frame.parts[0]
                if self.state is FrontState.STARTING:
                    self.state = FrontState.IDLE
                waiting, self._waiting_info = self._waiting_info, []
                for request in waiting:
                    self._handle_control(request)
                self._next()
            case Op.PUBLISH:
                parent, metadata, content, *buffers = frame.parts
                if frame.msg_type == "execute_input":
                    self._take_count(content)
                self._publish(frame.msg_type, parent, metadata, content, buffers)
            case Op.INPUT_REQUEST:
                self._ask_input(frame)
            case Op.REPLY:
                self._finish(frame)

    def _take_count(self, content: bytes) -> None:
        # Source code may hold what is not proper JSON, and libraries may publish whatever they like.
        with suppress(RemoteProtocolError):
            self._execution_count = _read_count(content).execution_count

    def _ask_input(self, frame: Frame) -> None:
        if self._current is None:
            return
        self._asked_input = True
        parent, metadata, content, *_ = frame.parts
        identities = self._current.raw.identities
        self._send("stdin", RawMessage(identities, self._header("input_request"), parent, metadata, content))

    def _finish(self, frame: Frame) -> None:
        request, self._current = self._current, None
        self._asked_input = False
        if request is None:
            return
        queued: list[_Request] = []
        if frame.status == "error" and request.msg_type == "execute_request" and self._stops(request):
            # Taken before the reply is sent: who sends a cell after he has seen the error wants it run.
            self._io.read_requests()
            queued = [waiting for waiting in self._queue if waiting.msg_type == "execute_request"]
        if frame.msg_type:
            _parent, metadata, content, *buffers = frame.parts
            self._reply(request, frame.msg_type, content, metadata, buffers)
        self._publish_status("idle", request.raw.header)
        for waiting in queued:
            self._queue.remove(waiting)
            self._abort(waiting)
        if self.state is FrontState.BUSY:
            self.state = FrontState.IDLE
        self._next()

    @staticmethod
    def _stops(request: _Request) -> bool:
        try:
            flags = _decode_flags(request.raw.content)
        except msgspec.MsgspecError:
            return True
        return flags.stop_on_error and not flags.silent

    # ---- printed text

    def _take_printed(self, item: Printed) -> None:
        self._add_text(item.stream, self._decoders[item.stream].decode(item.data))

    def _add_text(self, stream: str, text: str) -> None:
        if not text:
            return
        if stream != self._stream:
            self._flush_text()
            self._stream = stream
        if not self._text:
            self._text_since = self._clock()
        self._text.append(text)
        self._text_size += len(text)
        if self._text_size >= _MAX_STREAM_MESSAGE:
            self._flush_text()

    def _flush_text(self) -> None:
        if not self._text:
            return
        text = "".join(self._text)
        self._text.clear()
        self._text_size = 0
        self._publish("stream", self._parent, b"{}", _encode_json({"name": self._stream, "text": text}))

    # ---- front -> clients

    def _publish_status(self, state: str, parent: bytes) -> None:
        self._publish("status", parent, b"{}", b'{"execution_state":"%b"}' % state.encode())

    def _publish(
        self, msg_type: str, parent: bytes, metadata: bytes, content: bytes, buffers: Sequence[bytes] = ()
    ) -> None:
        topic = (self._topic + msg_type.encode(),)
        self._send(
            "iopub", RawMessage(topic, self._header(msg_type), parent, metadata, content, tuple(buffers))
        )

    def _reply(
        self,
        request: _Request,
        msg_type: str,
        content: bytes,
        metadata: bytes = b"{}",
        buffers: Sequence[bytes] = (),
    ) -> None:
        asked = request.raw
        raw = RawMessage(
            asked.identities, self._header(msg_type), asked.header, metadata, content, tuple(buffers)
        )
        self._send(request.channel, raw)

    def _reply_failed(self, request: _Request, reason: str, ename: str = "KernelDied") -> None:
        base, is_request, _ = request.msg_type.rpartition("_request")
        if not is_request:
            return
        content: dict[str, object] = {"status": "error", "ename": ename, "evalue": reason, "traceback": []}
        if request.msg_type == "execute_request":
            content["execution_count"] = self._execution_count
        self._reply(request, base + "_reply", _encode_json(content))

    def _send(self, channel: str, raw: RawMessage) -> None:
        self._io.send(channel, pack(raw, self._signer))

    def _header(self, msg_type: str) -> bytes:
        # Written by hand: session and type are plain ASCII, and this runs for every message.
        self._sent += 1
        return (
            f'{{"msg_id":"{self._session}_{self._sent}","msg_type":"{msg_type}","username":"nbcheck",'
            f'"session":"{self._session}","date":"{datetime.now(UTC).isoformat()}","version":"{PROTOCOL_VERSION}"}}'
        ).encode()
