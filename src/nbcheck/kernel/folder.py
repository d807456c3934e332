"""The private folder of a front host, and the sweeping of those whose host is gone.

A host keeps its ipc sockets and connection files in a folder that only its user can enter. It holds a lock on a file
in it as long as it lives; the operating system drops that lock however the host ends. So a folder whose lock is free
is a leftover of a host that could not tidy up. The next host removes it with the processes it names, and so does
``python -m nbcheck.kernel.folder``, which the owner runs when its host has died.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from nbcheck.kernel.processes import kernel_id_of

_PREFIX = "nbcheck-"
_LOCK = "lock"
_PROCESSES = "processes"
_ROUNDS = 100
"""How often processes are looked for at most: something that starts others faster than this is no accident."""


def base_folder(environ: Mapping[str, str]) -> Path:
    """Where private folders are made: the user's runtime folder, else the temp folder.

    The runtime folder is preferred for its short name: a socket's path may have 107 bytes only.
    """
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK | os.X_OK):
        return Path(runtime)
    return Path(tempfile.gettempdir())


class PrivateFolder:
    """A folder of this process's own, mode 0700, locked while the process lives."""

    def __init__(self, base: Path) -> None:
        """Make it and lock it.

        Raises:
            OSError: ``base`` cannot be written.
        """
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def note_process(self, pid: int, kernel_id: str) -> None:
        """Write a kernel's process down, for whoever has to tidy up after us."""
        with open(self.path / _PROCESSES, "a", encoding="ascii") as file:
            file.write(f"{pid} {start_time(pid)} {kernel_id}\n")

    def remove(self) -> None:
        """Delete the folder and drop the lock."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def sweep(base: Path) -> list[Path]:
    """Remove the folders of hosts that are gone, and end the processes these had started.

    Returns:
        The folders that were removed.
    """
    removed = []
    for folder in _own_folders(base):
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # just being made or just being removed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            _end_processes(folder / _PROCESSES)
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
        finally:
            os.close(lock)
    return removed


def start_time(pid: int) -> str:
    """When a process started, in the kernel's ticks since boot: with the pid it names a process for good.

    Returns:
        Digits, or ``""`` where the process is gone or the system has no /proc.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The second field is the command in parentheses and may hold anything; the 22nd is the start time.
    return stat.rpartition(b")")[2].split()[19].decode("ascii")


def _own_folders(base: Path) -> Iterator[Path]:
    try:
        with os.scandir(base) as entries:
            for entry in entries:
                if (
                    entry.name.startswith(_PREFIX)
                    and entry.is_dir(follow_symlinks=False)
                    and entry.stat(follow_symlinks=False).st_uid == os.getuid()
                ):
                    yield Path(entry.path)
    except OSError:
        return


def _end_processes(listing: Path) -> None:
    """End the kernels that a listing names, and what these started: it has their id in its environment."""
    try:
        lines = listing.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    kernel_ids = set()
    for line in lines:
        pid, started, kernel_id = (*line.split(" "), "", "")[:3]
        # Without a matching start time the number may have gone to somebody else's process.
        if pid.isdigit() and started and start_time(int(pid)) == started:
            for kill in (os.killpg, os.kill):
                with suppress(OSError):
                    kill(int(pid), signal.SIGKILL)
        if kernel_id:
            kernel_ids.add(kernel_id)
    # What is killed may just have started something, so they are looked for until there are none.
    for _round in range(_ROUNDS):
        marked = [pid for pid in _all_processes() if kernel_id_of(pid) in kernel_ids]
        for process in marked:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        if not marked:
            break


def _all_processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:  # a system without /proc
        return []


if __name__ == "__main__":
    sweep(base_folder(os.environ))
