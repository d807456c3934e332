"""A kernel that plays a script, with a clock that only it moves.

For each cell the script has steps; a step says what the kernel publishes, how long it takes, or how it misbehaves.
Messages become due as the clock reaches them, so that deadlines, silence and interrupts are exact and take no time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbcheck.errors import KernelDied, KernelError
from nbcheck.protocol.content import (
    Content,
    DisplayData,
    Error,
    ExecuteInput,
    ExecuteReply,
    ExecuteResult,
    InputRequest,
    IsCompleteReply,
    Status,
    Stream,
    UpdateDisplayData,
    msg_type_of,
)
from nbcheck.protocol.message import Header, Message


class FakeClock:
    """Monotonic seconds that stand still until somebody moves them."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


# ---- steps: what a cell does


@dataclass(frozen=True)
class Publishes:
    """The cell publishes this on iopub."""

    content: Content


@dataclass(frozen=True)
class PublishesLate:
    """A thread that an earlier cell left behind publishes this."""

    content: Content
    source: str


@dataclass(frozen=True)
class Takes:
    """The cell takes this long."""

    seconds: float


@dataclass(frozen=True)
class Uses:
    """The kernel uses this much memory while the cell runs; None when nobody can say."""

    size: int | None


@dataclass(frozen=True)
class Raises:
    """The cell ends with an error; ``is_shown`` as an output, too, and the kernel may still reply ok."""

    ename: str
    evalue: str = ""
    is_shown: bool = True
    status: str = "error"


@dataclass(frozen=True)
class Hangs:
    """The cell never ends by itself."""

    heeds_interrupt: bool = True


@dataclass(frozen=True)
class Dies:
    """The kernel's process ends; with ``finishes`` its front still answers the request."""

    returncode: int | None
    finishes: bool = True
    output: str = ""


@dataclass(frozen=True)
class Forgets:
    """The kernel leaves out ``busy``, ``reply`` or ``idle``."""

    what: str


@dataclass(frozen=True)
class AsksForInput:
    """The cell asks for a line and waits."""

    prompt: str


@dataclass(frozen=True)
class RepliesEarly:
    """The reply overtakes what the cell publishes after this."""


@dataclass(frozen=True)
class Quits:
    """The cell asks the kernel to leave after it, or only the front-end."""

    keeps_kernel: bool = False


@dataclass(frozen=True)
class FailsCommands:
    """The reply's metadata say this of commands that failed."""

    said: object


Step = (
    FailsCommands
    | Quits
    | RepliesEarly
    | Publishes
    | PublishesLate
    | Takes
    | Uses
    | Raises
    | Hangs
    | Dies
    | Forgets
    | AsksForInput
)


def prints(text: str, name: str = "stdout") -> Publishes:
    return Publishes(Stream(name=name, text=text))


def displays(text: str, display_id: str | None = None) -> Publishes:
    transient = {} if display_id is None else {"display_id": display_id}
    return Publishes(DisplayData(data={"text/plain": text}, transient=transient))


def updates(text: str, display_id: str) -> Publishes:
    return Publishes(UpdateDisplayData(data={"text/plain": text}, transient={"display_id": display_id}))


def returns(text: str) -> Publishes:
    return Publishes(ExecuteResult(data={"text/plain": text}, execution_count=1))


# ---- the kernel


class FakeKernel:
    """A started kernel as ``nbcheck.execution.request.Kernel`` wants it; it is its own client."""

    name = "fake"

    def __init__(self, script: Mapping[str, Sequence[Step]], clock: FakeClock) -> None:
        """Take what each source does, and the clock to move; a source that is not in the script does nothing."""
        self.clock = clock
        self.executed: list[str] = []
        self.hidden: list[str] = []  # what leaves no history
        self.cell_ids: list[str | None] = []
        self.contexts: list[str] = []
        self.interrupts = 0
        self.was_killed = False
        self.may_ask = False
        self.answers: list[str] = []
        self._asking: tuple[_Performance, Sequence[Step]] | None = None
        self.watched: list[int] = []
        self._memory: int | None = 0
        self.is_closed = False
        self.is_kept = False
        self.connection_file = "/connection.json"
        self.host_pid = 4711
        self._script = script
        self._queue: deque[tuple[float, Message | KernelDied]] = deque()
        self._ids: dict[str, str] = {}
        self._count = 0
        self._heeds_interrupt = True
        self._death: KernelDied | None = None

    @property
    def client(self) -> FakeKernel:
        return self

    # ---- client

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
        assert not stop_on_error
        self.may_ask = allow_stdin
        if self._death is not None:
            raise self._death
        (self.executed if store_history else self.hidden).append(code)
        self.cell_ids.append(cell_id)
        self.contexts.append(context)
        self._count += 1
        msg_id = self._ids[code] = f"request-{self._count}"
        _Performance(self, msg_id).play(self._script.get(code, ()))
        return msg_id

    def is_complete(self, code: str) -> str:
        self._count += 1
        status = "incomplete" if code.endswith(":") else "complete"
        header = Header(msg_id="", msg_type="is_complete_reply")
        parent = Header(msg_id=f"request-{self._count}", msg_type="is_complete_request")
        reply = Message("shell", header, parent, {}, IsCompleteReply(status=status))
        self._queue.append((self.clock.now, reply))
        return parent.msg_id

    def input(self, value: str) -> None:
        self.answers.append(value)
        assert self._asking is not None
        performance, rest = self._asking
        performance.go_on(rest)

    @property
    def is_alive(self) -> bool:
        return self._death is None and not self.is_closed

    def next_message(self, deadline: float | None) -> Message | None:
        if not self._queue:
            if self._death is not None:
                raise self._death
            assert deadline is not None, "would wait for ever"
            self.clock.now = max(self.clock.now, deadline)
            return None
        due, event = self._queue[0]
        if deadline is not None and due > deadline:
            self.clock.now = max(self.clock.now, deadline)
            return None
        self.clock.now = max(self.clock.now, due)
        self._queue.popleft()
        if isinstance(event, KernelDied):
            self._death = event
            raise event
        return event

    # ---- kernel

    def interrupt(self) -> None:
        self.interrupts += 1
        if self._heeds_interrupt:
            self._queue.clear()
            performance = _Performance(self, f"request-{self._count}")
            performance.forgotten.add("busy")
            performance.play([Raises("KeyboardInterrupt")])

    def watch_memory(self, limit: int) -> None:
        self.watched.append(limit)

    def take_memory_peak(self) -> int:
        if self._memory is None:
            raise KernelError("the host is gone")
        return self._memory

    def kill(self) -> None:
        self.was_killed = True
        self._queue.clear()
        self._death = KernelDied(self.name, -9)

    def close(self) -> None:
        self.is_closed = True

    def keep(self, *, idle_limit: float) -> None:
        self.is_kept = True


class _Performance:
    """One request being played into the queue."""

    def __init__(self, kernel: FakeKernel, msg_id: str) -> None:
        self._kernel = kernel
        self._msg_id = msg_id
        self._due = kernel.clock.now
        self._reply = ExecuteReply(status="ok", execution_count=kernel._count)
        self._has_quit = False
        self._metadata: dict[str, object] = {}
        self.forgotten: set[str] = set()

    def play(self, steps: Sequence[Step]) -> None:
        self.forgotten |= {step.what for step in steps if isinstance(step, Forgets)}
        self._kernel._heeds_interrupt = True
        if "busy" not in self.forgotten:
            self._send("iopub", Status(execution_state="busy"))
            self._send("iopub", ExecuteInput(code="", execution_count=self._kernel._count))
        if self._perform_all(steps):
            if "reply" not in self.forgotten:
                self._send("shell", self._reply)
            if "idle" not in self.forgotten:
                self._send("iopub", Status(execution_state="idle"))
            if self._has_quit:
                self._kernel._queue.append((self._due, KernelDied(self._kernel.name, 0)))

    def _perform_all(self, steps: Sequence[Step]) -> bool:
        """Play steps; return whether the request is at its end. One that asks goes on with the answer."""
        for number, step in enumerate(steps, 1):
            if not self._perform(step):
                if isinstance(step, AsksForInput):
                    self._kernel._asking = (self, steps[number:])
                return False
        return True

    def go_on(self, steps: Sequence[Step]) -> None:
        """Play what comes after an answer."""
        self.forgotten.add("busy")
        self._due = self._kernel.clock.now
        self.play(steps)

    def _perform(self, step: Step) -> bool:
        """Play one step; return whether the request can still be finished."""
        match step:
            case Publishes():
                self._send("iopub", step.content)
            case PublishesLate():
                self._send("iopub", step.content, parent=self._kernel._ids[step.source])
            case Uses():
                self._kernel._memory = step.size
            case Takes():
                self._due += step.seconds
            case Raises():
                if step.is_shown:
                    self._send("iopub", Error(ename=step.ename, evalue=step.evalue, traceback=["Traceback"]))
                if step.status != "ok":
                    self._reply = ExecuteReply(
                        status=step.status,
                        ename=step.ename if step.status == "error" else "",
                        evalue=step.evalue,
                        execution_count=self._kernel._count,
                    )
            case FailsCommands():
                self._metadata = {"failed_commands": step.said}
            case Quits():
                payload = {"source": "ask_exit", "keepkernel": step.keeps_kernel}
                count = self._kernel._count
                self._reply = ExecuteReply(status="ok", execution_count=count, payload=[payload])
                self._has_quit = not step.keeps_kernel
            case RepliesEarly():
                self._send("shell", self._reply)
                self.forgotten.add("reply")
            case Hangs():
                self._kernel._heeds_interrupt = step.heeds_interrupt
                return False
            case AsksForInput():
                self._send("stdin", InputRequest(prompt=step.prompt))
                return False
            case Dies():
                if step.finishes:
                    self._send("shell", ExecuteReply(status="error", ename="KernelDied", evalue="died"))
                    self._send("iopub", Status(execution_state="idle"))
                death = KernelDied(self._kernel.name, step.returncode, step.output)
                self._kernel._queue.append((self._due, death))
                return False
        return True

    def _send(self, channel: str, content: Content, parent: str = "") -> None:
        header = Header(msg_id="", msg_type=msg_type_of(content))
        parent_header = Header(msg_id=parent or self._msg_id, msg_type="execute_request")
        metadata = self._metadata if channel == "shell" else {}
        self._kernel._queue.append((self._due, Message(channel, header, parent_header, metadata, content)))
