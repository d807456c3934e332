"""The installed kernel: a front host with one kernel, started by a Jupyter server, console or test runner.

``python -m nbcheck.kernel -f CONNECTION_FILE`` is what the kernelspec says. The process ends when its executor ends,
with the same code, so that whoever started it sees a death as it would see any kernel's.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from nbcheck.errors import UsageError, describe_exit
from nbcheck.kernel.host import Host
from nbcheck.protocol.connection import parse_connection
from nbcheck.protocol.hosting import Exited, HostMessage, Interrupt, StartFailed, StartKernel

_KERNEL_ID = "installed"
_PARENT_CHECK = 1.0
"""Seconds between looks at the parent where its end cannot be waited for; ipykernel looks as often."""


class _App:
    """One kernel, from its connection file to its end."""

    def __init__(self) -> None:
        self.returncode: int | None = None
        self._is_asked_to_end = False

    def run(self, start: StartKernel) -> int:
        host = Host(self._tell)
        # The kernel manager sends SIGINT to us; whoever wants us gone sends SIGTERM.
        signal.signal(signal.SIGINT, lambda *_: host.handle(Interrupt(kernel_id=_KERNEL_ID)))
        signal.signal(signal.SIGTERM, self._end)
        parent = _Parent(os.environ)
        if parent.fd is not None:
            host.poll.watch(parent.fd)
        try:
            host.handle(start)
            while self.returncode is None and not self._is_asked_to_end and not parent.has_ended():
                waits = [wait for wait in (host.wait, parent.check_every) if wait is not None]
                host.step(host.poll.wait(min(waits, default=None)))
        finally:
            host.end_all(grace=0)
        return 0 if self.returncode is None else self.returncode

    def _tell(self, message: HostMessage) -> None:
        if isinstance(message, Exited):
            self.returncode = message.returncode or 0
            if self.returncode and not self._is_asked_to_end:
                print(
                    f"[nbcheck] the kernel's interpreter ended with {describe_exit(self.returncode)}",
                    file=sys.stderr,
                )
        elif isinstance(message, StartFailed):
            print(f"[nbcheck] the kernel could not be started: {message.reason}", file=sys.stderr)
            self.returncode = 1

    def _end(self, *_: object) -> None:
        self._is_asked_to_end = True


class _Parent:
    """The process that started us, if it told its pid; without it we live until we are told to end."""

    def __init__(self, environ: os._Environ[str]) -> None:
        told = environ.get("JPY_PARENT_PID", "")
        # Started through a wrapper such as `conda run`, our parent is not the process that told its pid.
        self._pid = int(told) if told.isdigit() and int(told) > 1 else None
        self.fd: int | None = None
        opener = getattr(os, "pidfd_open", None)
        if self._pid is not None and opener is not None:
            try:
                self.fd = opener(self._pid)
            except OSError:
                self.fd = None
        self.check_every = _PARENT_CHECK if self._pid is not None else None

    def has_ended(self) -> bool:
        if self._pid is None:
            return False
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the installed kernel.

    Args:
        arguments: the command line without the program; None takes it from :data:`sys.argv`.

    Returns:
        Exit code: that of the executor, 0 after an orderly shutdown.
    """
    parser = argparse.ArgumentParser(prog="nbcheck-kernel", description="The nbcheck Jupyter kernel.")
    parser.add_argument(
        "-f", "--f", "--connection-file", required=True, metavar="FILE", help="connection file"
    )
    parser.add_argument("--interpreter", default="python", help=argparse.SUPPRESS)
    # Clients add options of ipykernel, nbclient for one --HistoryManager.hist_file; the interpreter takes its own.
    options, rest = parser.parse_known_args(arguments)
    path = Path(options.f)
    try:
        content = path.read_bytes()
        parse_connection(content, path)
    except (OSError, UsageError) as error:
        print(f"nbcheck-kernel: cannot use the connection file: {error}", file=sys.stderr)
        return 2
    code = _App().run(
        StartKernel(
            kernel_id=_KERNEL_ID,
            interpreter=options.interpreter,
            cwd=os.getcwd(),
            env=dict(os.environ),
            arguments=tuple(rest),
            connection=content.decode(),
        )
    )
    # A signal's number comes back as the shell reports it.
    return code if code >= 0 else 128 - code
