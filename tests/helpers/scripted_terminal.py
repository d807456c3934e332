"""A person at a terminal who types what a script says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from nbcheck.protocol.content import Content
from nbcheck.report.live import render_content

CTRL_C, CTRL_D = KeyboardInterrupt, EOFError

Typed = str | type[BaseException]


class ScriptedTerminal:
    """Keeps everything that stands on it, as lines."""

    def __init__(self, typed: Sequence[Typed], before_typing: Callable[[], None] = lambda: None) -> None:
        """Take the lines to type, Ctrl-C and Ctrl-D among them, and what happens meanwhile."""
        self.screen = ""
        self.depth = 0
        self.passwords = 0
        self._typed = list(typed)
        self._before_typing = before_typing

    def __enter__(self) -> Self:
        self.depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.depth -= 1

    def read(self, prompt: str, *, password: bool = False) -> str:
        assert self.depth > 0, "nobody has taken the terminal"
        self._before_typing()
        self.passwords += password
        typed = self._typed.pop(0)
        if not isinstance(typed, str):
            self.screen += prompt
            raise typed
        self.screen += f"{prompt}{typed}\n"
        return typed

    def show(self, content: Content) -> None:
        assert self.depth > 0, "nobody has taken the terminal"
        self.screen += render_content(content, color=False)

    def say(self, line: str) -> None:
        self.screen += f"{line}\n"

    @property
    def lines(self) -> list[str]:
        assert not self._typed, "not all was read"
        return self.screen.splitlines()
