"""Kernels forked from a process that has done the imports."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.executor import FakeFront, TemplateProcess
from nbcheck.kernel.processes import KERNEL_ID_VARIABLE, kernel_id_of

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="templates are for Linux"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def template() -> Iterator[TemplateProcess]:
    with TemplateProcess("import random; random.seed(1)") as template:
        yield template


def fork(template: TemplateProcess, cwd: Path | str = "/", **environ: str) -> tuple[FakeFront, int]:
    front, answer = template.fork(cwd=str(cwd), environ=environ)
    assert list(answer) == ["pid"]
    front.configure()
    return front, answer["pid"]


def leave(template: TemplateProcess, front: FakeFront, pid: int) -> str:
    """End a kernel; return what it printed."""
    front.exit()
    printed = "".join(event.content for event in front.drain())
    front.close()
    assert template.next_line() == {"exited": pid, "status": 0}
    return printed


def test_child_is_what_an_executor_started_from_nothing_is(template: TemplateProcess, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("value = 'beside'")
    front, pid = fork(template, tmp_path, MY_VARIABLE="mine")
    outcome = front.run(
        "import os, sys, signal, beside\n"
        "print(os.getpid(), os.getsid(0) == os.getpid(), os.getcwd(), os.environ['MY_VARIABLE'], beside.value)\n"
        "print(os.read(0, 1), sys.argv, sys.path[0] == '', signal.getsignal(signal.SIGCHLD).name)\n"
        "print(sorted(int(fd) for fd in os.listdir('/proc/self/fd') if int(fd) >= 200))\n"
        "1 / 0"
    )
    assert outcome.text() == (f"{pid} True {tmp_path} mine beside\nb'' [''] True SIG_DFL\n[200, 201, 202]\n")
    assert (outcome.reply.content["ename"], outcome.reply.content["execution_count"]) == (
        "ZeroDivisionError",
        1,
    )
    front.run("import atexit; atexit.register(print, 'bye');")
    assert leave(template, front, pid) == "bye\n"


def test_children_share_nothing(template: TemplateProcess) -> None:
    (first, first_pid), (second, second_pid) = fork(template, NAME="first"), fork(template, NAME="second")
    first.run("value = 1\nimport os; os.environ['NAME'] = 'changed'")
    code = "import os, random\nprint('value' in globals(), os.environ['NAME'])\nrandom.random()"
    found = [front.run(code) for front in (first, second)]
    assert [outcome.text() for outcome in found] == ["True changed\n", "False second\n"]
    assert found[0].brief[-1] != found[1].brief[-1]
    history = {"hist_access_type": "tail", "n": 10, "raw": True}
    assert second.ask("history_request", history).reply.content["history"] == [[1, 1, code]]
    leave(template, first, first_pid)
    leave(template, second, second_pid)


def test_interrupt_reaches_a_child(template: TemplateProcess) -> None:
    front, pid = fork(template)
    front.request("execute_request", {"code": "import time; print('ready'); time.sleep(20)"})
    for event in front.events():
        if event.kind == "stdout":
            break
    os.killpg(pid, signal.SIGINT)
    assert front.finish().reply.content["ename"] == "KeyboardInterrupt"
    leave(template, front, pid)


def test_child_that_is_killed_is_reported(template: TemplateProcess) -> None:
    front, pid = fork(template)
    os.kill(pid, signal.SIGKILL)
    assert template.next_line() == {"exited": pid, "status": -signal.SIGKILL}
    front.drain()
    front.close()


def test_child_that_cannot_start_says_why(template: TemplateProcess) -> None:
    front, answer = template.fork(cwd="/nosuch")
    assert template.next_line() == {"exited": answer["pid"], "status": 1}
    assert "FileNotFoundError" in "".join(event.content for event in front.drain())
    front.close()


def test_threads_forbid_forking() -> None:
    with TemplateProcess(
        "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    ) as template:
        front, answer = template.fork()
        assert answer == {"error": "the template has 2 threads and must not fork"}
        assert front.drain() == []
        front.close()
    assert template.process.returncode == 0


def test_children_outlive_the_template() -> None:
    with TemplateProcess() as template:
        front, _pid = fork(template)
    assert template.process.returncode == 0
    assert front.run("1 + 1").brief == [("execute_result", "2")]
    front.exit()
    front.drain()
    front.close()


def test_what_a_kernel_starts_can_be_told_to_be_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = "1" * 32, "2" * 32
    monkeypatch.setenv(KERNEL_ID_VARIABLE, first)
    with TemplateProcess() as template:
        for kernel_id in (first, second):
            front, pid = fork(template, NBCHECK_KERNEL_ID=kernel_id)
            # Forked and in a session of its own: nothing but this says whose it is.
            outcome = front.run(
                "import os\n"
                "reader, writer = os.pipe()\n"
                "if not os.fork():\n"
                "    os.setsid()\n"
                "    os.read(reader, 1)\n"
                "    os._exit(0)\n"
                "print(max(map(int, open('/proc/thread-self/children').read().split())))"
            )
            assert kernel_id_of(int(outcome.text())) == kernel_id
            front.run("os.write(writer, b'x')")
            leave(template, front, pid)
