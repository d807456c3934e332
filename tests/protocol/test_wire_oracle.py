"""jupyter_client reads what we send, and we read what it sends."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from jupyter_client.session import Session

from helpers.messages import messages
from nbcheck.protocol.content import (
    CompleteReply,
    Content,
    DisplayData,
    Error,
    ExecuteReply,
    ExecuteRequest,
    IsCompleteReply,
    KernelInfoReply,
    LanguageInfo,
    ShutdownRequest,
    Stream,
    Unknown,
    encode_content,
)
from nbcheck.protocol.conversation import Conversation
from nbcheck.protocol.message import Message
from nbcheck.protocol.signing import Signer
from nbcheck.protocol.wire import DELIMITER, decode, encode, pack, unpack

KEY = b"5ca1ab1e-d00d"


@pytest.fixture(params=["hmac-sha256", "hmac-md5", "hmac-sha512", None], ids=str)
def peers(request: pytest.FixtureRequest) -> tuple[Session, Signer]:
    """A session of jupyter_client and our signer, which share a key or have none."""
    scheme = request.param or "hmac-sha256"
    key = KEY if request.param else b""
    return Session(key=key, signature_scheme=scheme, username="ada", session="s1"), Signer(key, scheme)


def theirs(session: Session, frames: list[bytes]) -> dict[str, Any]:
    identities, rest = session.feed_identities(list(frames))
    message: dict[str, Any] = session.deserialize(rest)
    return message | {"identities": identities}


SENT_BY_THEM: list[tuple[dict[str, Any], Content]] = [
    ({"code": "1"}, ExecuteRequest(code="1")),
    ({"name": "stdout", "text": "é😀\n"}, Stream(name="stdout", text="é😀\n")),
    ({"restart": True}, ShutdownRequest(restart=True)),
    (
        {"data": {"text/plain": "x"}, "metadata": {"a": None}, "transient": {"display_id": "d"}},
        DisplayData(data={"text/plain": "x"}, metadata={"a": None}, transient={"display_id": "d"}),
    ),
    ({"any": [1, {}]}, Unknown(data={"any": [1, {}]}, msg_type="usage_reply")),
]


@pytest.mark.parametrize(("content", "expected"), SENT_BY_THEM, ids=lambda value: type(value).__name__)
def test_we_read_what_they_send(
    peers: tuple[Session, Signer], content: dict[str, Any], expected: Content
) -> None:
    session, signer = peers
    msg_type = {
        ExecuteRequest: "execute_request",
        Stream: "stream",
        ShutdownRequest: "shutdown_request",
        DisplayData: "display_data",
        Unknown: "usage_reply",
    }[type(expected)]
    parent = session.msg("execute_request", {"code": ""})
    sent = session.msg(msg_type, content, parent=parent, metadata={"cellId": "c"})
    frames = [*session.serialize(sent, ident=[b"a", b"b"]), b"buffer"]

    raw = unpack(frames, signer)
    message = decode(raw, "shell")

    assert raw.identities == (b"a", b"b")
    assert message.header.msg_id == sent["header"]["msg_id"]
    assert message.header.session == "s1"
    assert message.header.username == "ada"
    assert datetime.fromisoformat(message.header.date) == sent["header"]["date"]
    assert message.parent_id == parent["header"]["msg_id"]
    assert message.metadata == {"cellId": "c"}
    assert message.content == expected
    assert message.buffers == (b"buffer",)


SENT_BY_US: list[tuple[Content, dict[str, Any]]] = [
    (
        ExecuteRequest(code="é"),
        {
            "code": "é",
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        },
    ),
    (
        ExecuteReply(status="ok", execution_count=3),
        {"status": "ok", "execution_count": 3, "payload": [], "user_expressions": {}},
    ),
    (
        ExecuteReply(status="error", execution_count=3, ename="E", traceback=["t"]),
        {"status": "error", "execution_count": 3, "ename": "E", "evalue": "", "traceback": ["t"]},
    ),
    (Error(ename="E", evalue="", traceback=[]), {"ename": "E", "evalue": "", "traceback": []}),
    (IsCompleteReply(status="incomplete"), {"status": "incomplete", "indent": ""}),
    (
        KernelInfoReply(
            protocol_version="5.5",
            implementation="nbcheck",
            language_info=LanguageInfo(name="python", version="3.11"),
        ),
        {
            "status": "ok",
            "protocol_version": "5.5",
            "implementation": "nbcheck",
            "implementation_version": "",
            "language_info": {"name": "python", "version": "3.11", "mimetype": "", "file_extension": ""},
            "banner": "",
            "help_links": [],
            "supported_features": [],
        },
    ),
    (
        CompleteReply(matches=["ab"], cursor_start=0, cursor_end=1),
        {"status": "ok", "matches": ["ab"], "cursor_start": 0, "cursor_end": 1, "metadata": {}},
    ),
]


@pytest.mark.parametrize(("content", "expected"), SENT_BY_US, ids=lambda value: type(value).__name__)
def test_they_read_what_we_send(
    peers: tuple[Session, Signer], content: Content, expected: dict[str, Any]
) -> None:
    session, signer = peers
    made = iter(("id-1", "id-2"))
    now = datetime(2024, 2, 1, 10, 20, 30, 123456, tzinfo=UTC)
    conversation = Conversation("s2", username="eva", new_id=lambda: next(made), clock=lambda: now)
    parent = conversation.header("execute_request")
    sent = conversation.message("iopub", content, parent=parent, metadata={"a": 1}, buffers=[b"b"])
    received = theirs(session, pack(encode(sent, [b"topic"]), signer))

    assert received["identities"] == [b"topic"]
    assert received["header"] == {
        "msg_id": "id-2",
        "msg_type": sent.msg_type,
        "session": "s2",
        "username": "eva",
        "date": now,
        "version": "5.5",
    }
    assert received["parent_header"]["msg_id"] == "id-1"
    assert received["metadata"] == {"a": 1}
    assert received["content"] == expected
    assert [bytes(buffer) for buffer in received["buffers"]] == [b"b"]


def test_we_refuse_what_they_refuse() -> None:
    session = Session(key=KEY)
    frames = session.serialize(session.msg("status", {"execution_state": "idle"}))
    frames[frames.index(DELIMITER) + 1] = b"0" * 64
    with pytest.raises(ValueError, match="Invalid Signature"):
        theirs(session, frames)


@pytest.mark.slow
@settings(deadline=None)
@given(messages())
def test_they_read_any_message(message: Message) -> None:
    header = msgspec.structs.replace(message.header, version="5.5", date="2024-02-01T10:20:30Z")
    message = dataclasses.replace(message, header=header)
    session = Session(key=KEY)
    received = theirs(session, pack(encode(message), Signer(KEY)))
    assert received["header"]["msg_id"] == header.msg_id
    assert received["msg_type"] == message.msg_type
    # Strings that look like dates become dates in what they received, so the JSON is compared.
    assert session.unpack(encode(message).metadata) == message.metadata
    assert session.unpack(encode_content(message.content)) == json.loads(encode_content(message.content))
