"""A bash that lives as long as its kernel, and does one thing after the other.

It is interactive, because only then an interrupt ends what runs and not the shell, and it reads its commands from a
pipe. What belongs to that mode (prompts, job numbers, the word ``exit``) goes to its own fds 1 and 2, which are
/dev/null. Code is sourced, with three redirections: no input, and the kernel's two output pipes, which bash and all it
starts write to directly. A second line, which bash reads even if an interrupt made it forget the rest of the first,
writes the exit status to a pipe of its own, so nothing that code prints can be taken for the end of it.
"""

from __future__ import annotations

import fcntl
import math
import os
import re
import secrets
import select
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

_ARGV = ("bash", "--norc", "--noprofile", "--noediting", "-i", "+m")
# History is the kernel's; with history expansion an exclamation mark in double quotes would be an error.
_SET_UP = "set +o history +H; history -c; unset MAILCHECK HISTFILE\n"
_ENVIRONMENT = {"PS1": "", "PS2": "", "PROMPT_COMMAND": "", "PAGER": "cat", "GIT_PAGER": "cat"}
_FIRST_FD = 100
"""Our descriptors in bash get numbers from here: scripts use small ones."""
_POLL = 0.05
"""Seconds between looks whether bash has ended."""
_INSIST = 1.0
"""Seconds until an interrupt is repeated: bash loses one that comes while it starts a program."""
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
        # What it reports: number of the piece of code, and "begun" or the exit status.
        self._token = f"report-{secrets.token_hex(16)}"
        self._report = re.compile(rb"\0%b:(\d+):(begun|\d+)\n" % self._token.encode())
        self._number = 0
        self._has_begun = False
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
        self._number += 1
        self._has_begun = False
        begun = f"{{ {self._reporting('begun')}; }} 2>/dev/null; "
        source = f"\\builtin source /dev/fd/9 9<<'{delimiter}' {outputs}\n{begun}{code}\n{delimiter}\n"
        self._write(source + self._reporting("$?") + "\n")
        end = self._take()
        while end is None and not self._has_begun:
            self._wait()
            end = self._take()
        insist_at = math.inf
        was_interrupted = False
        while end is None:
            try:
                with user_code():
                    self._wait()
            except KeyboardInterrupt:
                was_interrupted, insist_at = True, 0.0
            end = self._take()
            if end is None and time.monotonic() >= insist_at:
                self._interrupt()
                insist_at = time.monotonic() + _INSIST
        if was_interrupted and not end.is_dead:
            self._settle()
            raise KeyboardInterrupt
        return end

    def _interrupt(self) -> None:
        # Only after the code has begun: while bash still reads it, it would forget half of it and run the rest.
        os.killpg(self._process.pid, signal.SIGINT)
        # If the code ended this very moment, it was the report that was interrupted.
        self._write(self._reporting("$?") + "\n")

    def _settle(self) -> None:
        """After an interrupt: wait until bash is ready for more.

        It may notice the signal late, and forget a line that it was sent meanwhile; or go to the next line and then
        wait for the program that it was just starting. So it has to answer twice without having to be asked again.
        """
        answers = 0
        while answers < 2:
            self._number += 1
            self._write(self._reporting("$?") + "\n")
            if self._answers_within(_INSIST):
                answers += 1
            else:
                answers = 0
                self._interrupt()

    def _answers_within(self, seconds: float) -> bool:
        """Whether the current piece of code ends, or bash itself, within a time."""
        deadline = time.monotonic() + seconds
        while self._take() is None:
            if time.monotonic() >= deadline:
                return False
            self._wait()
        return True

    def query(self, command: str) -> End:
        """Run a command of the kernel's own, and return what it prints."""
        self._number += 1
        line = f"{{ {command}\n}} </dev/null >&{self._status} 2>/dev/null\n"
        self._write(line + self._reporting("$?") + "\n")
        while (end := self._take()) is None:
            self._wait()
        return end

    def close(self) -> None:
        """Let it leave, and wait for that."""
        self._write(f"\\exec >&{self._stdout}\n")  # for its EXIT trap
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

    def _reporting(self, what: str) -> str:
        """Return the command that reports something of the current piece of code."""
        # Without quotes: an interrupt may make bash forget the beginning of it, and what is left must not open one.
        return f"\\builtin printf \\\\0%s:%s:%s\\\\n {self._token} {self._number} {what} >&{self._status}"

    def _write(self, lines: str) -> None:
        with suppress(BrokenPipeError):  # it has ended, which whoever waits will see
            view = memoryview(lines.encode("utf-8", "replace"))
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
        for match in self._report.finditer(self._received):
            if int(match[1]) != self._number:
                continue  # a second report of earlier code, which was interrupted
            if match[2] == b"begun":
                self._has_begun = True
                continue
            answer = self._report.sub(b"", self._received[: match.start()])
            self._received = self._received[match.end() :]
            return End(int(match[2]), answer=answer.decode("utf-8", "replace"))
        return None


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
