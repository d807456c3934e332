"""Pending sets for tests, without running anything."""

from __future__ import annotations

import hashlib
import os
import pty
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import OutputDict
from nbcheck.accepting.record import Conditions, PendingCell, PendingNotebook
from nbcheck.accepting.store import PendingStore
from nbcheck.results import Outcome


def leave(
    root: Path,
    name: str,
    fresh: Mapping[int, Sequence[OutputDict]],
    *,
    kinds: Mapping[int, Outcome] | None = None,
    kernel: str = "k",
    **fields: Any,
) -> PendingNotebook:
    """Put outputs of a notebook into the pending set of a project.

    Args:
        root: the project's folder.
        name: of the notebook, whose first cell is a code cell and all others, too.
        fresh: outputs by the number of the cell.
        kinds: verdicts by the number of the cell; different unless told otherwise.
        kernel: name of the kernelspec.
        fields: of all cells.
    """
    cells = tuple(
        PendingCell(
            number=number,
            cell_index=number - 1,
            outcome=(kinds or {}).get(number, Outcome.DIFFERENT),
            message="it differs",
            outputs=tuple(outputs),
            execution_count=number,
            **fields,
        )
        for number, outputs in fresh.items()
    )
    digest = hashlib.sha256((root / name).read_bytes()).hexdigest()
    left = PendingNotebook(
        name, name, {name: digest}, Conditions(), cells, kernel, "2026-01-02T03:04:05+00:00"
    )
    PendingStore.of_project(root).update(name, lambda _: left)
    return left


def at_terminal(
    keys: str, function: Callable[[], int], monkeypatch: pytest.MonkeyPatch, prompts: Sequence[str]
) -> tuple[int, str]:
    """Run a function at a terminal where somebody presses keys.

    Args:
        keys: one for each prompt that comes up; after the last one the terminal stays silent.
        function: what reads and writes there.
        monkeypatch: pytest's.
        prompts: how a line ends after which a key is awaited.

    Returns:
        What the function returned, and what was shown.
    """
    master, slave = pty.openpty()
    shown: list[str] = []

    def sit() -> None:
        waiting, pending_text = list(keys), ""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux's way to say that nobody is at the other end
                return
            if not data:
                return
            shown.append(data.decode())
            pending_text += data.decode()
            while waiting and any(f"{prompt}\r\n" in pending_text for prompt in prompts):
                end = min(
                    pending_text.index(f"{prompt}\r\n") + len(prompt)
                    for prompt in prompts
                    if f"{prompt}\r\n" in pending_text
                )
                pending_text = pending_text[end:]
                os.write(master, waiting.pop(0).encode())

    thread = threading.Thread(target=sit)
    thread.start()
    with (
        open(slave, encoding="utf-8", closefd=False) as stdin,
        open(slave, "w", encoding="utf-8", closefd=True) as stdout,
        monkeypatch.context() as patch,
    ):
        patch.setattr(sys, "stdin", stdin)
        patch.setattr(sys, "stdout", stdout)
        code = function()
        stdout.flush()
    thread.join()
    os.close(master)
    return code, "".join(shown).replace("\r\n", "\n")
