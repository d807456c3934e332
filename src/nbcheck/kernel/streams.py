"""sys.stdout and sys.stderr of an executor: text streams on fds 1 and 2.

Python's text goes the same way as that of subprocesses and C code, through the two output pipes, so that all of it
arrives in order. What is written is passed on at each end of line, as to a terminal. When code turns from one
stream to the other a mark is put into both pipes, so that the order between them is kept as well.

The streams are CPython's own classes, with little added: their C code leaves no gap between writing bytes and
taking note of it, in which a KeyboardInterrupt would make text appear twice or not at all.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbcheck.kernel.endpoint import Endpoint

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LARGE = 4096
"""Length of text that may not fit into what a pipe still holds: its write is split into several."""


class _ByteStream(io.BufferedWriter):
    """``sys.stdout.buffer``."""

    def __init__(self, raw: io.FileIO, turn: Callable[[], None]) -> None:
        super().__init__(raw)
        self._turn = turn

    def write(self, data: ReadableBuffer, /) -> int:
        self._turn()
        return super().write(data)

    def close(self) -> None:
        """Write out, and stay open: programs that wrap and close sys.stdout.buffer are many."""
        self.flush()


class OutStream(io.TextIOWrapper):
    """One of the two text streams."""

    mode = "w"

    def __init__(self, name: str, fd: int, streams: Streams) -> None:
        """Open a stream on ``fd``; ``name`` is ``stdout`` or ``stderr``."""
        raw = io.FileIO(fd, "w", closefd=False)
        raw.name = f"<{name}>"
        self._streams = streams
        # A lone surrogate is shown as an escape, since pipe and JSON are UTF-8.
        super().__init__(
            _ByteStream(raw, self._turn), "utf-8", "backslashreplace", newline="\n", line_buffering=True
        )

    def _turn(self) -> None:
        if self._streams.current is not self:
            self._streams.turn_to(self)

    def write(self, text: str, /) -> int:
        """Write text; it is passed on when it holds an end of line, or nothing (``print(..., end="")``)."""
        if self._streams.current is not self:
            self._streams.turn_to(self)
        if len(text) > _LARGE:
            self._make_blocking()
        try:
            count = super().write(text)
        except OSError as error:
            if not self._repair(error):
                raise
            count = len(text)
            self.flush()
        if not text:
            self.flush()
        return count

    def flush(self) -> None:
        """Pass on what is buffered."""
        try:
            super().flush()
        except OSError as error:
            if not self._repair(error):
                raise
            super().flush()

    def close(self) -> None:
        """Write out, and stay open: other cells print too."""
        self.flush()

    def _is_master_process(self) -> bool:
        """Whether this is the kernel's own process; code that forks asks for it by ipykernel's name."""
        return not self._streams.endpoint.is_forked

    def detach(self) -> Any:  # Any: typeshed has a private name for it
        """Return the buffer without giving it up."""
        self.flush()
        return self.buffer

    def _repair(self, error: OSError) -> bool:
        """Make writing possible again after user code closed the descriptor or made it non-blocking."""
        if error.errno == errno.EAGAIN:
            self._make_blocking()
            return True
        fd = self.fileno()
        if error.errno != errno.EBADF or _is_open(fd):
            return False
        os.dup2(self._streams.endpoint.pipe(fd), fd)
        return True

    def _make_blocking(self) -> None:
        fd = self.fileno()
        if _is_open(fd) and not os.get_blocking(fd):
            os.set_blocking(fd, True)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


class Streams:
    """The two streams, and the order between them."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Open the streams."""
        self.endpoint = endpoint
        self.current: OutStream | None = None
        """The stream written to last; None since the last frame."""
        self.stdout = OutStream("stdout", 1, self)
        self.stderr = OutStream("stderr", 2, self)

    def install(self) -> None:
        """Make them the streams of this process."""
        sys.stdout = sys.__stdout__ = self.stdout  # type: ignore[misc]  # sys.__stdout__ is final in typeshed
        sys.stderr = sys.__stderr__ = self.stderr  # type: ignore[misc]
        self.endpoint.before_frame = self.before_frame
        # Otherwise a forked child would write out what its parent had buffered a second time.
        os.register_at_fork(before=self.flush)

    def turn_to(self, stream: OutStream) -> None:
        """Write out the other stream and mark the place in both pipes."""
        previous, self.current = self.current, stream
        if previous is not None:
            previous.flush()
        # Also for the first text after a frame: a subprocess may have written to the other pipe since.
        self.endpoint.switch()

    def before_frame(self) -> None:
        """Write out everything; the frame's mark is the next place of order."""
        self.flush()
        self.current = None

    def flush(self) -> None:
        """Write out both streams, and what user code put in their place."""
        for stream in (self.stdout, self.stderr):
            _flush(stream)
        for name in ("stdout", "stderr"):
            _flush(getattr(sys, name, None))  # user code may have deleted it


def _flush(stream: Any) -> None:  # Any: user code may put any object in place of sys.stdout
    # A broken replacement is its author's concern: frames must still flow.
    with suppress(Exception):
        stream.flush()
