"""A second run of a notebook whose outputs differ: which notebooks get one, and what it makes.

It is cold and has another seed of hashes, so that it differs from the first one in whatever a run may differ in. And
because nobody asked for it, it may not be felt outside: see ``kernel/python/instruments/bounds.py``.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan
from nbcheck.execution.request import Kernel
from nbcheck.execution.run import NotebookRun
from nbcheck.results import CellResult

ALWAYS, NEVER = "always", "never"
"""What the directive ``flaky-check`` may say of a notebook, besides ``auto``."""

LONGEST = 10.0
"""Seconds that a notebook may have taken for its second run to come by itself."""
TOGETHER = 60.0
"""Seconds that such runs may take together, in a session that is no longer than five times that."""
SHARE = 0.2
"""Share of a longer session that they may take."""
_SLOWER = 3.0
_START = 10.0
"""A second run is given up after this many times the first one's seconds, and so many seconds for its start."""
_SEEDS = ("1", "2")


class SecondRuns:
    """Keeps the account of the second runs of a session."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with the session.

        Args:
            clock: monotonic seconds.
        """
        self._clock = clock
        self._began = clock()
        self._spent = 0.0

    def limit(self, check: str, took: float) -> float | None:
        """Return the seconds that a notebook's second run may take; None when it is not to be run again.

        Args:
            check: what is said of the notebook, ``auto``, ``always`` or ``never``.
            took: seconds of its first run.
        """
        if check == NEVER:
            return None
        if check == ALWAYS:
            return math.inf
        session = self._clock() - self._began - self._spent
        left = max(TOGETHER, SHARE * session) - self._spent
        return min(left, _SLOWER * took + _START) if took < LONGEST and took < left else None

    def spend(self, seconds: float) -> None:
        """Note how long one took."""
        self._spent += seconds


class StartsAgain(Protocol):
    """Starts the kernel of a second run."""

    def __call__(
        self, options: RunOptions, instruments: Mapping[str, Any]
    ) -> Kernel:  # Any: as in RunOptions
        """Start it.

        Args:
            options: of that run.
            instruments: settings of those that it has besides.

        Raises:
            KernelError: it cannot be started.
        """
        ...


def run_again(
    plan: NotebookPlan,
    numbers: Iterable[int],
    start_kernel: StartsAgain,
    options: RunOptions,
    *,
    folder: Path,
    limit: float,
    may_start_programs: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> dict[int, CellResult] | str:
    """Run a notebook a second time.

    Args:
        plan: of the notebook.
        numbers: of the cells that are asked for.
        start_kernel: starts its kernel.
        options: of the first run.
        folder: the notebook's own, in which it may write.
        limit: seconds for all cells.
        may_start_programs: whether the notebook may start other programs, whatever these do.
        environ: of this process.

    Returns:
        Results of those cells by number; or why there are none, as the end of a sentence on the notebook.
    """
    first_seed = {**environ, **options.environment}.get("PYTHONHASHSEED", "0")
    seed = next(seed for seed in _SEEDS if seed != first_seed)
    again = replace(options, is_cold=True, environment={**options.environment, "PYTHONHASHSEED": seed})
    timeout = limit if plan.timeout is None else min(limit, plan.timeout)
    wanted = sorted(numbers)
    with TemporaryDirectory(prefix="nbcheck-again-") as scratch:
        note = Path(scratch, "refused")
        bounds = {"folder": str(folder), "path": str(note), "programs": may_start_programs}
        plan = replace(plan, timeout=None if timeout == math.inf else timeout)
        results = {}
        with NotebookRun(plan, lambda: start_kernel(again, {"bounds": bounds}), wanted=wanted) as run:
            for number in wanted:
                results[number] = run.result(number)
                if note.exists() and (refused := note.read_text("utf-8", "replace")):
                    return refused.partition("\n")[0]
                if run.stopped_by(number) is not None or results[number].outcome.stops_notebook:
                    return f"did not come as far the second time: {results[number].message}"
    return results
