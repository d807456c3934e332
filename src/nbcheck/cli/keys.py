"""Single keys from a terminal, without waiting for the return key."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any, Self

_BURST = 1024
_ESCAPE = "\x1b"


def has_terminal() -> bool:
    """Whether somebody sits at a terminal whose keys can be read one by one."""
    try:
        import termios  # noqa: F401 (not on every system)
    except ImportError:
        return False
    return sys.stdin.isatty() and sys.stdout.isatty()


class Keys:
    """The keys of the terminal at standard input, which is left as it was at the end."""

    def __init__(self) -> None:
        """Begin; the terminal is changed by entering the context."""
        self._descriptor = sys.stdin.fileno()
        self._waiting: list[str] = []
        self._before: list[Any] = []  # Any: termios says no more

    def __enter__(self) -> Self:
        import termios
        import tty

        self._before = termios.tcgetattr(self._descriptor)
        # Not raw: an interrupt must stay one.
        tty.setcbreak(self._descriptor)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        import termios

        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def read(self) -> str:
        """Wait for a key.

        Raises:
            EOFError: the terminal is gone.
        """
        while not self._waiting:
            burst = os.read(self._descriptor, _BURST)
            if not burst:
                raise EOFError
            text = burst.decode("utf-8", "replace")
            # Arrows and the like come as several characters, which must not be taken for answers.
            self._waiting += [] if text.startswith(_ESCAPE) else text
        return self._waiting.pop(0)
