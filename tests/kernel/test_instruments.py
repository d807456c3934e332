"""Instruments: what the owner of a kernel puts into its process."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from helpers.executor import ExecutorProcess
from nbcheck.kernel.python.instruments.on_import import after_import
from nbcheck.kernel.python.instruments.registry import install_instruments

DRAWS = """
import random, sys
import numpy.random, torch
print(random.random(), numpy.random.rand(), torch.seeds)
print(numpy.random.__loader__.name, numpy.random.__spec__.loader is numpy.random.__loader__)
print([finder for finder in sys.meta_path if "instruments" in type(finder).__module__])
"""


@pytest.mark.slow
def test_random_numbers_are_the_same_in_every_kernel(tmp_path: Path) -> None:
    # torch itself is too large for a test.
    (tmp_path / "torch.py").write_text("seeds = []\nmanual_seed = seeds.append\n")
    drawn = []
    for _ in range(2):
        with ExecutorProcess(instruments={"seeds": 7}, cwd=str(tmp_path)) as executor:
            drawn.append(executor.run(DRAWS).text())
    assert drawn == ["0.32383276483316237 0.07630828937395717 [7]\nnumpy.random True\n[]\n"] * 2


def test_an_instrument_that_is_none() -> None:
    with pytest.raises(KeyError, match="nosuch"):
        install_instruments({"nosuch": None})


# ---- after an import


def test_a_module_that_is_there_is_taken_at_once() -> None:
    found: list[object] = []
    finders = list(sys.meta_path)
    after_import("json", found.append)
    assert (found, sys.meta_path) == ([sys.modules["json"]], finders)


def test_a_module_that_appears_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finders = list(sys.meta_path)
    monkeypatch.setattr(sys, "meta_path", list(finders))
    monkeypatch.syspath_prepend(str(tmp_path))
    found: list[object] = []
    after_import("nbcheck_late_module", found.append)
    with pytest.raises(ModuleNotFoundError):
        __import__("nbcheck_late_module")
    path = tmp_path / "nbcheck_late_module.py"
    path.write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        __import__("nbcheck_late_module")
    assert found == []
    path.write_text("import sys\nseen = __loader__, __spec__.loader, sys.meta_path[:1] # longer\n")
    module = __import__("nbcheck_late_module")
    monkeypatch.delitem(sys.modules, "nbcheck_late_module")
    assert found == [module]
    assert [type(loader).__name__ for loader in module.seen[:2]] == ["SourceFileLoader"] * 2
    assert sys.meta_path == finders


# ---- the network

OPTION = "--nbcheck-no-network"
REMEDY = "keep what the notebook needs beside it, or give it the directive network"
REFUSED = f"ConnectionRefusedError: [Errno 111] connection to %s refused by {OPTION}; {REMEDY}"
UNKNOWN = f"gaierror: [Errno -2] looking up %s refused by {OPTION}; {REMEDY}"
TRIES = {
    "socket.create_connection(('192.0.2.1', 80))": REFUSED % "192.0.2.1:80",
    "socket.create_connection(('Example.org', 443))": UNKNOWN % "example.org",
    "socket.socket().connect_ex(('192.0.2.1', 80))": REFUSED % "192.0.2.1:80",
    "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))": REFUSED % "2001:db8::1:80",
    "udp.sendto(b'x', ('192.0.2.1', 53))": REFUSED % "192.0.2.1:53",
    "udp.sendto(b'x', ('224.0.0.1', 53))": REFUSED % "224.0.0.1:53",
    "udp.sendmsg([b'x'], [], 0, ('192.0.2.1', 53))": REFUSED % "192.0.2.1:53",
    "socket.gethostbyname('example.org')": UNKNOWN % "example.org",
    "socket.getaddrinfo(b'example.org', 80)": UNKNOWN % "example.org",
    "socket.gethostbyaddr('192.0.2.1')": UNKNOWN % "192.0.2.1",
    "socket.getnameinfo(('192.0.2.1', 80), 0)": UNKNOWN % "192.0.2.1",
    "asyncio.run(asyncio.open_connection('192.0.2.1', 80))": REFUSED % "192.0.2.1:80",
    "urllib.request.urlopen('http://example.org')": f"URLError: <urlopen error {UNKNOWN.partition(' ')[2]}>"
    % "example.org",
    "socket.create_connection(server.getsockname()).close()": "",
    "socket.create_connection(('localhost', port)).close()": "",
    "socket.create_connection((socket.gethostname(), port)).close()": "",
    "socket.getaddrinfo(None, 80) and socket.getaddrinfo('192.0.2.1', 80)": "",
    "socket.getaddrinfo(socket.gethostname(), 80)": "",
    "udp.connect(('127.9.9.9', 53))": "",
    "socket.socket(socket.AF_UNIX).connect('nosuch')": "FileNotFoundError: [Errno 2] No such file or directory",
    "multiprocessing.Pool(1).apply(socket.gethostbyname, ['example.org'])": UNKNOWN % "example.org",
}
TRY = """
import asyncio, multiprocessing, socket, threading, urllib.request
server = socket.create_server(("", 0))
port = server.getsockname()[1]
udp = socket.socket(type=socket.SOCK_DGRAM)
def run(source):
    try:
        eval(source)
        print()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
for source in SOURCES:
    # Where no loop is running.
    thread = threading.Thread(target=run, args=(source,))
    thread.start()
    thread.join()
"""


@pytest.mark.slow
def test_only_this_machine_is_reached() -> None:
    with ExecutorProcess(instruments={"network": OPTION}) as executor:
        said = executor.run(TRY.replace("SOURCES", repr(list(TRIES)))).text()
    assert dict(zip(TRIES, said.splitlines(), strict=True)) == TRIES


# ---- the bounds of a second run

_STARTED = (
    "PermissionError: [Errno 1] nbcheck runs this notebook a second time, without what is felt outside: "
)
BOUNDS = {
    # within the notebook's folder, where files for a while lie, where nothing is kept
    "open('new.txt', 'w').close()": "",
    "os.mkdir('sub')": "",
    "os.rename('new.txt', 'sub/newer.txt')": "",
    "sqlite3.connect('my.db').execute('create table t(x)')": "",
    "tempfile.TemporaryFile().close()": "",
    "open(os.devnull, 'w').close()": "",
    "sqlite3.connect(':memory:').execute('create table t(x)')": "",
    "os.makedirs('/usr', exist_ok=True)": "",
    "open('/etc/hostname').close()": "",
    "os.open('/etc', os.O_RDONLY)": "",
    "pair[0].sendmsg([b'x'])": "",
    "in_pool(abs, -1)": "",
    "manage()": "",
    "subprocess.run(['uname', '-a'], capture_output=True)": "",
    # outside
    "open('/nosuch/file', 'w')": "wrote /nosuch/file",
    "open('../beside.txt', 'a')": "wrote {parent}/beside.txt",
    "os.open('/nosuch/file', os.O_CREAT)": "wrote /nosuch/file",
    "os.remove('/nosuch/file')": "wrote /nosuch/file",
    "os.rename('my.db', '/nosuch/file')": "wrote /nosuch/file",
    "os.makedirs('/nosuch/folder')": "wrote /nosuch",
    "os.symlink('my.db', '/nosuch/link')": "wrote /nosuch/link",
    "open('out/x.txt', 'w')": "wrote {folder}/out/x.txt",
    "sqlite3.connect('/nosuch.db')": "wrote /nosuch.db",
    "socket.create_connection(('127.0.0.1', 9))": "connected to 127.0.0.1:9",
    "socket.socket(socket.AF_UNIX).connect('/run/nosuch.sock')": "connected to /run/nosuch.sock",
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))": "connected to 127.0.0.1:9",
    "subprocess.run(['git', 'push'])": "started git",
    "subprocess.run('git push', shell=True)": "started sh",
    "os.system('git push')": "started git",
    "os.posix_spawn('/bin/true', ['true'], {})": "started true",
    "in_pool(os.mkdir, '/nosuch/file')": "wrote /nosuch/file",
}
TRY_BOUNDS = """
import multiprocessing, os, socket, sqlite3, subprocess, tempfile
pair = socket.socketpair()
def in_pool(function, *arguments):
    with multiprocessing.Pool(1) as pool:
        pool.apply(function, arguments)
def manage():
    with multiprocessing.Manager() as manager:
        manager.list()
for source in SOURCES:
    try:
        eval(source)
        print()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
"""


@pytest.mark.slow
def test_a_second_run_is_not_felt_outside(tmp_path: Path) -> None:
    # The folders that tests get lie where files for a while may lie.
    parent = tmp_path / "parent"
    folder = parent / "folder"
    folder.mkdir(parents=True)
    (folder / "out").symlink_to(parent)
    settings = {"folder": str(folder), "path": str(tmp_path / "note"), "programs": False}
    with (
        TemporaryDirectory() as scratch,  # the path of a socket must not be long
        ExecutorProcess(
            environ={"TMPDIR": scratch}, instruments={"bounds": settings}, cwd=str(folder)
        ) as executor,
    ):
        said = executor.run(TRY_BOUNDS.replace("SOURCES", repr(list(BOUNDS)))).text().splitlines()
    wanted = [text.format(folder=folder, parent=parent) for text in BOUNDS.values()]
    assert dict(zip(BOUNDS, said, strict=True)) == {
        source: f"{_STARTED}{text}" if text else "" for source, text in zip(BOUNDS, wanted, strict=True)
    }
    assert (tmp_path / "note").read_text().splitlines() == [text for text in wanted if text]


@pytest.mark.slow
def test_programs_may_be_started_where_that_is_asked_for(tmp_path: Path) -> None:
    settings = {"folder": str(tmp_path), "path": str(tmp_path / "note"), "programs": True}
    with ExecutorProcess(instruments={"bounds": settings}, cwd=str(tmp_path)) as executor:
        assert executor.run("!echo started").text() == "started\r\n"
    assert (tmp_path / "note").read_text() == ""
