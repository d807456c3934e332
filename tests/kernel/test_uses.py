"""What a kernel says it used."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from helpers.executor import ExecutorProcess
from nbcheck.kernel.python.instruments.opens import OpenWatch
from nbcheck.transport.usage import Usage, read_usage, signature

FILES = {
    "in/a.csv": "1",
    "in/native.bin": "1",
    "in/appended.log": "1",
    "in/removed.txt": "1",
    "in/moved.txt": "1",
    "out/there.csv": "1",
    "lib/helper.py": "import sub.deep",
    "lib/sub/__init__.py": "",
    "lib/sub/deep.py": "from . import shallow",
    "lib/sub/shallow.py": "",
    "near.py": "",
}
CELLS = """
import glob, os, pathlib, sqlite3, sys, tempfile
open("in/a.csv").read()
---
pathlib.Path("in/missing.csv").open()
---
open("in/appended.log", "a").close()
open("out/there.csv", "w").write("2"); open("out/there.csv").read()
open("out/made.csv", "x").close()
---
os.mkdir("own"); open("own/x", "w").write("1"); open("own/x").read(); open("own/other", "a").close()
os.remove("in/removed.txt")
os.replace("in/moved.txt", "out/moved.txt")
---
with tempfile.NamedTemporaryFile("w+") as file: file.write("x"); open(file.name).read()
kept = tempfile.mkdtemp()
open(kept + "/x", "w").write("1"); open(kept + "/x").read(); os.listdir(kept)
---
import ctypes
libc = ctypes.CDLL(None); libc.fopen.restype = ctypes.c_void_p
libc.fclose(ctypes.c_void_p(libc.fopen(b"in/native.bin", b"r")))
libc.fclose(ctypes.c_void_p(libc.fopen(b"out/native.bin", b"w")))
---
glob.glob("in/*.csv")
sys.path.insert(0, "lib"); import helper, near, json
import nowhere
---
sqlite3.connect("in/base.db").close(); sqlite3.connect(":memory:").close()
os.listdir(os.open("out", os.O_RDONLY))
open("/proc/self/stat").read(); open(os.devnull).read(); open(pathlib.__file__).read()
"""


def run(folder: Path, cells: Iterable[str]) -> Usage:
    """Run cells in a project of these files, and return what their kernel says."""
    root = folder / "project"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    said = folder / "said"
    settings = {"uses": {"root": str(root), "path": str(said)}}
    with ExecutorProcess(instruments=settings, cwd=str(root), environ={"PYTHONPATH": ""}) as executor:
        for cell in cells:
            executor.run(cell)
        executor.exit()
        executor.drain()
    usage = read_usage(said)
    assert usage is not None
    return usage


@pytest.mark.slow
def test_what_is_read_written_listed_and_imported(tmp_path: Path) -> None:
    usage = run(tmp_path, CELLS.split("---\n"))
    root = tmp_path / "project"

    def below(paths: Iterable[str]) -> set[str]:
        # The tests' own folder is installed by path, and so outside of all libraries.
        return {os.path.relpath(path, root) for path in paths if path.startswith(str(tmp_path))}

    assert below(usage.inputs) == {
        *("in/a.csv", "in/missing.csv", "in/appended.log", "in/removed.txt", "in/moved.txt", "in/base.db"),
        *("lib/helper.py", "lib/sub/__init__.py", "lib/sub/deep.py", "lib/sub/shallow.py", "near.py"),
    }
    assert usage.inputs[str(root / "in/a.csv")] == signature(root / "in/a.csv")
    assert usage.inputs[str(root / "in/missing.csv")] is None
    assert usage.inputs[str(root / "in/removed.txt")] is not None
    assert {os.path.relpath(path, root): was for path, was in usage.products.items()} == {
        "out/there.csv": True,
        "out/made.csv": False,
        "out/moved.txt": False,
        "own": False,
    }
    assert below(usage.folders) == {"in", "out"}
    assert below(usage.opened) == {"in/native.bin"}
    searched = {os.path.relpath(path, root): names for path, names in usage.searched.items()}
    assert {"helper", "near", "nowhere", "sub"} <= set(searched["lib"]) & set(searched["."])
    assert searched["lib/sub"] == ["deep", "shallow"]
    assert not [path for path in usage.inputs if path.startswith(("/proc", "/dev")) or "pathlib" in path]
    assert (usage.programs, usage.doubts) == ([], [])


@pytest.mark.slow
def test_what_nobody_can_look_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        usage = run(
            tmp_path,
            [
                "import os, socket, subprocess, sys",
                "subprocess.run(['true', 'a b'])\nsubprocess.run('true # shell', shell=True)",
                "!true magic",
                "os.system('true system')",
                "if not (pid := os.fork()): os._exit(0)\nos.waitpid(pid, 0)",
                f"socket.create_connection(('127.0.0.1', {port})).close()",
                "socket.socket(socket.AF_UNIX).connect('nosuch')",
                "import multiprocessing\nmultiprocessing.get_context('spawn').Process(target=print).start()",
                "real, os.path.abspath = os.path.abspath, None\nopen('near.py')\nos.path.abspath = real",
            ],
        )
    assert usage.programs == ["true a b", "true # shell", "true magic", "true system"]
    assert usage.doubts == [
        "forked",
        f"connected to 127.0.0.1:{port}",
        "connected to nosuch",
        "started processes",
        "did what could not be followed",
    ]


@pytest.mark.slow
def test_code_sees_nothing_of_it_and_is_not_disturbed(tmp_path: Path) -> None:
    usage = run(
        tmp_path,
        [
            "open('seen', 'w').write(repr(dir()) + repr(In))",
            "import os\nos.closerange(8, 100)",  # the watch among them
        ],
    )
    seen = (tmp_path / "project/seen").read_text()
    assert not [word for word in ("uses", "recorder", "instrument") if word in seen.replace("'seen'", "")]
    assert usage.doubts in ([], [WATCH_CLOSED])


WATCH_CLOSED = "may have used native code, and which files that opens cannot be seen: the watch was closed"


def test_a_watch_that_was_closed_or_overflowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = OpenWatch(str(tmp_path), lambda path: False)
    os.close(watch._fd)
    assert (watch.finish(), watch.problem) == ([], WATCH_CLOSED)
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.touch()
    watch = OpenWatch(str(tmp_path), lambda path: False)
    for number in range(limit + 10):
        os.close(os.open(files[number % 2], os.O_RDONLY))
    watch.finish()
    assert watch.problem.endswith("too many files were opened")


def test_what_the_watch_leaves_out(tmp_path: Path) -> None:
    for name in ("kept/deep/a", "left/b", "kept/was"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    watch = OpenWatch(str(tmp_path), lambda path: path.endswith("left"))
    for name in ("kept/deep/a", "left/b"):
        (tmp_path / name).read_bytes()
    (tmp_path / "kept/new").write_text("")
    (tmp_path / "kept/new").read_text()
    (tmp_path / "kept/was").rename(tmp_path / "kept/moved")
    (tmp_path / "kept/moved").read_text()
    assert (watch.finish(), watch.problem) == ([str(tmp_path / "kept/deep/a")], "")
