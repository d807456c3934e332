"""``input()`` and ``getpass()``: questions to the front-end that sent the request."""

from __future__ import annotations

import builtins
import getpass

from IPython.core.error import StdinNotImplementedError

from nbcheck.kernel.interpreter import Host

_END_OF_INPUT = "\x04"


class Stdin:
    """Asks, if the request being handled allows it."""

    def __init__(self, host: Host) -> None:
        """Ask through ``host``."""
        self._host = host
        self.is_allowed = False
        """Whether the front-end that sent the current request can answer."""

    def install(self) -> None:
        """Replace ``input`` and ``getpass.getpass``."""
        builtins.input = self._input
        getpass.getpass = self._getpass

    def _input(self, prompt: object = "", /) -> str:
        return self._ask("input()", str(prompt), password=False)

    def _getpass(self, prompt: str = "Password: ", stream: object = None, **kwargs: object) -> str:
        return self._ask("getpass()", str(prompt), password=True)

    def _ask(self, name: str, prompt: str, *, password: bool) -> str:
        if not self.is_allowed:
            raise StdinNotImplementedError(
                f"{name} was called, but nobody can answer: this front-end does not support input requests"
            )
        value = self._host.ask(prompt, password=password)
        if value == _END_OF_INPUT:
            raise EOFError
        return value
