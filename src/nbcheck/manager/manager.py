"""Start a kernel, our own or anybody's, and hold it until it ends."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nbcheck.errors import (
    KernelDied,
    KernelError,
    KernelMemoryExceeded,
    KernelspecError,
    KernelStartTimeout,
)
from nbcheck.manager.client import Death, KernelClient
from nbcheck.manager.host import Host, HostedKernel
from nbcheck.manager.ports import free_ports
from nbcheck.protocol.connection import ConnectionInfo, fits_ipc
from nbcheck.protocol.kernelspec import KernelSpec
from nbcheck.transport.files import write_private

_NEEDS = {"bash": "bash"}
"""The program that a bundled kernel cannot do without, beside this Python."""
START_TIMEOUT = 60.0
"""Seconds for a kernel to answer after its start, as nbclient and nbconvert allow."""
_GRACE = 2.0
"""Seconds for a kernel to leave by itself; jupyter_client gives 2.5."""
_SAVING_GRACE = 8.0
"""Seconds for one with instruments, which may have much to write on a busy machine; less than a host's end waits."""


class Kernel:
    """A running kernel and our client to it."""

    def __init__(
        self,
        host: Host,
        hosted: HostedKernel,
        client: KernelClient,
        name: str,
        spec: KernelSpec | None,
        *,
        grace: float = _GRACE,
    ):
        """Take the parts; :func:`start_kernel` makes them.

        Args:
            host: where its process is watched.
            hosted: the process.
            client: connected.
            name: kernel name.
            spec: its kernelspec; None for the bundled kernel.
            grace: seconds it gets to leave by itself.
        """
        self._host = host
        self._hosted = hosted
        self._spec = spec
        self._grace = grace
        self._is_ending = False
        self.is_kept = False
        """Whether it lives on without us."""
        self.client = client
        self.name = name

    @property
    def pid(self) -> int | None:
        """Process id of the executor, or of the foreign kernel."""
        return self._hosted.pid

    @property
    def returncode(self) -> int | None:
        """How its process ended, as in :class:`subprocess.Popen`; None while it runs, and when nobody knows."""
        return None if self._hosted.exited is None else self._hosted.exited.returncode

    @property
    def connection_file(self) -> str | None:
        """Where its connection file lies: in the host's private folder, as long as that runs."""
        return self._hosted.connection_file

    @property
    def host_pid(self) -> int:
        """Process id of its host: SIGTERM ends that, and all kernels in it that were kept."""
        return self._host.pid

    def keep(self, *, idle_limit: float) -> None:
        """Let it live on without us when its host is closed; closes the client.

        Args:
            idle_limit: seconds without a client after which it is ended.

        Raises:
            KernelError: its host has ended.
        """
        self._host.keep(self._hosted, idle_limit=idle_limit)
        self.is_kept = True
        self.client.close()

    @property
    def is_alive(self) -> bool:
        """Whether nobody knows of its end, and nobody has asked for it."""
        return not self._is_ending and self._hosted.exited is None

    @property
    def interrupts_by_message(self) -> bool:
        """Whether its kernelspec wants interrupt_request instead of SIGINT."""
        return self._spec is not None and self._spec.interrupt_mode == "message"

    def interrupt(self) -> None:
        """Interrupt what it runs; returns at once."""
        if self.interrupts_by_message:
            self.client.request_interrupt()
        else:
            self._host.interrupt(self._hosted)

    def watch_memory(self, limit: int) -> None:
        """Remember, from now on, how much it uses at most; see :meth:`take_memory_peak`.

        Args:
            limit: bytes; what is less need not be exact.

        Raises:
            KernelError: it cannot be watched any more.
        """
        self._host.watch_memory(self._hosted, limit)

    def take_memory_peak(self) -> int:
        """Return how many bytes it used at most since :meth:`watch_memory`, with all that it started.

        Raises:
            KernelError: it could not be watched.
        """
        return self._host.take_memory_peak(self._hosted)

    def kill(self) -> None:
        """End it at once, with everything it started."""
        self._is_ending = True
        with suppress(KernelError):
            self._host.stop(self._hosted, grace=0)

    def shutdown(self, *, grace: float | None = None) -> None:
        """Ask it to leave; returns at once. The host ends it by force when it does not.

        Args:
            grace: seconds to leave by itself, then SIGTERM, as long again, then SIGKILL; None for its own.
        """
        self._is_ending = True
        with suppress(KernelError):
            if self._spec is not None and self._hosted.exited is None:
                self.client.request_shutdown()
            self._host.stop(self._hosted, grace=self._grace if grace is None else grace)

    def wait_stopped(self, timeout: float = 3 * _GRACE) -> bool:
        """After :meth:`shutdown` or :meth:`kill`: wait until nothing of it is left; return whether that is so."""
        return self._host.wait_stopped(self._hosted, timeout)

    def close(self) -> None:
        """Shut it down and close the client; returns at once."""
        self.shutdown()
        self.client.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def start_kernel(
    host: Host,
    spec: KernelSpec | None = None,
    *,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = START_TIMEOUT,
    interpreter: str = "python",
    is_cold: bool = False,
    max_memory: int | None = None,
    instruments: Mapping[str, Any] | None = None,  # Any: JSON of whatever shape the instrument takes
) -> Kernel:
    """Start a kernel and wait until it is ready.

    Args:
        host: the front host that starts and watches it.
        spec: kernelspec; None is a kernel that ships with nbcheck.
        cwd: working directory; None is ours.
        env: its environment; None is ours. What a kernelspec sets is added.
        timeout: seconds for it to answer.
        interpreter: which of the bundled kernels, if ``spec`` is None: the package under ``nbcheck.kernel``.
        is_cold: for the bundled Python kernel, start a new interpreter even where a warm one could be forked.
        max_memory: bytes that it may use with all that it starts; None for no limit. Its death is a
            :class:`~nbcheck.errors.KernelMemoryExceeded` then.
        instruments: settings of what is put into the bundled Python kernel to watch or restrain user code, by name;
            see :mod:`nbcheck.kernel.python.instruments`. Other kernels know none.

    Returns:
        The kernel, ready to execute.

    Raises:
        KernelError: its process could not be started.
        KernelspecError: the program that the kernelspec names is not there.
        KernelStartTimeout: it does not answer in time; it has been ended.
        KernelDied: it ended while it started.
    """
    folder = None if cwd is None else os.fspath(cwd)
    if spec is None:
        environment = dict(os.environ if env is None else env)
        _check_needs(interpreter, environment)
        hosted = host.start_own(
            interpreter, cwd=folder, env=env, is_cold=is_cold, max_memory=max_memory, instruments=instruments
        )
        name = f"nbcheck-{interpreter}"
        connection = hosted.connection
        assert connection is not None  # noqa: S101 - an own kernel always has one
    else:
        name = spec.name
        environment = spec.environment(os.environ if env is None else env)
        _check_program(spec, environment)
        connection = _connection_for(host, spec)
        connection_file = Path(host.folder) / f"kernel-{uuid.uuid4().hex}.json"
        write_private(connection_file, connection.to_json())
        # Kernels that watch their parent by its pid watch the host: it starts them and ends them.
        environment["JPY_PARENT_PID"] = str(host.pid)
        hosted = host.start_process(
            spec.command(str(connection_file), sys.executable),
            cwd=folder,
            env=environment,
            max_memory=max_memory,
        )
        hosted.connection_file = str(connection_file)

    def died() -> KernelDied | None:
        exited = hosted.exited
        if exited is None:
            return None
        if exited.used is None or max_memory is None:
            return KernelDied(name, exited.returncode, exited.output)
        return KernelMemoryExceeded(
            name, exited.returncode, exited.output, used=exited.used, limit=max_memory
        )

    client = KernelClient(
        host.context,
        connection,
        name=name,
        death=Death(host.fileno, host.pump, died),
        finishes_requests=spec is None,
    )
    grace = _SAVING_GRACE if instruments else _GRACE
    kernel = Kernel(host, hosted, client, name, spec, grace=grace)
    try:
        client.wait_ready(timeout)
    except (KernelStartTimeout, KernelDied):
        kernel.kill()
        client.close()
        raise
    return kernel


def _check_needs(interpreter: str, environment: Mapping[str, str]) -> None:
    program = _NEEDS.get(interpreter)
    if program is not None and shutil.which(program, path=environment.get("PATH")) is None:
        raise KernelError(
            f"the bundled {interpreter} kernel needs the program {program!r}, which is not on PATH; install it"
        )


def _connection_for(host: Host, spec: KernelSpec) -> ConnectionInfo:
    """Addresses for a kernel that binds its own sockets.

    ipc wherever it fits: its path is ours alone, while a tcp port can be taken by somebody else between our choosing
    it and the kernel's binding it. Kernels that know tcp only say so nowhere, so this is a list of those that are
    known to take ipc.
    """
    key = secrets.token_hex(32).encode("ascii")
    prefix = Path(host.folder) / uuid.uuid4().hex[:8]
    if os.name == "posix" and fits_ipc(prefix) and _knows_ipc(spec):
        return ConnectionInfo("ipc", str(prefix), 1, 2, 3, 4, 5, key=key, kernel_name=spec.name)
    shell, iopub, stdin, control, heartbeat = free_ports(5)
    return ConnectionInfo(
        "tcp", "127.0.0.1", shell, iopub, stdin, control, heartbeat, key=key, kernel_name=spec.name
    )


def _knows_ipc(spec: KernelSpec) -> bool:
    # ipykernel and everything built on it; the module's name stands in the command line.
    return any("ipykernel" in argument for argument in spec.argv)


def _check_program(spec: KernelSpec, environment: Mapping[str, str]) -> None:
    program = spec.command("", sys.executable)[0]
    if os.path.dirname(program) and not os.path.isabs(program):
        return  # relative to the folder that the kernel starts in
    if shutil.which(program, path=environment.get("PATH")) is None:
        path = spec.resource_dir / "kernel.json" if spec.resource_dir is not None else None
        raise KernelspecError(spec.name, [f"there is no program {program!r}"], path)
