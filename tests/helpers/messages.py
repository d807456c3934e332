"""Hypothesis strategies for messages, made from the types of the content classes."""

from __future__ import annotations

import functools
import types
import typing
from typing import Any

import msgspec
from hypothesis import strategies as st

from nbcheck.protocol.content import CONTENT_TYPES, Content, IsCompleteReply, Reply, Unknown, msg_type_of
from nbcheck.protocol.message import Header, Message

ids = st.text("0123456789abcdef-", min_size=1, max_size=36)
# A lone surrogate is not Unicode, but Python's strings and JSON's escapes can hold it. Only high ones, since a
# pair is one character once it has been through JSON.
surrogates = st.characters(min_codepoint=0xD800, max_codepoint=0xDBFF, categories=["Cs"])
texts = st.text(max_size=20) | st.text(surrogates | st.sampled_from("ab\n"), max_size=3)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(texts, json_values, max_size=4)
buffers = st.lists(st.binary(max_size=20), max_size=3).map(tuple)


@functools.cache
def _values(type_: Any) -> st.SearchStrategy[Any]:
    """Values of a type as the content classes write them."""
    simple = {
        str: texts,
        int: st.integers(-(2**63), 2**63 - 1),
        bool: st.booleans(),
        types.NoneType: st.none(),
        msgspec.UnsetType: st.just(msgspec.UNSET),
        Any: json_values,
    }
    if type_ in simple:
        return simple[type_]
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return structs(type_)
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*[_values(argument) for argument in arguments])
    if origin is list:
        return st.lists(_values(arguments[0]), max_size=3)
    if origin is tuple:
        return st.tuples(*[_values(argument) for argument in arguments])
    assert origin is dict
    return st.dictionaries(_values(arguments[0]), _values(arguments[1]), max_size=3)


def structs(type_: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of a struct with any values in its fields."""
    hints = typing.get_type_hints(type_)
    return st.builds(type_, **{name: _values(hints[name]) for name in type_.__struct_fields__})


def _as_sent(content: Content) -> Content:
    """The content with only those members that its status allows; the others are not written."""
    match content:
        case Reply(status="ok"):
            return msgspec.structs.replace(content, ename="", evalue="", traceback=[])
        case Reply(status="error"):
            kept = {"status", "ename", "evalue", "traceback"}
        case Reply():
            kept = {"status"}
        case IsCompleteReply(status="incomplete"):
            return content
        case IsCompleteReply():
            kept = {"status"}
        case _:
            return content
    kept |= {"execution_count"} & set(content.__struct_fields__)
    return type(content)(**{name: getattr(content, name) for name in kept})


def _contents_of(type_: type[Content]) -> st.SearchStrategy[Content]:
    if issubclass(type_, Reply):
        statuses = st.sampled_from(["ok", "error", "aborted"])
    elif type_ is IsCompleteReply:
        statuses = st.sampled_from(["complete", "incomplete", "invalid", "unknown"])
    else:
        return structs(type_)
    replaced = st.builds(
        lambda content, status: msgspec.structs.replace(content, status=status), structs(type_), statuses
    )
    return replaced.map(_as_sent)


unknown_contents = st.builds(Unknown, data=json_objects, msg_type=ids.map("x_{}".format))
contents = st.one_of(*[_contents_of(type_) for type_ in CONTENT_TYPES.values()], unknown_contents)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Messages of every type, on any channel, with and without a parent."""
    content = draw(contents)
    header = msgspec.structs.replace(draw(structs(Header)), msg_type=msg_type_of(content))
    return Message(
        draw(st.sampled_from(["shell", "control", "iopub", "stdin"])),
        header,
        draw(st.none() | structs(Header)),
        draw(json_objects),
        content,
        draw(buffers),
    )
