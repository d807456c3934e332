"""What code prints: by Python, by C, by subprocesses and forked children, and in which order."""

from __future__ import annotations

import pytest

from helpers.executor import ExecutorProcess

PRINTED = [
    ("print('a')", [("stdout", "a\n")]),
    ("import sys; print('e', file=sys.stderr)", [("stderr", "e\n")]),
    (
        "import sys\nfor i in range(2):\n    print('o', i); print('e', i, file=sys.stderr)",
        [("stdout", "o 0\n"), ("stderr", "e 0\n"), ("stdout", "o 1\n"), ("stderr", "e 1\n")],
    ),
    (
        "import sys\nfor i in range(2):\n    sys.stdout.write('o'); sys.stderr.write('e')",
        [("stdout", "o"), ("stderr", "e"), ("stdout", "o"), ("stderr", "e")],
    ),
    ("import sys; sys.stdout.buffer.write(b'bytes\\n'); print('text')", [("stdout", "bytes\ntext\n")]),
    (
        "import sys; sys.stderr.write('e'); sys.stdout.buffer.write(b'bytes'); sys.stderr.write('f')",
        [("stderr", "e"), ("stdout", "bytes"), ("stderr", "f")],
    ),
    ("import os; print('a'); os.write(1, b'b\\n'); print('c')", [("stdout", "a\nb\nc\n")]),
    ("import os; print('a'); os.system('echo b'); print('c')", [("stdout", "a\nb\nc\n")]),
    ("import os; print('a', end=''); os.system('echo b')\nNone", [("stdout", "ab\n")]),
    (
        "import subprocess; print('a'); subprocess.run(['echo', 'b']); print('c')",
        [("stdout", "a\nb\nc\n")],
    ),
    (
        "import subprocess; subprocess.run('echo e >&2', shell=True); print('o')",
        [("stderr", "e\n"), ("stdout", "o\n")],
    ),
    (
        "import ctypes\nc = ctypes.CDLL(None)\nprint('a'); c.puts(b'b'); print('c'); c.printf(b'no newline')\nNone",
        [("stdout", "a\nb\nc\nno newline")],
    ),
    ("print('\\ud800 \\udcff')", [("stdout", "\\ud800 \\udcff\n")]),
    ("print('\\u00e4\\U0001f600')", [("stdout", "\u00e4\U0001f600\n")]),
    ("print('x' * 200000)", [("stdout", "x" * 200_000 + "\n")]),
    (
        "import sys; sys.stdout.write('part\\rial'); sys.stdout.writelines(['a', 'b'])",
        [("stdout", "part\rialab")],
    ),
    ("import sys; print('a'); sys.stdout.close(); print('b')", [("stdout", "a\nb\n")]),
    ("import sys; sys.stdout.detach().write(b'a\\n'); print('b')", [("stdout", "a\nb\n")]),
    (
        "import sys, io\nold = sys.stdout\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'latin-1')\n"
        "print('wrapped')\nsys.stdout = old\nimport gc; gc.collect()\nprint('after')",
        [("stdout", "wrapped\nafter\n")],
    ),
    (
        "import sys, contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as found:\n    print('hidden')\n"
        "print(repr(found.getvalue()))",
        [("stdout", "'hidden\\n'\n")],
    ),
    (
        "import sys\nprint(sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.fileno(), sys.stderr.fileno(), "
        "sys.stdout.name, sys.stdout.closed, sys.__stdout__ is sys.stdout)",
        [("stdout", "utf-8 False 1 2 <stdout> False True\n")],
    ),
    ("import sys; sys.stdout.reconfigure(errors='replace'); print('a')", [("stdout", "a\n")]),
    ("import logging; logging.warning('careful')", [("stderr", "WARNING:root:careful\n")]),
]


@pytest.mark.parametrize(("code", "expected"), PRINTED)
def test_printed(shared: ExecutorProcess, code: str, expected: list[tuple[str, str]]) -> None:
    outcome = shared.run(code + ";")
    assert outcome.status == "ok", outcome.reply.content
    assert outcome.brief == expected


def test_text_and_displays_in_order(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import os, sys\nfor i in range(3):\n    os.write(1, b'raw'); display(i); sys.stdout.write('text'); display(i)"
    )
    assert outcome.brief == [
        (kind, text.format(i))
        for i in range(3)
        for kind, text in (
            ("stdout", "raw"), ("display_data", "{}"), ("stdout", "text"), ("display_data", "{}"),
        )
    ]  # fmt: skip


def test_print_to_a_descriptor_that_user_code_redirected(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import os, tempfile\nsaved = os.dup(1)\nwith tempfile.TemporaryFile() as file:\n"
        "    os.dup2(file.fileno(), 1)\n    print('hidden')\n    display('frames still flow')\n"
        "    os.dup2(saved, 1)\n    file.seek(0)\n    print(file.read())\nos.close(saved)"
    )
    assert outcome.brief == [("display_data", "'frames still flow'"), ("stdout", "b'hidden\\n'\n")]


def test_closed_descriptors(own: ExecutorProcess) -> None:
    outcome = own.run("import os, sys; os.close(1); os.close(2); display(1)")
    assert outcome.brief == [("display_data", "1")]
    outcome = own.run("print('out'); print('err', file=sys.stderr); 5")
    assert outcome.brief == [("stdout", "out\n"), ("stderr", "err\n"), ("execute_result", "5")]


def test_broken_stream_of_the_users(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import sys\nclass Broken:\n    def write(self, text): return len(text)\n"
        "    def flush(self): raise RuntimeError('broken')\n"
        "saved, sys.stdout = sys.stdout, Broken()\nprint('lost'); display(1)\nsys.stdout = saved; print('back')"
    )
    assert outcome.brief == [("display_data", "1"), ("stdout", "back\n")]


def test_non_blocking_stdout(shared: ExecutorProcess) -> None:
    outcome = shared.run("import os\nos.set_blocking(1, False)\nfor i in range(300):\n    print('x' * 5000)")
    assert outcome.text() == ("x" * 5000 + "\n") * 300


FORKS = [
    ("print('child'); os._exit(3)", 3, "child\n"),
    ("print('child'); sys.exit(4)", 4, "child\n"),
    ("print('child')", 0, "child\n"),
    ("display('nothing'); sys.stdout.write('part')", 0, "part"),
    ("sys.exit('message')", 1, ""),
    ("1 / 0", 1, ""),
    ("input()", 1, ""),
]


@pytest.mark.parametrize(("child", "status", "printed"), FORKS)
def test_forked_child(shared: ExecutorProcess, child: str, status: int, printed: str) -> None:
    outcome = shared.run(
        f"import os, sys\nsys.stdout.write('before ')\npid = os.fork()\nif pid == 0:\n    {child}\n"
        "else:\n    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n    print('status', status)",
        allow_stdin=True,
    )
    assert outcome.status == "ok"
    assert outcome.text() == f"before {printed}status {status}\n"
    assert {event.kind for event in outcome.events} <= {"execute_input", "stdout", "stderr"}
    assert shared.run("1").brief == [("execute_result", "1")]


def test_child_of_an_awaiting_cell(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import asyncio, os\nawait asyncio.sleep(0)\npid = os.fork()\nif pid == 0:\n    print('child')\n"
        "else:\n    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert outcome.text() == "child\n0\n"


def test_multiprocessing(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import multiprocessing\ndef square(x):\n    print('in', x)\n    return x * x\n"
        "with multiprocessing.get_context('fork').Pool(1) as pool:\n    print(pool.map(square, [2, 3]))"
    )
    assert outcome.text() == "in 2\nin 3\n[4, 9]\n"


def test_threads_print_and_display(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import sys, threading\ndef work(n):\n    for i in range(20):\n"
        "        sys.stdout.write(f'{n}-{i}\\n'); display(i)\n"
        "threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
        "for t in threads: t.start()\nfor t in threads: t.join()"
    )
    assert sorted(outcome.text().split()) == sorted(f"{n}-{i}" for n in range(4) for i in range(20))
    assert len(outcome.contents("display_data")) == 80


def test_finalizer_that_displays_while_something_is_sent(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import gc\nclass Late:\n    def __init__(self): self.me = self\n    def __del__(self): display('late')\n"
        "threshold = gc.get_threshold()\ngc.set_threshold(1)\n"
        "for i in range(30):\n    Late()\n    display(i)\ngc.set_threshold(*threshold)\ngc.collect();"
    )
    found = [text for _, text in outcome.brief]
    assert [text for text in found if text != "'late'"] == [str(i) for i in range(30)]
    assert found.count("'late'") == 30


def test_output_between_cells_belongs_to_the_last_request(shared: ExecutorProcess) -> None:
    shared.run("import asyncio\nasync def late(): display('late')\ntask = asyncio.create_task(late())")
    outcome = shared.run("1")
    late = outcome.events[0]
    assert (late.kind, late.content["data"]["text/plain"]) == ("display_data", "'late'")
    assert late.parent["msg_id"] != outcome.reply.parent["msg_id"]


def test_streams_tell_forked_children_apart(shared: ExecutorProcess) -> None:
    source = (
        "import os, sys\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(write, str(sys.stdout._is_master_process()).encode())\n"
        "    os._exit(0)\n"
        "print(sys.stderr._is_master_process(), os.read(read, 10).decode())"
    )
    assert shared.run(source).text() == "True False\n"
