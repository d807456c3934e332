"""The executor's end of the line to its front: frames on the socketpair, marks in the output pipes.

User code may break into sending at any point: a handler of SIGALRM or SIGINT raises, a finalizer that the garbage
collector happens to run displays something, another thread prints. A frame must nevertheless stand whole, once,
behind its mark. So what is to be sent waits in a queue of :class:`_Emission`, which record each system call that
was carried out and go on from there: whoever comes next ends what the one before had to leave.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat
from os import getpid  # by its own name: tests of user code like to replace os.getpid
from typing import NoReturn

from nbcheck.kernel.link import Frame, FrameReader, MarkKind, MarkWriter, Op, encode_frame

_READ_SIZE = 1 << 16
_MAX_CHUNKS = 512
"""Chunks handed to one sendmsg: below IOV_MAX, which is 1024 on Linux and macOS."""
_HIGH_FD = 200
"""Our descriptors get numbers from here: user code that closes "all" rarely means so many."""
_GONE = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EBADF, errno.ENOTCONN})


def _nothing() -> None:
    pass


def _raise_fd(fd: int) -> int:
    """Duplicate a descriptor to a high number, not inherited by programs that user code starts."""
    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH_FD)
    except OSError:  # the limit of open files is lower than that
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)


class _Emission:
    """A mark, and the frame behind it, on their way out."""

    def __init__(self, kind: MarkKind, frame: Frame | None) -> None:
        self.seq = 0
        self._kind = kind
        self._frame = frame
        # Both lists grow inside one call into C each, where no exception can come between deed and record.
        self._marked: list[int] = []
        self._sent: list[int] = []

    def advance(self, marks: MarkWriter, pipes: Sequence[int], link: socket.socket) -> None:
        """Do what is left to do.

        Raises:
            OSError: a descriptor is not ready or not there any more.
        """
        if len(self._marked) < len(pipes):
            marks.seq = self.seq - 1
            mark = marks.next(self._kind)
            self._marked.extend(map(os.write, pipes[len(self._marked) :], repeat(mark)))
        if self._frame is None:
            return
        frame = self._frame
        chunks = encode_frame(Frame(frame.op, frame.parts, frame.msg_type, self.seq, frame.status))
        while left := _skip(chunks, sum(self._sent)):
            self._sent.extend(map(link.sendmsg, [left[:_MAX_CHUNKS]]))


def _skip(chunks: Sequence[bytes], count: int) -> list[bytes | memoryview]:
    """Return what is left of ``chunks`` after their first ``count`` bytes."""
    left: list[bytes | memoryview] = []
    for chunk in chunks:
        if count >= len(chunk):
            count -= len(chunk)
        else:
            left.append(memoryview(chunk)[count:] if count else chunk)
            count = 0
    return left


class Endpoint:
    """Sends and receives frames for the executor."""

    def __init__(self, fd: int) -> None:
        """Take over a descriptor, one end of a blocking stream socketpair."""
        self._link = socket.socket(fileno=_raise_fd(fd))
        os.close(fd)
        self._pid = getpid()
        self._reader = FrameReader()
        self._marks = MarkWriter("")
        self._pipes: tuple[int, ...] = ()
        self._last_seq = 0
        self._outbox: deque[_Emission] = deque()
        self._lock = threading.Lock()
        self._owner = 0
        self.replies = 0
        """Replies that were given to :meth:`send`; they go out even if that was left by an exception."""
        self.inbox: deque[Frame] = deque()
        """Frames received and not yet taken."""
        self.before_frame: Callable[[], None] = _nothing
        """Called before each frame, to write out text that is still buffered."""

    def open_pipes(self, token: str, stdout: int = 1, stderr: int = 2) -> None:
        """Keep the output pipes as they are now, whatever user code does to fds 1 and 2 later.

        Args:
            token: the token of the marks.
            stdout: descriptor of the pipe for stdout.
            stderr: descriptor of the pipe for stderr.
        """
        self._marks = MarkWriter(token)
        self._pipes = (_raise_fd(stdout), _raise_fd(stderr))

    @property
    def is_forked(self) -> bool:
        """Whether this process is a child that user code forked: it must keep off the line."""
        return getpid() != self._pid

    def fileno(self) -> int:
        """Return the link's descriptor, to wait for frames with."""
        return self._link.fileno()

    def pipe(self, fd: int) -> int:
        """Return our own descriptor of the pipe that was fd 1 or 2."""
        return self._pipes[fd - 1]

    def close(self) -> None:
        """Close our descriptors."""
        self._link.close()
        for fd in self._pipes:
            os.close(fd)

    # ---- out

    def send(self, op: Op, parts: Sequence[bytes] = (), *, msg_type: str = "", status: str = "") -> None:
        """Send a frame behind its mark. In a forked child, and after the front has gone, nothing happens."""
        if self.is_forked:
            return
        self.before_frame()
        self._outbox.append(_Emission(MarkKind.FRAME, Frame(op, tuple(parts), msg_type, 0, status)))
        if op is Op.REPLY:
            self.replies += 1
        self._drain()

    def flush(self) -> None:
        """Send what an exception kept from going out."""
        self._drain()

    def switch(self) -> None:
        """Mark the place where code turns from one stream to the other."""
        if self.is_forked or self._is_reentered:
            return
        self._outbox.append(_Emission(MarkKind.SWITCH, None))
        self._drain()

    @property
    def _is_reentered(self) -> bool:
        """Whether this thread is sending already: a finalizer or signal handler runs in the middle of it."""
        return self._lock.locked() and self._owner == threading.get_ident()

    def _drain(self) -> None:
        if self._is_reentered:
            return
        while self._outbox:
            with self._lock:
                self._owner = threading.get_ident()
                self._emit_all()

    def _emit_all(self) -> None:
        # Not in the with block itself: in CPython 3.13 the jump back of a loop is not covered by the block it stands
        # in, and a signal handler that raises there would leave the lock locked for good.
        while self._outbox:
            self._emit(self._outbox[0])

    def _emit(self, emission: _Emission) -> None:
        # Until the last line nothing here counts on, so that an emission broken off can be taken up again.
        emission.seq = emission.seq or self._last_seq + 1
        try:
            emission.advance(self._marks, self._pipes, self._link)
        except BlockingIOError:
            # User code made a pipe non-blocking; our duplicate shares that flag. The next try waits.
            for fd in self._pipes:
                os.set_blocking(fd, True)
            return
        except OSError as error:
            if error.errno not in _GONE:
                raise
            # The front has gone. What it would have been told is dropped; the main loop sees the end of the link.
        self._last_seq = emission.seq
        if self._outbox and self._outbox[0] is emission:
            self._outbox.popleft()

    # ---- in

    def receive(self) -> Frame | None:
        """Wait for the next frame; None when the front has gone."""
        while not self.inbox:
            if not self.read():
                return None
        return self.inbox.popleft()

    def wait(self) -> None:
        """Wait until there is something to read, and take nothing."""
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        poll.poll()

    def read(self, *, wait: bool = True) -> bool:
        """Read once into the inbox.

        Args:
            wait: whether to wait for data when none is there.

        Returns:
            False at the end of the link.
        """
        try:
            data = self._link.recv(_READ_SIZE, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        self.inbox.extend(self._reader.feed(data))
        return bool(data)

    def drop_stale_replies(self) -> None:
        """Forget answers to a question that nobody waits for any more: its cell was interrupted."""
        self.read(wait=False)
        fresh = [frame for frame in self.inbox if frame.op is not Op.INPUT_REPLY]
        self.inbox.clear()
        self.inbox.extend(fresh)


# What give_up() needs, by names of our own: user code may have broken whatever else would be looked up then.
_exc_info, _class_of, _is_instance, _write, _exit = sys.exc_info, type, isinstance, os.write, os._exit
_os_error, _memory_error, _bad_descriptor = OSError, MemoryError, errno.EBADF


def give_up(fd: int) -> NoReturn:
    """End the executor because of the exception being handled, and say why, without a traceback of our own code.

    Args:
        fd: where to say it; fd 2 if that is closed.
    """
    try:
        error = _exc_info()[1]
        if _is_instance(error, _os_error) and error.errno == _bad_descriptor:  # type: ignore[union-attr]
            why = "closed file descriptors that the kernel needs"
        elif _is_instance(error, _memory_error):
            why = "left no memory for the kernel"
        else:
            why = f"broke something that the kernel needs ({_class_of(error).__name__}: {error})"
        said = f"a cell {why}\n".encode("utf-8", "replace")
        try:
            _write(fd, said)
        except _os_error:
            _write(2, said)
    finally:
        _exit(1)


def leave_child(code: int) -> None:
    """End a forked child of user code at once: it must not run on as a second executor."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except (OSError, ValueError, AttributeError):
            continue
    os._exit(code)
