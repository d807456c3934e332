"""Running one cell: the request, its messages, its deadlines, and how it ends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from nbcheck.errors import KernelDied, KernelError, describe_exit
from nbcheck.execution.check import Ending, Execution
from nbcheck.execution.fold import CellFold, NotebookFold
from nbcheck.execution.heartbeat import Heartbeat
from nbcheck.execution.plan import PlannedCell
from nbcheck.execution.terminal import Terminal, answer
from nbcheck.protocol.content import Content, ExecuteReply, InputRequest, Status
from nbcheck.protocol.message import Message
from nbcheck.results import CellError

INTERRUPT_GRACE = 5.0
"""Seconds from an interrupt to the kill. As jupyter_client grants a kernel to shut down: code that catches
KeyboardInterrupt to save its work has that long, a C extension that never returns is not waited for."""

SILENCE_LIMIT = 30.0
"""Seconds without any message while one is due: busy after a request, idle after a reply, a reply after idle.
Jupyter's 4 s lose outputs on a loaded machine; this is about messages that only have to travel."""

DEATH_GRACE = 5.0
"""Seconds from the reply that a dead executor left behind to the news how it ended; it is on its way already."""

OUTPUT_LIMIT = 500_000_000
"""Characters a cell may print. A loop that prints without end fills the memory long before its time is over; a
front-end shows a hundredth of this with pain."""


_MAX_COMMAND = 60
"""Characters of a ``!command`` that a note shows."""


class Client(Protocol):
    """What running needs of a client; :mod:`nbcheck.manager` has the real one."""

    def execute(
        self,
        code: str,
        *,
        store_history: bool = True,
        allow_stdin: bool = False,
        stop_on_error: bool = True,
        cell_id: str | None = None,
        context: str = "",
    ) -> str:
        """Send an execute_request and return its msg_id."""
        ...

    def is_complete(self, code: str) -> str:
        """Send an is_complete_request and return its msg_id."""
        ...

    def input(self, value: str) -> None:
        """Answer an input_request."""
        ...

    def next_message(self, deadline: float | None) -> Message | None:
        """Return the next message, or None at the deadline; raise KernelDied when there will be no more."""
        ...


class Kernel(Protocol):
    """What running needs of a started kernel."""

    @property
    def client(self) -> Client:
        """A client, connected and ready."""
        ...

    @property
    def name(self) -> str:
        """Name of the kernelspec."""
        ...

    @property
    def is_alive(self) -> bool:
        """Whether nobody knows of its end, and nobody has asked for it."""
        ...

    def interrupt(self) -> None:
        """Interrupt what it does."""
        ...

    def watch_memory(self, limit: int) -> None:
        """Remember how much it uses at most, exactly if that is more than a limit in bytes; may raise KernelError."""
        ...

    def take_memory_peak(self) -> int:
        """Return that, in bytes; may raise KernelError."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    def close(self) -> None:
        """End it in order, and release everything; allowed when it is dead."""
        ...


class CellRun:
    """One request on its way: what has come, what is due, and until when."""

    def __init__(
        self,
        cell: PlannedCell,
        kernel: Kernel,
        notebook: NotebookFold,
        *,
        notebook_left: float = math.inf,
        is_hidden: bool = False,
        heartbeat: Heartbeat | None = None,
        context: str = "",
        terminal: Terminal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is needed; nothing is sent yet.

        Args:
            cell: to be run.
            kernel: to run it in.
            notebook: takes the messages, those of earlier cells that come late included.
            notebook_left: seconds left for all cells of the notebook.
            is_hidden: no cell of the notebook: it gets no execution count, and no place in the history.
            heartbeat: is told that the cell still runs.
            context: on whose account it is run, for the measuring of coverage.
            terminal: of a person who answers what the cell asks, and may interrupt it; None when there is none.
            clock: monotonic seconds, the clock of the client's deadlines.
        """
        self._heartbeat = heartbeat
        self._is_hidden = is_hidden
        self._context = context
        self._terminal = terminal
        self._unseen: list[Content] = []
        self.fold = CellFold()
        self._cell = cell
        self._kernel = kernel
        self._notebook = notebook
        self._notebook_left = notebook_left
        self._clock = clock
        self._msg_id = ""
        self._started: float | None = None
        self._last_message = 0.0
        self._reply: ExecuteReply | None = None
        self._is_idle = False
        self._fault = ""
        self._notes: list[str] = []

    def run(self) -> Execution:
        """Send the request and see it through."""
        try:
            if self._cell.max_memory is not None and not self._is_hidden:
                self._kernel.watch_memory(self._cell.max_memory)
            # The judge decides what an error means. With stop_on_error a kernel aborts what arrives shortly
            # after one, which may already be the next cell.
            self._msg_id = self._kernel.client.execute(
                self._cell.source,
                store_history=not self._is_hidden,
                allow_stdin=self._terminal is not None,
                stop_on_error=False,
                cell_id=None if self._is_hidden else self._cell.cell_id or None,
                context=self._context,
            )
            self.fold = self._notebook.begin(self._msg_id)
            self._last_message = self._clock()
            return self._follow()
        except KernelDied as error:
            return self._end(Ending.DIED, _describe_death(error))
        except KernelError as error:
            return self._end(Ending.LOST, f"its memory could not be watched: {error}")

    def _follow(self) -> Execution:
        """Take messages until the request is answered and the kernel idle."""
        while not self._is_complete():
            limit, why = self._next_limit()
            try:
                message = self._await_message(limit)
            except KeyboardInterrupt:
                if self._terminal is None:
                    raise
                self._kernel.interrupt()
                continue
            if message is not None:
                self._receive(message)
            elif self._clock() >= limit:
                return why()
            if self._fault:
                return self._stop(Ending.LOST, self._fault)
        if self._reply is not None and self._reply.ename == KernelDied.__name__:
            self._wait_for_death()
        is_watched = self._cell.max_memory is not None and not self._is_hidden
        peak = self._kernel.take_memory_peak() if is_watched else None
        return replace(self._end(Ending.REPLIED), memory_peak=peak)

    def _await_message(self, limit: float) -> Message | None:
        """Return the next message; None at the limit, or earlier when the heartbeat was due."""
        if self._heartbeat is None:
            return self._kernel.client.next_message(None if limit == math.inf else limit)
        due = self._heartbeat.due(self._clock())
        message = self._kernel.client.next_message(min(limit, due))
        now = self._clock()
        if now >= due:
            began = self._last_message if self._started is None else self._started
            self._heartbeat.beat(self._cell.number, now - began, now)
        return message

    def _is_complete(self) -> bool:
        return self._reply is not None and self._is_idle

    def _receive(self, message: Message) -> None:
        content = message.content
        if message.parent_id != self._msg_id:
            owner = self._notebook.receive(message)
            note = "outputs of an earlier cell came while this one ran; they were not compared"
            if owner is not None and note not in self._notes:
                self._notes.append(note)
            return
        self._last_message = self._clock()
        if self._started is None:
            self._started = self._last_message
        match content:
            case ExecuteReply():
                self._reply = content
                self._notes += _describe_failed_commands(message.metadata.get("failed_commands"))
            case Status() if message.channel == "iopub":
                self._is_idle = content.execution_state == "idle"
            case InputRequest() if self._terminal is not None:
                self._ask(self._terminal, content)
            case InputRequest():
                self._fault = f"asked for input ({content.prompt!r}), which nobody can give in a test"
            case _:
                if self._terminal is not None:
                    self._unseen.append(content)
                self._notebook.receive(message)
                if self.fold.printed > OUTPUT_LIMIT:
                    self._fault = f"printed more than {OUTPUT_LIMIT / 1e6:,.0f} MB"

    def _ask(self, terminal: Terminal, request: InputRequest) -> None:
        """Let the person answer; their time is not the cell's."""
        asked = self._clock()
        with terminal:
            for content in self._unseen:
                terminal.show(content)
            self._unseen.clear()
            answer(self._kernel, terminal, request)
        self._last_message = self._clock()
        if self._started is not None:
            self._started += self._last_message - asked

    def _next_limit(self) -> tuple[float, Callable[[], Execution]]:
        """Return until when to wait for the next message, and what to do then."""
        silence = self._last_message + SILENCE_LIMIT
        if self._reply is not None:
            return silence, lambda: self._lose("did not become idle after its reply; outputs may be lost")
        if self._is_idle:
            return silence, lambda: self._lose("became idle without a reply")
        if self._started is None:
            return silence, lambda: self._lose("did not begin to run the cell")
        limits = [(math.inf, self._time_out_cell)]
        if self._cell.timeout is not None:
            limits.append((self._started + self._cell.timeout, self._time_out_cell))
        limits.append((self._started + self._notebook_left, self._time_out_notebook))
        return min(limits, key=lambda limit: limit[0])

    # ---- endings

    def _time_out_cell(self) -> Execution:
        seconds = f"{self._cell.timeout:g} s"
        return self._stop(
            Ending.TIMEOUT,
            f"did not finish within {seconds}",
            "raise --nbcheck-cell-timeout or give the cell a timeout directive",
        )

    def _time_out_notebook(self) -> Execution:
        return self._stop(
            Ending.TIMEOUT,
            "did not finish before the time of the whole notebook was over",
            "raise --nbcheck-timeout or give the notebook a timeout directive",
        )

    def _stop(self, ending: Ending, what: str, remedy: str = "") -> Execution:
        """Interrupt the cell, kill the kernel when that does not help, and say so."""
        self._kernel.interrupt()
        deadline = self._clock() + INTERRUPT_GRACE
        while not self._is_complete() and self._clock() < deadline:
            message = self._kernel.client.next_message(deadline)
            if message is not None:
                self._receive(message)
        if not self._is_complete():
            self._kernel.kill()
            what += f"; it did not react to an interrupt for {INTERRUPT_GRACE:g} s either and was killed"
        return self._end(ending, "; ".join(filter(None, (what, remedy))))

    def _lose(self, what: str) -> Execution:
        self._kernel.kill()
        return self._end(Ending.LOST, f"the kernel {what}: no message for {SILENCE_LIMIT:g} s; it was killed")

    def _wait_for_death(self) -> None:
        """Wait for the news how the kernel died; an exception of that name may also be the user's own."""
        deadline = self._clock() + DEATH_GRACE
        while self._clock() < deadline:
            message = self._kernel.client.next_message(deadline)
            if message is not None:
                self._receive(message)

    def _end(self, ending: Ending, detail: str = "") -> Execution:
        reply = self._reply
        error = None
        if reply is not None and reply.status != "ok":
            ename = reply.ename or f"Reply{reply.status.title()}"
            error = CellError(ename, reply.evalue, tuple(reply.traceback))
        else:
            shown = self.fold.last_error()
            if shown is not None:
                error = CellError(shown.ename, shown.evalue, tuple(shown.traceback))
        count = reply.execution_count if reply is not None else None
        return Execution(
            ending,
            detail,
            error,
            count if count is not None else self.fold.execution_count,
            0.0 if self._started is None else self._clock() - self._started,
            tuple(self._notes),
            reply is not None and _has_quit(reply),
        )


def _has_quit(reply: ExecuteReply) -> bool:
    return any(
        payload.get("source") == "ask_exit" and not payload.get("keepkernel") for payload in reply.payload
    )


# Any: metadata is whatever JSON a kernel sends
def _describe_failed_commands(commands: Any) -> list[str]:
    """Describe what our Python kernel says of each ``!command`` that failed."""
    notes = []
    for command in commands if isinstance(commands, list) else ():
        match command:
            case {"command": str(text), "code": int(code)}:
                line, _, more = text.strip().partition("\n")
                shown = f"{line[:_MAX_COMMAND]}{' ...' if more or len(line) > _MAX_COMMAND else ''}"
                notes.append(f"!{shown} ended with {describe_exit(code)}")
    return notes


def _describe_death(error: KernelDied) -> str:
    said = error.output.strip()
    printed = f"it printed: {said}" if said else ""
    return "; ".join(filter(None, (f"the kernel {error.summary}", error.remedy, printed)))
