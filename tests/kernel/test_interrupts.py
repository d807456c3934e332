from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest

from nbcheck.kernel.interrupts import Interrupts


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    previous = signal.getsignal(signal.SIGINT)
    found = Interrupts()
    found.install()
    yield found
    signal.signal(signal.SIGINT, previous)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def interrupt_and_wait() -> None:
    interrupt()
    time.sleep(10)


def test_between_requests_the_signal_is_ignored(interrupts: Interrupts) -> None:
    interrupt()
    interrupts.begin()
    with interrupts:
        pass
    interrupt()
    interrupts.end()
    interrupt()
    interrupts.begin()
    with interrupts:
        pass


def test_signal_that_comes_before_user_code_is_not_lost(interrupts: Interrupts) -> None:
    interrupts.begin()
    interrupt()
    with pytest.raises(KeyboardInterrupt), interrupts:
        raise AssertionError("unreachable")
    with interrupts:
        pass


@pytest.mark.parametrize("line", [0, 1])
def test_a_signal_that_comes_while_a_block_is_entered_is_not_lost(interrupts: Interrupts, line: int) -> None:
    """It comes at this line of ``__enter__``, of those that are run."""
    lines = iter(range(10))

    def trace(frame: FrameType, event: str, _: object) -> Any:  # Any: a trace function returns the next one
        if frame.f_code is not Interrupts.__enter__.__code__:
            return None
        if event == "line" and next(lines) == line:
            interrupt()
        return trace

    previous = sys.gettrace()
    interrupts.begin()
    sys.settrace(trace)
    try:
        with pytest.raises(KeyboardInterrupt), interrupts:
            pass
    finally:
        sys.settrace(previous)


def test_signal_that_comes_before_awaiting_user_code_is_not_lost(interrupts: Interrupts) -> None:
    async def main() -> None:
        interrupts.begin()
        interrupt()
        await interrupts.run(asyncio.sleep(10))

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


def test_user_code_gets_keyboard_interrupt(interrupts: Interrupts) -> None:
    with pytest.raises(KeyboardInterrupt), interrupts:
        interrupt_and_wait()
    interrupt()


def test_handler_of_user_code_is_replaced_for_the_next_request(interrupts: Interrupts) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts.begin()
    with pytest.raises(KeyboardInterrupt), interrupts:
        interrupt_and_wait()


def test_interrupt_is_put_off_to_the_end_of_what_must_be_done_whole(interrupts: Interrupts) -> None:
    done = []

    def work() -> None:
        with interrupts.held():
            interrupt()
            done.append(1)
        done.append(2)

    with pytest.raises(KeyboardInterrupt), interrupts:
        work()
    assert done == [1]
    with interrupts.held():
        pass


def test_closed_after_a_block_that_was_not_left_properly(interrupts: Interrupts) -> None:
    interrupts.__enter__()
    interrupts.end()
    interrupt()


def run_interrupted(interrupts: Interrupts, cell: object, *, times: int = 1) -> object:
    """Await a coroutine function as a cell, with interrupts coming while it waits."""

    async def main() -> object:
        async def send() -> None:
            for _ in range(times):
                await asyncio.sleep(0.001)
                interrupt()

        background = asyncio.create_task(send())
        try:
            return await interrupts.run(cell())  # type: ignore[operator]
        finally:
            background.cancel()

    return asyncio.run(main())


def test_awaiting_user_code_gets_keyboard_interrupt_at_its_await(interrupts: Interrupts) -> None:
    async def cell() -> str:
        try:
            await asyncio.sleep(10)
        except KeyboardInterrupt:
            return "interrupted"
        return "not interrupted"

    assert run_interrupted(interrupts, cell) == "interrupted"


def test_unhandled_interrupt_of_awaiting_user_code(interrupts: Interrupts) -> None:
    async def cell() -> None:
        await asyncio.gather(asyncio.sleep(10), asyncio.sleep(11))

    with pytest.raises(KeyboardInterrupt):
        run_interrupted(interrupts, cell)


def test_each_await_can_be_interrupted(interrupts: Interrupts) -> None:
    async def cell() -> int:
        count = 0
        for _ in range(2):
            try:
                await asyncio.sleep(10)
            except KeyboardInterrupt:
                count += 1
        return count

    assert run_interrupted(interrupts, cell, times=2) == 2


def test_timeouts_after_an_interrupt_work(interrupts: Interrupts) -> None:
    async def cell() -> str:
        with suppress(KeyboardInterrupt):
            await asyncio.sleep(10)
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(10)
        except TimeoutError:
            return "timed out"
        return "no"

    assert run_interrupted(interrupts, cell) == "timed out"


def test_own_cancellation_stays_what_it_is(interrupts: Interrupts) -> None:
    async def cell() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(10)

    async def main() -> None:
        await interrupts.run(cell())

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_result_and_exception_pass_through(interrupts: Interrupts) -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("x")

    async def main() -> int:
        with pytest.raises(ValueError, match=r"^x$"):
            await interrupts.run(fails())
        return await interrupts.run(asyncio.sleep(0, 5))

    assert asyncio.run(main()) == 5


def test_blocked_loop_is_freed_by_the_second_signal(interrupts: Interrupts) -> None:
    def block() -> None:
        interrupt()
        interrupt()
        time.sleep(10)

    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(interrupts.run(asyncio.sleep(10)))
        loop.call_later(0.001, block)
        # The second signal breaks the loop, the first one is delivered to the cell when it goes on.
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(task)
        assert not task.done()
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(task)
        assert isinstance(task.exception(), KeyboardInterrupt)
    finally:
        loop.close()


class LateInterrupts(Interrupts):
    """The first block of user code is hit by SIGINT when it has been done and is not closed yet."""

    is_late = True

    def __exit__(self, *error: object) -> None:
        if self.is_late:
            self.is_late = False
            interrupt()
        super().__exit__(*error)  # type: ignore[arg-type]


def test_signal_between_a_step_and_its_end_is_seen_by_user_code() -> None:
    previous = signal.getsignal(signal.SIGINT)

    async def cell() -> str:
        try:
            await asyncio.sleep(10)
        except KeyboardInterrupt:
            return "caught"
        return "slept"

    async def main() -> str:
        interrupts = LateInterrupts()
        interrupts.begin()
        return await interrupts.run(cell())

    try:
        assert asyncio.run(main()) == "caught"
    finally:
        signal.signal(signal.SIGINT, previous)
