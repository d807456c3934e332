"""Kernels for the notebooks of this process: which one each of them gets, and how it is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbcheck.errors import KernelError
from nbcheck.execution.instruments import instruments_for
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan
from nbcheck.manager.discovery import Choice, choose_kernelspec, find_kernelspecs, installed_dirs
from nbcheck.manager.host import Host, open_host
from nbcheck.manager.manager import Kernel, start_kernel

_MEASURES = ("COVERAGE_PROCESS_CONFIG", "COV_CORE_")
"""Beginnings of variables by which coverage.py, and pytest-cov before 7, measure each process from its start on. With
the instrument it would be measured twice; what user code starts is told anew, if it is to be measured."""


class Kernels:
    """Starts kernels, all behind one front host, which is started with the first of them."""

    def __init__(self) -> None:
        """Begin without a host."""
        self._host: Host | None = None

    # Any: metadata is whatever JSON the file holds
    def choose(self, metadata: Mapping[str, Any], requested: str | None) -> Choice:
        """Choose the kernel for a notebook.

        Args:
            metadata: the notebook's.
            requested: name of a kernelspec, ``notebook`` for the one the notebook names, None for the default.

        Raises:
            KernelError: there is no such kernelspec, or it cannot be used.
        """
        specs = find_kernelspecs(installed_dirs())
        return choose_kernelspec(metadata, requested=requested, specs=specs, python=sys.executable)

    def start(
        self,
        choice: Choice,
        *,
        cwd: Path,
        timeout: float,
        is_cold: bool = False,
        max_memory: int | None = None,
        instruments: Mapping[str, Any] | None = None,  # Any: as in start_kernel
        env_changes: Mapping[str, str | None] | None = None,
    ) -> Kernel:
        """Start a kernel and wait until it is ready.

        Args:
            choice: what :meth:`choose` returned.
            cwd: its working directory.
            timeout: seconds for it to answer.
            is_cold: start a new interpreter, also where a warm one could be forked.
            max_memory: bytes that it may use with all that it starts; None for no limit.
            instruments: settings of what is put into the bundled Python kernel, by name.
            env_changes: environment variables to set, or where the value is None to remove, before those that the
                kernelspec sets.

        Raises:
            KernelError: it cannot be started.
        """
        env: Mapping[str, str] = change_environment(kernel_environment(os.environ), env_changes or {})
        if choice.environment_of is not None:
            env = choice.environment_of.environment(env)
        if choice.is_bundled and "coverage" in (instruments or {}):
            env = {name: value for name, value in env.items() if not name.startswith(_MEASURES)}

        def start() -> Kernel:
            return start_kernel(
                self._take_host(),
                choice.spec,
                cwd=cwd,
                env=env,
                timeout=timeout,
                interpreter=choice.interpreter,
                is_cold=is_cold,
                max_memory=max_memory,
                instruments=instruments,
            )

        try:
            return start()
        except KernelError:
            if self._take_host_if_open() is not None:
                raise
            # An earlier notebook has stopped or ended the host; that is no fault of this one.
            return start()

    def _take_host(self) -> Host:
        if self._take_host_if_open() is None:
            self.close()
            self._host = open_host()
        assert self._host is not None  # noqa: S101 - just opened
        return self._host

    def _take_host_if_open(self) -> Host | None:
        return self._host if self._host is not None and self._host.is_open else None

    def wait_for_leaving(self) -> None:
        """Wait until nothing is left of the kernels that have been closed."""
        host = self._take_host_if_open()
        if host is not None:
            host.wait_for_leaving()

    def close(self) -> None:
        """End all kernels and the host."""
        host, self._host = self._host, None
        if host is not None:
            host.close()


def change_environment(env: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return an environment with some variables set to other values, and those removed whose value is None."""
    changed = {**env, **changes}
    return {name: value for name, value in changed.items() if value is not None}


def start_for(
    kernels: Kernels,
    plan: NotebookPlan,
    options: RunOptions,
    choice: Choice,
    *,
    cwd: Path,
    instruments: Mapping[str, Any] | None = None,  # Any: as in start_kernel
    env_changes: Mapping[str, str | None] | None = None,
) -> Kernel:
    """Start the kernel of a notebook as the options of the run and the notebook itself say.

    Args:
        kernels: which starts it.
        plan: of the notebook.
        options: of the run.
        choice: which kernel it is.
        cwd: its working directory.
        instruments: settings of what is put into it, by name; None for those of the options.
        env_changes: as for :meth:`Kernels.start`; what the options say comes on top.

    Raises:
        KernelError: it cannot be started.
    """
    return kernels.start(
        choice,
        cwd=cwd,
        timeout=options.startup_timeout,
        is_cold=options.is_cold,
        max_memory=plan.max_memory,
        instruments=instruments_for(plan, options) if instruments is None else instruments,
        env_changes={**(env_changes or {}), **options.environment},
    )


def kernel_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of kernels, made from this process's."""
    env = dict(environ)
    # The order of sets of strings is in most notebooks' outputs by accident; fixed, it is the same in every run.
    env.setdefault("PYTHONHASHSEED", "0")
    # Names whichever cell happens to be the first; libraries look at it and behave otherwise than in Jupyter.
    env.pop("PYTEST_CURRENT_TEST", None)
    return env
