"""The event loop that cells share."""

from __future__ import annotations

import pytest

from helpers.executor import ExecutorProcess


def test_top_level_await(shared: ExecutorProcess) -> None:
    outcome = shared.run("import asyncio\nprint('a')\nvalue = await asyncio.sleep(0, 5)\nvalue")
    assert outcome.brief == [("stdout", "a\n"), ("execute_result", "5")]


def test_async_for_and_with(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import contextlib\nasync def numbers():\n    yield 1\n    yield 2\n"
        "async with contextlib.aclosing(numbers()) as found:\n    async for n in found: print(n)\n"
        "[n async for n in numbers()]"
    )
    assert outcome.brief == [("stdout", "1\n2\n"), ("execute_result", "[1, 2]")]


def test_sync_cells_run_inside_the_same_loop(shared: ExecutorProcess) -> None:
    shared.run("import asyncio\nloop = asyncio.get_running_loop()")
    outcome = shared.run(
        "await asyncio.sleep(0)\nasyncio.get_running_loop() is loop, asyncio.current_task() is None"
    )
    assert outcome.brief == [("execute_result", "(True, False)")]


def test_tasks_go_on_while_later_cells_await_and_between_cells(shared: ExecutorProcess) -> None:
    shared.run(
        "import asyncio\ndone = asyncio.Event()\nsteps = []\nasync def work():\n    for i in range(3):\n"
        "        steps.append(i); await asyncio.sleep(0)\n    done.set()\ntask = asyncio.create_task(work())"
    )
    assert shared.run("await done.wait()\nsteps").brief == [("execute_result", "[0, 1, 2]")]
    shared.run("task = asyncio.create_task(asyncio.sleep(0, 'slept'))")
    # Between the cells the loop turned at least once.
    shared.run("pass")
    assert shared.run("task.result()").brief == [("execute_result", "'slept'")]


def test_context_variables_last(shared: ExecutorProcess) -> None:
    shared.run("import contextvars\nvariable = contextvars.ContextVar('variable')\nvariable.set('sync');")
    assert shared.run("variable.get()").brief == [("execute_result", "'sync'")]
    shared.run("import asyncio; await asyncio.sleep(0); variable.set('async');")
    assert shared.run("variable.get()").brief == [("execute_result", "'async'")]


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio\nasync def leave(): raise SystemExit(3)\ntask = asyncio.create_task(leave())",
        "import asyncio\nasync def leave(): raise KeyboardInterrupt\ntask = asyncio.create_task(leave())",
        "import asyncio; asyncio.get_running_loop().stop()",
        "import asyncio; asyncio.current_task().cancel();",
        "import asyncio\ntry:\n    asyncio.get_running_loop().close()\nexcept RuntimeError:\n    pass",
    ],
)
def test_nothing_that_user_code_does_to_the_loop_ends_the_kernel(shared: ExecutorProcess, code: str) -> None:
    assert shared.run(code).status == "ok"
    assert shared.run("await asyncio.sleep(0)\n7").brief == [("execute_result", "7")]
    shared.run("try: task.exception()\nexcept BaseException: pass\ntask = None")


def test_cancelled_cell(shared: ExecutorProcess) -> None:
    outcome = shared.run("import asyncio\nasyncio.current_task().cancel()\nawait asyncio.sleep(10)")
    assert outcome.reply.content["ename"] == "CancelledError"
    assert shared.run("1").status == "ok"


def test_error_after_await(shared: ExecutorProcess) -> None:
    outcome = shared.run("import asyncio\nawait asyncio.sleep(0)\n1 / 0")
    assert outcome.brief == [("error", "ZeroDivisionError")]


def test_autoawait_can_be_turned_off(shared: ExecutorProcess) -> None:
    shared.run("import asyncio\n%autoawait off")
    assert shared.run("await asyncio.sleep(0)").reply.content["ename"] == "SyntaxError"
    shared.run("%autoawait asyncio")
    assert shared.run("await asyncio.sleep(0, 1)").brief == [("execute_result", "1")]
