"""SIGINT: a KeyboardInterrupt in user code, and nothing anywhere else.

======================= ==================================================================================
user code runs          KeyboardInterrupt is raised where it is: in a loop, in ``time.sleep``, in ``input()``
user code awaits        what it awaits is cancelled, and its ``await`` raises KeyboardInterrupt. If that has
                        not happened when the next SIGINT comes, something else blocks the event loop, and
                        KeyboardInterrupt is raised there
a request, no user code KeyboardInterrupt is raised when user code begins; if none does, nothing happens
no request              the signal is ignored
======================= ==================================================================================
"""

from __future__ import annotations

import asyncio
import inspect
import signal
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType, TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class Interrupts:
    """Knows whether user code runs, and handles SIGINT accordingly.

    As a context manager: user code runs inside it, in the main thread. The block may be left by KeyboardInterrupt
    at any place, its beginning included.
    """

    def __init__(self) -> None:
        """Let no interrupt through."""
        self._is_busy = False
        self._is_open = False
        self._is_due = False
        self._task: asyncio.Task[Any] | None = None
        self._was_asked = False
        self._is_held = False
        self._was_held_back = False
        self._handler = self._on_signal

    def install(self) -> None:
        """Handle SIGINT."""
        if signal.getsignal(signal.SIGINT) is not self._handler:
            signal.signal(signal.SIGINT, self._handler)

    def begin(self) -> None:
        """Take note that a request is being handled, and handle SIGINT even if user code wanted it otherwise."""
        self.install()
        self._is_due = False
        self._is_busy = True

    def end(self) -> None:
        """Take note that no user code runs any more, even if a block of it was left while it was being left."""
        self._is_busy = self._is_open = False

    def __enter__(self) -> None:
        # Opened first: a signal that comes between the two is raised here and now, and not kept for a later block.
        self._is_open = True
        if self._is_due:
            self._is_open = self._is_due = False
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put an interrupt off to the end of a block within user code, which must be done whole.

        Raises:
            KeyboardInterrupt: at the end, if there was one.
        """
        self._is_held, self._was_held_back = True, False
        try:
            yield
        finally:
            self._is_held = False
        if self._was_held_back:
            raise KeyboardInterrupt

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await user code.

        Raises:
            KeyboardInterrupt: it was interrupted and did not handle that.
        """
        self._task = asyncio.current_task()
        try:
            return await self._drive(coroutine)
        finally:
            self._task = None
            self._was_asked = False
            coroutine.close()  # it may not have begun

    @types.coroutine
    def _drive(self, coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Step through a coroutine as ``await`` does, but interrupt it with KeyboardInterrupt."""
        step: Callable[[], Any] = partial(coroutine.send, None)
        while True:
            try:
                with self:
                    awaited = step()
            except StopIteration as end:
                result: T = end.value
                return result
            except KeyboardInterrupt as error:
                if inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED:
                    raise
                # It came a moment before the step or after it, so the coroutine has not seen it yet.
                step = partial(coroutine.throw, error)
                continue
            try:
                received = yield awaited
            except asyncio.CancelledError as error:
                step = partial(coroutine.throw, self._translate(error))
            except BaseException as error:
                step = partial(coroutine.throw, error)
            else:
                step = partial(coroutine.send, received)

    def _translate(self, error: asyncio.CancelledError) -> BaseException:
        if not self._was_asked or self._task is None:
            return error
        self._was_asked = False
        # Otherwise an asyncio.timeout() later in this cell would take the interrupt for its own cancellation.
        self._task.uncancel()
        return KeyboardInterrupt()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_held:
            self._was_held_back = True
            return
        if self._is_open:
            raise KeyboardInterrupt
        if self._task is None:
            self._is_due = self._is_busy
            return
        if self._was_asked:
            raise KeyboardInterrupt
        self._was_asked = True
        self._task.get_loop().call_soon_threadsafe(self._task.cancel)
