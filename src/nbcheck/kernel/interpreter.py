"""What an interpreter is: the part of a kernel that knows a language. The executor around it knows the rest.

A package of interpreters, ``nbcheck.kernel.<name>``, has a module ``interpreter`` with a function::

    def prepare() -> Interpreter: ...

It does all that is the same for every kernel, such as imports, and may be called in a process from which kernels
are forked later. So it must not start threads, open descriptors, or look at the environment, the working directory
or the standard streams; ``bind`` may.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any, Protocol, TypeVar

from nbcheck.kernel.link import Configuration
from nbcheck.protocol.content import (
    CommClose,
    CommInfoReply,
    CommInfoRequest,
    CommMsg,
    CommOpen,
    CompleteReply,
    CompleteRequest,
    ExecuteReply,
    ExecuteRequest,
    HistoryReply,
    HistoryRequest,
    InspectReply,
    InspectRequest,
    IsCompleteReply,
    IsCompleteRequest,
    KernelInfoReply,
)
from nbcheck.protocol.jsontext import JsonReader

T = TypeVar("T")

# Any: JSON of any shape.
_read_object = JsonReader(dict[str, Any]).read


def describe_value(error: BaseException) -> str:
    """Return ``str(error)``, also when its class is broken."""
    try:
        return str(error)
    except BaseException:  # whatever user code raises there
        return f"<unprintable {class_name(type(error))} object>"


def class_name(cls: type) -> str:
    """Return the name of a class, whatever its metaclass says."""
    name: str = type.__dict__["__name__"].__get__(cls)
    return name


class Request:
    """A request as it came, read as far as somebody asks."""

    def __init__(
        self,
        msg_type: str,
        header: bytes = b"{}",
        metadata: bytes = b"{}",
        content: bytes = b"{}",
        buffers: Sequence[bytes] = (),
    ) -> None:
        """Keep the parts of the message, three JSON objects and the buffers."""
        self.msg_type = msg_type
        self.header = header
        self.content = content
        self.buffers = tuple(buffers)
        self._metadata = metadata

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """Its metadata, such as ``cellId``.

        Raises:
            RemoteProtocolError: it is no JSON object.
        """
        return _read_object(self._metadata) if self._metadata != b"{}" else {}

    @cached_property
    def message(self) -> dict[str, Any]:
        """The message as the dict that Jupyter libraries know.

        Raises:
            RemoteProtocolError: a part is no JSON object.
        """
        header = _read_object(self.header)
        return {
            "header": header,
            "msg_id": header.get("msg_id", ""),
            "msg_type": header.get("msg_type", self.msg_type),
            "parent_header": {},
            "metadata": self.metadata,
            "content": _read_object(self.content),
            "buffers": [memoryview(buffer) for buffer in self.buffers],
        }


class Host(Protocol):
    """What the executor does for an interpreter."""

    reply_metadata: dict[str, Any]
    """Metadata of the reply to the request being handled, beside its status."""
    request: Request
    """The request being handled, or the last one: what is published belongs to it. May be set."""

    @property
    def is_forked(self) -> bool:
        """Whether this process is a child that user code forked; whatever it publishes is dropped."""

    def publish(
        self,
        msg_type: str,
        content: Mapping[str, Any],
        *,
        metadata: Mapping[str, Any] | None = None,
        buffers: Sequence[bytes | memoryview] = (),
        parent: bytes | None = None,
    ) -> None:
        """Send a message to all front-ends.

        Args:
            msg_type: its type, such as ``display_data``.
            content: its content; any JSON.
            metadata: its metadata.
            buffers: binary attachments.
            parent: JSON of the header it belongs to; None for that of :attr:`request`.

        Raises:
            LocalProtocolError: content or metadata cannot be written as JSON, or the type is no name.
        """

    def ask(self, prompt: str, *, password: bool) -> str:
        """Ask the front-end that sent the request for a line, and wait for it.

        Raises:
            EOFError: the kernel is leaving.
            RuntimeError: called from another thread or process than the executor's.
        """

    def user_code(self) -> AbstractContextManager[None]:
        """Let interrupts through inside a block: it may be left by KeyboardInterrupt at any place."""

    async def await_user_code(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await with interrupts let through.

        Raises:
            KeyboardInterrupt: it was interrupted.
        """

    def leave(self) -> None:
        """End the kernel once the request being handled is replied to."""


class Interpreter(Protocol):
    """Runs code of one language. Methods may raise: that becomes an error reply."""

    def bind(self, configuration: Configuration, host: Host) -> None:
        """Become this kernel's; called once, before anything below."""

    def kernel_info(self) -> KernelInfoReply:
        """Say what the kernel is."""

    async def execute(self, request: ExecuteRequest) -> ExecuteReply:
        """Run code; publishes execute_input first."""

    def complete(self, request: CompleteRequest) -> CompleteReply:
        """Complete what stands before the cursor."""

    def inspect(self, request: InspectRequest) -> InspectReply:
        """Describe what stands at the cursor."""

    def is_complete(self, request: IsCompleteRequest) -> IsCompleteReply:
        """Say whether code is ready to be run."""

    def history(self, request: HistoryRequest) -> HistoryReply:
        """Return earlier inputs."""

    def comm_info(self, request: CommInfoRequest) -> CommInfoReply:
        """Return the open comms."""

    def handle_comm(self, message: CommOpen | CommMsg | CommClose) -> None:
        """Take a comm message; the whole of it is ``host.request``."""

    def shutdown(self) -> None:
        """End what was started for this kernel; atexit handlers run after it."""
