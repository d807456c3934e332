"""A blocking client of one kernel."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from nbcheck.errors import KernelDied, KernelStartTimeout
from nbcheck.protocol.connection import ConnectionInfo
from nbcheck.protocol.content import (
    CompleteRequest,
    Content,
    ExecuteRequest,
    HistoryRequest,
    InputReply,
    InputRequest,
    InspectRequest,
    InterruptRequest,
    IsCompleteRequest,
    KernelInfoReply,
    KernelInfoRequest,
    ShutdownRequest,
    Status,
)
from nbcheck.protocol.conversation import Conversation
from nbcheck.protocol.hosting import CONTEXT
from nbcheck.protocol.message import Message
from nbcheck.transport.channels import Channels
from nbcheck.transport.sockets import Context

_ASK_AGAIN = 0.2
"""Seconds between kernel_info requests while iopub is silent: the subscription may not have arrived yet."""
_LAST_MESSAGES = 5.0
"""Seconds in which a front must finish the running request after its executor died: it needs milliseconds."""
_QUIET = 0.2
"""Seconds without a message after which a dead foreign kernel counts as having said everything."""
_CATCH_UP = 0.5
"""Seconds that a question may wait for what was printed before it; a few kernels answer nothing while they ask."""


class Death:
    """How a kernel's process ended, as far as a client has to know. A client without a manager has none."""

    def __init__(
        self, fileno: Callable[[], int], pump: Callable[[], None], died: Callable[[], KernelDied | None]
    ):
        """Tell where to look.

        Args:
            fileno: descriptor that is readable when there may be news.
            pump: takes the news in.
            died: returns the error to raise once the process is gone, else None.
        """
        self.fileno = fileno
        self.pump = pump
        self.died = died


class KernelClient:
    """Talks to one kernel; made by :func:`nbcheck.manager.manager.start_kernel` or for a running one.

    Messages are handed out in the order they arrive, of all channels together; only an input_request comes after
    what the kernel printed before it. Who sends several requests tells their answers apart by ``message.parent_id``.
    """

    def __init__(
        self,
        context: Context,
        connection: ConnectionInfo,
        *,
        name: str = "kernel",
        death: Death | None = None,
        finishes_requests: bool = False,
    ) -> None:
        """Connect.

        Args:
            context: where the sockets live.
            connection: what the connection file says.
            name: kernel name for error texts.
            death: how to learn that the process ended.
            finishes_requests: whether the kernel answers a running request even when its executor dies, as our
                own fronts do.
        """
        session = uuid.uuid4().hex
        self._conversation = Conversation(
            session,
            username="nbcheck",
            new_id=_ids(session),
            clock=lambda: datetime.now(UTC),
        )
        self._channels = Channels(context, connection, session.encode("ascii"))
        self.connection = connection
        self._name = name
        self._death = death
        self._died: KernelDied | None = None
        self._last_until = 0.0
        self._finishes_requests = finishes_requests
        self._waiting: dict[str, set[str]] = {}
        """What each request still waits for: ``reply``, ``idle``."""
        self._question: Message | None = None
        """An input_request that may have overtaken what was printed before it."""
        self._question_until = 0.0
        self._probe: str | None = None
        """A request of our own, sent after the question came; nobody is told of its answers."""
        self.kernel_info: KernelInfoReply | None = None
        """What the kernel said of itself; set by :meth:`wait_ready`."""
        if death is not None:
            self._channels.watch(death.fileno())

    @property
    def session(self) -> str:
        """Session id in the headers of everything this client sends."""
        return self._conversation.session

    # ---- requests

    def execute(
        self,
        code: str,
        *,
        silent: bool = False,
        store_history: bool = True,
        allow_stdin: bool = False,
        stop_on_error: bool = True,
        cell_id: str | None = None,
        context: str = "",
        user_expressions: Mapping[str, str] | None = None,
    ) -> str:
        """Send code to be run.

        Args:
            code: source of a cell.
            silent: no outputs, no history, no count.
            store_history: count the execution and keep it in the history.
            allow_stdin: whether the kernel may ask for input.
            stop_on_error: whether an error aborts the requests sent after this one.
            cell_id: nbformat's id of the cell, passed on in the metadata.
            context: on whose account it is run, for the instrument ``coverage``; passed on likewise.
            user_expressions: evaluated after the code.

        Returns:
            The ``msg_id`` that the answers have as their ``parent_id``.
        """
        content = ExecuteRequest(
            code=code,
            silent=silent,
            store_history=store_history and not silent,
            user_expressions=dict(user_expressions or {}),
            allow_stdin=allow_stdin,
            stop_on_error=stop_on_error,
        )
        metadata = {"cellId": cell_id, CONTEXT: context}
        return self.request(content, metadata={name: value for name, value in metadata.items() if value})

    def complete(self, code: str, cursor_pos: int | None = None) -> str:
        """Ask for completions at a position in code points; None is the end."""
        return self.request(
            CompleteRequest(code=code, cursor_pos=len(code) if cursor_pos is None else cursor_pos)
        )

    def inspect(self, code: str, cursor_pos: int | None = None, detail_level: int = 0) -> str:
        """Ask what the name at a position is."""
        position = len(code) if cursor_pos is None else cursor_pos
        return self.request(InspectRequest(code=code, cursor_pos=position, detail_level=detail_level))

    def is_complete(self, code: str) -> str:
        """Ask whether code can be run as it is."""
        return self.request(IsCompleteRequest(code=code))

    def history(self, content: HistoryRequest) -> str:
        """Ask for earlier inputs."""
        return self.request(content)

    def input(self, value: str) -> None:
        """Answer the kernel's input_request."""
        self._channels.send(self._conversation.message("stdin", InputReply(value=value)))

    def request_interrupt(self) -> str:
        """Ask on the control channel for an interrupt; for kernelspecs with ``interrupt_mode: message``."""
        return self.request(InterruptRequest(), channel="control")

    def request_shutdown(self, *, restart: bool = False) -> str:
        """Ask on the control channel for a shutdown."""
        return self.request(ShutdownRequest(restart=restart), channel="control")

    def request(
        self, content: Content, *, channel: str = "shell", metadata: Mapping[str, Any] | None = None
    ) -> str:
        """Send any request, or a comm message, to which there is no reply; return its ``msg_id``."""
        message = self._conversation.message(channel, content, metadata=dict(metadata or {}))
        has_reply = message.msg_type.endswith("_request")
        self._waiting[message.header.msg_id] = {"reply", "idle"} if has_reply else {"idle"}
        self._channels.send(message)
        return message.header.msg_id

    # ---- answers

    def next_message(self, deadline: float | None = None) -> Message | None:
        """Return the next message that arrived on any channel, waiting for one.

        Args:
            deadline: on :func:`time.monotonic`; None waits for ever.

        Returns:
            The message; None when the deadline passed.

        Raises:
            KernelDied: the kernel's process has ended and every message it left has been handed out.
        """
        while True:
            message = self._take()
            if message is not None:
                return message
            now = time.monotonic()
            limits = [] if deadline is None else [deadline]
            if self._died is not None:
                if now >= self._last_until or (self._finishes_requests and not self._waiting):
                    raise self._died
                limits.append(self._last_until)
            if self._question is not None:
                limits.append(self._question_until)
            if deadline is not None and now >= deadline:
                # Messages that are here by now count as in time.
                self._wait(0)
                return self._take()
            self._wait(max(0.0, min(limits) - now) if limits else None)

    def wait_ready(self, timeout: float) -> KernelInfoReply:
        """Wait until the kernel answers and its iopub reaches us.

        Args:
            timeout: seconds.

        Returns:
            What the kernel says of itself; also in :attr:`kernel_info`.

        Raises:
            KernelStartTimeout: it does not in time.
            KernelDied: its process ended.
        """
        deadline = time.monotonic() + timeout
        hears_iopub = False
        asked = {self.request(KernelInfoRequest())}
        ask_at = time.monotonic() + _ASK_AGAIN
        while self.kernel_info is None or not hears_iopub:
            now = time.monotonic()
            if now >= deadline:
                raise KernelStartTimeout(self._name, timeout)
            message = self.next_message(min(deadline, ask_at))
            if message is None:
                # Only while iopub is silent: a kernel that is slow to start would be asked over and over.
                if self.kernel_info is not None and not hears_iopub:
                    asked.add(self.request(KernelInfoRequest()))
                ask_at = time.monotonic() + _ASK_AGAIN
            elif message.channel == "iopub":
                hears_iopub = True
            elif isinstance(message.content, KernelInfoReply) and message.parent_id in asked:
                self.kernel_info = message.content
        # What was asked more than once is answered more than once: nobody waits for the rest.
        for msg_id in asked:
            self._waiting.pop(msg_id, None)
        return self.kernel_info

    def close(self) -> None:
        """Close the sockets; the kernel lives on."""
        self._channels.close()

    def _take(self) -> Message | None:
        """Return the next message that is here and in order."""
        while (message := self._channels.take()) is not None:
            self._note(message)
            if isinstance(message.content, InputRequest):
                self._hold(message)
            elif message.parent_id != self._probe:
                return message
            elif self._question is not None and _is_idle(message):
                return self._release()
        is_late = self._question is not None and time.monotonic() >= self._question_until
        return self._release() if is_late else None

    def _hold(self, question: Message) -> None:
        """Keep a question until iopub has caught up with stdin: nothing orders one socket against another.

        The idle that belongs to a request sent now is published after all that was printed before the question.
        """
        # A question that is still held when the next one comes is given up: the kernel was interrupted.
        self._question = question
        self._question_until = time.monotonic() + _CATCH_UP
        self._probe = self.request(KernelInfoRequest(), channel="control")

    def _release(self) -> Message | None:
        question, self._question = self._question, None
        # A kernel that has not answered yet may never do so.
        self._waiting.pop(self._probe or "", None)
        return question

    def _note(self, message: Message) -> None:
        """Keep the account of what is still to come; a message of a type without reply is done with its idle."""
        waiting = self._waiting.get(message.parent_id)
        if waiting is None:
            return
        if message.channel in ("shell", "control"):
            waiting.discard("reply")
        elif _is_idle(message):
            waiting.discard("idle")
        if not waiting:
            del self._waiting[message.parent_id]

    def _wait(self, seconds: float | None) -> None:
        ready = self._channels.wait(seconds)
        if self._death is None or self._died is not None:
            return
        if ready:
            self._death.pump()
        died = self._death.died()
        if died is not None:
            self._died = died
            # Nobody knows the code of a kernel whose host died with it; then nothing more will come either.
            self._finishes_requests = self._finishes_requests and died.returncode is not None
            patience = _LAST_MESSAGES if self._finishes_requests else _QUIET
            self._last_until = time.monotonic() + patience
            self._channels.forget(self._death.fileno())


def _is_idle(message: Message) -> bool:
    return isinstance(message.content, Status) and message.content.execution_state == "idle"


def _ids(session: str) -> Callable[[], str]:
    """Message ids as jupyter_client makes them: session, process, count."""
    pid = os.getpid()
    count = 0

    def new_id() -> str:
        nonlocal count
        count += 1
        return f"{session}_{pid}_{count}"

    return new_id
