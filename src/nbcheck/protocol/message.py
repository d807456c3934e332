"""A message: a header, the header of what it answers, metadata, content and buffers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from nbcheck.protocol.content import Content

PROTOCOL_VERSION = "5.5"
"""Version of the messaging protocol in the headers that we make."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Who says what to whom, and when."""

    msg_id: str
    """Unique id of the message."""
    msg_type: str
    """Message type, a key of :data:`~nbcheck.protocol.content.CONTENT_TYPES` or something unknown."""
    session: str = ""
    """Id of the sender's session."""
    username: str = ""
    """Who sent it."""
    date: str = ""
    """When it was made, ISO 8601."""
    version: str = ""
    """Version of the messaging protocol that the sender follows."""
    subshell_id: str | UnsetType | None = UNSET
    """Which subshell is to handle it (JEP 91); None and unset mean the main one."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the Jupyter protocol, read and checked."""

    channel: str
    """``shell``, ``control``, ``iopub`` or ``stdin``."""
    header: Header
    """Its own header."""
    parent_header: Header | None
    """Header of the request it belongs to; None when it belongs to none."""
    metadata: dict[str, Any]
    """Whatever else, such as ``cellId``."""
    content: Content
    """What it says."""
    buffers: tuple[bytes, ...] = field(default=())
    """Binary attachments; not signed."""

    @property
    def msg_type(self) -> str:
        """Its message type."""
        return self.header.msg_type

    @property
    def parent_id(self) -> str:
        """The ``msg_id`` of the request it belongs to; empty when it belongs to none."""
        return self.parent_header.msg_id if self.parent_header is not None else ""
