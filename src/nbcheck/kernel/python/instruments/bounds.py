"""Bounds of a run that nobody asked for: what would be felt outside of the notebook's folder is refused, and noted.

An audit hook is told before it happens, by Python's own modules, whoever calls them. What native code does on its own
is not seen.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from nbcheck.kernel.python.instruments.paths import database_path, is_below

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_DEVICES = ("/dev", "/proc")
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_OF_MULTIPROCESSING = ("listener-", "pymp-")
"""What the names of the sockets contain by which multiprocessing's own processes talk."""
_HARMLESS = frozenset({"fc-list", "ldconfig", "lsb_release", "uname"})
"""Programs that libraries ask about the machine while they are imported."""


def install(settings: Mapping[str, Any]) -> None:
    """Refuse from now on; in this process, and in those forked from it, that cannot be undone.

    Args:
        settings: ``folder``, the notebook's own; ``path``, a file that gets a line for each thing that was refused, the
            end of a sentence on the notebook; ``programs``, whether others may be started.
    """
    note = os.open(settings["path"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    configurations = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    own = [settings["folder"], tempfile.gettempdir(), caches, os.path.join(configurations, "matplotlib")]
    folders = tuple(map(os.path.realpath, own))

    def refuse(what: str) -> None:
        os.write(note, f"{what}\n".encode("utf-8", "backslashreplace"))
        raise PermissionError(
            errno.EPERM, f"nbcheck runs this notebook a second time, without what is felt outside: {what}"
        )

    # Any, here and below: what user code gave
    def write(path: Any, *_: Any) -> None:
        if path is None or isinstance(path, int):  # of a descriptor it is known where it comes from
            return
        absolute = os.path.abspath(os.fsdecode(path))
        real = os.path.realpath(absolute)
        is_own = any(is_below(real, folder) for folder in (*folders, *_DEVICES))
        # Python keeps what it compiled beside the sources.
        if not is_own and os.path.basename(os.path.dirname(absolute)) != "__pycache__":
            refuse(f"wrote {absolute}")

    def open_file(path: Any, _mode: Any, flags: Any) -> None:
        if isinstance(flags, int) and flags & _WRITES:
            write(path)

    def open_database(database: Any) -> None:
        query = (
            database.partition("?")[2] if isinstance(database, str) and database.startswith("file:") else ""
        )
        if "mode=memory" not in query and "mode=ro" not in query:
            write(database_path(database))

    def make_folder(path: Any, *_: Any) -> None:
        if not os.path.isdir(path):  # often libraries only make sure
            write(path)

    def move(source: Any, target: Any, *_: Any) -> None:
        write(source)
        write(target)

    def connect(sock: socket.socket, address: Any) -> None:
        if address is None:  # to whom it is connected already
            return
        if sock.family in _INTERNET:
            shown = ":".join(map(str, address[:2])) if isinstance(address, tuple) else str(address)
            refuse(f"connected to {shown}")
        elif sock.family == socket.AF_UNIX:
            shown = os.fsdecode(address).lstrip("\0")
            if not any(name in shown for name in _OF_MULTIPROCESSING):
                refuse(f"connected to {shown}")

    def start(program: Any, argv: Any = (), *_: Any) -> None:
        name = os.path.basename(
            os.fsdecode(argv[0] if isinstance(argv, list | tuple) and argv else program or argv)
        )
        if not settings["programs"] and name not in _HARMLESS:
            refuse(f"started {name.partition(' ')[0]}")

    checks: dict[str, Callable[..., None]] = {
        "open": open_file,
        "sqlite3.connect": open_database,
        "os.mkdir": make_folder,
        "os.rename": move,
        "os.link": lambda _source, target, *_: write(target),
        "os.symlink": lambda _source, target, *_: write(target),
        "os.remove": write,
        "os.rmdir": write,
        "os.truncate": write,
        "os.chmod": write,
        "socket.connect": connect,
        "socket.sendto": connect,
        "socket.sendmsg": connect,
        "os.exec": start,
        "os.posix_spawn": start,
        "os.spawn": lambda _mode, path, *rest: start(path, *rest),
        "os.system": start,
        "pty.spawn": lambda argv: start(None, argv),
        "subprocess.Popen": start,
    }

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        check = checks.get(event)
        if check is not None:
            check(*arguments)

    sys.addaudithook(watch)
