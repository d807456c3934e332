"""Sockets and channels, both ends in one process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nbcheck.errors import KernelError
from nbcheck.protocol.connection import ConnectionInfo
from nbcheck.protocol.content import ExecuteRequest, Stream
from nbcheck.protocol.message import Header, Message
from nbcheck.protocol.signing import Signer
from nbcheck.protocol.wire import encode, pack, unpack
from nbcheck.transport.channels import Channels
from nbcheck.transport.poll import Poll, new_context, receive_waiting, send
from nbcheck.transport.sockets import Context, bind_kernel_sockets

KEY = b"secret"


@pytest.fixture
def context() -> Iterator[Context]:
    context = new_context()
    yield context
    context.destroy(linger=0)


def ipc(folder: Path) -> ConnectionInfo:
    return ConnectionInfo("ipc", str(folder / "k"), 1, 2, 3, 4, 5, key=KEY)


def tcp() -> ConnectionInfo:
    return ConnectionInfo("tcp", "127.0.0.1", 0, 0, 0, 0, 0, key=KEY)


def received(poll: Poll, socket: object, timeout: float = 10.0) -> list[bytes]:
    """Wait for one message on a socket."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        poll.wait(deadline - time.monotonic())
        for frames in receive_waiting(socket, 1):  # type: ignore[arg-type]
            return frames
    raise AssertionError("no message")


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_a_request_reaches_the_kernel_and_an_output_the_client(
    context: Context, tmp_path: Path, transport: str
) -> None:
    kernel, connection = bind_kernel_sockets(context, ipc(tmp_path) if transport == "ipc" else tcp())
    channels = Channels(context, connection, b"me")
    poll = Poll()
    for socket in (kernel.shell, kernel.iopub):
        poll.watch(socket)
    request = Message(
        "shell",
        Header(msg_id="1", msg_type="execute_request"),
        None,
        {},
        ExecuteRequest(code="1"),
        (b"buffer",),
    )
    channels.send(request)
    assert received(poll, kernel.iopub) == [b"\x01"]
    raw = unpack(received(poll, kernel.shell), Signer(KEY))
    assert raw.identities == (b"me",)
    assert raw.buffers == (b"buffer",)
    output = Message(
        "iopub", Header(msg_id="2", msg_type="stream"), request.header, {}, Stream(name="stdout", text="hi")
    )
    send(kernel.iopub, pack(encode(output, [b"topic"]), Signer(KEY)))
    while (message := channels.take()) is None:
        channels.wait(10)
    assert message == output
    channels.close()
    kernel.close()


def test_every_subscription_is_heard_of(context: Context, tmp_path: Path) -> None:
    """As needed to welcome a second client: a plain XPUB tells of the first subscription of a topic only."""
    kernel, connection = bind_kernel_sockets(context, ipc(tmp_path))
    poll = Poll()
    poll.watch(kernel.iopub)
    clients = [Channels(context, connection, name) for name in (b"one", b"two")]
    assert [received(poll, kernel.iopub) for _ in clients] == [[b"\x01"], [b"\x01"]]
    for client in clients:
        client.close()
    kernel.close()


def test_a_forged_message_is_dropped_and_counted(context: Context, tmp_path: Path) -> None:
    kernel, connection = bind_kernel_sockets(context, ipc(tmp_path))
    channels = Channels(context, connection, b"me")
    poll = Poll()
    poll.watch(kernel.iopub)
    received(poll, kernel.iopub)
    output = Message(
        "iopub", Header(msg_id="2", msg_type="stream"), None, {}, Stream(name="stdout", text="hi")
    )
    send(kernel.iopub, pack(encode(output, [b"topic"]), Signer(b"another key")))
    while not channels.dropped:
        channels.wait(10)
    assert channels.take() is None
    channels.close()
    kernel.close()


def test_nothing_is_dropped_while_nobody_reads(context: Context, tmp_path: Path) -> None:
    kernel, connection = bind_kernel_sockets(context, ipc(tmp_path))
    channels = Channels(context, connection, b"me")
    poll = Poll()
    poll.watch(kernel.iopub)
    received(poll, kernel.iopub)
    signer = Signer(KEY)
    for number in range(5000):
        header = Header(msg_id=str(number), msg_type="stream")
        output = Message("iopub", header, None, {}, Stream(name="stdout", text=str(number)))
        send(kernel.iopub, pack(encode(output, [b"topic"]), signer))
    texts = []
    while len(texts) < 5000:
        channels.wait(10)
        while message := channels.take():
            texts.append(message.header.msg_id)
    assert texts == [str(number) for number in range(5000)]
    channels.close()
    kernel.close()


def test_ports_are_chosen_by_the_system_where_none_is_given(context: Context) -> None:
    kernel, connection = bind_kernel_sockets(context, tcp())
    ports = {connection.port(channel) for channel in ("shell", "iopub", "stdin", "control", "hb")}
    assert len(ports) == 5
    assert min(ports) > 0
    kernel.close()


def test_an_address_in_use_is_one_error(context: Context) -> None:
    kernel, connection = bind_kernel_sockets(context, tcp())
    taken = replace(tcp(), iopub_port=connection.shell_port)
    with pytest.raises(KernelError) as caught:
        bind_kernel_sockets(context, taken)
    assert str(caught.value) == f"cannot bind tcp://127.0.0.1:{connection.shell_port}: Address already in use"
    kernel.close()


def test_a_poll_waits_for_descriptors_too() -> None:
    read_end, write_end = os.pipe()
    poll = Poll()
    poll.watch(read_end)
    assert poll.wait(0) == {}
    os.write(write_end, b"x")
    assert poll.wait(10) == {read_end: False}
    poll.forget(read_end)
    poll.forget(read_end)
    assert read_end not in poll
    os.close(read_end)
    os.close(write_end)
