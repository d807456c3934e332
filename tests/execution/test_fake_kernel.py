"""The fake kernel keeps the promises that the tests of this folder rely on."""

from __future__ import annotations

import pytest

from helpers.fake_kernel import (
    AsksForInput,
    Dies,
    FakeClock,
    FakeKernel,
    Forgets,
    Hangs,
    PublishesLate,
    Raises,
    RepliesEarly,
    Step,
    Takes,
    prints,
)
from nbcheck.errors import KernelDied
from nbcheck.protocol.content import ExecuteReply, Status, Stream
from nbcheck.protocol.message import Message


def start(*steps: Step) -> FakeKernel:
    kernel = FakeKernel({"x": steps}, FakeClock(0.0))
    kernel.execute("x", stop_on_error=False)
    return kernel


def drain(kernel: FakeKernel) -> list[Message]:
    messages = []
    while (message := kernel.next_message(kernel.clock.now)) is not None:
        messages.append(message)
    return messages


def kinds(messages: list[Message]) -> list[str]:
    states = [
        message.content.execution_state if isinstance(message.content, Status) else message.msg_type
        for message in messages
    ]
    return states


def test_a_cell_without_steps_is_answered_in_order() -> None:
    messages = drain(start())
    assert kinds(messages) == ["busy", "execute_input", "execute_reply", "idle"]
    assert {message.parent_id for message in messages} == {"request-1"}
    assert [message.channel for message in messages] == ["iopub", "iopub", "shell", "iopub"]


def test_messages_become_due_as_the_clock_reaches_them() -> None:
    kernel = start(Takes(5), prints("late"))
    assert kinds(drain(kernel)) == ["busy", "execute_input"]
    assert kernel.next_message(4) is None
    assert kernel.clock() == 4
    message = kernel.next_message(10)
    assert message is not None
    assert message.content == Stream(name="stdout", text="late")
    assert kernel.clock() == 5


def test_an_error_is_shown_and_replied() -> None:
    messages = drain(start(Raises("ValueError", "no")))
    assert kinds(messages) == ["busy", "execute_input", "error", "execute_reply", "idle"]
    reply = messages[3].content
    assert isinstance(reply, ExecuteReply)
    assert (reply.status, reply.ename, reply.evalue) == ("error", "ValueError", "no")


def test_a_hanging_cell_heeds_an_interrupt() -> None:
    kernel = start(Hangs())
    assert kinds(drain(kernel)) == ["busy", "execute_input"]
    kernel.interrupt()
    assert kinds(drain(kernel)) == ["error", "execute_reply", "idle"]


def test_a_stubborn_cell_does_not() -> None:
    kernel = start(Hangs(heeds_interrupt=False))
    drain(kernel)
    kernel.interrupt()
    assert drain(kernel) == []
    kernel.kill()
    with pytest.raises(KernelDied, match="SIGKILL"):
        kernel.next_message(None)


def test_death_comes_after_what_the_front_says_last() -> None:
    kernel = start(Dies(3))
    answers = [kernel.next_message(None) for _ in range(4)]
    assert kinds([answer for answer in answers if answer]) == [
        "busy",
        "execute_input",
        "execute_reply",
        "idle",
    ]
    for _ in range(2):
        with pytest.raises(KernelDied, match="exit code 3"):
            kernel.next_message(None)
    with pytest.raises(KernelDied):
        kernel.execute("y", stop_on_error=False)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ("busy", ["execute_reply", "idle"]),
        ("reply", ["busy", "execute_input", "idle"]),
        ("idle", ["busy", "execute_input", "execute_reply"]),
    ],
)
def test_a_message_can_be_forgotten(what: str, left: list[str]) -> None:
    assert kinds(drain(start(Forgets(what)))) == left


def test_late_output_belongs_to_the_earlier_cell() -> None:
    kernel = FakeKernel({"b": [PublishesLate(Stream(name="stdout", text="!"), "a")]}, FakeClock(0.0))
    kernel.execute("a", stop_on_error=False)
    drain(kernel)
    kernel.execute("b", stop_on_error=False)
    stream = drain(kernel)[2]
    assert (stream.msg_type, stream.parent_id) == ("stream", "request-1")


def test_a_request_for_input_waits() -> None:
    assert kinds(drain(start(AsksForInput("name? ")))) == ["busy", "execute_input", "input_request"]


def test_a_reply_can_overtake_outputs() -> None:
    messages = drain(start(RepliesEarly(), prints("x")))
    assert kinds(messages) == ["busy", "execute_input", "execute_reply", "stream", "idle"]
