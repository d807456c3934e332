"""Our kernel as a whole: host, front, executor and client, over real sockets."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.kernels import TIMEOUT, descendants, run, until_dead, wait_for, wait_gone
from nbcheck.errors import KernelError
from nbcheck.manager.host import Host, open_host
from nbcheck.manager.manager import Kernel, start_kernel
from nbcheck.protocol.content import DisplayData, HistoryRequest, Stream
from nbcheck.protocol.message import Message

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with open_host() as host:
        yield host


@pytest.fixture
def kernel(host: Host) -> Iterator[Kernel]:
    with start_kernel(host) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def shared(host: Host) -> Iterator[Kernel]:
    with start_kernel(host) as kernel:
        yield kernel


def test_it_introduces_itself(shared: Kernel) -> None:
    info = shared.client.kernel_info
    assert info is not None
    assert (info.implementation, info.protocol_version, info.language_info.name) == (
        "ipython",
        "5.5",
        "python",
    )


def test_streams_results_and_errors(shared: Kernel) -> None:
    ran = run(
        shared.client, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')\n6 * 7"
    )
    assert [
        (message.content.name, message.content.text)
        if isinstance(message.content, Stream)
        else message.msg_type
        for message in ran.messages
    ] == [("stdout", "out\n"), ("stderr", "err\n"), ("stdout", "out again\n"), "execute_result"]
    failed = run(shared.client, "1 / 0")
    assert failed.types == ["error"]
    assert failed.reply is not None
    assert (failed.reply.status, failed.reply.ename, failed.reply.evalue) == (
        "error",
        "ZeroDivisionError",
        "division by zero",
    )


def test_printed_bytes_and_messages_keep_their_order(shared: Kernel) -> None:
    code = """
import os, subprocess, sys
from IPython.display import display
for i in range(20):
    subprocess.run(['echo', f'child {i}'])
    print('python', i)
    os.write(1, b'raw %d\\n' % i)
    display(i)
"""
    expected: list[str] = []
    for i in range(20):
        expected += [f"child {i}\npython {i}\nraw {i}\n", str(i)]
    for _ in range(5):
        ran = run(shared.client, code)
        seen = [
            message.content.text
            if isinstance(message.content, Stream)
            else message.content.data["text/plain"]
            for message in ran.messages
        ]
        assert joined(seen, expected) == expected


def joined(seen: list[str], like: list[str]) -> list[str]:
    """Join the pieces of one stream text: where it is cut in messages is no matter of order."""
    result: list[str] = []
    for text in seen:
        if result and text.endswith("\n") and result[-1].endswith("\n") and len(result) <= len(like):
            result[-1] += text
        else:
            result.append(text)
    return result


def test_twenty_thousand_displays_all_arrive_in_order(shared: Kernel) -> None:
    ran = run(shared.client, "for i in range(20_000): display(i)")
    shown = [m.content.data["text/plain"] for m in ran.messages if isinstance(m.content, DisplayData)]
    assert shown == [str(i) for i in range(20_000)]


def test_fifty_megabytes_arrive(shared: Kernel) -> None:
    ran = run(shared.client, "for i in range(50): print(('x' * 1023 + '\\n') * 1024, end='')")
    assert len(ran.stdout) == 50 * 1024 * 1024


def test_a_hundred_thousand_lines_arrive_in_few_messages(shared: Kernel) -> None:
    ran = run(shared.client, "for i in range(100_000): print('line', i)")
    assert ran.stdout == "".join(f"line {i}\n" for i in range(100_000))
    assert len(ran.messages) < 1000


def test_every_kind_of_question_is_answered(shared: Kernel) -> None:
    client = shared.client
    run(client, "some_name = 1")
    for msg_id, key, expected in (
        (client.complete("some_na"), "matches", ["some_name"]),
        (client.inspect("some_name"), "found", True),
        (client.is_complete("for i in x:"), "status", "incomplete"),
    ):
        reply = shell_reply(client.next_message, msg_id)
        assert getattr(reply.content, key) == expected
    reply = shell_reply(client.next_message, client.history(HistoryRequest(hist_access_type="tail", n=1)))
    assert reply.content.history[-1][2] == "some_name = 1"


def shell_reply(next_message: object, msg_id: str) -> Message:
    while True:
        message = next_message(time.monotonic() + TIMEOUT)  # type: ignore[operator]
        assert message is not None
        if message.channel == "shell" and message.parent_id == msg_id:
            return message


def test_input_is_asked_and_answered(shared: Kernel) -> None:
    msg_id = shared.client.execute("name = input('Name: ')\nprint('Hello', name)", allow_stdin=True)
    while True:
        message = shared.client.next_message(time.monotonic() + TIMEOUT)
        assert message is not None
        if message.channel == "stdin":
            assert message.content.prompt == "Name: "
            shared.client.input("Ada")
            break
    assert wait_for(shared.client, msg_id).stdout == "Hello Ada\n"


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(600)",
        "import asyncio; await asyncio.sleep(600)",
        "import subprocess; subprocess.run(['sleep', '600'])",
        "!sleep 600",
    ],
)
def test_an_interrupt_ends_the_cell_and_nothing_else(shared: Kernel, code: str) -> None:
    run(shared.client, "kept = 1")
    msg_id = shared.client.execute("print('begun', flush=True)\n" + code)
    while True:
        message = shared.client.next_message(time.monotonic() + TIMEOUT)
        assert message is not None
        if message.msg_type == "stream" and message.parent_id == msg_id:
            break
    shared.interrupt()
    ran = wait_for(shared.client, msg_id)
    assert ran.reply is not None
    # IPython's own "!" turns the interrupt into an exit status and goes on; everything else raises.
    assert (ran.reply.status, ran.reply.ename) in (("error", "KeyboardInterrupt"), ("ok", ""))
    assert ran.reply.status == "error" or code.startswith("!")
    after = run(shared.client, "kept")
    assert after.types == ["execute_result"], after.reply


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL (often: out of memory)"),
    ],
)
def test_a_death_is_told_with_its_cause_and_after_what_was_printed(
    kernel: Kernel, code: str, cause: str
) -> None:
    msg_id = kernel.client.execute("print('last words')\ndisplay(1)\nprint('very last')\n" + code)
    messages, died = until_dead(kernel.client)
    messages = [message for message in messages if message.parent_id == msg_id]
    assert died.cause == cause
    text = "".join(
        m.content.text for m in messages if isinstance(m.content, Stream) and m.content.name == "stdout"
    )
    assert text == "last words\nvery last\n"
    assert [m.msg_type for m in messages if m.msg_type in ("display_data", "execute_reply")] == [
        "display_data",
        "execute_reply",
    ]


def test_what_a_cell_left_running_is_ended_with_the_kernel(host: Host) -> None:
    before = descendants(host.pid)
    with start_kernel(host) as kernel:
        run(
            kernel.client,
            "import subprocess\n"
            "plain = subprocess.Popen(['sleep', '600'])\n"
            "apart = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
            "daemon = subprocess.Popen('setsid sleep 600 & disown', shell=True, executable='/bin/bash')",
        )
        started = descendants(host.pid) - before
        assert len(started) >= 3
        kernel.kill()
        assert kernel.wait_stopped()
    assert wait_gone(started) == set()


def test_a_child_that_writes_for_ever_does_not_keep_a_dead_kernel_alive(kernel: Kernel) -> None:
    kernel.client.execute(
        "import os, subprocess\nsubprocess.Popen(['yes'], start_new_session=True)\nos._exit(5)"
    )
    _messages, died = until_dead(kernel.client)
    assert died.cause == "exit code 5"


def test_its_folder_and_environment_are_the_given(host: Host, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("value = 'beside'\n")
    environment = {**os.environ, "GIVEN": "given"}
    with start_kernel(host, cwd=tmp_path, env=environment) as kernel:
        code = (
            "import os, sys, beside\nprint(os.getcwd(), os.environ['GIVEN'], beside.value, repr(sys.path[0]))"
        )
        assert run(kernel.client, code).stdout == f"{tmp_path} given beside ''\n"


def test_a_module_of_the_notebooks_folder_cannot_break_the_start(host: Host, tmp_path: Path) -> None:
    for name in ("random", "msgspec", "IPython"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('shadowed')\n")
    with start_kernel(host, cwd=tmp_path) as kernel:
        assert run(kernel.client, "print('runs')").stdout == "runs\n"


def test_several_kernels_share_a_host(host: Host) -> None:
    with start_kernel(host) as one, start_kernel(host) as other:
        run(one.client, "x = 1")
        assert run(one.client, "print(x)").stdout == "1\n"
        failed = run(other.client, "print(x)")
        assert failed.reply is not None
        assert failed.reply.ename == "NameError"


def test_what_is_written_into_the_executors_line_ends_that_kernel_alone(host: Host, kernel: Kernel) -> None:
    """Nothing that comes out of that line can be believed any more; the other kernels know nothing of it."""
    with start_kernel(host) as other:
        kernel.client.execute(
            "import os, stat\n"
            "for fd in range(3, 1000):\n"
            "    try:\n"
            "        if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, b'\\xff' * 1000)\n"
            "    except OSError: pass\n"
            "while True: pass"
        )
        _messages, died = until_dead(kernel.client)
        assert died.cause == "signal SIGKILL (often: out of memory)"
        assert run(other.client, "print('lives')").stdout == "lives\n"


def test_the_death_of_the_host_is_told_and_leaves_nothing() -> None:
    with open_host() as host:
        folder = Path(host.folder)
        kernel = start_kernel(host)
        started = run(
            kernel.client,
            "import subprocess\nprint(subprocess.Popen(['sleep', '600'], start_new_session=True).pid)",
        )
        processes = {kernel.pid or 0, host.pid, int(started.stdout)}
        kernel.client.execute("while True: pass")
        os.kill(host.pid, signal.SIGKILL)
        until_dead(kernel.client)
        assert wait_gone(processes) == set()
        assert not folder.exists()
        with pytest.raises(KernelError) as caught:
            start_kernel(host)
        assert str(caught.value) == "the kernel host is not running any more"


def test_an_orderly_end_runs_exit_handlers_and_leaves_nothing(tmp_path: Path) -> None:
    with open_host() as host:
        folder = Path(host.folder)
        with start_kernel(host, cwd=tmp_path) as kernel:
            run(kernel.client, "import atexit\natexit.register(lambda: open('left.txt', 'w').write('bye'))")
            pid = kernel.pid or 0
    assert (tmp_path / "left.txt").read_text() == "bye"
    assert wait_gone({pid}) == set()
    assert not folder.exists()
