"""``get_ipython().kernel``: what libraries look for there, and expect of it.

Its names are ipykernel's, since libraries were written against that: ipywidgets takes the parent from
``get_parent``, pandas and tqdm take a shell with this attribute for a notebook, others send messages of their own
with ``session.send`` or ``send_response``.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from nbcheck.kernel.interpreter import Host, Request
from nbcheck.protocol.jsontext import encode_json

if TYPE_CHECKING:
    from nbcheck.kernel.python.comms import CommManager
    from nbcheck.kernel.python.zmqshell import ZMQInteractiveShell

# Any: messages are the plain dicts of jupyter_client, of whatever shape libraries make them.
Msg = dict[str, Any]


class Session:
    """Stand-in for ``jupyter_client.session.Session``: whatever is sent is published."""

    def __init__(self, kernel: Kernel) -> None:
        """Publish through ``kernel``."""
        self._kernel = kernel
        self.session = uuid.uuid4().hex

    def msg(
        self,
        msg_type: str,
        content: Mapping[str, Any] | None = None,
        parent: Mapping[str, Any] | None = None,
        header: Msg | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Msg:
        """Return a message as a dict; ``parent`` is a message or the header of one."""
        header = header or {"msg_id": uuid.uuid4().hex, "msg_type": msg_type, "session": self.session}
        return {
            "header": header,
            "msg_id": header["msg_id"],
            "msg_type": header["msg_type"],
            "parent_header": extract_header(parent),
            "content": {} if content is None else content,
            "metadata": {} if metadata is None else metadata,
        }

    def send(
        self,
        stream: object,
        msg_or_type: Msg | str,
        content: Mapping[str, Any] | None = None,
        parent: Mapping[str, Any] | None = None,
        ident: object = None,
        buffers: Sequence[bytes | memoryview] | None = None,
        track: bool = False,
        header: Msg | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Msg:
        """Publish a message, and return it; ``stream``, ``ident`` and ``track`` mean nothing here."""
        if isinstance(msg_or_type, str):
            message = self.msg(msg_or_type, content, parent, header, metadata)
        else:
            message = msg_or_type
            buffers = buffers or message.get("buffers")
        parent_header = message.get("parent_header")
        self._kernel.host.publish(
            message["msg_type"],
            message["content"],
            metadata=message.get("metadata"),
            buffers=buffers or (),
            parent=encode_json(parent_header) if parent_header else None,
        )
        return message


class Kernel:
    """The kernel as libraries see it."""

    implementation = "ipython"
    ident = ""
    shell_stream = None
    control_stream = None
    eventloop = None
    iopub_socket = object()
    """Stands for iopub where a socket is asked for; only compared."""

    shell: ZMQInteractiveShell
    """Set when the shell is made, which needs this object first."""
    host: Host
    """Set when the interpreter is bound."""
    comm_manager: CommManager
    """Set when the interpreter is bound."""

    def __init__(self, language_info: Msg) -> None:
        """Make the kernel of a shell that is to be made."""
        self.language_info = language_info
        self.session = Session(self)
        self.log = logging.getLogger("nbcheck.kernel")
        self._pinned: ContextVar[Request | None] = ContextVar("nbcheck_pinned_request", default=None)

    def publish(
        self,
        msg_type: str,
        content: Mapping[str, Any],
        *,
        metadata: Mapping[str, Any] | None = None,
        buffers: Sequence[bytes | memoryview] = (),
    ) -> None:
        """Publish a message that belongs to the current parent."""
        self.host.publish(
            msg_type, content, metadata=metadata, buffers=buffers, parent=self._parent_request.header
        )

    @property
    def _parent_request(self) -> Request:
        return self._pinned.get() or self.host.request

    @property
    def _parent_header(self) -> Msg:
        return self.get_parent()

    def get_parent(self, channel: str = "shell") -> Msg:
        """Return the request that what is published now belongs to."""
        return self._parent_request.message

    def set_parent(self, ident: object, parent: Msg, channel: str = "shell") -> None:
        """Let what is published from now on belong to another request."""
        self.host.request = self._request_of(parent)

    def pin_parent(self, parent: Msg) -> Token[Request | None]:
        """Let what the calling thread publishes belong to a request."""
        return self._pinned.set(self._request_of(parent))

    def unpin_parent(self, token: Token[Request | None]) -> None:
        """Undo :meth:`pin_parent`."""
        self._pinned.reset(token)

    def _request_of(self, parent: Msg) -> Request:
        current = self.host.request
        if parent is current.message:
            return current
        request = Request(parent.get("msg_type", ""), encode_json(extract_header(parent)))
        request.__dict__["message"] = parent
        return request

    def send_response(
        self,
        stream: object,
        msg_or_type: Msg | str,
        content: Mapping[str, Any] | None = None,
        ident: object = None,
        buffers: Sequence[bytes | memoryview] | None = None,
        track: bool = False,
        header: Msg | None = None,
        metadata: Mapping[str, Any] | None = None,
        channel: str = "shell",
    ) -> Msg:
        """Publish a message that belongs to the current parent."""
        parent = self.get_parent()
        return self.session.send(
            stream, msg_or_type, content, parent, ident, buffers, track, header, metadata
        )

    def raw_input(self, prompt: str = "") -> str:
        """Ask for a line as ``input()`` does."""
        return input(prompt)


def extract_header(parent: Mapping[str, Any] | None) -> Msg:
    """Return the header of a message, or of what is one already."""
    if not parent:
        return {}
    # What has no header is one itself.
    header: Msg = parent.get("header", parent)
    return header
