"""Contents: the table, what is written, what is tolerated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbcheck.errors import LocalProtocolError, RemoteProtocolError
from nbcheck.protocol import content as module
from nbcheck.protocol.content import (
    CONTENT_TYPES,
    CommInfoReply,
    CommInfoRequest,
    CommOpen,
    CompleteReply,
    Content,
    Error,
    ExecuteInput,
    ExecuteReply,
    ExecuteRequest,
    HistoryReply,
    HistoryRequest,
    InputReply,
    InspectReply,
    InterruptReply,
    IsCompleteReply,
    KernelInfoReply,
    KernelInfoRequest,
    LanguageInfo,
    ShutdownReply,
    Unknown,
    decode_content,
    encode_content,
    msg_type_of,
)

FAILURE = {"status": "error", "ename": "E", "evalue": "", "traceback": ["t"]}


def test_class_names_follow_the_message_types() -> None:
    for msg_type, class_ in CONTENT_TYPES.items():
        assert class_.__name__ == "".join(word.capitalize() for word in msg_type.split("_"))


def test_every_class_is_in_the_table() -> None:
    classes = {
        value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Content)
    }
    assert classes - set(CONTENT_TYPES.values()) == {Content, module.Reply, Unknown}


@pytest.mark.parametrize("msg_type", CONTENT_TYPES)
def test_fields_are_documented(msg_type: str) -> None:
    assert CONTENT_TYPES[msg_type].__doc__


@pytest.mark.parametrize(
    ("content", "members"),
    [
        (KernelInfoRequest(), {}),
        (HistoryRequest(n=3), {"output": False, "raw": True, "hist_access_type": "tail", "n": 3}),
        (CommInfoRequest(), {}),
        (CommInfoRequest(target_name="t"), {"target_name": "t"}),
        (CommOpen(comm_id="c", target_name="t"), {"comm_id": "c", "target_name": "t", "data": {}}),
        (
            CommOpen(comm_id="c", target_name="t", target_module=None),
            {"comm_id": "c", "target_name": "t", "data": {}, "target_module": None},
        ),
        (ExecuteInput(code="x", execution_count=1), {"code": "x", "execution_count": 1}),
        (InputReply(value="é"), {"value": "é"}),
        (Error(ename="E"), {"ename": "E", "evalue": "", "traceback": []}),
        (InterruptReply(), {"status": "ok"}),
        (ShutdownReply(restart=True), {"status": "ok", "restart": True}),
        (InspectReply(), {"status": "ok", "found": False, "data": {}, "metadata": {}}),
        (InspectReply(status="error", ename="E", traceback=["t"]), FAILURE),
        (
            CommInfoReply(comms={"c": {"target_name": "t"}}),
            {"status": "ok", "comms": {"c": {"target_name": "t"}}},
        ),
        (HistoryReply(history=[(1, 2, "x")]), {"status": "ok", "history": [[1, 2, "x"]]}),
        (CompleteReply(status="error", ename="E", traceback=["t"], matches=["x"]), FAILURE),
        (ExecuteReply(status="error", ename="E", traceback=["t"]), FAILURE),
        (
            ExecuteReply(status="error", ename="E", traceback=["t"], execution_count=2),
            FAILURE | {"execution_count": 2},
        ),
        (ExecuteReply(status="aborted", execution_count=2), {"status": "aborted", "execution_count": 2}),
        (ExecuteReply(status="aborted"), {"status": "aborted"}),
        (
            ExecuteReply(status="ok", payload=[{"source": "page"}]),
            {
                "status": "ok",
                "execution_count": None,
                "payload": [{"source": "page"}],
                "user_expressions": {},
            },
        ),
        (IsCompleteReply(status="complete"), {"status": "complete"}),
        (IsCompleteReply(status="incomplete", indent="  "), {"status": "incomplete", "indent": "  "}),
        (
            KernelInfoReply(
                protocol_version="5.5",
                implementation="k",
                implementation_version="1",
                banner="b",
                help_links=[{"text": "t", "url": "u"}],
                supported_features=["f"],
                language_info=LanguageInfo(
                    name="python",
                    version="3.11",
                    mimetype="text/x-python",
                    file_extension=".py",
                    pygments_lexer="ipython3",
                    codemirror_mode={"name": "ipython", "version": 3},
                    nbconvert_exporter="python",
                ),
            ),
            {
                "status": "ok",
                "protocol_version": "5.5",
                "implementation": "k",
                "implementation_version": "1",
                "banner": "b",
                "help_links": [{"text": "t", "url": "u"}],
                "supported_features": ["f"],
                "language_info": {
                    "name": "python",
                    "version": "3.11",
                    "mimetype": "text/x-python",
                    "file_extension": ".py",
                    "pygments_lexer": "ipython3",
                    "codemirror_mode": {"name": "ipython", "version": 3},
                    "nbconvert_exporter": "python",
                },
            },
        ),
        (Unknown(data={"a": [1]}, msg_type="x"), {"a": [1]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_written_members(content: Content, members: dict[str, Any]) -> None:
    assert json.loads(encode_content(content)) == members


@pytest.mark.parametrize(
    ("msg_type", "text", "expected"),
    [
        ("execute_request", '{"code": "", "unheard_of": 1}', ExecuteRequest(code="")),
        ("history_reply", '{"history": [["0", "1", "x"]]}', HistoryReply(history=[("0", "1", "x")])),
        ("history_reply", '{"history": [[0, 1, ["x", null]]]}', HistoryReply(history=[(0, 1, ["x", None])])),
        ("history_request", '{"session": 0, "start": 1, "stop": null}', HistoryRequest(session=0, start=1)),
        ("shutdown_reply", "{}", ShutdownReply()),
        ("error", "{}", Error()),
        ("execute_reply", '{"status": "abort"}', ExecuteReply(status="abort")),
        ("is_complete_reply", '{"status": "complete"}', IsCompleteReply(status="complete")),
        ("apply_request", '{"x": 1}', Unknown(data={"x": 1}, msg_type="apply_request")),
        ("", "{}", Unknown(data={}, msg_type="")),
    ],
)
def test_tolerated(msg_type: str, text: str, expected: Content) -> None:
    assert decode_content(msg_type, text.encode()) == expected


@pytest.mark.parametrize(
    ("msg_type", "text", "reason"),
    [
        ("execute_request", "{}", "Object missing required field `code`"),
        ("execute_reply", "{}", "Object missing required field `status`"),
        ("stream", '{"name": "stdout"}', "Object missing required field `text`"),
        ("stream", '{"name": "stdout", "text": ["a"]}', "Expected `str`, got `array` - at `$.text`"),
        ("display_data", '{"data": null}', "Expected `object`, got `null` - at `$.data`"),
        ("input_reply", "{}", "Object missing required field `value`"),
    ],
)
def test_refused(msg_type: str, text: str, reason: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode_content(msg_type, text.encode())
    assert str(caught.value) == reason


def test_msg_type_of() -> None:
    assert msg_type_of(ExecuteRequest(code="")) == "execute_request"
    assert msg_type_of(Unknown(data={}, msg_type="apply_request")) == "apply_request"


def test_msg_type_of_nothing_in_particular() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        msg_type_of(Unknown(data={}))
    assert str(caught.value) == "Unknown does not say of which message type it is"
