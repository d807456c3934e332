"""Killed at any moment, accepting leaves the old file or the new one."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from helpers.nb import code, notebook, stdout
from helpers.pending import leave
from nbcheck.accepting.store import PendingStore
from nbcheck.accepting.update import Outcome, accept_notebook
from nbcheck.execution.config import NOTHING

OLD = notebook(*(code(str(n), stdout(f"{n}\n" * 500)) for n in range(5)))
FRESH = {n + 1: [stdout(f"{n + 10}\n" * 500)] for n in range(5)}
NEW = notebook(*(code(str(n), *FRESH[n + 1]) for n in range(5)))


def accept(folder: Path) -> Outcome:
    store = PendingStore.of_project(folder)
    (pending,) = store
    return accept_notebook(folder, store, pending, NOTHING)


def traced(function: Callable[[], object], where: str, on_line: Callable[[], None]) -> None:
    """Call a function, and another one before each of its lines in some files."""

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if where not in frame.f_code.co_filename:
            return None
        if event == "line":
            on_line()
        return trace

    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(None)


def count_lines(function: Callable[[], object], where: str) -> int:
    lines = 0

    def count() -> None:
        nonlocal lines
        lines += 1

    traced(function, where, count)
    return lines


def kill_at(line: int, function: Callable[[], object], where: str) -> int:
    """Run a function in a process of its own that is killed before a line; return how it ended."""
    child = os.fork()
    if child == 0:
        left = line

        def count() -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        traced(function, where, count)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.foreign
@pytest.mark.timeout(900)
def test_every_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    found: Counter[bytes] = Counter()

    def begin() -> None:
        path.write_bytes(OLD)
        leave(tmp_path, "nb.ipynb", FRESH)

    # Most lines are run before anything is written, so that writing has its own share.
    for where, times in (("nbcheck", 50), (os.path.join("document", "files.py"), 50)):
        begin()
        lines = count_lines(lambda: accept(tmp_path), where)
        assert path.read_bytes() == NEW
        for line in random.Random(1).choices(range(lines), k=times):
            begin()
            assert kill_at(line, lambda: accept(tmp_path), where) == -signal.SIGKILL
            content = path.read_bytes()
            assert content in (OLD, NEW), (where, line)
            found[content] += 1
            # What waits can be read, and accepting once more ends well.
            if list(PendingStore.of_project(tmp_path)):
                done = accept(tmp_path)
                assert done.outputs == len(FRESH) or "was changed since the run" in done.refusals[0]
            assert path.read_bytes() == NEW
    assert set(found) == {OLD, NEW}
