"""Conversations: fresh headers from a given clock and given ids."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from nbcheck.errors import LocalProtocolError
from nbcheck.protocol.content import ExecuteRequest, Status, Unknown
from nbcheck.protocol.conversation import Conversation
from nbcheck.protocol.message import Header, Message

NOW = datetime(2024, 2, 1, 10, 20, 30, 123456, tzinfo=UTC)


def make(session: str = "s", now: datetime = NOW) -> Conversation:
    numbers = itertools.count(1)
    return Conversation(session, username="ada", new_id=lambda: f"id-{next(numbers)}", clock=lambda: now)


def header(msg_id: str, msg_type: str, session: str = "s") -> Header:
    return Header(
        msg_id=msg_id,
        msg_type=msg_type,
        session=session,
        username="ada",
        date="2024-02-01T10:20:30.123456Z",
        version="5.5",
    )


def test_message() -> None:
    content = ExecuteRequest(code="1")
    assert make().message("shell", content) == Message(
        "shell", header("id-1", "execute_request"), None, {}, content, ()
    )


def test_answer() -> None:
    conversation = make()
    request = conversation.message("shell", ExecuteRequest(code="1"))
    content = Status(execution_state="busy")
    answer = conversation.message("iopub", content, parent=request.header, metadata={"a": 1}, buffers=[b"x"])
    assert answer == Message("iopub", header("id-2", "status"), request.header, {"a": 1}, content, (b"x",))
    assert answer.parent_id == "id-1"
    assert request.parent_id == ""
    assert answer.msg_type == "status"


def test_new_session() -> None:
    conversation = make()
    assert conversation.new_session() == "id-1"
    assert conversation.session == "id-1"
    assert conversation.header("status") == header("id-2", "status", "id-1")


def test_session_is_made_when_none_is_given() -> None:
    assert make("").session == "id-1"


@pytest.mark.parametrize(
    ("now", "date"),
    [
        (datetime(2024, 2, 1, tzinfo=UTC), "2024-02-01T00:00:00Z"),
        (datetime(2024, 2, 1, tzinfo=timezone(timedelta(hours=2))), "2024-02-01T00:00:00+02:00"),
    ],
)
def test_date(now: datetime, date: str) -> None:
    assert make(now=now).header("status").date == date


def test_type_must_be_known() -> None:
    with pytest.raises(LocalProtocolError):
        make().message("shell", Unknown(data={}))
