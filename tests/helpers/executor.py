"""A stand-in for the front: starts executors and talks to them over socketpair and pipes."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from nbcheck.kernel.link import (
    Frame,
    FrameReader,
    Mark,
    MarkKind,
    MarkReader,
    Op,
    encode_frame,
)

TOKEN = "0123456789abcdef" * 2
DEADLINE = 30.0
"""Seconds after which an executor that says nothing has failed the test."""
STREAMS = ("stdout", "stderr")


@dataclass(frozen=True)
class Event:
    """Something an executor did, in the order it did it."""

    kind: str
    """Message type of a frame, ``stdout``, ``stderr``, or an operation such as ``ready``."""
    content: Any = None
    """Content of the message, or the text printed."""
    parent: Any = None
    """Parent header."""
    metadata: Any = None
    """Metadata."""
    buffers: tuple[bytes, ...] = ()
    """Buffers."""
    op: Op | None = None
    """Operation of a frame."""


@dataclass(frozen=True)
class Outcome:
    """All that came of one request."""

    events: tuple[Event, ...]
    """Everything before the reply, in order."""
    reply: Event
    """The reply."""

    @property
    def status(self) -> str:
        """Status of the reply."""
        status: str = self.reply.content["status"]
        return status

    def text(self, stream: str = "stdout") -> str:
        """What was printed on a stream."""
        return "".join(event.content for event in self.events if event.kind == stream)

    def contents(self, kind: str) -> list[Any]:
        """Contents of the messages of a type."""
        return [event.content for event in self.events if event.kind == kind]

    @property
    def brief(self) -> list[tuple[str, str]]:
        """Kind and text of each event but execute_input: texts joined, text/plain of bundles, names of errors."""
        found: list[tuple[str, str]] = []
        for event in self.events:
            if event.kind == "execute_input":
                continue
            if event.kind in STREAMS:
                if found and found[-1][0] == event.kind:
                    found[-1] = (event.kind, found[-1][1] + event.content)
                else:
                    found.append((event.kind, event.content))
            elif event.kind == "error":
                found.append(("error", event.content["ename"]))
            elif "data" in event.content:
                found.append((event.kind, str(event.content["data"].get("text/plain", ""))))
            else:
                found.append((event.kind, ""))
        return found


class Died(Exception):
    """The executor's end of the link was closed."""


class FakeFront:
    """The front's ends of the line to one executor."""

    def __init__(self) -> None:
        self._link, self.child_link = socket.socketpair()
        self._pipes: dict[str, int] = {}
        self.child_pipes: dict[str, int] = {}
        for name in STREAMS:
            self._pipes[name], self.child_pipes[name] = os.pipe()
        self._reader = FrameReader()
        self._marks = {name: MarkReader(TOKEN) for name in STREAMS}
        self._printed: dict[str, list[bytes | Mark]] = {name: [] for name in STREAMS}
        self._frames: dict[int, Frame] = {}
        self._next_seq = 1
        self._is_open = True
        self._requests = 0
        self.kernel_info: dict[str, Any] = {}

    # ---- sending

    def send(self, frame: Frame) -> None:
        """Write a frame."""
        self._link.sendall(b"".join(encode_frame(frame)))

    def configure(self, **members: Any) -> None:
        """Send CONFIGURE and wait for READY."""
        configuration = {"token": TOKEN, **members}
        self.send(Frame(Op.CONFIGURE, (json.dumps(configuration).encode(),)))
        printed = []
        try:
            for event in self.events():
                if event.op is Op.READY:
                    self.kernel_info = event.content
                    return
                printed.append(event.content)
        except Died:
            raise AssertionError(
                f"the executor ended before it was ready; it printed:\n{''.join(printed)}"
            ) from None

    def request(
        self,
        msg_type: str,
        content: Mapping[str, Any],
        *,
        metadata: Mapping[str, Any] | None = None,
        buffers: Sequence[bytes] = (),
    ) -> str:
        """Send a request; return its msg_id."""
        self._requests += 1
        header = {"msg_id": f"request-{self._requests}", "msg_type": msg_type, "session": "s"}
        parts = [json.dumps(part).encode() for part in (header, metadata or {}, content)]
        self.send(Frame(Op.REQUEST, (*parts, *buffers), msg_type))
        return header["msg_id"]

    def answer(self, value: str) -> None:
        """Answer an INPUT_REQUEST."""
        self.send(Frame(Op.INPUT_REPLY, (b"{}", b"{}", json.dumps({"value": value}).encode()), "input_reply"))

    def exit(self) -> None:
        """Send EXIT."""
        self.send(Frame(Op.EXIT))

    def hang_up(self) -> None:
        """Close the link."""
        self._link.close()

    def close_child_ends(self) -> None:
        """Close our copies of what the executor has now."""
        self.child_link.close()
        for fd in self.child_pipes.values():
            os.close(fd)

    def close(self) -> None:
        """Close everything."""
        self._link.close()
        for fd in self._pipes.values():
            os.close(fd)
        self._pipes = {}

    # ---- receiving

    def events(self) -> Iterator[Event]:
        """Yield what the executor does, in order.

        Raises:
            Died: the link is closed and everything before was yielded.
            TimeoutError: nothing came for too long.
        """
        while True:
            event = self._pass()
            if event is None:
                self._wait()
            elif event.kind:
                yield event

    def finish(self, answers: Sequence[str] = ()) -> Outcome:
        """Collect everything up to the reply, answering questions."""
        waiting = list(answers)
        found: list[Event] = []
        for event in self.events():
            if event.op is Op.REPLY:
                return Outcome(tuple(found), event)
            found.append(event)
            if event.op is Op.INPUT_REQUEST and waiting:
                self.answer(waiting.pop(0))
        raise AssertionError("unreachable")

    def ask(
        self, msg_type: str, content: Mapping[str, Any], *, buffers: Sequence[bytes] = (), **options: Any
    ) -> Outcome:
        """Send a request and collect what comes of it."""
        self.request(msg_type, content, buffers=buffers, **options)
        return self.finish()

    def run(self, code: str, *, answers: Sequence[str] = (), **members: Any) -> Outcome:
        """Execute a cell."""
        if answers:
            members["allow_stdin"] = True
        self.request("execute_request", {"code": code, **members})
        return self.finish(answers)

    def drain(self) -> list[Event]:
        """Collect what comes until the executor closes the link and the pipes."""
        found: list[Event] = []
        with suppress(Died):
            found.extend(self.events())
        return found

    def _pass(self) -> Event | None:
        """Return the next event in order; one without a kind for a mark; None to wait for more."""
        heads = [queue[0] for queue in self._printed.values() if queue]
        for name, queue in self._printed.items():
            if queue and isinstance(queue[0], bytes):
                return Event(name, queue.pop(0).decode("utf-8", "replace"))  # type: ignore[union-attr]
        if len(heads) < len(STREAMS):
            return None
        first, second = heads
        assert first == second, f"marks differ: {heads}"
        assert isinstance(first, Mark)
        assert first.seq == self._next_seq, f"mark {first.seq} after {self._next_seq - 1}"
        if first.kind is MarkKind.FRAME and first.seq not in self._frames:
            return None
        for queue in self._printed.values():
            queue.pop(0)
        self._next_seq += 1
        if first.kind is MarkKind.SWITCH:
            return Event("")
        return _as_event(self._frames.pop(first.seq))

    def _wait(self) -> None:
        sources: list[Any] = [*self._pipes.values()]
        if self._is_open:
            sources.append(self._link)
        if not sources:
            raise Died
        ready, _, _ = select.select(sources, [], [], DEADLINE)
        if not ready:
            raise TimeoutError(f"nothing for {DEADLINE} s; printed {self._printed}, frames {self._frames}")
        for source in ready:
            if source is self._link:
                self._read_link()
            else:
                self._read_pipe(source)

    def _read_link(self) -> None:
        try:
            data = self._link.recv(1 << 20)
        except ConnectionError:
            data = b""
        if not data:
            self._is_open = False
        for frame in self._reader.feed(data):
            assert frame.seq not in self._frames
            self._frames[frame.seq] = frame

    def _read_pipe(self, fd: int) -> None:
        name = next(name for name, found in self._pipes.items() if found == fd)
        data = os.read(fd, 1 << 20)
        if data:
            self._printed[name].extend(self._marks[name].feed(data))
        else:
            os.close(self._pipes.pop(name))


def _as_event(frame: Frame) -> Event:
    if frame.op is Op.READY:
        return Event("ready", json.loads(frame.parts[0]), op=frame.op)
    parent, metadata, content, *buffers = frame.parts
    return Event(
        frame.msg_type or frame.op.value,
        json.loads(content),
        json.loads(parent),
        json.loads(metadata),
        tuple(buffers),
        frame.op,
    )


class ExecutorProcess(FakeFront):
    """An executor started as the host starts it."""

    def __init__(self, *, environ: Mapping[str, str] | None = None, **configuration: Any) -> None:
        super().__init__()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "nbcheck.kernel.executor", str(self.child_link.fileno())],
            cwd="/",
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=self.child_pipes["stdout"],
            stderr=self.child_pipes["stderr"],
            pass_fds=(self.child_link.fileno(),),
            start_new_session=True,
        )
        self.close_child_ends()
        try:
            self.configure(**configuration)
        except BaseException:
            self.__exit__()
            raise

    def interrupt(self) -> None:
        """Send SIGINT as the host does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.close()


class TemplateProcess:
    """A template, and the kernels forked from it."""

    def __init__(self, code: str = "") -> None:
        self._connection, theirs = socket.socketpair()
        program = (
            f"{code}\nimport sys; from nbcheck.kernel.template import serve_template; "
            "sys.exit(serve_template(int(sys.argv[1])))"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", program, str(theirs.fileno())],
            cwd="/",
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()
        self._lines = self._connection.makefile("r")

    def fork(
        self, *, cwd: str = "/", environ: Mapping[str, str] | None = None
    ) -> tuple[FakeFront, dict[str, Any]]:
        """Ask for a kernel; return its front, not yet configured, and the answer."""
        front = FakeFront()
        request = {"environ": {**os.environ, **(environ or {})}, "cwd": cwd}
        fds = [front.child_link.fileno(), *(front.child_pipes[name] for name in STREAMS)]
        socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], fds)
        front.close_child_ends()
        return front, self.next_line()

    def next_line(self) -> dict[str, Any]:
        """Wait for the next line that the template says."""
        ready, _, _ = select.select([self._connection], [], [], DEADLINE)
        if not ready:
            raise TimeoutError("the template says nothing")
        line: dict[str, Any] = json.loads(self._lines.readline())
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._connection.close()
        self.process.wait(10)
