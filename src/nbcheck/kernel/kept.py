"""What outlives the owner of a host: kernels that it asked to keep, for somebody who wants to look at them.

No process of ours may be left for ever. So each of these ends when a client shuts it down or leaves it alone for too
long, and all of them when the host gets SIGTERM. With the last one the host ends.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from nbcheck.transport.poll import Poll, Source

_GRACE = 2.0
"""Seconds for a kernel to leave by itself, as the owner grants it."""


class Waiting(Protocol):
    """Sources to wait for."""

    def wait(self, seconds: float | None) -> Mapping[Source, bool]:
        """Wait until a source is ready, or so long; None waits for ever."""


class KeepingHost(Protocol):
    """What is needed of a host."""

    @property
    def poll(self) -> Waiting:
        """All that it waits for."""

    @property
    def kept(self) -> Mapping[str, float]:
        """Kernels that outlive the owner, and how many seconds each may be left alone."""

    @property
    def wait(self) -> float | None:
        """Seconds until something is due; None when nothing is."""

    def has_clients(self, kernel_id: str) -> bool:
        """Whether somebody is connected to a kernel."""

    def has_ended(self, kernel_id: str) -> bool:
        """Whether the process of a kernel has ended."""

    def step(self, ready: Mapping[Source, bool]) -> None:
        """Handle what is ready and what is due."""

    def stop(self, kernel_id: str, grace: float) -> None:
        """Begin to end a kernel."""


def serve_kept(host: KeepingHost, poll: Poll) -> None:
    """Be the process of a host whose owner has gone, until nothing is left of what was kept.

    Args:
        host: of these and no other kernels.
        poll: the host's.
    """
    # What was our standard error leads to the owner.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    serve_until_left(host, _Termination(poll).has_come)


def serve_until_left(
    host: KeepingHost, is_over: Callable[[], bool], clock: Callable[[], float] = time.monotonic
) -> None:
    """Serve kernels until each has ended.

    Args:
        host: of these and no other kernels.
        is_over: whether all are to be ended now; its poll wakes up when that changes.
        clock: monotonic seconds.
    """
    alone = _Alone(clock)
    asked: set[str] = set()
    while True:
        alone.look(host)
        for kernel_id, limit in list(host.kept.items()):
            is_due = is_over() or host.has_ended(kernel_id) or alone.left(kernel_id, limit) <= 0
            if is_due and kernel_id not in asked:
                asked.add(kernel_id)
                host.stop(kernel_id, _GRACE)
        if not host.kept:
            return
        waits = [
            alone.left(kernel_id, limit) for kernel_id, limit in host.kept.items() if kernel_id not in asked
        ]
        if host.wait is not None:
            waits.append(host.wait)
        host.step(host.poll.wait(min(waits, default=None)))


class _Alone:
    """Since when each kernel has had no client."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._since: dict[str, float] = {}
        self._with_clients: set[str] = set()

    def look(self, host: KeepingHost) -> None:
        """See which have one now."""
        with_clients = set(filter(host.has_clients, host.kept))
        for kernel_id in with_clients | self._with_clients:
            self._since[kernel_id] = self._clock()
        self._with_clients = with_clients

    def left(self, kernel_id: str, limit: float) -> float:
        """Return the seconds until a kernel has been alone for too long, if nobody comes."""
        return self._since.get(kernel_id, self._began) + limit - self._clock()


class _Termination:
    """SIGTERM, as something to wait for beside everything else."""

    def __init__(self, poll: Poll) -> None:
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        poll.watch(self._reader.fileno())
        self._has_come = False

    def has_come(self) -> bool:
        with suppress(BlockingIOError):
            self._has_come |= signal.SIGTERM in self._reader.recv(4096)
        return self._has_come
