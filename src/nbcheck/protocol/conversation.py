"""One side of a conversation: makes messages with fresh headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from nbcheck.protocol.content import Content, msg_type_of
from nbcheck.protocol.message import PROTOCOL_VERSION, Header, Message


class Conversation:
    """Makes the messages of one session."""

    def __init__(
        self,
        session: str,
        *,
        username: str = "",
        new_id: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        """Begin.

        Args:
            session: id of the session; ``""`` takes a new one.
            username: who speaks.
            new_id: gives an id that was never given before.
            clock: gives the present time, aware of its time zone.
        """
        self.session = session or new_id()
        self.username = username
        self._new_id = new_id
        self._clock = clock

    def new_session(self) -> str:
        """Go on under a new session id, as after a restart, and return it."""
        self.session = self._new_id()
        return self.session

    def header(self, msg_type: str) -> Header:
        """Make the header of a new message."""
        return Header(
            msg_id=self._new_id(),
            msg_type=msg_type,
            session=self.session,
            username=self.username,
            # jupyter_client writes UTC with a Z, and some front-ends read no other form.
            date=self._clock().isoformat().replace("+00:00", "Z"),
            version=PROTOCOL_VERSION,
        )

    def message(
        self,
        channel: str,
        content: Content,
        *,
        parent: Header | None = None,
        # Any: metadata is whatever JSON the sender chose.
        metadata: dict[str, Any] | None = None,
        buffers: Sequence[bytes] = (),
    ) -> Message:
        """Make a new message.

        Args:
            channel: where it will be sent: ``shell``, ``control``, ``iopub`` or ``stdin``.
            content: what it says; its class gives the message type.
            parent: header of the request it belongs to.
            metadata: whatever else.
            buffers: binary attachments.

        Raises:
            LocalProtocolError: the content does not tell its message type.
        """
        header = self.header(msg_type_of(content))
        return Message(channel, header, parent, metadata or {}, content, tuple(buffers))
