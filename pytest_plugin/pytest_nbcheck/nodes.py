"""The collector: a notebook file. It imports nothing of nbcheck before it is asked for its items."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from nbcheck.execution.directives import Directives
    from nbcheck.execution.options import RunOptions
    from nbcheck.execution.plan import NotebookPlan
    from nbcheck.execution.request import Kernel
    from nbcheck.execution.run import NotebookRun
    from nbcheck.results import CellResult
    from pytest_nbcheck.session import NotebookSession

# Bytes of a name that are not UTF-8 are surrogates in Python.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotebookFile(pytest.File):
    """A notebook. It owns the run, and with it the kernel, that its items share."""

    def __init__(self, *, owner: NotebookSession, **kwargs: Any) -> None:  # Any: pytest's own arguments
        """Take what all notebooks of this process share, and pytest's arguments."""
        super().__init__(**kwargs)
        self._owner = owner
        self.skip_compare: tuple[str, ...] = ()
        """Kinds of outputs that are not compared; nbval's users add to it in ``pytest_collectstart``."""
        self._run: NotebookRun | None = None
        self._finished: set[str] = set()
        self._kernel_note = ""
        self.told: set[int] = set()
        """Numbers of the cells whose failure an item of this process has reported."""
        self.passed: set[int] = set()
        """Numbers of the cells that an item of this process has reported as passed."""
        self._is_recorded = False

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each code cell; one item for a notebook that has none, or that cannot be read."""
        from pytest_nbcheck.items import make_items

        yield from make_items(self, self._options, is_whole=self._owner.options.items == "notebook")

    @cached_property
    def _options(self) -> RunOptions:
        from dataclasses import replace

        from nbcheck.execution.options import find_roots
        from pytest_nbcheck.extensions import gather_extensions

        options = self._owner.options.to_run_options(find_roots(self.path.parent, self.config.rootpath))
        options = replace(options, compare=replace(options.compare, extensions=gather_extensions(self)))
        if not self.skip_compare:
            return options

        from nbcheck.execution.foreign_markers import kinds_of_fields

        ignored = options.compare.ignored | kinds_of_fields(self.skip_compare)
        return replace(options, compare=replace(options.compare, ignored=ignored))

    def outer_directives(self) -> list[Directives]:
        """Return what is said of this notebook outside of it, the nearest first."""
        return self._owner.outer_directives(self.path)

    def run(self, plan: NotebookPlan) -> NotebookRun:
        """Return the run of this notebook, begun when first asked for."""
        from nbcheck.execution.run import NotebookRun

        if self._run is None:
            from pytest_nbcheck.heartbeat import make_heartbeat

            heartbeat = make_heartbeat(self.config, self._owner.options.heartbeat, self.path, len(plan.cells))
            cells = [getattr(item, "cell", None) for item in self._owner.selected(self).values()]
            wanted = [cell.number for cell in cells if cell is not None]
            self._run = NotebookRun(
                plan, lambda: self._start_kernel(plan), heartbeat=heartbeat, wanted=wanted
            )
        return self._run

    @property
    def kernel_name(self) -> str:
        """Name of the kernelspec that runs it; empty while none does."""
        return self._run.kernel_name if self._run is not None else ""

    def restart(self) -> None:
        """Forget the run; the next one begins with a new kernel."""
        if self._run is not None:
            self._run.reset()
        self.told.clear()

    def notes(self, plan: NotebookPlan) -> list[str]:
        """Return remarks on the whole notebook: repairs in memory, another kernel than it names."""
        return [*plan.document.notes, *filter(None, [self._kernel_note])]

    # Any: the simple values that records are taken apart into
    def make_records(self, plan: NotebookPlan, results: Sequence[CellResult]) -> dict[str, Any] | None:
        """Return what a report on the run needs of results; None when nobody wants a report.

        Args:
            plan: of the notebook.
            results: of an item that has been run.
        """
        if not self._owner.options.wants_records:
            return None
        from nbcheck.execution.advice import advise
        from nbcheck.execution.check import why_not_compared
        from nbcheck.report.base import NotebookFacts, to_builtins
        from nbcheck.report.record import record_notebook, record_result
        from pytest_nbcheck.failure import find_line

        notebook = None
        notes = self.notes(plan)
        is_for_pages = self._owner.options.html is not None
        if is_for_pages and not self._is_recorded and any(result.outcome.is_failure for result in results):
            # The whole notebook goes along with its first failure: most notebooks pass and are only counted.
            self._is_recorded = True
            notebook = to_builtins(record_notebook(plan.document, self.kernel_name, notes))
        told = []
        for result in results:
            cell = plan.cells[result.number - 1]
            record = record_result(
                result,
                advice=advise(cell, result),
                compared_not=why_not_compared(cell, result),
                line=find_line(plan, result),
                cell_id=cell.cell_id,
                xfail=cell.xfail,
                is_for_pages=is_for_pages,
            )
            told.append(to_builtins(record))
        facts = to_builtins(NotebookFacts(self.kernel_name, len(plan.cells), tuple(notes)))
        return {"notebook": notebook, "facts": facts, "results": told, "fault": None}

    # Any: as in make_records
    def make_fault(self, text: Sequence[str], line: int | None) -> dict[str, Any] | None:
        """Return what a report needs of a file that cannot be read as a notebook; None when nobody wants one.

        Args:
            text: what is wrong and what to do, a line each.
            line: where, from 1.
        """
        if not self._owner.options.wants_records:
            return None
        from nbcheck.report.base import to_builtins
        from nbcheck.report.record import record_fault

        raw = b""
        if line is not None:
            with suppress(OSError):
                raw = self.path.read_bytes()
        return {
            "notebook": None,
            "facts": None,
            "results": [],
            "fault": to_builtins(record_fault(text, line, raw)),
        }

    def is_reported(self, number: int) -> bool:
        """Whether this process has reported a cell's failure, or surely will."""
        if number in self.told:
            return True
        if hasattr(self.config, "workerinput"):
            return False  # an item that is here too may be another worker's to run
        item = self._owner.selected(self).get(f"cell-{number}")
        # One that has passed is not told again, though its cell may be run once more for a later one.
        return item is not None and number not in self.passed and not _may_be_skipped(item)

    def finish(self, item: pytest.Item) -> None:
        """Note that an item has been run."""
        self._finished.add(item.name)

    def teardown(self) -> None:
        """End the kernel after the last item; pytest calls this whenever it turns to another file."""
        # Plugins that shuffle items may come back. In an xdist worker nobody knows what will come back.
        is_unfinished = not self._finished.issuperset(self._owner.selected(self))
        comes_back = is_unfinished and not hasattr(self.config, "workerinput")
        if self._run is not None and (not comes_back or self.session.shouldstop or self.session.shouldfail):
            self._run.close()
            self._run = None

    def _start_kernel(self, plan: NotebookPlan) -> Kernel:
        from pytest_nbcheck.extensions import kernel_env_changes

        kernels = self._owner.take_kernels()
        choice = kernels.choose(plan.document.notebook.metadata, self._options.kernel)
        self._kernel_note = choice.note
        options = self._options
        return kernels.start(
            choice,
            cwd=self.path.parent,
            timeout=options.startup_timeout,
            is_cold=options.is_cold,
            max_memory=options.max_memory,
            instruments=options.instruments,
            env_changes=kernel_env_changes(self, os.environ),
        )


def printable_path(path: Path) -> Path:
    r"""Return a path with the characters spelt out that XML and UTF-8 cannot hold, as ``\x1b``.

    pytest writes node ids into JUnit XML and into its cache: the one would be unreadable, the other ends the run.
    """
    return Path(_NOT_IN_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), str(path)))


def _may_be_skipped(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) is not None for name in ("skip", "skipif", "xfail"))
