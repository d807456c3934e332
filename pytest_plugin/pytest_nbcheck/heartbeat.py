"""Where the signs of life of long runs go, and when there are any."""

from __future__ import annotations

import math
import os
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from nbcheck.execution.heartbeat import Heartbeat
from nbcheck.report.duration import show_duration
from nbcheck.report.terminal import escape

_EVERY = 60.0
"""Seconds. CI systems end a job that says nothing after ten minutes or more."""
# Those by which pytest, too, knows that nobody is watching.
_CI_VARIABLES = ("CI", "BUILD_NUMBER")


def make_heartbeat(config: pytest.Config, every: float | None, path: Path, cells: int) -> Heartbeat | None:
    """Return what says now and then that a notebook still runs; None when nobody needs that.

    Args:
        config: pytest's.
        every: seconds; infinity for never; None when the user leaves it open.
        path: of the notebook.
        cells: number of its code cells.
    """
    if every is None:
        every = _EVERY if _is_unwatched(config) else math.inf
    if every == math.inf:
        return None
    name = escape(os.path.relpath(path, config.invocation_params.dir))

    def tell(number: int, ran: float) -> None:
        _say(config, f"nbcheck: {name}: cell {number} of {cells} has run for {show_duration(ran)}")

    return Heartbeat(every, tell)


def _is_unwatched(config: pytest.Config) -> bool:
    if any(os.environ.get(name) for name in _CI_VARIABLES):
        return True
    terminal = _terminal(config)
    if terminal is not None:
        return not terminal.isatty
    return sys.__stderr__ is None or not sys.__stderr__.isatty()


def _say(config: pytest.Config, line: str) -> None:
    """Write a line past pytest's capturing."""
    capture = config.pluginmanager.getplugin("capturemanager")
    terminal = _terminal(config)
    with nullcontext() if capture is None else capture.global_and_fixture_disabled():
        if terminal is not None:
            terminal.write_line(line)
        elif sys.__stderr__ is not None:
            # A worker of xdist: its error stream is that of the process that the user started. What that has
            # printed may end in the middle of a line. A reader that has gone away is no failure of the cell.
            with suppress(OSError):
                sys.__stderr__.write(f"\n{line}\n")
                sys.__stderr__.flush()


# Any: pytest does not export its class
def _terminal(config: pytest.Config) -> Any:
    # That of a worker of xdist writes into nothing.
    is_worker = hasattr(config, "workerinput")
    return None if is_worker else config.pluginmanager.getplugin("terminalreporter")
