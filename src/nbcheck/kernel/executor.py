"""The executor: the process of a kernel that runs user code.

One thread, one socketpair, two output pipes. An asyncio loop runs for as long as the kernel does. Each request is a
task on it, so that user code finds a running loop, and tasks that one cell leaves behind go on while later cells
await and between cells. The socketpair is read when the loop is free, and synchronously while ``input()`` waits.

Started as ``python -m nbcheck.kernel.executor FD``; :mod:`nbcheck.kernel.template` forks the same from a process
that has done the imports.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import faulthandler
import gc
import importlib
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import msgspec

from nbcheck.errors import LocalProtocolError
from nbcheck.kernel.endpoint import Endpoint, give_up, leave_child
from nbcheck.kernel.interpreter import Interpreter, Request, class_name, describe_value
from nbcheck.kernel.interrupts import Interrupts
from nbcheck.kernel.link import Configuration, Frame, Op
from nbcheck.kernel.streams import Streams
from nbcheck.protocol.content import (
    Content,
    ExecuteReply,
    InputReply,
    Reply,
    decode_content,
    encode_content,
)
from nbcheck.protocol.jsontext import encode_json

T = TypeVar("T")

_LEAVE_GRACE = 1.0
"""Seconds that tasks of user code get to handle their cancellation when the kernel is shut down."""


_MAX_FAILURES = 20
"""Times that what must be done is tried: a signal handler of user code may raise anywhere, but not every time."""
_ATTEMPTS = range(_MAX_FAILURES)


_MSG_TYPE = re.compile(r"[\w.:/-]+", re.ASCII)


class Executor:
    """Handles requests one after the other; the :class:`~nbcheck.kernel.interpreter.Host` of its interpreter."""

    def __init__(self, endpoint: Endpoint, interpreter: Interpreter, interrupts: Interrupts) -> None:
        """Put the parts together; :meth:`run` starts them."""
        self.request = Request("")
        self.reply_metadata: dict[str, Any] = {}
        self._endpoint = endpoint
        self._interpreter = interpreter
        self._interrupts = interrupts
        self._loop = asyncio.new_event_loop()
        # One context for all requests: what a cell sets in a ContextVar is there in the next.
        self._context = contextvars.copy_context()
        self._task: asyncio.Task[None] | None = None
        self._is_leaving = False
        self._has_lost_front = False
        self._replies = 0  # sent before the request being handled
        self._failures = 0  # of reading frames, since it went well
        self._handlers: dict[str, Callable[[Any], Any]] = {
            "execute_request": interpreter.execute,
            "complete_request": interpreter.complete,
            "inspect_request": interpreter.inspect,
            "is_complete_request": interpreter.is_complete,
            "history_request": interpreter.history,
            "comm_info_request": interpreter.comm_info,
            "comm_open": interpreter.handle_comm,
            "comm_msg": interpreter.handle_comm,
            "comm_close": interpreter.handle_comm,
        }

    def run(self, configuration: Configuration) -> None:
        """Be a kernel until the front says EXIT or goes away."""
        asyncio.set_event_loop(self._loop)
        # Before all handlers that user code registers, and so called after them: they may still use the loop.
        atexit.register(self._loop.close)
        self._interpreter.bind(configuration, self)
        info = msgspec.json.decode(encode_content(self._interpreter.kernel_info()))
        del info["status"]
        self._endpoint.send(Op.READY, [encode_json(info)])
        self._loop.add_reader(self._endpoint.fileno(), self._on_readable)
        # What is there now stays: the collector need not look at it again each time user code makes garbage.
        gc.freeze()
        gc.enable()
        while not self._is_leaving:
            try:
                self._loop.run_forever()
            except (KeyboardInterrupt, SystemExit):
                # Raised in a task that user code left behind; asyncio passes these on to whoever runs the loop.
                continue
            except:  # noqa: E722 - as in _handle
                self._give_up()
        if not self._has_lost_front:
            self._cancel_tasks()
        self._interpreter.shutdown()

    # ---- Host

    @property
    def is_forked(self) -> bool:
        """Whether this process is a child that user code forked."""
        return self._endpoint.is_forked

    def publish(
        self,
        msg_type: str,
        content: Mapping[str, Any],
        *,
        metadata: Mapping[str, Any] | None = None,
        buffers: Sequence[bytes | memoryview] = (),
        parent: bytes | None = None,
    ) -> None:
        """Send a message to all front-ends."""
        # The front writes it into headers and topics as it is.
        if _MSG_TYPE.fullmatch(msg_type) is None:
            raise LocalProtocolError(f"{msg_type!r} is no message type")
        parts = [
            self.request.header if parent is None else parent,
            encode_json(metadata) if metadata else b"{}",
            encode_json(content),
            *(bytes(buffer) for buffer in buffers),
        ]
        self._endpoint.send(Op.PUBLISH, parts, msg_type=msg_type)

    def ask(self, prompt: str, *, password: bool) -> str:
        """Ask the front-end that sent the request for a line, and wait for it."""
        if self.is_forked or threading.current_thread() is not threading.main_thread():
            raise RuntimeError("input() works only in the main thread of the kernel itself")
        with self._interrupts.held():
            self._endpoint.drop_stale_replies()
        content = encode_json({"prompt": prompt, "password": password})
        self._endpoint.send(Op.INPUT_REQUEST, [self.request.header, b"{}", content], msg_type="input_request")
        frame = self._wait_for_frame()
        if frame is None or frame.op is not Op.INPUT_REPLY:
            self._take(frame)
            raise EOFError("the kernel is being shut down")
        reply = decode_content("input_reply", frame.parts[2])
        return reply.value if isinstance(reply, InputReply) else ""

    def _wait_for_frame(self) -> Frame | None:
        while not self._endpoint.inbox:
            # An interrupt ends the waiting. It must not come between taking bytes from the link and keeping them.
            self._endpoint.wait()
            with self._interrupts.held():
                if not self._endpoint.read(wait=False):
                    return None
        return self._endpoint.inbox.popleft()

    def user_code(self) -> AbstractContextManager[None]:
        """Let interrupts through inside a block."""
        return self._interrupts

    async def await_user_code(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await with interrupts let through."""
        return await self._interrupts.run(coroutine)

    def leave(self) -> None:
        """End the kernel once the request being handled is replied to."""
        self._is_leaving = True

    # ---- frames

    def _on_readable(self) -> None:
        try:
            self._read_frames()
        except:  # noqa: E722 - as in _handle
            # The loop calls again at once.
            self._failures += 1
            if self._failures == _MAX_FAILURES:
                self._give_up()
        else:
            self._failures = 0

    def _read_frames(self) -> None:
        if self.is_forked:
            leave_child(0)
        # Without waiting: when a task breaks out of the loop, asyncio may call this twice for one arrival.
        is_open = True
        try:
            is_open = self._endpoint.read(wait=False)
        finally:  # a signal handler of user code may raise anywhere
            while self._endpoint.inbox:
                self._take(self._endpoint.inbox.popleft())
        if not is_open:
            self._take(None)

    def _take(self, frame: Frame | None) -> None:
        """Act on a frame; None stands for the end of the link."""
        if frame is not None and frame.op is Op.REQUEST:
            self._task = self._loop.create_task(self._handle(frame), context=self._context)
        elif frame is None or frame.op is Op.EXIT:
            self._has_lost_front = frame is None
            self._is_leaving = True
            self._loop.stop()
        # Anything else is an INPUT_REPLY that came too late.

    async def _handle(self, frame: Frame) -> None:
        try:
            await self._handle_request(frame)
        except:  # noqa: E722 - a name would be looked up in builtins, which user code may have emptied
            self._reply_after_all(frame)

    def _reply_after_all(self, frame: Frame) -> None:
        """Reply to a request whose handling was broken off outside of user code."""
        for _attempt in _ATTEMPTS:
            try:
                self._interrupts.end()
                if self._endpoint.replies == self._replies:
                    error = sys.exc_info()[1] or RuntimeError()
                    self._reply(frame.msg_type, _describe(error, frame.msg_type))
                self._endpoint.flush()
                return
            except:  # noqa: E722, S112 - as in _handle
                continue
        self._give_up()

    async def _handle_request(self, frame: Frame) -> None:
        header, metadata, content, *buffers = frame.parts
        self.request = Request(frame.msg_type, header, metadata, content, buffers)
        self.reply_metadata = {}
        self._replies = self._endpoint.replies
        self._interrupts.begin()
        reply = await self._answer(frame.msg_type, content)
        self._interrupts.end()
        if self.is_forked:
            leave_child(int(isinstance(reply, Reply) and reply.status != "ok"))
        try:
            self._reply(frame.msg_type, reply)
        except LocalProtocolError as error:  # user code made something of it that JSON cannot hold
            self._reply(frame.msg_type, _describe(error, frame.msg_type))
        if self._is_leaving:
            self._loop.stop()

    async def _answer(self, msg_type: str, content: bytes) -> Content | None:
        try:
            handler = self._handlers[msg_type]
            request = decode_content(msg_type, content)
            if msg_type == "execute_request":
                reply: Content = await handler(request)
                return reply
            with self._interrupts:
                answer: Content | None = handler(request)
                return answer
        except BaseException as error:
            # Whatever it is, SystemExit included: the front waits for a reply.
            return _describe(error, msg_type)

    def _give_up(self) -> None:
        """End this process: user code has broken what we, or Python itself, cannot do without."""
        try:
            self._endpoint.before_frame()  # what was printed without an end of line
        finally:
            give_up(self._endpoint.pipe(2))

    def _reply(self, msg_type: str, reply: Content | None) -> None:
        header = self.request.header
        if reply is None:
            self._endpoint.send(Op.REPLY, [header, b"{}", b"{}"])
            return
        status = reply.status if isinstance(reply, Reply) else "ok"
        self._endpoint.send(
            Op.REPLY,
            [header, encode_json({**self.reply_metadata, "status": status}), encode_content(reply)],
            msg_type=msg_type.removesuffix("_request") + "_reply",
            status=status,
        )

    def _cancel_tasks(self) -> None:
        """Let tasks clean up; without this each one that is left complains when the interpreter ends."""
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        try:
            if tasks:
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=_LEAVE_GRACE))
        except (Exception, KeyboardInterrupt, SystemExit):
            traceback.print_exc()


def _describe(error: BaseException, msg_type: str) -> Content | None:
    if not msg_type.endswith("_request"):
        return None
    reply_class = ExecuteReply if msg_type == "execute_request" else Reply
    return reply_class(
        status="error",
        ename=class_name(type(error)),
        evalue=describe_value(error),
        traceback=traceback.format_exception(error),
    )


def prepare(name: str) -> Interpreter:
    """Import an interpreter and build it as far as all kernels have it in common.

    Args:
        name: name of its package under ``nbcheck.kernel``.
    """
    module = importlib.import_module(f"nbcheck.kernel.{name}.interpreter")
    interpreter: Interpreter = module.prepare()
    return interpreter


def main(fd: int, interpreter: Interpreter | None = None) -> int:
    """Be an executor.

    Args:
        fd: our end of the socketpair; fds 1 and 2 are the output pipes.
        interpreter: what :func:`prepare` returned in the process this one was forked from; None to prepare it
            now.

    Returns:
        The exit code. The caller should end the interpreter as usual, so that atexit handlers run.
    """
    gc.disable()
    interrupts = Interrupts()
    interrupts.install()
    endpoint = Endpoint(fd)
    frame = endpoint.receive()
    if frame is None or frame.op is not Op.CONFIGURE:
        return 0
    configuration = msgspec.json.decode(frame.parts[0], type=Configuration)
    if configuration.cwd is not None:
        os.chdir(configuration.cwd)
    endpoint.open_pipes(configuration.token)
    # Our own descriptor of the pipe, so that a crash is told wherever fd 2 leads to by then.
    faulthandler.enable(endpoint.pipe(2))
    Streams(endpoint).install()
    if interpreter is None:
        interpreter = prepare(configuration.interpreter)
    Executor(endpoint, interpreter, interrupts).run(configuration)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
