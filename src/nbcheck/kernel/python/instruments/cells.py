"""Which lines of the cells themselves are run.

Beside coverage.py, which leaves out code that stands in no file: from Python 3.12 on by ``sys.monitoring``, where both
can watch at once, before by a trace function.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from IPython import get_ipython

from nbcheck.transport.cell_lines import CellLines, cell_key, write_cell_lines

_TOOL = 3
"""Of the numbers that ``sys.monitoring`` gives tools, one that it names no use for."""


def install(path: str) -> Callable[[], None]:
    """Begin to note lines.

    Args:
        path: of the file to write them to.

    Returns:
        What writes it.
    """
    noted = _Noted()
    watch = noted.monitor if sys.version_info >= (3, 12) else noted.trace
    shell = get_ipython()
    run_code = shell.run_code

    async def run_noted_code(code: CodeType, *args: Any, **options: Any) -> Any:  # Any: IPython's business
        # What a cell has IPython run, such as the body of %%capture, has lines of its own, which are not the cell's.
        with noted.entered() as is_cell:
            if is_cell:
                request = shell.get_parent()
                noted.add(cell_key(request["metadata"].get("cellId", ""), request["content"]["code"]), code)
                watch(code)
            return await run_code(code, *args, **options)

    shell.run_code = run_noted_code
    return lambda: write_cell_lines(path, noted.cells)


class _Noted:
    """Lines by :func:`cell_key`."""

    def __init__(self) -> None:
        self.cells: dict[str, CellLines] = {}
        self._files: dict[str, CellLines] = {}  # by the names under which IPython compiles cells
        self._is_ready = False
        self._is_running = False

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """While code runs; gives whether it is that of a cell, and not what other code has IPython run."""
        is_cell, self._is_running = not self._is_running, True
        try:
            yield is_cell
        finally:
            self._is_running = not is_cell

    def add(self, key: str, code: CodeType) -> None:
        """Note what of a cell could run."""
        lines = self.cells.setdefault(key, CellLines())
        self._files[code.co_filename] = lines
        for part in _parts(code):
            lines.possible.update(line for _, _, line in part.co_lines() if line)

    def monitor(self, code: CodeType) -> None:
        """Let Python tell of each line of a cell when it is run for the first time."""
        monitoring = _monitoring()
        if not self._is_ready:
            self._is_ready = True
            monitoring.use_tool_id(_TOOL, "nbcheck")
            monitoring.register_callback(_TOOL, monitoring.events.LINE, self._on_line)
        for part in _parts(code):
            monitoring.set_local_events(_TOOL, part, monitoring.events.LINE)

    def _on_line(self, code: CodeType, line: int) -> Any:  # Any: a mark of Python's
        self._files[code.co_filename].run.add(line)
        return _monitoring().DISABLE

    def trace(self, code: CodeType) -> None:
        """Set the trace function, which a debugger may have taken away since the last cell."""
        if sys.gettrace() is None:
            sys.settrace(self._on_call)
            threading.settrace(self._on_call)

    def _on_call(self, frame: FrameType, event: str, argument: object) -> Any:  # Any: a trace function
        return self._on_event if frame.f_code.co_filename in self._files else None

    def _on_event(self, frame: FrameType, event: str, argument: object) -> Any:  # Any: as above
        if event == "line":
            self._files[frame.f_code.co_filename].run.add(frame.f_lineno)
        return self._on_event


def _monitoring() -> Any:  # Any: types for Python 3.11 do not know it
    return vars(sys)["monitoring"]


def _parts(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those of the functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)
