from __future__ import annotations

import builtins
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType

import pytest

from nbcheck.kernel.endpoint import Endpoint, give_up
from nbcheck.kernel.link import Frame, FrameReader, Mark, MarkKind, MarkReader, Op, encode_frame

TOKEN = "f" * 32


class Line:
    """An endpoint, and what its front would see."""

    def __init__(self) -> None:
        self.front, theirs = socket.socketpair()
        self.front.settimeout(20)
        self.pipes = [os.pipe(), os.pipe()]
        self.endpoint = Endpoint(theirs.detach())
        self.endpoint.open_pipes(TOKEN, self.pipes[0][1], self.pipes[1][1])

    def frames(self, count: int) -> list[Frame]:
        reader, found = FrameReader(), []
        while len(found) < count:
            found.extend(reader.feed(self.front.recv(1 << 16)))
        return found

    def marks(self, index: int) -> list[bytes | Mark]:
        return list(MarkReader(TOKEN).feed(os.read(self.pipes[index][0], 1 << 20)))

    def close(self) -> None:
        self.endpoint.close()
        self.front.close()
        for pipe in self.pipes:
            for fd in pipe:
                os.close(fd)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_frame_stands_behind_its_mark(line: Line) -> None:
    line.endpoint.send(Op.PUBLISH, [b"{}", b"{}", b"{}"], msg_type="error")
    line.endpoint.switch()
    line.endpoint.send(Op.REPLY, [b"{}"], msg_type="execute_reply", status="ok")
    assert line.frames(2) == [
        Frame(Op.PUBLISH, (b"{}", b"{}", b"{}"), "error", 1),
        Frame(Op.REPLY, (b"{}",), "execute_reply", 3, "ok"),
    ]
    expected = [Mark(1, MarkKind.FRAME), Mark(2, MarkKind.SWITCH), Mark(3, MarkKind.FRAME)]
    assert line.marks(0) == expected
    assert line.marks(1) == expected


def test_text_is_written_out_before_a_frame(line: Line) -> None:
    line.endpoint.before_frame = lambda: os.write(line.pipes[0][1], b"text") and None
    line.endpoint.send(Op.REPLY)
    assert line.marks(0) == [b"text", Mark(1, MarkKind.FRAME)]


def test_frame_sent_while_another_is_being_prepared_comes_first(line: Line) -> None:
    def send_another() -> None:
        line.endpoint.before_frame = lambda: None
        line.endpoint.send(Op.PUBLISH, [b"inner"])

    line.endpoint.before_frame = send_another
    line.endpoint.send(Op.PUBLISH, [b"outer"])
    assert [frame.parts for frame in line.frames(2)] == [(b"inner",), (b"outer",)]


def test_many_large_parts(line: Line) -> None:
    parts = [bytes([index % 256]) * 3000 for index in range(1500)]
    sender = threading.Thread(target=line.endpoint.send, args=(Op.PUBLISH, parts))
    sender.start()
    (frame,) = line.frames(1)
    sender.join()
    assert list(frame.parts) == parts


def test_frames_of_several_threads_stay_whole(line: Line) -> None:
    def send_many(name: bytes) -> None:
        for _ in range(50):
            line.endpoint.send(Op.PUBLISH, [name * 1000])

    threads = [threading.Thread(target=send_many, args=(name,)) for name in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    frames = line.frames(150)
    for thread in threads:
        thread.join()
    assert [frame.seq for frame in frames] == list(range(1, 151))
    assert {frame.parts[0] for frame in frames} == {b"a" * 1000, b"b" * 1000, b"c" * 1000}
    assert [mark.seq for mark in line.marks(1) if isinstance(mark, Mark)] == list(range(1, 151))


def test_exceptions_of_signal_handlers_leave_frames_whole(line: Line) -> None:
    class Alarm(Exception):
        pass

    def handle(number: int, frame: FrameType | None) -> None:
        raise Alarm

    count, alarms = 400, 0
    found: list[Frame] = []
    reader = threading.Thread(target=lambda: found.extend(line.frames(count + 1)))
    reader.start()
    previous = signal.signal(signal.SIGALRM, handle)
    try:
        for index in range(count):
            sent = False
            while not sent:
                before = len(line.endpoint._outbox), line.endpoint._last_seq
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.00001 + (index % 40) * 0.000002)
                    line.endpoint.send(Op.PUBLISH, [b"%d" % index, b"x" * 500])
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    sent = True
                except Alarm:
                    alarms += 1
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    # A frame that was not yet in the queue is not sent at all: its sender knows from the exception.
                    sent = (len(line.endpoint._outbox), line.endpoint._last_seq) != before
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    line.endpoint.send(Op.PUBLISH, [b"last"])
    reader.join(20)
    assert [frame.seq for frame in found] == list(range(1, count + 2))
    assert [int(frame.parts[0]) for frame in found[:-1]] == list(range(count))
    assert [mark.seq for mark in line.marks(0) if isinstance(mark, Mark)] == list(range(1, count + 2))
    assert [mark.seq for mark in line.marks(1) if isinstance(mark, Mark)] == list(range(1, count + 2))
    assert alarms


def test_pipe_that_user_code_made_non_blocking(line: Line) -> None:
    read_end, write_end = line.pipes[1]
    os.set_blocking(write_end, False)
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += os.write(write_end, b"x" * 4096)
    sender = threading.Thread(target=line.endpoint.send, args=(Op.REPLY, [b"{}"]))
    sender.start()
    data = b""
    while len(data) <= filled:
        data += os.read(read_end, 1 << 16)
    sender.join(20)
    assert list(MarkReader(TOKEN).feed(data))[-1] == Mark(1, MarkKind.FRAME)
    assert [frame.op for frame in line.frames(1)] == [Op.REPLY]


def test_front_that_has_gone_is_no_error(line: Line) -> None:
    line.front.close()
    line.endpoint.send(Op.REPLY, [b"{}"])
    line.endpoint.send(Op.REPLY, [b"{}"])
    assert line.endpoint.receive() is None


def test_forked_child_sends_nothing(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.endpoint, "_pid", 1)
    assert line.endpoint.is_forked
    line.endpoint.send(Op.REPLY, [b"{}"])
    line.endpoint.switch()
    monkeypatch.undo()
    line.endpoint.send(Op.EXIT)
    assert [(frame.op, frame.seq) for frame in line.frames(1)] == [(Op.EXIT, 1)]


def test_receive_waits_for_whole_frames(line: Line) -> None:
    data = b"".join(encode_frame(Frame(Op.REQUEST, (b"{}",), "execute_request")))
    data += b"".join(encode_frame(Frame(Op.EXIT)))
    sender = threading.Thread(target=lambda: [line.front.sendall(data[i : i + 1]) for i in range(len(data))])
    sender.start()
    first, second = line.endpoint.receive(), line.endpoint.receive()
    sender.join()
    assert first is not None
    assert second is not None
    assert (first.op, second.op) == (Op.REQUEST, Op.EXIT)


def test_stale_answers_are_dropped(line: Line) -> None:
    for op in (Op.INPUT_REPLY, Op.EXIT, Op.INPUT_REPLY):
        line.front.sendall(b"".join(encode_frame(Frame(op))))
    line.endpoint.drop_stale_replies()
    assert [frame.op for frame in line.endpoint.inbox] == [Op.EXIT]


def test_reading_without_waiting(line: Line) -> None:
    assert line.endpoint.read(wait=False)
    assert not line.endpoint.inbox


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("raise MemoryError", "a cell left no memory for the kernel\n"),
        ("os.write(9999, b'')", "a cell closed file descriptors that the kernel needs\n"),
        (
            "x = None; x()",
            "a cell broke something that the kernel needs (TypeError: 'NoneType' object is not callable)\n",
        ),
        ("open('/no/such')", "a cell broke something that the kernel needs (FileNotFoundError: [Errno 2] "),
        (
            "vars(builtins).clear(); x",
            "a cell broke something that the kernel needs (NameError: name 'x' is not ",
        ),
        ("os.close(2); x = None; x()", "a cell broke something that the kernel needs (TypeError: "),
    ],
)
def test_an_executor_that_cannot_go_on_says_why_in_a_line(statement: str, said: str) -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            exec(statement, {"os": os, "builtins": builtins})
        except:  # noqa: E722 - as in the executor
            give_up(writer)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        assert pipe.read().startswith(said)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_where_its_own_pipe_is_closed_as_well_it_says_so_on_fd_2() -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(writer, 2)
        os.closerange(3, writer + 1)
        try:
            os.write(writer, b"")
        except OSError:
            give_up(writer)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        assert pipe.read() == "a cell closed file descriptors that the kernel needs\n"
    os.waitpid(pid, 0)
