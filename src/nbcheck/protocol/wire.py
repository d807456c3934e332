"""Messages as ZeroMQ carries them: a list of frames.

::

    identities...  <IDS|MSG>  signature  header  parent_header  metadata  content  buffers...

Reading takes two steps, because nothing may be believed before it is verified: :func:`unpack` finds the
parts and checks the signature over their bytes, :func:`decode` reads the JSON. Writing is the reverse,
:func:`encode` and :func:`pack`. A process that only passes messages on does the outer step alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbcheck.errors import RemoteProtocolError
from nbcheck.protocol.content import decode_content, encode_content
from nbcheck.protocol.jsontext import JsonObject, JsonReader, encode_json
from nbcheck.protocol.message import Header, Message
from nbcheck.protocol.signing import ReplayGuard, Signer

DELIMITER = b"<IDS|MSG>"
"""The frame between the routing identities and the message."""

_FIXED_FRAMES = 5  # signature and the four signed parts
_EMPTY_OBJECT = b"{}"
_header_reader = JsonReader(Header)
_object_reader: JsonReader[JsonObject] = JsonReader(JsonObject)


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message whose signature was checked or is yet to be made, its JSON unread."""

    identities: tuple[bytes, ...]
    """Routing identities of ZeroMQ, or on iopub the topic; outermost first."""
    header: bytes
    """JSON object."""
    parent_header: bytes
    """JSON object; ``{}`` when there is no parent."""
    metadata: bytes
    """JSON object."""
    content: bytes
    """JSON object."""
    buffers: tuple[bytes, ...] = ()
    """Binary attachments, not signed."""


def unpack(frames: Sequence[bytes], signer: Signer, guard: ReplayGuard | None = None) -> RawMessage:
    """Find the parts of a received message and verify its signature.

    Args:
        frames: the multipart message.
        signer: has the connection's key.
        guard: refuses what was received before; None where ZeroMQ or the key cannot tell copies apart.

    Raises:
        RemoteProtocolError: there is no delimiter, a frame is missing, the signature is wrong, or the message
            is a repetition.
    """
    try:
        start = frames.index(DELIMITER) + 1
    except ValueError:
        raise RemoteProtocolError(f"no frame {DELIMITER.decode()} among {len(frames)} frames") from None
    if len(frames) - start < _FIXED_FRAMES:
        raise RemoteProtocolError(
            f"{len(frames) - start} frames after {DELIMITER.decode()}, at least {_FIXED_FRAMES} are needed"
        )
    end = start + _FIXED_FRAMES
    signature, header, parent_header, metadata, content = frames[start:end]
    if not signer.verify(signature, (header, parent_header, metadata, content)):
        raise RemoteProtocolError("signature is wrong" if signature else "message is not signed")
    # Without a key every signature is empty, and none tells a repetition from a new message.
    if guard is not None and signature and not guard.admit(signature):
        raise RemoteProtocolError("message was received before")
    identities = tuple(frames[: start - 1])
    return RawMessage(identities, header, parent_header, metadata, content, tuple(frames[end:]))


def pack(raw: RawMessage, signer: Signer) -> list[bytes]:
    """Sign a message and lay out its frames."""
    parts = (raw.header, raw.parent_header, raw.metadata, raw.content)
    return [*raw.identities, DELIMITER, signer.sign(parts), *parts, *raw.buffers]


def decode(raw: RawMessage, channel: str) -> Message:
    """Read the JSON of a verified message.

    Args:
        raw: what :func:`unpack` returned.
        channel: where it was received: ``shell``, ``control``, ``iopub`` or ``stdin``.

    Raises:
        RemoteProtocolError: a part is no JSON or not of the shape the specification gives it; the text names
            the channel, the message type and the part.
    """
    part, msg_type = "header", "a message"
    try:
        header = _header_reader.read(raw.header)
        part, msg_type = "parent_header", header.msg_type
        parent_header = decode_parent_header(raw.parent_header)
        part = "metadata"
        metadata = {} if raw.metadata == _EMPTY_OBJECT else _object_reader.read(raw.metadata)
        part = "content"
        content = decode_content(msg_type, raw.content)
    except RemoteProtocolError as error:
        raise RemoteProtocolError(f"{part} of {msg_type} on {channel}: {error}") from None
    return Message(channel, header, parent_header, metadata, content, raw.buffers)


def decode_header(data: bytes) -> Header:
    """Read a header alone, as needed to pass a message on.

    Raises:
        RemoteProtocolError: it is no JSON, or without ``msg_id`` or ``msg_type``.
    """
    return _header_reader.read(data)


def decode_parent_header(data: bytes) -> Header | None:
    """Read a parent header; None when there is no parent: an object without a ``msg_id``, or null.

    Raises:
        RemoteProtocolError: it is no JSON, or neither a header nor empty.
    """
    if data == _EMPTY_OBJECT:
        return None
    try:
        return _header_reader.read(data)
    except RemoteProtocolError:
        # Some kernels send null, some `{ }`, and jupyter_client once sent an object of empty strings.
        if not _object_reader.read(data).get("msg_id"):
            return None
        raise


def encode(message: Message, identities: Sequence[bytes] = ()) -> RawMessage:
    """Write the JSON of a message.

    Args:
        message: what to send.
        identities: routing identities of the receiver, or the topic on iopub.

    Raises:
        LocalProtocolError: metadata or content hold something that JSON cannot.
    """
    parent = message.parent_header
    return RawMessage(
        tuple(identities),
        encode_json(message.header),
        _EMPTY_OBJECT if parent is None else encode_json(parent),
        encode_json(message.metadata) if message.metadata else _EMPTY_OBJECT,
        encode_content(message.content),
        message.buffers,
    )
