"""How an executor starts, is configured, and ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from helpers.executor import Died, ExecutorProcess


def test_exit_runs_atexit_handlers_and_ends_with_0(own: ExecutorProcess) -> None:
    own.run(
        "import asyncio, atexit\natexit.register(print, 'bye')\nasync def work():\n    try:\n"
        "        await asyncio.sleep(60)\n    finally:\n        print('cleaned up')\n"
        "task = asyncio.create_task(work())"
    )
    own.exit()
    assert "".join(event.content for event in own.drain()) == "cleaned up\nbye\n"
    assert own.process.wait(10) == 0


def test_exit_while_a_cell_awaits(own: ExecutorProcess) -> None:
    own.request("execute_request", {"code": "import asyncio; print('ready'); await asyncio.sleep(60)"})
    for event in own.events():
        if event.kind == "stdout":
            break
    own.exit()
    own.drain()
    assert own.process.wait(10) == 0


def test_end_of_the_link(own: ExecutorProcess, tmp_path: Path) -> None:
    own.run(f"import atexit, pathlib; atexit.register(pathlib.Path({str(tmp_path / 'left')!r}).touch);")
    own.hang_up()
    assert own.process.wait(10) == 0
    assert (tmp_path / "left").exists()


@pytest.mark.parametrize("code", ["exit", "quit()"])
def test_leaving_on_the_users_wish(own: ExecutorProcess, code: str) -> None:
    outcome = own.run(code)
    assert outcome.reply.content["payload"] == [{"source": "ask_exit", "keepkernel": False}]
    own.drain()
    assert own.process.wait(10) == 0


def test_segmentation_fault_shows_python_frames(own: ExecutorProcess) -> None:
    own.request(
        "execute_request",
        {
            "code": "import ctypes, os\nprint('before')\nos.close(2)\ndef crash():\n    ctypes.string_at(0)\ncrash()"
        },
    )
    events = [event for event in own.drain() if event.kind != "execute_input"]
    assert events[0].content == "before\n"
    stderr = "".join(event.content for event in events if event.kind == "stderr")
    assert stderr.startswith("Fatal Python error: Segmentation fault")
    assert "in crash" in stderr
    assert own.process.wait(10) == -signal.SIGSEGV
    with pytest.raises(Died):
        own.finish()


@pytest.mark.slow
def test_configuration(tmp_path: Path) -> None:
    arguments = (
        "--InteractiveShell.ast_node_interactivity=all",
        "--HistoryManager.hist_file=/nosuch/file",
        "--InteractiveShell.nosuch",
        "-f",
        "kernel.json",
        "--debug",
    )
    connection_file = tmp_path / "kernel.json"
    connection_file.write_text('{"ip": "127.0.0.1"}\n')
    (tmp_path / "beside.py").write_text("value = 'beside'")
    with ExecutorProcess(
        environ={"HOME": str(tmp_path), "MPLBACKEND": "agg", "IPYTHONDIR": str(tmp_path / "ipython")},
        cwd=str(tmp_path),
        connection_file=str(connection_file),
        arguments=arguments,
    ) as executor:
        assert executor.run("1\n2").brief == [("execute_result", "1"), ("execute_result", "2")]
        assert executor.run("import os, beside; beside.value, os.getcwd() == os.environ['HOME']").brief == [
            ("execute_result", "('beside', True)")
        ]
        shown = executor.run("%connect_info").text()
        assert shown.startswith('{"ip": "127.0.0.1"}\n\nPaste the above JSON into a file')
        assert f"--existing {connection_file}\n" in shown
        found = executor.run("[os.environ.get(name) for name in ('MPLBACKEND', 'TERM', 'PAGER')]").brief
        assert found == [("execute_result", "['agg', 'xterm-color', 'cat']")]
    assert not list(tmp_path.rglob("history.sqlite"))


@pytest.mark.slow
def test_startup_files_of_the_user_are_not_read(tmp_path: Path) -> None:
    profile = tmp_path / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "startup" / "00.py").write_text("started = True")
    (profile / "ipython_config.py").write_text("c.InteractiveShell.ast_node_interactivity = 'all'")
    with ExecutorProcess(environ={"IPYTHONDIR": str(tmp_path)}) as executor:
        assert executor.run("1\n'started' in globals()").brief == [("execute_result", "False")]


def test_what_it_is_made_of(own: ExecutorProcess) -> None:
    outcome = own.run(
        "import os, sys, threading\n"
        "print(threading.active_count(), len(os.listdir('/proc/self/task')))\n"
        "print([name for name in ('zmq', 'ipykernel', 'tornado') if name in sys.modules])\n"
        "print(os.read(0, 1))"
    )
    assert outcome.text() == "1 1\n[]\nb''\n"


def test_nothing_is_inherited_by_programs(own: ExecutorProcess) -> None:
    outcome = own.run("!ls /proc/self/fd")
    # 3 is the folder that ls reads.
    assert outcome.text().split() == ["0", "1", "2", "3"]


@pytest.mark.slow
def test_bad_start_is_told_on_stderr() -> None:
    with pytest.raises(AssertionError) as caught:
        ExecutorProcess(interpreter="nosuch")
    assert "No module named 'nbcheck.kernel.nosuch'" in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_cpu_of_a_start(own: ExecutorProcess) -> None:
    fields = Path(f"/proc/{own.process.pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    # About 0.15 on a quiet machine; what this guards against is an import of jedi or matplotlib.
    assert seconds < 0.6
