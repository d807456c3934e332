"""``!command``: a program at a pseudo-terminal at which nobody sits.

Programs print differently to a terminal than to a pipe (``ls`` makes columns, progress bars appear), and notebooks
hold what they print to one. But whatever reads from it would wait for ever, and there are three ways to do so. Standard
input is empty; the pseudo-terminal is not the controlling one, so that there is no ``/dev/tty``; and the descriptors
that lead to it are for writing only, because pagers and editors read from their standard error as a last resort.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import select
import shutil
import signal
import struct
import subprocess
import termios
from collections.abc import Callable
from contextlib import suppress

_ROWS, _COLUMNS = 24, 80
_GRACE = 0.2
"""Seconds for a program to end after an interrupt, as IPython gives it."""
_POLL = 0.05
"""Seconds between looks whether the shell has ended while something it left holds the terminal open."""


def run_command(command: str, write: Callable[[str], object]) -> int:
    """Run a command in the user's shell and wait for it.

    Args:
        command: for the shell.
        write: is given what the command prints, as it comes.

    Returns:
        Its exit code; minus the number of the signal that ended it.

    Raises:
        OSError: there is no such shell, or no pseudo-terminal.
        KeyboardInterrupt: while it ran; it was interrupted as well, and ended if it did not heed that.
    """
    shell = os.environ.get("SHELL") or "sh"
    program = shutil.which(shell)
    if program is None:
        raise OSError(f'"{shell}" shell not found')
    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        output = _open_for_writing(slave)
        try:
            child = subprocess.Popen(
                [program, "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            os.close(output)
            os.close(slave)
        try:
            _copy(master, child, write)
            code = child.wait()
        except KeyboardInterrupt:
            _end(master, child, write)
            raise
        # As when a terminal is closed: what runs in the background goes, unless it was told to ignore this.
        _signal(child, signal.SIGHUP)
    finally:
        os.close(master)
    # What the shell says of a program that a signal ended.
    return code if code <= 128 else 128 - code


def _open_for_writing(slave: int) -> int:
    try:
        return os.open(os.ttyname(slave), os.O_WRONLY | os.O_NOCTTY)
    except OSError:  # without /dev/pts, as in some containers
        return os.dup(slave)


def _copy(master: int, child: subprocess.Popen[bytes], write: Callable[[str], object]) -> None:
    """Pass on what is printed until the shell has ended and everything it printed is here."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    has_ended = False
    while True:
        ready, _, _ = select.select([master], [], [], 0 if has_ended else _POLL)
        if ready:
            try:
                data = os.read(master, 1 << 16)
            except OSError:  # EIO: nobody holds the other side any more
                data = b""
            write(decode(data, final=not data))
            if not data:
                return
        elif has_ended:
            write(decode(b"", final=True))
            return
        if not has_ended:
            has_ended = child.poll() is not None


def _end(master: int, child: subprocess.Popen[bytes], write: Callable[[str], object]) -> None:
    _signal(child, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE)
    _signal(child, signal.SIGKILL)
    child.wait()
    _copy(master, child, write)


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)
