"""The Jupyter messaging protocol without any I/O: bytes in, messages out, and the reverse."""

from __future__ import annotations

from nbcheck.protocol.connection import ConnectionInfo, parse_connection
from nbcheck.protocol.content import CONTENT_TYPES, Content, msg_type_of
from nbcheck.protocol.conversation import Conversation
from nbcheck.protocol.kernelspec import KernelSpec, parse_kernelspec
from nbcheck.protocol.message import PROTOCOL_VERSION, Header, Message
from nbcheck.protocol.signing import ReplayGuard, Signer
from nbcheck.protocol.wire import DELIMITER, RawMessage, decode, encode, pack, unpack

__all__ = [
    "CONTENT_TYPES",
    "DELIMITER",
    "PROTOCOL_VERSION",
    "ConnectionInfo",
    "Content",
    "Conversation",
    "Header",
    "KernelSpec",
    "Message",
    "RawMessage",
    "ReplayGuard",
    "Signer",
    "decode",
    "encode",
    "msg_type_of",
    "pack",
    "parse_connection",
    "parse_kernelspec",
    "unpack",
]
