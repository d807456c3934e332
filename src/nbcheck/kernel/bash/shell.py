"""A bash that lives as long as its kernel, and does one thing after the other.

It is interactive, because only then an interrupt ends what runs and not the shell, and it reads its commands from a
pipe. What belongs to that mode (prompts, job numbers, the word ``exit``) goes to its own fds 1 and 2, which are
/dev/null. Code is sourced, with three redirections: no input, and the kernel's two output pipes, which bash and all it
starts write to directly. A second line, which bash reads even if an interrupt made it forget the rest of the first,
writes the exit status to a pipe of its own, so nothing that code prints can be taken for the end of it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import select
import signal
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

_ARGV = ("bash", "--norc", "--noprofile", "--noediting", "-i", "+m")
# History is the kernel's; with history expansion an exclamation mark in double quotes would be an error.
_SET_UP = b"set +o history +H; history -c; unset MAILCHECK HISTFILE\n"
_ENVIRONMENT = {"PS1": "", "PS2": "", "PROMPT_COMMAND": "", "PAGER": "cat", "GIT_PAGER": "cat"}
_BEGUN = "."
_FIRST_FD = 100
"""Our descriptors in bash get numbers from here: scripts use small ones."""
_POLL = 0.05
"""Seconds between looks whether bash has ended."""
_GRACE = 1.0
"""Seconds for bash to run its EXIT trap."""


@dataclass(frozen=True, slots=True)
class End:
    """How a piece of code ended."""

    status: int
    """Exit status of its last command, or of bash; minus the signal's number if one ended bash."""
    is_dead: bool = False
    """Whether bash itself has ended."""
    answer: str = ""
    """What a query printed."""


class Bash:
    """The process, and the pipes to it."""

    def __init__(self) -> None:
        """Start it, on the outputs of this process.

        Raises:
            FileNotFoundError: there is no bash.
        """
        # It begins with a letter: digits would belong to the escape \\0 before it.
        self._token = f"end-{secrets.token_hex(16)}"
        self._received = b""
        commands, self._commands = os.pipe()
        self._results, results = os.pipe()
        # Numbers that stay the same in bash, whatever code does with the small ones.
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_FD) for fd in (1, 2, results)]
        self._stdout, self._stderr, self._status = theirs
        try:
            self._process = subprocess.Popen(
                _ARGV,
                stdin=commands,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=theirs,
                env={**os.environ, **_ENVIRONMENT},
                process_group=0,
            )
        finally:
            for fd in (commands, results, *theirs):
                os.close(fd)
        self._write(_SET_UP)

    def run(self, code: str, user_code: Callable[[], AbstractContextManager[None]]) -> End:
        """Run code and wait for its end, or for that of bash.

        Args:
            code: any bash.
            user_code: lets interrupts through.

        Raises:
            KeyboardInterrupt: it was interrupted, and bash is ready for more.
        """
        # A here-document needs no quoting, and gives the code the same name in each message of bash.
        delimiter = f"END_{secrets.token_hex(16)}"
        outputs = f"</dev/null >&{self._stdout} 2>&{self._stderr}"
        # In the first line of the code, so that its lines keep their numbers; quiet also under `set -x`.
        begun = f"{{ \\builtin printf '{_BEGUN}' >&{self._status}; }} 2>/dev/null; "
        self._begin(f"\\builtin source /dev/fd/9 9<<'{delimiter}' {outputs}\n{begun}{code}\n{delimiter}\n")
        end = None
        while end is None and not self._received:
            self._wait()
            end = self._take()
        was_interrupted = False
        while end is None:
            try:
                with user_code():
                    self._wait()
            except KeyboardInterrupt:
                # Not earlier: while bash reads the code, it would forget half of it and run the rest as commands.
                was_interrupted = True
                os.killpg(self._process.pid, signal.SIGINT)
            end = self._take()
        if was_interrupted and not end.is_dead:
            raise KeyboardInterrupt
        return end

    def query(self, command: str) -> End:
        """Run a command of the kernel's own, and return what it prints."""
        self._begin(f"{{ {command}\n}} </dev/null >&{self._status} 2>/dev/null\n")
        while (end := self._take()) is None:
            self._wait()
        return end

    def close(self) -> None:
        """Let it leave, and wait for that."""
        self._write(f"\\exec >&{self._stdout}\n".encode())  # for its EXIT trap
        os.close(self._commands)
        self._end()
        os.close(self._results)

    def _end(self) -> None:
        """Wait for its end, and bring it about if it does not come."""
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _begin(self, line: str) -> None:
        status = f"\\builtin printf '\\0{self._token} %s\\n' \"$?\" >&{self._status}\n"
        self._write((line + status).encode("utf-8", "replace"))

    def _write(self, data: bytes) -> None:
        with suppress(BrokenPipeError):  # it has ended, which whoever waits will see
            view = memoryview(data)
            while view:
                view = view[os.write(self._commands, view) :]

    def _wait(self) -> None:
        """Wait for a moment, or less if something comes. Nothing is taken, so that an interrupt loses nothing."""
        select.select([self._results], [], [], _POLL)

    def _take(self) -> End | None:
        """Read what has come, and return how the code ended if it has."""
        ready, _, _ = select.select([self._results], [], [], 0)
        data = os.read(self._results, 1 << 16) if ready else b""
        self._received += data
        if ready and not data:
            self._end()  # nobody holds the other end: bash has ended, or cannot tell us anything any more
        if not data and self._process.poll() is not None:
            return End(self._process.returncode, is_dead=True)
        mark = f"\0{self._token} ".encode()
        if mark not in self._received or not self._received.endswith(b"\n"):
            return None
        answer, _, status = self._received.rpartition(mark)
        self._received = b""
        return End(int(status), answer=answer.decode("utf-8", "replace"))


def check_syntax(code: str) -> str:
    """Let bash read code without running it.

    Returns:
        ``complete``, ``incomplete`` or ``invalid``.
    """
    ran = subprocess.run(
        (*_ARGV[:3], "-n"),
        input=code.encode("utf-8", "replace"),
        capture_output=True,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    said = ran.stderr.decode("utf-8", "replace")
    if any(
        words in said for words in ("unexpected end of file", "unexpected EOF", "delimited by end-of-file")
    ):
        return "incomplete"
    if ran.returncode:
        return "invalid"
    return "incomplete" if code.endswith("\\") else "complete"
