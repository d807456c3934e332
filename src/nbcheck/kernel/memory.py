"""How much memory a kernel uses, with every process that it started, and whether that is more than it may.

Counted is what cannot be dropped when memory runs short: private pages, shared memory, and what of both was
swapped out. Pages of files do not count, so that reading a large file through ``mmap`` is free. What several
processes share, such as the pages of a parent in its forked workers, is counted once.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.05
"""Seconds between two looks: memory fills at a few GB a second."""
_SHARE = 10
"""A look that takes long is followed by a pause of this many times its length: at most a tenth of the host's time
goes into looking."""
_PS = ("ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "pgid=", "-o", "rss=")
_PS_TIMEOUT = 5.0
"""Seconds for ``ps``, which needs milliseconds."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a kernel uses."""

    size: int
    """Bytes."""
    pids: tuple[int, ...]
    """Processes that were counted."""


class MemoryWatch:
    """Looks from time to time whether a kernel uses more than it may."""

    def __init__(self, limit: int, roots: Callable[[], Iterable[int]], clock: Callable[[], float]) -> None:
        """Begin; the first look is due at once.

        Args:
            limit: bytes.
            roots: the kernel's process first, then what has left it; what they started is found from there.
            clock: monotonic seconds.
        """
        self.limit = limit
        self.used: int | None = None
        """Bytes that it used when they were too many; None while they were not."""
        self._roots = roots
        self._clock = clock
        self.due: float | None = 0.0
        """When, on the clock, the next look is due; None after the kernel used too much."""

    def look(self) -> tuple[int, ...]:
        """Return the processes to be ended: none as long as the kernel does not use more than it may."""
        start = self._clock()
        usage = _measure(self._roots, self.limit)
        if usage.size > self.limit:
            self.used, self.due = usage.size, None
            return usage.pids
        self.due = _next_look(start, self._clock())
        return ()


class PeakWatch:
    """Looks from time to time how much a kernel uses, and remembers the most."""

    def __init__(self, limit: int, roots: Callable[[], Iterable[int]], clock: Callable[[], float]) -> None:
        """Begin; the first look is due at once.

        Args:
            limit: bytes; what is less need not be exact.
            roots: as in :class:`MemoryWatch`.
            clock: monotonic seconds.
        """
        self.peak = 0
        """Bytes."""
        self.due = 0.0
        """When, on the clock, the next look is due."""
        self._limit = limit
        self._roots = roots
        self._clock = clock

    def look(self) -> None:
        """Look."""
        start = self._clock()
        self.peak = max(self.peak, _measure(self._roots, self._limit).size)
        self.due = _next_look(start, self._clock())


def _next_look(start: float, now: float) -> float:
    return now + max(_EVERY, _SHARE * (now - start))


def _measure(roots: Callable[[], Iterable[int]], limit: int) -> Usage:
    """Return what a kernel uses, exactly if it is more than a limit."""
    usage = _usage(roots(), limit)
    if usage.size > limit:
        # Processes are read one after the other. What is shared is counted twice when one of them forks, or ends,
        # in between; that does not happen twice in the same way.
        usage = min(usage, _usage(roots(), limit), key=lambda usage: usage.size)
    return usage


def _usage(roots: Iterable[int], limit: int) -> Usage:
    if not os.path.isdir("/proc/self/task"):
        return _usage_by_ps(next(iter(roots)))
    pids = _with_descendants(roots)
    sizes = {pid: _resident(pid) for pid in pids}
    # Exact figures take the system milliseconds for each GB; as long as even the sum, in which shared pages count
    # several times, is within the limit, nobody needs them.
    if sum(sizes.values()) > limit:
        sizes = {pid: _proportional(pid, size) for pid, size in sizes.items()}
    return Usage(sum(sizes.values()), pids)


def _with_descendants(roots: Iterable[int]) -> tuple[int, ...]:
    found: dict[int, None] = {}
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found[pid] = None
            waiting += _children(pid)
    return tuple(found)


def _children(pid: int) -> list[int]:
    # Each thread has those that it started itself.
    children: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            children += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text("ascii").split())
    except OSError:  # it has just ended
        pass
    return children


def _resident(pid: int) -> int:
    """Bytes of a process in memory and swap, whoever shares them."""
    return sum(_fields(f"/proc/{pid}/status", ("RssAnon", "RssShmem", "VmSwap")).values())


def _proportional(pid: int, otherwise: int) -> int:
    """Bytes of a process, divided by the number of those that share them; ``otherwise`` if it is not ours to see."""
    fields = _fields(f"/proc/{pid}/smaps_rollup", ("Pss_Anon", "Pss_Shmem", "SwapPss"))
    if "Pss_Anon" in fields:
        return sum(fields.values())
    # Perhaps it has just ended, and with it what it shared.
    return min(otherwise, _resident(pid))


def _fields(path: str, names: Iterable[str]) -> dict[str, int]:
    """Read sizes from a file of lines such as ``RssAnon:   1234 kB``; nothing when it cannot be read."""
    try:
        lines = Path(path).read_text("ascii", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name: 1024 * int(value.split()[0]) for name, _, value in pairs if name in names}


def _usage_by_ps(kernel: int) -> Usage:
    """Resident sizes of a kernel, its descendants and its process group, where there is no /proc."""
    try:
        ran = subprocess.run(_PS, capture_output=True, text=True, timeout=_PS_TIMEOUT, check=True)
    except (OSError, subprocess.SubprocessError):  # then nothing can be known
        return Usage(0, ())
    table = {int(pid): tuple(map(int, rest)) for pid, *rest in map(str.split, ran.stdout.splitlines())}
    pids = _chosen(table, kernel)
    return Usage(1024 * sum(table[pid][2] for pid in pids), pids)


def _chosen(table: Mapping[int, tuple[int, ...]], kernel: int) -> tuple[int, ...]:
    found = {pid for pid, (_parent, group, _size) in table.items() if kernel in (pid, group)}
    while more := {pid for pid, (parent, _, _) in table.items() if parent in found} - found:
        found |= more
    return tuple(sorted(found))
