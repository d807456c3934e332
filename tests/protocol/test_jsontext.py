"""JSON: what is written, and what is read although it is not proper."""

from __future__ import annotations

import collections
import datetime
import enum
import json
import math
import types
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from helpers.messages import json_values
from nbcheck.errors import LocalProtocolError, RemoteProtocolError
from nbcheck.protocol.content import ExecuteReply, KernelInfoReply, LanguageInfo
from nbcheck.protocol.jsontext import JsonReader, encode_json


class Text(str):
    pass


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, 2.5, None, True, "é"]}, '{"a":[1,2.5,null,true,"é"]}'),
        ((1, 2), "[1,2]"),
        (10**30, "1" + "0" * 30),
        (b"\x00\xff", '"AP8="'),
        (datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC), '"2024-01-02T03:04:05Z"'),
        (collections.OrderedDict(a=1), '{"a":1}'),
        (Colour.RED, '"red"'),
        (Text("x"), '"x"'),
        (np.str_("x"), '"x"'),
        (np.int64(3), "3"),
        (np.float32(0.5), "0.5"),
        (range(3), "[0,1,2]"),
        ({"a": 1}.keys(), '["a"]'),
        ({1: "a"}, '{"1":"a"}'),
        ({None: 1, True: 2}, '{"null":1,"true":2}'),
        (types.MappingProxyType({"a": 1}), '{"a":1}'),
        ({None: types.MappingProxyType({"a": math.nan})}, '{"null":{"a":null}}'),
        ({None: np.int64(3)}, '{"null":3}'),
        (math.nan, "null"),
        ([math.inf, -math.inf], "[null,null]"),
        (np.float64("nan"), "null"),
        ({"a": "\ud83d", "b": math.nan, "c": b"\x00"}, '{"a":"\\ud83d","b":null,"c":"AA=="}'),
        (["\ud83d", {1, math.inf}], '["\\ud83d",[1,null]]'),
        ("\U0001f600", '"\U0001f600"'),
        (LanguageInfo(name="x"), '{"name":"x","version":"","mimetype":"","file_extension":""}'),
        (LanguageInfo(name="\ud83d"), '{"name":"\\ud83d","version":"","mimetype":"","file_extension":""}'),
    ],
)
def test_encode(value: object, text: str) -> None:
    assert encode_json(value) == text.encode()


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            {"a": object()},
            "a message cannot be written as JSON: an object of type builtins.object is not JSON",
        ),
        (
            {(1, 2): 3},
            "a message cannot be written as JSON: keys must be str, int, float, bool or None, not tuple",
        ),
        (
            {frozenset({1}): 3},
            "a message cannot be written as JSON: keys must be str, int, float, bool or None, not frozenset",
        ),
        (deep(100_000), "a message is nested too deeply to be written as JSON"),
    ],
)
def test_encode_refuses(value: object, reason: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode_json(value)
    assert str(caught.value) == reason


OBJECT = JsonReader(dict[str, Any])


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 1e2}', {"a": 100.0}),
        (b'{"a": 1e999}', {"a": math.inf}),
        (b'{"a": Infinity, "b": -Infinity}', {"a": math.inf, "b": -math.inf}),
        (b'{"a": "\\ud83d"}', {"a": "\ud83d"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": 123456789012345678901}', {"a": 123456789012345678901}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"null", {}),
        (b"[]", {}),
    ],
)
def test_read_object(data: bytes, value: object) -> None:
    assert OBJECT.read(data) == value


def test_read_nan() -> None:
    assert math.isnan(OBJECT.read(b'{"a": NaN}')["a"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (
            b"\xef\xbb\xbf{}",
            "not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)",
        ),
        (b'{"a": "\n"}', "not JSON: Invalid control character at: line 1 column 8 (char 7)"),
        (b"[1]", "Expected `object`, got `array`"),
        (b'"x"', "Expected `object`, got `str`"),
        (b'"\\ud83d"', "a string with half of a surrogate pair is not of the right type"),
        (b'{"a":' * 100_000, "JSON is nested too deeply"),
        (b"[" * 100_000, "JSON is nested too deeply"),
    ],
)
def test_read_refuses(data: bytes, reason: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        OBJECT.read(data)
    assert str(caught.value) == reason


REPLY = JsonReader(ExecuteReply)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"status": "ok", "payload": null, "ename": null}', ExecuteReply(status="ok")),
        ('{"status": "ok", "payload": {}, "user_expressions": []}', ExecuteReply(status="ok")),
        ('{"status": "ok", "execution_count": null}', ExecuteReply(status="ok")),
    ],
)
def test_blanks_mean_the_default(text: str, expected: ExecuteReply) -> None:
    assert REPLY.read(text.encode()) == expected


@pytest.mark.parametrize("status", ["null", "[]", "{}", "0"])
def test_blanks_do_not_stand_for_what_must_be_there(status: str) -> None:
    with pytest.raises(RemoteProtocolError, match=r"^Expected `str`, got `\w+` - at `\$.status`$"):
        REPLY.read(f'{{"status": {status}, "payload": null}}'.encode())


def test_blanks_inside_of_language_info() -> None:
    text = b'{"language_info": {"name": "x", "version": null, "codemirror_mode": []}, "banner": null}'
    assert JsonReader(KernelInfoReply).read(text) == KernelInfoReply(language_info=LanguageInfo(name="x"))


@given(json_values)
def test_what_is_written_is_read(value: object) -> None:
    assert json.loads(encode_json(value)) == value
    assert OBJECT.read(encode_json({"a": value})) == {"a": value}


@given(json_values)
def test_both_ways_of_writing_agree(value: object) -> None:
    text = encode_json(["\ud83d", value])
    assert json.loads(text) == ["\ud83d", value]
    assert text.isascii()
