"""SIGINT while a cell runs."""

from __future__ import annotations

import re

import pytest

from helpers.executor import ExecutorProcess, Outcome


def interrupted(executor: ExecutorProcess, code: str) -> Outcome:
    """Run a cell that says ``ready``, and interrupt it then."""
    executor.request("execute_request", {"code": code, "allow_stdin": True})
    for event in executor.events():
        if event.kind in {"stdout", "input_request"}:
            break
    executor.interrupt()
    return executor.finish()


@pytest.mark.parametrize(
    "code",
    [
        "import time; print('ready'); time.sleep(20)",
        "print('ready')\nwhile True: pass",
        "print('ready')\nwhile True: display(1)",
        "input()",
        "import subprocess; subprocess.run('echo ready; exec sleep 20', shell=True)",
        "import asyncio; print('ready'); await asyncio.sleep(20)",
        "import asyncio; print('ready'); await asyncio.gather(asyncio.sleep(20), asyncio.sleep(21))",
        "async def spin():\n    print('ready')\n    while True: pass\nawait spin()",
        "import asyncio, time\nasync def block():\n    print('ready')\n    time.sleep(20)\nawait block()",
    ],
)
def test_keyboard_interrupt(shared: ExecutorProcess, code: str) -> None:
    outcome = interrupted(shared, code)
    reply = outcome.reply.content
    assert (reply["status"], reply["ename"], reply["evalue"]) == ("error", "KeyboardInterrupt", "")
    assert outcome.contents("error") == [
        {"ename": "KeyboardInterrupt", "evalue": "", "traceback": reply["traceback"]}
    ]
    frames = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(reply["traceback"])).split("File ")
    # An interrupt in the middle of a display is deep in libraries, between frames of ours.
    assert "display" in code or "nbcheck/kernel/" not in frames[-1]
    assert shared.run("1 + 1").brief == [("execute_result", "2")]


@pytest.mark.parametrize("wait", ["import time; time.sleep(20)", "import asyncio; await asyncio.sleep(20)"])
def test_user_code_may_handle_it(shared: ExecutorProcess, wait: str) -> None:
    outcome = interrupted(
        shared, f"try:\n    print('ready'); {wait}\nexcept KeyboardInterrupt:\n    print('caught')"
    )
    assert outcome.status == "ok"
    assert outcome.brief == [("stdout", "caught\n")]


def test_printing_loop_loses_and_repeats_nothing(shared: ExecutorProcess) -> None:
    shared.request("execute_request", {"code": "i = 0\nwhile True:\n    print(i)\n    i += 1"})
    printed, events = "", shared.events()
    for event in events:
        if event.kind == "stdout":
            printed += event.content
            break
    shared.interrupt()
    printed += shared.finish().text()
    numbers = printed.split()
    last = int(shared.run("i").brief[0][1])
    assert numbers[:last] == [str(i) for i in range(last)]
    assert numbers[last:] in ([], [str(last)])


def test_between_requests_it_is_ignored(shared: ExecutorProcess) -> None:
    shared.interrupt()
    assert shared.run("2 + 2").brief == [("execute_result", "4")]


def test_handler_of_user_code_lasts_for_its_cell(shared: ExecutorProcess) -> None:
    shared.run("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);")
    outcome = interrupted(shared, "import time; print('ready'); time.sleep(20)")
    assert outcome.reply.content["ename"] == "KeyboardInterrupt"


def test_comm_and_completion_handlers_can_be_interrupted(shared: ExecutorProcess) -> None:
    shared.run(
        "import comm, time\ndef opened(c, message):\n    print('ready'); time.sleep(20)\n"
        "comm.get_comm_manager().register_target('sleepy', opened)"
    )
    shared.request("comm_open", {"comm_id": "c", "target_name": "sleepy", "data": {}})
    for event in shared.events():
        if event.kind == "stdout":
            break
    shared.interrupt()
    assert shared.finish().reply.content == {}
    assert shared.run("1").status == "ok"
