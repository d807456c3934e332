"""A prompt on a live kernel: a person reads and runs statements where a notebook has stopped.

It is a plain one, a line at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nbcheck.errors import KernelDied
from nbcheck.execution.request import DEATH_GRACE, SILENCE_LIMIT, Kernel
from nbcheck.execution.terminal import Terminal, answer
from nbcheck.protocol.content import DisplayData, ExecuteReply, InputRequest, IsCompleteReply, Status
from nbcheck.protocol.message import Message

PROMPT = "nbcheck> "
_MORE = "    ...> "
_GOES_ON = frozenset({"exit", "exit()", "quit", "quit()"})
_ENDS_ALL = "q!"
"""No Python, so that it cannot mean anything else."""
HELP = "exit or Ctrl-D: go on; q!: end the session; Ctrl-C: interrupt what runs; %debug: look into the error"

_IS_COMPLETE_LIMIT = 5.0
"""Seconds to wait for an answer that some kernels never give; jupyter_console waits one."""
_PATIENCE = 3
"""Interrupts of one statement after which the kernel is ended: the person has no other way out."""


@dataclass(slots=True)
class _Statement:
    """A statement that is run."""

    msg_id: str
    reply: ExecuteReply | None = None
    is_idle: bool = False

    @property
    def is_complete(self) -> bool:
        return self.reply is not None and self.is_idle


class Prompt:
    """A prompt on one kernel."""

    def __init__(
        self, kernel: Kernel, terminal: Terminal, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what is needed.

        Args:
            kernel: live, and idle.
            terminal: of the person.
            clock: monotonic seconds, the clock of the client's deadlines.
        """
        self._kernel = kernel
        self._terminal = terminal
        self._clock = clock
        self._was_ended = False

    def run(self) -> bool:
        """Read and run statements until the person leaves or the kernel ends.

        Returns:
            Whether the person wants to end everything, and not only go on.
        """
        with self._terminal:
            try:
                while True:
                    statement = self._read_statement()
                    if statement is None:
                        return False
                    if statement == _ENDS_ALL:
                        return True
                    self._execute(statement)
            except KernelDied as error:
                self._terminal.say(
                    "the kernel was ended" if self._was_ended else f"the kernel {error.summary}"
                )
                return False

    # ---- reading

    def _read_statement(self) -> str | None:
        """Return the next statement; None to go on."""
        lines: list[str] = []
        while True:
            try:
                line = self._terminal.read(_MORE if lines else PROMPT)
                word = line.strip()
                if not lines and word in _GOES_ON:
                    return None
                if not lines and word == _ENDS_ALL:
                    return _ENDS_ALL
                if lines or word:
                    lines.append(line)
                    code = "\n".join(lines)
                    if self._is_complete(code):
                        return code
            except KeyboardInterrupt:
                self._terminal.say("")
                lines.clear()
            except EOFError:
                self._terminal.say("")
                return None

    def _is_complete(self, code: str) -> bool:
        msg_id = self._kernel.client.is_complete(code)
        deadline = self._clock() + _IS_COMPLETE_LIMIT
        while message := self._kernel.client.next_message(deadline):
            if message.parent_id == msg_id and isinstance(message.content, IsCompleteReply):
                return message.content.status != "incomplete"
            self._terminal.show(message.content)
        return True

    # ---- running

    def _execute(self, code: str) -> None:
        # Not counted, so that the numbers of the notebook's own cells stay what they are.
        msg_id = self._kernel.client.execute(code, store_history=False, allow_stdin=True, stop_on_error=False)
        statement = _Statement(msg_id)
        deadline: float | None = None
        interrupts = 0
        while not statement.is_complete:
            try:
                message = self._kernel.client.next_message(deadline)
                if message is None:
                    self._terminal.say(
                        "the kernel did not become idle after its reply; outputs may be missing"
                    )
                    return
                self._take(message, statement)
            except KeyboardInterrupt:
                interrupts += 1
                self._interrupt(interrupts)
            deadline = self._clock() + SILENCE_LIMIT if statement.reply else None

        if statement.reply is not None and statement.reply.ename == KernelDied.__name__:
            # The news how it died, which is raised, follows at once; or it is an exception of that name.
            self._kernel.client.next_message(self._clock() + DEATH_GRACE)

    def _take(self, message: Message, statement: _Statement) -> None:
        content = message.content
        is_own = message.parent_id == statement.msg_id
        match content:
            case ExecuteReply() if is_own:
                statement.reply = content
                self._show_pages(content)
            case Status():
                if is_own and message.channel == "iopub":
                    statement.is_idle = content.execution_state == "idle"
            case InputRequest():
                answer(self._kernel, self._terminal, content)
            case _:
                self._terminal.show(content)

    def _show_pages(self, reply: ExecuteReply) -> None:
        """Show what ``name?`` asks a pager to show."""
        for payload in reply.payload:
            data = payload.get("data")
            if payload.get("source") == "page" and isinstance(data, dict):
                self._terminal.show(DisplayData(data=data))

    def _interrupt(self, count: int) -> None:
        if count < _PATIENCE:
            self._kernel.interrupt()
            if count == _PATIENCE - 1:
                self._terminal.say("interrupted again; once more ends the kernel")
        else:
            self._was_ended = True
            self._kernel.kill()
