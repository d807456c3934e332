"""``input()``, ``getpass()`` and the debugger."""

from __future__ import annotations

import pytest

from helpers.executor import ExecutorProcess


def test_input(shared: ExecutorProcess) -> None:
    outcome = shared.run("print('before', end=''); input('name? ') + '!'", answers=["Ada"])
    assert outcome.brief == [("stdout", "before"), ("input_request", ""), ("execute_result", "'Ada!'")]
    request = outcome.events[2]
    assert request.content == {"prompt": "name? ", "password": False}
    assert request.parent == outcome.reply.parent


def test_getpass(shared: ExecutorProcess) -> None:
    outcome = shared.run("import getpass; getpass.getpass()", answers=["secret"])
    assert outcome.contents("input_request") == [{"prompt": "Password: ", "password": True}]
    assert outcome.brief[-1] == ("execute_result", "'secret'")


def test_end_of_input(shared: ExecutorProcess) -> None:
    assert shared.run("input()", answers=["\x04"]).reply.content["ename"] == "EOFError"


@pytest.mark.parametrize("call", ["input", "getpass"])
def test_nobody_can_answer(shared: ExecutorProcess, call: str) -> None:
    reply = shared.run(f"from getpass import getpass\n{call}('?')").reply.content
    assert (reply["ename"], reply["evalue"]) == (
        "StdinNotImplementedError",
        f"{call}() was called, but nobody can answer: this front-end does not support input requests",
    )


def test_input_in_a_thread(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import threading\ndef ask():\n    try:\n        input()\n"
        "    except RuntimeError as error:\n        print(error)\n"
        "t = threading.Thread(target=ask); t.start(); t.join()",
        allow_stdin=True,
    )
    assert outcome.text() == "input() works only in the main thread of the kernel itself\n"


def test_answer_that_comes_after_an_interrupt_is_not_used_later(shared: ExecutorProcess) -> None:
    shared.request("execute_request", {"code": "input('first')", "allow_stdin": True})
    for event in shared.events():
        if event.kind == "input_request":
            break
    shared.interrupt()
    assert shared.finish().reply.content["ename"] == "KeyboardInterrupt"
    shared.answer("late")
    assert shared.run("input('second')", answers=["right"]).brief[-1] == ("execute_result", "'right'")


@pytest.mark.parametrize("stop", ["breakpoint()", "import pdb; pdb.set_trace()"])
def test_debugger(shared: ExecutorProcess, stop: str) -> None:
    outcome = shared.run(
        f"def f():\n    secret = 42\n    {stop}\n    return secret\nf()", answers=["p secret", "c"]
    )
    assert outcome.brief[-4:][1:] == [("stdout", "42\n"), ("input_request", ""), ("execute_result", "42")]
    assert outcome.contents("input_request") == [{"prompt": "ipdb> ", "password": False}] * 2


def test_post_mortem(shared: ExecutorProcess) -> None:
    shared.run("lost = 7\n1 / 0")
    outcome = shared.run("%debug", answers=["p lost", "q"])
    assert ("stdout", "7\n") in outcome.brief
    assert outcome.status == "ok"
