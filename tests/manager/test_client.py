"""The order in which a client hands messages out, of a kernel that the test plays itself."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbcheck.manager.client import KernelClient
from nbcheck.protocol.connection import ConnectionInfo
from nbcheck.protocol.content import Content, InputRequest, KernelInfoRequest, Status, Stream
from nbcheck.protocol.conversation import Conversation
from nbcheck.protocol.message import Message
from nbcheck.protocol.signing import Signer
from nbcheck.protocol.wire import decode, encode, pack, unpack
from nbcheck.transport.poll import Poll, new_context, receive_waiting, send
from nbcheck.transport.sockets import bind_kernel_sockets

SIGNER = Signer(b"secret")
LIMIT = 60.0
"""Seconds after which a message that does not come fails a test."""


class PlayedKernel:
    """The kernel's end of the sockets, with one client that has asked for a cell to be run."""

    def __init__(self, folder: Path) -> None:
        self.context = new_context()
        info = ConnectionInfo("ipc", str(folder / "k"), 1, 2, 3, 4, 5, key=b"secret")
        self._sockets, connection = bind_kernel_sockets(self.context, info)
        ids = itertools.count()
        self._conversation = Conversation(
            "kernel", new_id=lambda: f"kernel_{next(ids)}", clock=lambda: datetime.now(UTC)
        )
        self.client = KernelClient(self.context, connection)
        self._frames("iopub")  # the subscription
        self.client.execute("input()", allow_stdin=True)
        self.cell = self.receive("shell")

    def receive(self, channel: str) -> Message:
        return decode(unpack(self._frames(channel), SIGNER), channel)

    def send(self, channel: str, content: Content, parent: Message) -> None:
        message = self._conversation.message(channel, content, parent=parent.header)
        identity = b"topic" if channel == "iopub" else self.client.session.encode()
        send(getattr(self._sockets, channel), pack(encode(message, [identity]), SIGNER))

    def close(self) -> None:
        self.client.close()
        self._sockets.close()
        self.context.destroy(linger=0)

    def _frames(self, channel: str) -> list[bytes]:
        """Wait for a message, while the client finds nothing to hand out."""
        socket = getattr(self._sockets, channel)
        poll = Poll()
        poll.watch(socket)
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            assert self.client.next_message(time.monotonic()) is None
            poll.wait(0.01)
            for frames in receive_waiting(socket, 1):
                return frames
        raise AssertionError(f"nothing on {channel}")


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedKernel]:
    monkeypatch.setattr("nbcheck.manager.client._CATCH_UP", LIMIT)
    kernel = PlayedKernel(tmp_path)
    yield kernel
    kernel.close()


def handed_out(kernel: PlayedKernel, count: int) -> list[Content]:
    messages = [kernel.client.next_message(time.monotonic() + LIMIT) for _ in range(count)]
    return [message.content for message in messages if message is not None]


def test_a_question_comes_after_what_was_printed_before_it(kernel: PlayedKernel) -> None:
    question = InputRequest(prompt="? ")
    printed = Stream(name="stdout", text="before\n")
    kernel.send("stdin", question, kernel.cell)
    probe = kernel.receive("control")
    assert isinstance(probe.content, KernelInfoRequest)
    kernel.send("iopub", printed, kernel.cell)
    kernel.send("iopub", Status(execution_state="busy"), probe)
    kernel.send("iopub", Status(execution_state="idle"), probe)
    assert handed_out(kernel, 2) == [printed, question]


def test_a_kernel_that_asks_again_has_given_up_its_question(kernel: PlayedKernel) -> None:
    kernel.send("stdin", InputRequest(prompt="one? "), kernel.cell)
    first = kernel.receive("control")
    question = InputRequest(prompt="two? ")
    kernel.send("stdin", question, kernel.cell)
    second = kernel.receive("control")
    printed = Stream(name="stdout", text="between\n")
    idle = Status(execution_state="idle")
    kernel.send("iopub", idle, first)
    kernel.send("iopub", printed, kernel.cell)
    kernel.send("iopub", idle, second)
    assert handed_out(kernel, 3) == [idle, printed, question]


def test_a_kernel_that_answers_nothing_meanwhile_is_not_waited_for(
    kernel: PlayedKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbcheck.manager.client._CATCH_UP", 0.05)
    question = InputRequest(prompt="? ")
    kernel.send("stdin", question, kernel.cell)
    assert handed_out(kernel, 1) == [question]
