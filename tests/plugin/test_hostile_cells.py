"""Cells that do what no test runner wants: each gets its verdict, hurts nobody else and leaves nothing.

The cases of one group lie in one folder, with a good notebook before and after them, and run in one pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from helpers.example import section, verdicts
from helpers.kernels import wait_gone
from helpers.nb import Cell, OutputDict, code, display, notebook, result, stderr, stdout

pytestmark = pytest.mark.slow

MARK = "HOSTILE_CELLS_RUN"
"""Environment variable by which any process of a run can be found, whoever its parent is by then."""


@dataclass(frozen=True)
class Case:
    """A hostile notebook."""

    name: str
    cells: tuple[Cell, ...]
    outcomes: str
    """Outcome of each cell, in order."""
    reason: str
    """How the headline of the first failing cell goes on after the cell's number; empty when all pass."""
    more: str = ""
    """What else stands in the report of that cell."""

    @property
    def verdicts(self) -> list[str]:
        return self.outcomes.split()


LATER = code("print('later', 6 * 7)", stdout("later 42\n"))
GOOD = notebook(code("x = 40", count=1), code("print(x + 2)", stdout("42\n")), LATER)


def _source(text: str) -> str:
    return dedent(text).strip("\n")


def lives(name: str, source: str, *outputs: OutputDict, tags: tuple[str, ...] = ()) -> Case:
    """A cell that is odd and right: it passes, and so does the one after it."""
    metadata = {"tags": list(tags)} if tags else {}
    return Case(name, (code(_source(source), *outputs, count=1, **metadata), LATER), "passed passed", "")


def fails(name: str, source: str, reason: str, *outputs: OutputDict, more: str = "") -> Case:
    """A cell that ends its notebook."""
    return Case(name, (code(_source(source), *outputs, count=1), LATER), "failed", reason, more)


def leaves(name: str, source: str) -> Case:
    """A cell that asks the kernel to leave after it, though another one comes."""
    said = "ended the kernel with quit() or exit(), and 1 more cell cannot run; "
    return fails(name, source, f"{said}make it the last one, or remove the call")


def breaks(name: str, source: str, error: str) -> Case:
    """A cell that breaks what the kernel needs."""
    said = f"a cell broke something that the kernel needs ({error}"
    return fails(name, source, "the kernel died with exit code 1", more=said)


def silences(name: str, source: str) -> Case:
    """A cell after which nothing is printed any more: the one after it says so."""
    return Case(
        name,
        (code(_source(source), count=1), LATER),
        "passed failed",
        "stdout: later 42 missing from this run",
    )


def differs(name: str, source: str, reason: str, *outputs: OutputDict) -> Case:
    """A cell whose output is not the stored one; the one after it passes."""
    return Case(name, (code(_source(source), *outputs, count=1), LATER), "failed passed", reason)


def mimebundle(**data: object) -> OutputDict:
    """A display with other types than text."""
    return {
        "output_type": "display_data",
        "data": {name.replace("__", "/"): value for name, value in data.items()},
        "metadata": {},
    }


NOBODY = "input() was called, but nobody can answer: this front-end does not support input requests"
EXIT_IN_THREAD = (
    "import os, threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.1), os._exit(5))).start()\n"
    "time.sleep(60)"
)
TIME_IS_UP = "did not finish within 1 s; raise --nbcheck-cell-timeout or give the cell a timeout directive"

GROUPS: dict[str, list[Case]] = {
    "questions": [
        fails("input", "input('name? ')", f"StdinNotImplementedError: {NOBODY}"),
        fails(
            "getpass",
            "import getpass\ngetpass.getpass()",
            f"StdinNotImplementedError: {NOBODY.replace('input()', 'getpass()')}",
        ),
        lives("stdin", "import sys\nprint([sys.stdin.readline()])", stdout("['']\n")),
        fails("breakpoint", "breakpoint()", f"StdinNotImplementedError: {NOBODY}"),
        lives("stdin-fd", "import os\nprint(os.read(0, 10))", stdout("b''\n")),
        lives("shell-read", '!read x; echo "got $x"', stdout("got \n")),
        lives("shell-tty", "!cat /dev/tty 2>/dev/null; echo $?", stdout("1\r\n")),
        lives("shell-stderr", "!cat <&2 2>/dev/null; echo $?", stdout("1\r\n")),
        lives("script-tty", "%%bash\ncat /dev/tty 2>/dev/null; read x; echo $?", stdout("1\n")),
        lives(
            "shell-cat",
            "!cat",
        ),
        lives(
            "subprocess-read",
            """
            import subprocess
            print(subprocess.run(["cat"], capture_output=True).stdout)
            """,
            stdout("b''\n"),
        ),
        lives("shell-fails", "!exit 3\nprint(_exit_code)", stdout("3\n")),
    ],
    "exits": [
        fails("exit-0", "import sys\nsys.exit(0)", "SystemExit: 0"),
        fails("exit-1", "import sys\nsys.exit(1)", "SystemExit: 1"),
        fails("exit-text", "import sys\nsys.exit('no data')", "SystemExit: no data"),
        leaves("quit", "quit()"),
        leaves("exit", "exit()"),
        leaves("exit-word", "exit"),
        Case("quit-last", (LATER, code("quit()", count=2)), "passed passed", ""),
        fails("keyboard-interrupt", "raise KeyboardInterrupt", "KeyboardInterrupt"),
        fails("kernel-exit", "import os\nos._exit(0)", "the kernel died with exit code 0"),
        fails(
            "abort",
            "import os\nos.abort()",
            "the kernel died with signal SIGABRT",
            more="Fatal Python error: Aborted",
        ),
        fails(
            "segfault",
            "import ctypes\nctypes.string_at(0)",
            "the kernel died with signal SIGSEGV",
            more="Fatal Python error: Segmentation fault",
        ),
        fails(
            "exec",
            "import os\nprint('before', flush=True)\nos.execvp('true', ['true'])",
            "the kernel died with exit code 0",
        ),
        fails(
            "exec-sleep", "# nbcheck: timeout=1\nimport os\nos.execvp('sleep', ['sleep', '600'])", TIME_IS_UP
        ),
        fails(
            "atexit-raises",
            "import atexit\natexit.register(lambda: 1 / 0)\nraise ValueError('own')",
            "ValueError: own",
        ),
        lives("atexit-hangs", "import atexit, time\n_ = atexit.register(time.sleep, 600)"),
        fails("thread-exits", EXIT_IN_THREAD, "the kernel died with exit code 5"),
        fails(
            "terminated",
            "import os, signal, time\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)",
            "the kernel died with signal SIGTERM",
        ),
        fails(
            "group-terminated",
            "import os, signal, time\nos.killpg(0, signal.SIGTERM)\ntime.sleep(60)",
            "the kernel died with signal SIGTERM",
        ),
        fails(
            "interrupted",
            "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)",
            "KeyboardInterrupt",
        ),
        fails(
            "stopped",
            "# nbcheck: timeout=1\nimport os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
            "did not finish within 1 s; it did not react to an interrupt for 5 s either and was killed; ",
        ),
        # Whoever started the kernel: the template, whose end or standstill must not keep other kernels from starting.
        fails(
            "parent-killed",
            "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(0.2)\n1 / 0",
            "ZeroDivisionError: division by zero",
        ),
        lives("parent-stopped", "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)"),
        fails(
            "alarm",
            "import signal, time\nsignal.alarm(1)\ntime.sleep(60)",
            "the kernel died with signal SIGALRM",
        ),
    ],
    "endless": [
        fails(
            "sigint-ignored",
            """
            # nbcheck: timeout=1
            import signal
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            while True: pass
            """,
            "did not finish within 1 s; it did not react to an interrupt for 5 s either and was killed; ",
        ),
        fails(
            "interrupt-caught",
            """
            # nbcheck: timeout=1
            while True:
                try:
                    while True: pass
                except BaseException: pass
            """,
            TIME_IS_UP,
        ),
        fails(
            "printing",
            """
            # nbcheck: timeout=1
            while True: print("x" * 100)
            """,
            TIME_IS_UP,
        ),
        fails("recursion", "def f(): return f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        fails(
            "stack",
            """
            import sys, threading
            sys.setrecursionlimit(10**9)
            threading.stack_size(1 << 16)
            class A:
                def __getattr__(self, name): return getattr(self, name)
                def __repr__(self): return repr(self)
            def overflow():
                nested = []
                for _ in range(10**6): nested = [nested]
                repr(nested)
            thread = threading.Thread(target=overflow)
            thread.start()
            thread.join()
            """,
            "the kernel died with signal SIGSEGV",
        ),
        fails(
            "memory",
            "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\nx = bytearray(1 << 32)",
            "MemoryError",
        ),
    ],
    "processes": [
        lives(
            "fork-prints",
            """
            import os
            if not (pid := os.fork()):
                print("child")
                os._exit(0)
            os.waitpid(pid, 0)
            print("parent")
            """,
            stdout("child\nparent\n"),
        ),
        lives(
            "fork-exits",
            """
            import os, sys
            if not (pid := os.fork()):
                sys.exit(3)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """,
            stdout("3\n"),
        ),
        lives(
            "fork-returns",
            """
            import os
            pid = os.fork()
            if pid:
                print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """,
            stdout("0\n"),
        ),
        lives(
            "fork-raises",
            """
            import os, sys
            pid = os.fork()
            if not pid:
                raise ValueError("child")
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """,
            stdout("1\n"),
            tags=("nbcheck-ignore-output=stderr",),
        ),
        lives(
            "fork-lives-on",
            "import os, time\nif not os.fork():\n    time.sleep(600)\n    print('late')",
        ),
        lives(
            "multiprocessing-fork",
            """
            import multiprocessing
            def double(x): return 2 * x
            with multiprocessing.get_context("fork").Pool(2) as pool:
                print(pool.map(double, range(3)))
            """,
            stdout("[0, 2, 4]\n"),
        ),
        lives(
            "multiprocessing-spawn",
            """
            import multiprocessing
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.map(abs, [-1, -2]))
            """,
            stdout("[1, 2]\n"),
        ),
        lives(
            "thread-left", "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()"
        ),
        lives(
            "daemon-left",
            """
            import subprocess
            child = subprocess.Popen(["sleep", "600"], start_new_session=True, env={})
            """,
        ),
        lives(
            "double-fork-left",
            """
            import os, time
            if not (pid := os.fork()):
                os.setsid()
                if not os.fork():
                    os.environ.clear()
                    for fd in range(3, 100):
                        try: os.close(fd)
                        except OSError: pass
                    time.sleep(600)
                os._exit(0)
            _ = os.waitpid(pid, 0)
            """,
        ),
        Case(
            "writer-left",
            (
                code(
                    "import subprocess\nchild = subprocess.Popen(['yes'])",
                    count=1,
                    tags=["nbcheck-ignore-output=stdout"],
                ),
                code("6 * 7", result("42"), tags=["nbcheck-ignore-output=stdout"]),
            ),
            "passed passed",
            "",
        ),
        lives(
            "stopped-left",
            """
            import os, signal, subprocess
            child = subprocess.Popen(["sleep", "600"])
            child.send_signal(signal.SIGSTOP)
            """,
        ),
    ],
    "streams": [
        lives("stdout-closed", "import sys\nsys.stdout.close()\nprint('on')", stdout("on\n")),
        lives(
            "stderr-closed", "import sys\nsys.stderr.close()\nprint('on', file=sys.stderr)", stderr("on\n")
        ),
        lives("fd-1-closed", "import os\nos.close(1)\nprint('on')", stdout("on\n")),
        lives("fd-2-closed", "import os, sys\nos.close(2)\nprint('on', file=sys.stderr)", stderr("on\n")),
        silences(
            "fd-1-to-null",
            "import os\nos.dup2(os.open('/dev/null', os.O_WRONLY), 1)\nprint('off')",
        ),
        silences("stdout-replaced", "import io, sys\nsys.stdout = io.StringIO()\nprint('off')"),
        silences("stdout-none", "import sys\nsys.stdout = None\nprint('off')"),
        lives("stderr-object", "import sys\nsys.stderr = object()"),
        fails(
            "stdout-deleted",
            "import sys\ndel sys.stdout, sys.stderr",
            "AttributeError: module 'sys' has no attribute 'stdout'",
        ),
        lives("one-line", "print('x' * 50_000_000)", stdout("x" * 50_000_000 + "\n")),
        lives(
            "small-writes",
            """
            import os
            for _ in range(300_000): os.write(1, b".")
            """,
            stdout("." * 300_000),
        ),
        lives("prints", "for i in range(1_000_000): print('.')", stdout(".\n" * 1_000_000)),
        lives(
            "garbage", "import os\nos.write(1, bytes(range(128, 256)) * 1000);", stdout("\ufffd" * 128_000)
        ),
        fails(
            "disk-full",
            "with open('/dev/full', 'w') as file: file.write('x')",
            "OSError: [Errno 28] No space left on device",
        ),
        fails(
            "disk-full-for-prints",
            "import os\nos.dup2(os.open('/dev/full', os.O_WRONLY), 1)\nprint('x')",
            "OSError: [Errno 28] No space left on device",
        ),
        fails(
            "file-too-large",
            "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (9, 9))\n"
            "with open('large', 'w') as file: file.write('x' * 10)",
            "OSError: [Errno 27] File too large",
        ),
        lives("zeros", "import os\nos.write(1, bytes(1000));", stdout("\0" * 1000)),
        lives("surrogate-printed", r"print('a\ud800b')", stdout(r"a\ud800b" + "\n")),
        fails(
            "garbage-on-descriptors",
            """
            import os
            for fd in range(3, 300):
                try: os.write(fd, b"garbage" * 20)
                except OSError: pass
            """,
            "the kernel died with signal SIGKILL",
        ),
        fails(
            "descriptors-closed",
            "import os\nos.closerange(3, 300)",
            "the kernel died with exit code 1",
            more="printed:\n  a cell closed file descriptors that the kernel needs",
        ),
        lives(
            "thread-prints",
            """
            import threading
            def loop():
                while True: print(end="")
            threading.Thread(target=loop, daemon=True).start()
            """,
        ),
    ],
    "displays": [
        lives(
            "surrogate-displayed",
            r"from IPython.display import display" "\n" r"display('\ud800')",
            display(r"'\ud800'"),
        ),
        lives(
            "surrogate-html",
            r"from IPython.display import HTML, display" "\n" r"display(HTML('<b>\ud800</b>'))",
            mimebundle(text__html="<b>\ud800</b>", text__plain="<IPython.core.display.HTML object>"),
        ),
        lives(
            "nan",
            "from IPython.display import JSON, display\ndisplay({'application/json': {'a': float('nan')}}, raw=True)",
            mimebundle(application__json={"a": None}),
        ),
        fails(
            "repr-raises",
            "class A:\n    def __repr__(self): 1 / 0\nA()",
            "ZeroDivisionError: division by zero",
        ),
        fails(
            "repr-html-raises",
            "class A:\n    def _repr_html_(self): 1 / 0\nA()",
            "ZeroDivisionError: division by zero",
        ),
        fails(
            "repr-exits", "import sys\nclass A:\n    def __repr__(self): sys.exit(1)\nA()", "SystemExit: 1"
        ),
        fails(
            "repr-no-text",
            "class A:\n    def __repr__(self): return 1\nA()",
            "TypeError: __repr__ returned non-string (type int)",
        ),
        fails(
            "large",
            "from IPython.display import HTML, display\ndisplay(HTML('x' * 50_000_000))\n1 / 0",
            "ZeroDivisionError: division by zero",
        ),
        lives(
            "weird-types",
            """
            from IPython.display import display
            display({"x/y; z='1'": [1], "text": "a", "": "b", "a/b/c": None}, raw=True)
            """,
            mimebundle(**{"x/y; z='1'": [1], "text": "a", "": "b", "a/b/c": None}),
        ),
        fails(
            "not-json",
            "from IPython.display import display\ndisplay({'application/json': object()}, raw=True)",
            "LocalProtocolError: a message cannot be written as JSON: an object of type builtins.object is not JSON",
        ),
        differs(
            "bytes-keys",
            "from IPython.display import display\ndisplay({b'a': 1}, raw=True)",
            "output 1: display_data that the file does not have",
        ),
        lives(
            "update-unknown",
            "from IPython.display import update_display\nupdate_display(1, display_id='nobody')",
        ),
        lives(
            "clear-in-thread",
            """
            import threading
            from IPython.display import clear_output
            print("gone")
            thread = threading.Thread(target=clear_output)
            thread.start()
            thread.join()
            print("kept")
            """,
            stdout("kept\n"),
        ),
    ],
    "errors": [
        fails("base-exception", "class B(BaseException): pass\nraise B('own')", "B: own"),
        fails(
            "name-raises",
            "class M(type):\n    __name__ = property(lambda self: 1 / 0)\n"
            "class E(Exception, metaclass=M): pass\nraise E('x')",
            "E: x",
        ),
        fails(
            "str-interrupts",
            "class E(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise E('x')",
            "E: <unprintable E object>",
        ),
        fails("str-raises", "class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "E: "),
        fails(
            "error-false", "class E(Exception):\n    def __bool__(self): return False\nraise E('x')", "E: x"
        ),
        fails("error-surrogate", r"raise ValueError('a\ud800b')", r"ValueError: a\ud800b"),
        fails("error-long", "raise ValueError('x' * 10_000_000)", "ValueError: xxx"),
        fails(
            "group",
            "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])",
            "ExceptionGroup: two (2 sub-exceptions)",
        ),
        fails("syntax", "def f(:", "SyntaxError: "),
        fails(
            "indentation",
            "def f():\nreturn 1",
            "IndentationError: expected an indented block after function definition on line 1",
        ),
        fails("surrogate", "x = '\ud800'", "UnicodeEncodeError: 'utf-8' codec can't encode character"),
        lives(
            "message-forged",
            "kernel = get_ipython().kernel\n"
            "for name in ('execute_input', 'stream', 'status', 'display_data', 'execute_result'):\n"
            "    _ = kernel.session.send(kernel.iopub_socket, name, {'execution_count': 'x', 'data': 7})",
        ),
        fails(
            "message-type-forged",
            "kernel = get_ipython().kernel\nkernel.session.send(None, 'a\\nb', {})",
            r"LocalProtocolError: 'a\nb' is no message type",
        ),
        fails("nul", "x = '\0'", "SyntaxError: source code string cannot contain null bytes"),
        fails("deep", "(" * 500 + ")" * 500, "SyntaxError: too many nested parentheses"),
        fails("cell-magic", "%%nosuch\n1", "UsageError: Cell magic `%%nosuch` not found."),
        differs(
            "failing-magic",
            "%cd /no/such/folder",
            "stdout: 2 lines printed that the file does not have",
        ),
        fails("script-magic", "%%bash\nexit 3", "CalledProcessError: "),
        lives("task-left", "import asyncio\ntask = asyncio.ensure_future(asyncio.sleep(600))"),
        lives(
            "failing-task-left",
            "import asyncio\nasync def f(): 1 / 0\ntask = asyncio.ensure_future(f())\nawait asyncio.sleep(0)",
        ),
        fails(
            "asyncio-run",
            "import asyncio\nasync def f(): return 42\nasyncio.run(f())",
            "RuntimeError: asyncio.run() cannot be called from a running event loop",
        ),
        fails("await-fails", "async def f(): 1 / 0\nawait f()", "ZeroDivisionError: division by zero"),
        fails(
            "loop-stopped",
            "import asyncio\nasyncio.get_running_loop().stop()\nawait asyncio.sleep(0)\n1/0",
            "ZeroDivisionError: division by zero",
        ),
        fails(
            "loop-closed",
            "import asyncio\nasyncio.get_running_loop().close()",
            "RuntimeError: Cannot close a running event loop",
        ),
        fails(
            "warnings-as-errors",
            "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('w')",
            "UserWarning: w",
        ),
    ],
    "interpreter": [
        lives("gc", "import gc\ngc.disable()\ngc.set_threshold(0)"),
        lives(
            "settrace",
            "import sys\nsys.settrace(lambda *arguments: None)\nsys.setprofile(lambda *arguments: None)",
        ),
        fails(
            "settrace-raises",
            "import sys\ndef trace(*arguments): raise ValueError('trace')\nsys.settrace(trace)\n(lambda: 1)()",
            "ValueError: trace",
        ),
        Case(
            "print-replaced",
            (code("import builtins\nbuiltins.print = None", count=1), code("1", result("1"))),
            "passed passed",
            "",
        ),
        lives("len-wrapped", "import builtins\nold = len\nbuiltins.len = lambda x: old(x)"),
        breaks(
            "len-replaced",
            "print('before', end='')\nimport builtins\nbuiltins.len = None",
            "TypeError: 'NoneType' object is not callable",
        ),
        breaks(
            "isinstance-replaced",
            "import builtins\nbuiltins.isinstance = None",
            "TypeError: 'NoneType' object is not callable",
        ),
        breaks("len-exits", "import builtins, sys\nbuiltins.len = lambda x: sys.exit(3)", "SystemExit: 3"),
        breaks("builtins-cleared", "import builtins\nvars(builtins).clear()", "NameError: name '"),
        breaks("audited", "import sys\nsys.addaudithook(lambda *_: 1 / 0)", "ZeroDivisionError: division by"),
        breaks(
            "os-broken",
            "import os\nos.write = os.read = os.getpid = None",
            "TypeError: 'NoneType' object is not callable",
        ),
        breaks(
            "threading-broken",
            "import threading\nthreading.get_ident = threading.current_thread = None",
            "TypeError: 'NoneType' object is not callable",
        ),
        lives("builtins-deleted", "del __builtins__"),
        lives("getpid-replaced", "import os\nos.getpid = lambda: 1"),
        lives(
            "modules-deleted",
            "import sys\nfor name in set(sys.modules) - {'sys', 'builtins'}: del sys.modules[name]",
        ),
        lives("faulthandler", "import faulthandler\n_ = faulthandler.disable()"),
        lives("json-broken", "import json, msgspec\njson.dumps = json.loads = msgspec.json.encode = None"),
        lives("time-broken", "import time\ntime.monotonic = time.time = lambda: 0"),
        lives("get-ipython", "del get_ipython"),
        lives("underscore", "_ = 1\n__ = 2\n_i = 3\nOut = None\nIn = None"),
        lives("path", "import sys\nsys.path[:] = []\nsys.argv = None"),
        lives("environ", "import os\nos.environ.clear()"),
        lives("locale", "import locale\n_ = locale.setlocale(locale.LC_ALL, 'C')"),
        lives("chdir", "import os\nos.chdir('/')\nprint(os.getcwd())", stdout("/\n")),
        lives(
            "cwd-deleted",
            "import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')",
        ),
        lives("limits", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"),
        lives("signals", "import signal\nfor s in (2, 15, 17, 1): signal.signal(s, signal.SIG_IGN)"),
        lives("umask", "import os\n_ = os.umask(0o777)"),
        lives("user-ns-cleared", "globals().clear()"),
        lives("exception-hook", "import sys\nsys.excepthook = sys.displayhook = None"),
    ],
}


@dataclass(frozen=True)
class Run:
    """What came of a group."""

    result: pytest.RunResult
    left: set[int]
    """Processes that were still there."""
    folders: list[str]
    """What was still in the folder for private folders."""


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Run]]]:
    """The groups that the selected tests are about, two at a time."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    groups = dict.fromkeys(item.callspec.params["run"] for item in tests if item.path == request.path)
    with ThreadPoolExecutor(2) as pool:
        yield {group: pool.submit(_run, tmp_path_factory.mktemp(group), GROUPS[group]) for group in groups}


def _run(folder: Path, cases: list[Case]) -> Run:
    base = folder / "run"
    base.mkdir()
    work = folder / "work"
    work.mkdir()
    (work / "a-good.ipynb").write_bytes(GOOD)
    (work / "z-good.ipynb").write_bytes(GOOD)
    for case in cases:
        (work / f"{case.name}.ipynb").write_bytes(notebook(*case.cells))
    mark = uuid.uuid4().hex
    # The private folder is made where this points to, so that what is left can be told from other runs'.
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(base), MARK: mark}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbcheck",
        "--nbcheck-cell-timeout=30",
        "-rA",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:cacheprovider",
    ]
    start = time.monotonic()
    ended = subprocess.run(
        command, check=False, cwd=work, env=environ, capture_output=True, text=True, timeout=100
    )
    output = pytest.RunResult(
        pytest.ExitCode(ended.returncode),
        ended.stdout.splitlines(),
        ended.stderr.splitlines(),
        time.monotonic() - start,
    )
    return Run(output, wait_gone(set(_started_by(mark, work))), [path.name for path in base.iterdir()])


def _started_by(mark: str, folder: Path) -> Iterator[int]:
    """Processes of a run, by their environment or, where a cell gave them another one, by their folder."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark or process.cwd() == str(folder):
                yield process.pid
        except psutil.Error:
            continue


@pytest.fixture
def run(request: pytest.FixtureRequest, runs: dict[str, Future[Run]]) -> Run:
    """The run of the group that a test is about."""
    return runs[request.param].result()


@pytest.mark.parametrize(
    ("run", "case"),
    [pytest.param(group, case, id=case.name) for group, cases in GROUPS.items() for case in cases],
    indirect=["run"],
)
def test_a_hostile_cell_gets_its_verdict(run: Run, case: Case) -> None:
    name = f"{case.name}.ipynb"
    outcomes = verdicts(run.result)
    # Cells that were not run have no line there.
    nodeids = [nodeid for nodeid in (f"{name}::cell-1", f"{name}::cell-2") if nodeid in outcomes]
    assert [outcomes[nodeid] for nodeid in nodeids] == case.verdicts
    if case.reason:
        number = case.verdicts.index("failed") + 1
        report = section(run.result, f"[nbcheck] {name}::cell-{number}")
        assert report[0].partition(f": cell {number}: ")[2].startswith(case.reason)
        assert case.more in "\n".join(report)
        assert len("\n".join(report)) < 10_000
        # Nobody is shown our own code, unless Python tells where it crashed.
        assert "nbcheck/kernel" not in "\n".join(report) or case.more.startswith("Fatal Python error")


@pytest.mark.parametrize("run", GROUPS, indirect=True)
def test_the_others_pass_and_nothing_is_left(run: Run) -> None:
    outcomes = verdicts(run.result)
    for name in ("a-good.ipynb", "z-good.ipynb"):
        assert [outcomes[f"{name}::cell-{number}"] for number in (1, 2, 3)] == ["passed"] * 3
    assert run.left == set()
    assert run.folders == []
    assert run.result.errlines == []
    assert "INTERNALERROR" not in run.result.stdout.str()
