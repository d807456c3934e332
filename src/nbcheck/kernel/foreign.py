"""Somebody else's kernel inside a host: a process to be watched. Its clients talk to it directly."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence

from nbcheck.kernel.processes import Process, start_process
from nbcheck.transport.poll import Poll, Source

_KEPT_OUTPUT = 1 << 16
"""Bytes of what the process printed itself that are kept, for the message when it dies."""


class ForeignKernel:
    """The process of a kernel that binds its own sockets."""

    def __init__(
        self, argv: Sequence[str], *, cwd: str | None, env: Mapping[str, str] | None, poll: Poll
    ) -> None:
        """Start it.

        Raises:
            OSError: the program cannot be started.
            ValueError: a part of the command line or of the environment cannot be passed on.
        """
        self._poll = poll
        self._output = b""
        read_end, write_end = os.pipe()
        try:
            self.process: Process = start_process(argv, cwd=cwd, env=env, stdout=write_end, stderr=write_end)
        except (OSError, ValueError):
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        os.set_blocking(read_end, False)
        self._pipe: int | None = read_end
        poll.watch(read_end)
        if self.process.exit_fd is not None:
            poll.watch(self.process.exit_fd)

    @property
    def wake_at(self) -> None:
        """Nothing is ever due."""
        return

    @property
    def output(self) -> str:
        """The last of what the process printed to its own stdout and stderr."""
        return self._output.decode("utf-8", "replace")

    def handle(self, ready: Mapping[Source, bool]) -> None:
        """Read what the process printed, so that it never waits for a reader."""
        if self._pipe is not None and self._pipe in ready:
            self._read()

    def tick(self, now: float) -> None:
        """Nothing is ever due."""

    has_clients = False
    """Nobody knows: it has its sockets itself."""

    def finish(self, summary: str) -> None:
        """Read the last of what it printed."""
        self._read()
        self._close_pipe()

    def stop(self) -> None:
        """Nothing to do: the manager has sent the shutdown_request, and the host escalates."""

    def interrupt(self) -> None:
        """Interrupt it and its children as Ctrl-C would."""
        self.process.signal(signal.SIGINT)

    def close(self) -> None:
        """Close everything; the process must have ended."""
        self._close_pipe()
        if self.process.exit_fd is not None:
            self._poll.forget(self.process.exit_fd)
        self.process.close()

    def _read(self) -> None:
        if self._pipe is None:
            return
        try:
            data = os.read(self._pipe, 1 << 20)
        except BlockingIOError:
            return
        if data:
            self._output = (self._output + data)[-_KEPT_OUTPUT:]
        else:
            self._close_pipe()

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            self._poll.forget(self._pipe)
            os.close(self._pipe)
            self._pipe = None
