"""What tracebacks and crash reports say of a cell: the line that failed, and what of the rest is worth reading."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbcheck.compare.base import Output
from nbcheck.compare.normalise import strip_ansi
from nbcheck.results import CellResult, Outcome

_TAIL = 100_000
# As IPython writes it since 8.0.
_FRAME = re.compile(r"Cell In\[(\d+)\], line (\d+)")
# What faulthandler writes when the process crashes: a line for each frame, the innermost first.
_CRASH = "Fatal Python error: "
_CRASH_FRAME = re.compile(r'  File "(.*)", line (\d+) in ')
_CELL_FILE = re.compile(r"<ipython-input-(\d+)-[0-9a-f]+>")
# The outermost frame that runs a cell's code; what follows is the kernel, the same in every crash.
_KERNEL_FILE = re.compile(r"[/\\]IPython[/\\]core[/\\]interactiveshell\.py$")


def failing_line(result: CellResult) -> int | None:
    """Return the line of the cell's source where it was stopped, from 1; None when unknown."""
    if result.outcome is Outcome.DIED:
        return _crashed_line(last_lines(result.outputs)[0])
    if result.error is None or result.outcome not in (Outcome.ERROR, Outcome.TIMEOUT):
        return None
    found = [
        int(line)
        for count, line in _FRAME.findall(strip_ansi("\n".join(result.error.traceback)))
        if int(count) == result.execution_count
    ]
    return found[-1] if found else None


def last_lines(outputs: Sequence[Output]) -> tuple[list[str], int]:
    """Return the end of what a cell printed, both streams in the order of outputs.

    Returns:
        Lines of the last 100,000 characters, since hundreds of megabytes may have been printed and never all lines of
        them are made; and how many lines there are before these.
    """
    text = "".join(output["text"] for output in outputs if output["output_type"] == "stream")
    start = max(0, len(text) - _TAIL)
    return text[start:].splitlines(), text.count("\n", 0, start)


def without_kernel_frames(printed: Sequence[str]) -> list[str]:
    """Leave out those frames of a crash report that are the kernel's own."""
    report = _crash_report(printed)
    frames = [_CRASH_FRAME.match(line) for line in report]
    first = next((n for n, frame in enumerate(frames) if frame and _KERNEL_FILE.search(frame[1])), None)
    if first is None:
        return list(printed)
    last = first
    while last < len(frames) and frames[last]:
        last += 1
    before = len(printed) - len(report)
    left_out = f"  ... {last - first} frames of the kernel left out ..."
    return [*printed[: before + first], left_out, *report[last:]]


def _crashed_line(printed: Sequence[str]) -> int | None:
    """Return the innermost line of the cell that a crash report names."""
    frames = [
        (cell[1], int(frame[2]))
        for frame in map(_CRASH_FRAME.match, _crash_report(printed))
        if frame and (cell := _CELL_FILE.fullmatch(frame[1]))
    ]
    # The outermost cell is the one that ran; it may have called functions of earlier ones.
    return next((line for cell, line in frames if cell == frames[-1][0]), None)


def _crash_report(printed: Sequence[str]) -> Sequence[str]:
    starts = [number for number, line in enumerate(printed) if line.startswith(_CRASH)]
    return printed[starts[-1] :] if starts else ()
