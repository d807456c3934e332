from __future__ import annotations

import pytest

from nbcheck.errors import RemoteProtocolError
from nbcheck.kernel.interpreter import Request


def test_message_is_the_dict_that_libraries_know() -> None:
    request = Request(
        "comm_msg", b'{"msg_id":"1","msg_type":"comm_msg"}', b'{"a":1}', b'{"comm_id":"c"}', [b"buffer"]
    )
    message = request.message
    buffers = message.pop("buffers")
    assert message == {
        "header": {"msg_id": "1", "msg_type": "comm_msg"},
        "msg_id": "1",
        "msg_type": "comm_msg",
        "parent_header": {},
        "metadata": {"a": 1},
        "content": {"comm_id": "c"},
    }
    assert [buffer.tobytes() for buffer in buffers] == [b"buffer"]
    assert request.message is message


def test_empty_request() -> None:
    assert Request("").message["header"] == {}
    assert Request("").metadata == {}


@pytest.mark.parametrize("metadata", [b"[1]", b"nonsense"])
def test_metadata_that_is_no_object(metadata: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        _ = Request("execute_request", b"{}", metadata).metadata
