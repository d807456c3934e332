"""A program in a terminal that tmux keeps: what a person at it would type and see."""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_LIMIT = 60.0
"""Seconds after which a text that does not come up fails a test."""


class Tmux:
    """One program on a screen of its own."""

    def __init__(
        self,
        command: Sequence[str],
        scratch: Path,
        *,
        cwd: Path,
        environ: Mapping[str, str] | None = None,
        size: tuple[int, int] = (100, 40),
    ) -> None:
        """Start it.

        Args:
            command: the program with its arguments.
            scratch: a folder for the server's socket and a pipe.
            cwd: where it is started.
            environ: variables that it has besides this process's.
            size: columns and lines.
        """
        self._socket = str(scratch / "tmux")
        self._pipe = scratch / "pipe"
        os.mkfifo(self._pipe)
        self._fd = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        # The program waits until everything it prints is heard.
        held = f"read -r _; exec {shlex.join(command)}"
        variables = [f"-e{name}={value}" for name, value in (environ or {}).items()]
        columns, lines = map(str, size)
        self._run(
            "new-session", "-d", "-x", columns, "-y", lines, "-c", str(cwd), *variables, "sh", "-c", held
        )
        self._run("set-option", "remain-on-exit", "on")
        self._run("pipe-pane", "-O", f"exec cat >{shlex.quote(str(self._pipe))}")
        self.press("Enter")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True)
        os.close(self._fd)

    def press(self, *keys: str) -> None:
        """Press keys, in tmux's names: ``a``, ``Enter``, ``C-c``."""
        self._run("send-keys", *keys)

    def wait_for(self, text: str, count: int = 1) -> str:
        """Wait until a text stands so many times on the screen and above; return all that stands there."""
        deadline = time.monotonic() + _LIMIT
        while (shown := self.shown()).count(text) < count:
            left = deadline - time.monotonic()
            assert left > 0, f"no {text!r} in\n{shown}"
            if select.select([self._fd], [], [], left)[0] and not os.read(self._fd, 1 << 16):
                # The program has ended: what it printed is drawn by now, or never.
                shown = self.shown()
                assert shown.count(text) >= count, f"no {text!r} in\n{shown}"
        return shown

    def shown(self) -> str:
        """Return what stands on the screen and above, without blanks at line ends."""
        return self._run("capture-pane", "-p", "-S", "-", "-J")

    def resize(self, columns: int, lines: int) -> None:
        """Give the screen another size."""
        self._run("resize-window", "-x", str(columns), "-y", str(lines))

    def _run(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
