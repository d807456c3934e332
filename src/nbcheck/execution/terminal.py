"""A person at a terminal, while notebooks run: what is shown to them, and asked of them."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from nbcheck.protocol.content import Content, InputRequest

_END_OF_INPUT = "\x04"


class Terminal(Protocol):
    """Where a person reads and types. Entered for as long as it is used, perhaps more than once at a time."""

    def __enter__(self) -> Self:
        """Take the terminal."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give it back."""
        ...

    def read(self, prompt: str, *, password: bool = False) -> str:
        """Return a line that was typed.

        Raises:
            EOFError: Ctrl-D.
            KeyboardInterrupt: Ctrl-C.
        """
        ...

    def show(self, content: Content) -> None:
        """Show what a message holds, if it is an output."""
        ...

    def say(self, line: str) -> None:
        """Show a line of our own."""
        ...


class _Client(Protocol):
    def input(self, value: str) -> None: ...


class Asking(Protocol):
    """What answering needs of a kernel."""

    @property
    def client(self) -> _Client:
        """Takes the answer."""
        ...

    def interrupt(self) -> None:
        """Interrupt what asks."""
        ...


def answer(kernel: Asking, terminal: Terminal, request: InputRequest) -> None:
    """Let a person answer what a kernel asks; with Ctrl-C its cell is interrupted instead."""
    try:
        value = terminal.read(request.prompt, password=request.password)
    except KeyboardInterrupt:
        terminal.say("")
        kernel.interrupt()
        return
    except EOFError:
        terminal.say("")
        value = _END_OF_INPUT
    kernel.client.input(value)
