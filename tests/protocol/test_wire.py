"""Frames to messages and back: vectors, round trips, tampering, noise."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.messages import ids, json_values, messages, structs
from nbcheck.errors import RemoteProtocolError
from nbcheck.protocol import content as contents
from nbcheck.protocol.content import CONTENT_TYPES, Status, Stream
from nbcheck.protocol.message import Header, Message
from nbcheck.protocol.signing import ReplayGuard, Signer
from nbcheck.protocol.wire import (
    DELIMITER,
    RawMessage,
    decode,
    decode_header,
    decode_parent_header,
    encode,
    pack,
    unpack,
)

# Signatures in the file were made with `openssl dgst -hmac`.
VECTORS = json.loads((Path(__file__).parents[1] / "data" / "protocol" / "wire_vectors.json").read_bytes())
KEY = Signer(b"secret")
HEADER = b'{"msg_id":"m","msg_type":"status"}'
PARTS = (HEADER, b"{}", b"{}", b'{"execution_state":"idle"}')


def frames_of(text: list[str]) -> list[bytes]:
    return [frame.encode("utf-8") for frame in text]


def raw_message(**changes: bytes) -> RawMessage:
    parts = dict(zip(("header", "parent_header", "metadata", "content"), PARTS, strict=True))
    return RawMessage((), **(parts | changes))


# ---- vectors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vector_is_read(vector: dict[str, Any]) -> None:
    frames = frames_of(vector["frames"])
    raw = unpack(frames, Signer(vector["key"].encode(), vector["scheme"]))
    message = decode(raw, vector["channel"])

    assert [*raw.identities, DELIMITER] == frames[: len(raw.identities) + 1]
    assert message.channel == vector["channel"]
    assert message.header.msg_id == "m1"
    assert message.msg_type == vector["msg_type"]
    assert message.parent_id == vector["parent_id"]
    assert message.metadata == vector["metadata"]
    assert type(message.content) is getattr(contents, vector["content_class"])
    assert msgspec.to_builtins(message.content) == vector["content"]
    assert message.buffers == tuple(frames[len(raw.identities) + 6 :])


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vector_is_signed_alike(vector: dict[str, Any]) -> None:
    frames = frames_of(vector["frames"])
    signer = Signer(vector["key"].encode(), vector["scheme"])
    assert pack(unpack(frames, signer), signer) == frames


def test_message_is_written() -> None:
    message = Message(
        "iopub",
        Header(
            msg_id="m",
            msg_type="stream",
            session="s",
            username="u",
            date="2024-01-01T00:00:00Z",
            version="5.5",
        ),
        Header(msg_id="r", msg_type="execute_request", subshell_id="sub"),
        {"a": 1},
        Stream(name="stderr", text="é"),
        (b"x",),
    )
    assert pack(encode(message, (b"stream.stderr",)), Signer(b"")) == [
        b"stream.stderr",
        b"<IDS|MSG>",
        b"",
        b'{"msg_id":"m","msg_type":"stream","session":"s","username":"u","date":"2024-01-01T00:00:00Z","version":"5.5"}',
        b'{"msg_id":"r","msg_type":"execute_request","session":"","username":"","date":"","version":"","subshell_id":"sub"}',
        b'{"a":1}',
        '{"name":"stderr","text":"é"}'.encode(),
        b"x",
    ]


# ---- round trips ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(deadline=None)
@given(messages(), st.lists(st.binary(max_size=9).filter(lambda identity: identity != DELIMITER), max_size=3))
def test_what_is_sent_is_received(message: Message, identities: list[bytes]) -> None:
    frames = pack(encode(message, identities), KEY)
    raw = unpack(frames, KEY)
    assert raw.identities == tuple(identities)
    assert decode(raw, message.channel) == message


@pytest.mark.slow
@settings(deadline=None)
@given(messages())
def test_what_was_received_is_sent_alike(message: Message) -> None:
    once = encode(message)
    assert encode(decode(once, message.channel)) == once


@pytest.mark.slow
@settings(deadline=None)
@given(messages())
def test_what_is_sent_is_proper_json(message: Message) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    raw = encode(message)
    for part in (raw.header, raw.parent_header, raw.metadata, raw.content):
        assert isinstance(json.loads(part.decode("utf-8"), parse_constant=refuse), dict)


# ---- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([], "no frame <IDS|MSG> among 0 frames"),
        ([b"id", b"", *PARTS], "no frame <IDS|MSG> among 6 frames"),
        ([b"<IDS|MSG"], "no frame <IDS|MSG> among 1 frames"),
        ([DELIMITER], "0 frames after <IDS|MSG>, at least 5 are needed"),
        ([b"id", DELIMITER, b"", *PARTS[:3]], "4 frames after <IDS|MSG>, at least 5 are needed"),
        ([DELIMITER, b"", *PARTS], "message is not signed"),
        ([DELIMITER, b"0" * 64, *PARTS], "signature is wrong"),
        ([DELIMITER, KEY.sign(PARTS).upper(), *PARTS], "signature is wrong"),
        ([DELIMITER, KEY.sign(PARTS)[:-1], *PARTS], "signature is wrong"),
        ([DELIMITER, "é".encode(), *PARTS], "signature is wrong"),
        ([DELIMITER, Signer(b"other").sign(PARTS), *PARTS], "signature is wrong"),
    ],
)
def test_frames_are_refused(frames: list[bytes], reason: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        unpack(frames, KEY)
    assert str(caught.value) == reason


def test_signature_is_wanted_of_nobody_without_a_key() -> None:
    assert unpack([DELIMITER, b"", *PARTS], Signer(b"")).header == HEADER
    with pytest.raises(RemoteProtocolError, match=r"^signature is wrong$"):
        unpack([DELIMITER, KEY.sign(PARTS), *PARTS], Signer(b""))


def test_repetition_is_refused() -> None:
    guard = ReplayGuard()
    frames = [DELIMITER, KEY.sign(PARTS), *PARTS]
    unpack(frames, KEY, guard)
    with pytest.raises(RemoteProtocolError) as caught:
        unpack([b"other identity", *frames], KEY, guard)
    assert str(caught.value) == "message was received before"


def test_wrong_signature_is_not_remembered() -> None:
    guard = ReplayGuard()
    with pytest.raises(RemoteProtocolError):
        unpack([DELIMITER, b"0" * 64, *PARTS], KEY, guard)
    assert len(guard) == 0


def test_repetition_cannot_be_told_without_a_key() -> None:
    guard = ReplayGuard()
    for _ in range(2):
        unpack([DELIMITER, b"", *PARTS], Signer(b""), guard)


@pytest.mark.slow
@settings(deadline=None)
@given(messages(), st.integers(0, 4), st.data())
def test_tampering_with_any_signed_frame_is_refused(
    message: Message, index: int, data: st.DataObject
) -> None:
    frames = pack(encode(message), KEY)
    place = 1 + index
    frame = bytearray(frames[place])
    position = data.draw(st.integers(0, len(frame) - 1))
    frame[position] ^= data.draw(st.integers(1, 255))
    frames[place] = bytes(frame)
    with pytest.raises(RemoteProtocolError, match=r"^signature is wrong$"):
        unpack(frames, KEY)


@pytest.mark.slow
@settings(deadline=None)
@given(messages(), st.permutations(range(4)).filter(lambda order: order != [0, 1, 2, 3]))
def test_swapped_parts_are_refused(message: Message, order: list[int]) -> None:
    frames = pack(encode(message), KEY)
    swapped = [frames[2 + place] for place in order]
    if b"".join(swapped) != b"".join(frames[2:6]):
        with pytest.raises(RemoteProtocolError, match=r"^signature is wrong$"):
            unpack([*frames[:2], *swapped, *frames[6:]], KEY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"header": b"{}"}, "header of a message on iopub: Object missing required field `msg_id`"),
        (
            {"header": b'{"msg_id":"m"}'},
            "header of a message on iopub: Object missing required field `msg_type`",
        ),
        ({"header": b"[]"}, "header of a message on iopub: Expected `object`, got `array`"),
        (
            {"header": b'{"msg_id":1,"msg_type":"x"}'},
            "header of a message on iopub: Expected `str`, got `int` - at `$.msg_id`",
        ),
        (
            {"header": b""},
            "header of a message on iopub: not JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            {"parent_header": b'{"msg_id":"r"}'},
            "parent_header of status on iopub: Object missing required field `msg_type`",
        ),
        ({"parent_header": b"3"}, "parent_header of status on iopub: Expected `object`, got `int`"),
        ({"metadata": b"[1]"}, "metadata of status on iopub: Expected `object`, got `array`"),
        ({"content": b"{}"}, "content of status on iopub: Object missing required field `execution_state`"),
        ({"content": b"null"}, "content of status on iopub: Expected `object`, got `null`"),
        ({"content": b"[" * 100_000}, "content of status on iopub: JSON is nested too deeply"),
        ({"metadata": b'{"a":' + b"[" * 100_000}, "metadata of status on iopub: JSON is nested too deeply"),
        (
            {"content": b'{"execution_state":"idle"'},
            "content of status on iopub: not JSON: Expecting ',' delimiter: line 1 column 26 (char 25)",
        ),
        (
            {"header": b'{"msg_id":"m","msg_type":"execute_reply"}', "content": b'{"execution_count":1}'},
            "content of execute_reply on iopub: Object missing required field `status`",
        ),
        (
            {"header": b'{"msg_id":"m","msg_type":"future"}', "content": b"[1]"},
            "content of future on iopub: Expected `object`, got `array`",
        ),
    ],
)
def test_shape_is_refused(changes: dict[str, bytes], reason: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(raw_message(**changes), "iopub")
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "data", [b"{}", b" {} ", b"null", b"[]", b'{"msg_id": ""}', b'{"msg_id": null, "msg_type": ""}']
)
def test_no_parent(data: bytes) -> None:
    assert decode(raw_message(parent_header=data), "iopub").parent_header is None
    assert decode(raw_message(parent_header=data), "iopub").parent_id == ""


def test_header_alone() -> None:
    assert decode_header(HEADER) == Header(msg_id="m", msg_type="status")
    assert decode_parent_header(HEADER) == Header(msg_id="m", msg_type="status")
    with pytest.raises(RemoteProtocolError):
        decode_header(b"{}")


# ---- noise ----------------------------------------------------------------------------------------------------

noise = st.binary(max_size=40) | st.sampled_from([DELIMITER, b"", b"{}", HEADER, b"null", b"\xff", b"NaN"])


@given(st.lists(noise, max_size=9), st.sampled_from([KEY, Signer(b"")]))
def test_noise_is_a_message_or_an_error(frames: list[bytes], signer: Signer) -> None:
    with contextlib.suppress(RemoteProtocolError):
        decode(unpack(frames, signer, ReplayGuard()), "shell")


@given(noise, noise, noise, noise)
@example(HEADER, b'{"msg_id":"\xed\xa0\x80","msg_type":"x"}', b"{}", b'{"execution_state":"\xff"}')
@example(HEADER, b"{}", b"{}", b'{"execution_state":' + b"9" * 5000 + b"}")
def test_noise_in_parts_is_a_message_or_an_error(
    header: bytes, parent: bytes, metadata: bytes, body: bytes
) -> None:
    with contextlib.suppress(RemoteProtocolError):
        decode(RawMessage((), header, parent, metadata, body), "shell")


@pytest.mark.slow
@settings(deadline=None)
@given(st.sampled_from([*CONTENT_TYPES, "x"]), json_values, json_values, json_values)
def test_any_json_is_a_message_or_an_error(
    msg_type: str, parent: object, metadata: object, body: object
) -> None:
    header = json.dumps({"msg_id": "m", "msg_type": msg_type})
    parts = [header.encode(), *[json.dumps(value).encode() for value in (parent, metadata, body)]]
    try:
        message = decode(RawMessage((), *parts), "shell")
    except RemoteProtocolError:
        return
    assert decode(encode(message), "shell").content == message.content


@pytest.mark.slow
@settings(deadline=None)
@given(st.sampled_from(sorted(CONTENT_TYPES)), st.data())
def test_any_member_of_any_type_is_a_message_or_an_error(msg_type: str, data: st.DataObject) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(CONTENT_TYPES[msg_type])]
    body = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), json_values, max_size=5))
    header = json.dumps({"msg_id": "m", "msg_type": msg_type})
    try:
        message = decode(raw_message(header=header.encode(), content=json.dumps(body).encode()), "shell")
    except RemoteProtocolError:
        return
    assert type(message.content) is CONTENT_TYPES[msg_type]


@given(structs(Header), ids)
def test_empty_metadata_and_parent(header: Header, session: str) -> None:
    header = msgspec.structs.replace(header, msg_type="status", session=session)
    raw = encode(Message("iopub", header, None, {}, Status(execution_state="idle")))
    assert (raw.parent_header, raw.metadata) == (b"{}", b"{}")
