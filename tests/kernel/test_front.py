"""The front: a client on one side, an executor on the other, nothing in between but values."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest

from nbcheck.errors import RemoteProtocolError
from nbcheck.kernel.front import STREAM_DELAY, Front, FrontIO, FrontState
from nbcheck.kernel.link import Frame, MarkKind, MarkWriter, Op
from nbcheck.kernel.ordering import STREAMS
from nbcheck.protocol.signing import Signer
from nbcheck.protocol.wire import RawMessage, pack, unpack

TOKEN = "0123456789abcdef" * 2
INFO = {
    "implementation": "test",
    "protocol_version": "5.5",
    "language_info": {"name": "python"},
    "banner": "",
}


class Kernel:
    """A front with a client and an executor that the test plays."""

    def __init__(self) -> None:
        self.signer = Signer(b"key")
        self.now = 0.0
        self.sent: list[tuple[str, str, str, dict[str, Any]]] = []
        self.executor: list[Frame] = []
        self.interrupts = 0
        self.arriving: list[list[bytes]] = []
        self._ids = itertools.count(1)
        self._marks = MarkWriter(TOKEN)
        self.front = Front(
            "k",
            self.signer,
            FrontIO(self._send, self.executor.append, self._interrupt, self._read_requests),
            token=TOKEN,
            clock=lambda: self.now,
            new_id=lambda: "session",
            ports={"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5},
        )

    # what the front does

    def _send(self, channel: str, frames: Iterable[bytes]) -> None:
        raw = unpack(list(frames), self.signer)
        parent = json.loads(raw.parent_header).get("msg_id", "")
        self.sent.append((channel, json.loads(raw.header)["msg_type"], parent, json.loads(raw.content)))

    def _interrupt(self) -> None:
        self.interrupts += 1

    def _read_requests(self) -> None:
        for frames in self.arriving:
            self.front.receive("shell", frames)
        self.arriving.clear()

    # the client

    def request(self, msg_type: str, channel: str = "shell", **content: Any) -> str:
        msg_id = f"{msg_type}-{next(self._ids)}"
        self.front.receive(channel, self.frames(msg_id, msg_type, content))
        return msg_id

    def frames(self, msg_id: str, msg_type: str, content: dict[str, Any]) -> list[bytes]:
        header = json.dumps({"msg_id": msg_id, "msg_type": msg_type}).encode()
        raw = RawMessage((b"client",), header, b"{}", b"{}", json.dumps(content).encode())
        return pack(raw, self.signer)

    def take(self, *, statuses: bool = False) -> list[tuple[str, str, str, dict[str, Any]]]:
        sent = [item for item in self.sent if statuses or item[1] != "status"]
        self.sent.clear()
        return sent

    # the executor

    def ready(self) -> None:
        self.frame(Op.READY, json.dumps(INFO).encode())

    def frame(self, op: Op, *parts: bytes, msg_type: str = "", status: str = "") -> None:
        mark = self._marks.next(MarkKind.FRAME)
        for name in STREAMS:
            self.front.printed(name, mark)
        self.front.framed(Frame(op, parts, msg_type, self._marks.seq, status))
        self.front.pump()

    def publish(self, msg_type: str, **content: Any) -> None:
        self.frame(Op.PUBLISH, self.parent, b"{}", json.dumps(content).encode(), msg_type=msg_type)

    def reply(self, msg_type: str = "execute_reply", status: str = "ok", **content: Any) -> None:
        body = json.dumps({"status": status, **content}).encode()
        self.frame(Op.REPLY, self.parent, b"{}", body, msg_type=msg_type, status=status)

    def print(self, stream: str, data: bytes) -> None:
        self.front.printed(stream, data)
        self.front.pump()

    @property
    def parent(self) -> bytes:
        return [frame for frame in self.executor if frame.op is Op.REQUEST][-1].parts[0]


@pytest.fixture
def kernel() -> Kernel:
    kernel = Kernel()
    kernel.ready()
    return kernel


def test_a_cell_from_request_to_idle(kernel: Kernel) -> None:
    cell = kernel.request("execute_request", code="print(1)")
    kernel.publish("execute_input", code="print(1)", execution_count=1)
    kernel.print("stdout", b"1\n")
    kernel.reply(execution_count=1)
    assert kernel.take(statuses=True) == [
        ("iopub", "status", cell, {"execution_state": "busy"}),
        ("iopub", "execute_input", cell, {"code": "print(1)", "execution_count": 1}),
        ("iopub", "stream", cell, {"name": "stdout", "text": "1\n"}),
        ("shell", "execute_reply", cell, {"status": "ok", "execution_count": 1}),
        ("iopub", "status", cell, {"execution_state": "idle"}),
    ]


def test_requests_wait_for_the_interpreter_and_for_each_other() -> None:
    kernel = Kernel()
    first = kernel.request("execute_request", code="1")
    info = kernel.request("kernel_info_request", channel="control")
    second = kernel.request("execute_request", code="2")
    assert kernel.executor == []
    kernel.ready()
    assert [(item[1], item[2]) for item in kernel.take()] == [("kernel_info_reply", info)]
    assert [json.loads(frame.parts[0])["msg_id"] for frame in kernel.executor] == [first]
    kernel.reply()
    assert [json.loads(frame.parts[0])["msg_id"] for frame in kernel.executor] == [first, second]


def test_kernel_info_is_answered_on_shell_in_its_turn(kernel: Kernel) -> None:
    kernel.request("execute_request", code="1")
    info = kernel.request("kernel_info_request")
    assert kernel.take() == []
    kernel.reply()
    assert kernel.take()[-1] == ("shell", "kernel_info_reply", info, {"status": "ok", **INFO})


def test_control_is_answered_while_shell_is_busy(kernel: Kernel) -> None:
    kernel.request("execute_request", code="while True: pass")
    kernel.take()
    asked = kernel.request("interrupt_request", channel="control")
    assert kernel.interrupts == 1
    assert kernel.take() == [("control", "interrupt_reply", asked, {"status": "ok"})]


def test_an_interrupt_of_an_idle_kernel_does_nothing(kernel: Kernel) -> None:
    kernel.request("interrupt_request", channel="control")
    assert kernel.interrupts == 0


def test_an_error_aborts_what_is_queued_and_what_has_arrived_unread(kernel: Kernel) -> None:
    kernel.request("execute_request", code="1/0")
    queued = kernel.request("execute_request", code="2")
    info = kernel.request("kernel_info_request")
    kernel.arriving.append(kernel.frames("late", "execute_request", {"code": "3"}))
    kernel.publish("execute_input", code="1/0", execution_count=7)
    kernel.take()
    kernel.reply(status="error")
    aborted = {"status": "aborted", "execution_count": 7}
    assert kernel.take()[1:] == [
        ("shell", "execute_reply", queued, aborted),
        ("shell", "execute_reply", "late", aborted),
        ("shell", "kernel_info_reply", info, {"status": "ok", **INFO}),
    ]
    assert kernel.front.state is FrontState.IDLE


@pytest.mark.parametrize("flags", [{"stop_on_error": False}, {"silent": True}])
def test_an_error_that_does_not_stop_lets_the_next_cell_run(kernel: Kernel, flags: dict[str, bool]) -> None:
    kernel.request("execute_request", code="1/0", **flags)
    kernel.request("execute_request", code="2")
    kernel.reply(status="error")
    assert len(kernel.executor) == 2


def test_what_is_printed_in_pieces_becomes_one_message_after_a_while(kernel: Kernel) -> None:
    cell = kernel.request("execute_request", code="...")
    kernel.take()
    euro = "€".encode()
    kernel.print("stdout", b"a" + euro[:1])
    kernel.now = STREAM_DELAY / 2
    kernel.print("stdout", euro[1:] + b"b")
    assert kernel.take() == []
    assert kernel.front.flush_at == STREAM_DELAY
    kernel.front.flush()
    assert kernel.take() == [("iopub", "stream", cell, {"name": "stdout", "text": "a€b"})]
    assert kernel.front.flush_at is None


def test_what_is_printed_after_a_cell_belongs_to_it(kernel: Kernel) -> None:
    cell = kernel.request("execute_request", code="start a thread")
    kernel.reply()
    kernel.take()
    kernel.print("stderr", b"late")
    following = kernel.request("execute_request", code="2")
    assert kernel.take(statuses=True) == [
        ("iopub", "stream", cell, {"name": "stderr", "text": "late"}),
        ("iopub", "status", following, {"execution_state": "busy"}),
    ]


def test_a_question_goes_to_whoever_sent_the_cell_and_the_answer_back(kernel: Kernel) -> None:
    cell = kernel.request("execute_request", code="input()")
    kernel.take()
    kernel.request("input_reply", channel="stdin", value="too early")
    kernel.frame(
        Op.INPUT_REQUEST, kernel.parent, b"{}", b'{"prompt":"?","password":false}', msg_type="input_request"
    )
    assert kernel.take() == [("stdin", "input_request", cell, {"prompt": "?", "password": False})]
    kernel.request("input_reply", channel="stdin", value="42")
    kernel.request("input_reply", channel="stdin", value="twice")
    answers = [frame.parts[2] for frame in kernel.executor if frame.op is Op.INPUT_REPLY]
    assert answers == [b'{"value": "42"}']


def test_a_dead_executor_still_gives_outputs_reply_and_idle(kernel: Kernel) -> None:
    cell = kernel.request("execute_request", code="os._exit(3)")
    queued = kernel.request("execute_request", code="2")
    kernel.publish("execute_input", code="os._exit(3)", execution_count=4)
    kernel.print("stdout", b"last words")
    kernel.take()
    kernel.front.executor_ended("died with exit code 3")
    died = {"status": "error", "ename": "KernelDied", "traceback": [], "execution_count": 4}
    evalue = "the kernel died with exit code 3"
    assert kernel.take(statuses=True) == [
        ("iopub", "stream", cell, {"name": "stdout", "text": "last words"}),
        ("shell", "execute_reply", cell, {**died, "evalue": evalue}),
        ("iopub", "status", cell, {"execution_state": "idle"}),
        ("iopub", "status", queued, {"execution_state": "busy"}),
        ("shell", "execute_reply", queued, {**died, "evalue": evalue}),
        ("iopub", "status", queued, {"execution_state": "idle"}),
    ]
    assert kernel.front.state is FrontState.DEAD


def test_a_dead_kernel_answers_what_comes_later(kernel: Kernel) -> None:
    kernel.front.executor_ended("died with signal SIGKILL")
    asked = kernel.request("is_complete_request", code="1")
    content = {"status": "error", "ename": "KernelDied", "evalue": "the kernel is dead", "traceback": []}
    assert kernel.take() == [("shell", "is_complete_reply", asked, content)]


@pytest.mark.parametrize("channel", ["shell", "control"])
def test_shutdown_is_answered_told_to_all_and_passed_on(kernel: Kernel, channel: str) -> None:
    asked = kernel.request("shutdown_request", channel=channel, restart=True)
    content = {"status": "ok", "restart": True}
    assert kernel.take() == [
        (channel, "shutdown_reply", asked, content),
        ("iopub", "shutdown_reply", asked, content),
    ]
    assert [frame.op for frame in kernel.executor] == [Op.EXIT]


def test_shutdown_interrupts_what_runs(kernel: Kernel) -> None:
    kernel.request("execute_request", code="while True: pass")
    kernel.request("shutdown_request", channel="control", restart=False)
    assert kernel.interrupts == 1


@pytest.mark.parametrize("channel", ["shell", "control"])
def test_ports_are_told_to_old_clients(kernel: Kernel, channel: str) -> None:
    asked = kernel.request("connect_request", channel)
    ports = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}
    assert kernel.take() == [(channel, "connect_reply", asked, {"status": "ok", **ports})]


def test_an_unknown_request_is_refused_in_its_turn(kernel: Kernel) -> None:
    asked = kernel.request("frobnicate_request")
    content = {
        "status": "error",
        "ename": "UnknownMessage",
        "evalue": "no handler for frobnicate_request on shell",
        "traceback": [],
    }
    assert kernel.take(statuses=True) == [
        ("iopub", "status", asked, {"execution_state": "busy"}),
        ("shell", "frobnicate_reply", asked, content),
        ("iopub", "status", asked, {"execution_state": "idle"}),
    ]


def test_every_subscriber_is_welcomed(kernel: Kernel) -> None:
    kernel.take()
    kernel.front.subscribed(b"\x01")
    kernel.front.subscribed(b"\x01stream")
    kernel.front.subscribed(b"\x00stream")
    assert kernel.take() == [
        ("iopub", "iopub_welcome", "", {"subscription": ""}),
        ("iopub", "iopub_welcome", "", {"subscription": "stream"}),
    ]


def test_whether_anybody_listens_is_known(kernel: Kernel) -> None:
    told = []
    for event in (b"\x01", b"\x01stream", b"\x00", b"\x00stream"):
        kernel.front.subscribed(event)
        told.append(kernel.front.has_subscribers)
    assert told == [True, True, True, False]


def test_what_is_not_signed_or_repeated_is_dropped(kernel: Kernel) -> None:
    good = kernel.frames("m", "execute_request", {"code": "1"})
    forged = pack(
        RawMessage((b"client",), b'{"msg_id":"f","msg_type":"x"}', b"{}", b"{}", b"{}"), Signer(b"other")
    )
    for frames in (good, good, forged, [b"nonsense"], []):
        kernel.front.receive("shell", frames)
    assert kernel.front.dropped == 4
    assert len(kernel.executor) == 1


@pytest.mark.parametrize(
    "frame",
    [
        Frame(Op.REQUEST, (b"{}", b"{}", b"{}")),
        Frame(Op.EXIT),
        Frame(Op.READY),
        Frame(Op.PUBLISH, (b"{}",), "stream"),
        Frame(Op.REPLY, (b"{}",), "execute_reply"),
    ],
)
def test_what_no_executor_sends_is_refused(kernel: Kernel, frame: Frame) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        kernel.front.framed(frame)
    assert str(caught.value) == f"executor sent {frame.op} with {len(frame.parts)} parts"


@pytest.mark.parametrize(
    "content", [b'{"execution_count":4,"code":"\\ud800"}', b'{"execution_count":"x"}', b"no"]
)
def test_the_count_of_a_cell_is_read_from_whatever_a_library_publishes(
    kernel: Kernel, content: bytes
) -> None:
    kernel.request("execute_request", code="")
    with suppress(json.JSONDecodeError):  # the client's
        kernel.frame(Op.PUBLISH, kernel.parent, b"{}", content, msg_type="execute_input")
    kernel.reply(execution_count=4)
    assert kernel.front.state is FrontState.IDLE


def test_a_reply_to_nothing_changes_nothing(kernel: Kernel) -> None:
    kernel.take()
    kernel.frame(Op.REPLY, b"{}", b"{}", b"{}", msg_type="execute_reply")
    assert kernel.take(statuses=True) == []
    assert kernel.front.state is FrontState.IDLE


def test_a_comm_message_gets_busy_and_idle_but_no_reply(kernel: Kernel) -> None:
    message = kernel.request("comm_msg", comm_id="c", data={})
    kernel.frame(Op.REPLY)
    assert kernel.take(statuses=True) == [
        ("iopub", "status", message, {"execution_state": "busy"}),
        ("iopub", "status", message, {"execution_state": "idle"}),
    ]
