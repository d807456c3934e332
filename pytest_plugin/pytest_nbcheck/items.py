"""The items: a cell, a whole notebook, a notebook that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from nbcheck.document import NotebookNode
from nbcheck.document.text import read_any_document
from nbcheck.errors import DocumentError, NbcheckError, UsageError
from nbcheck.execution.check import why_not_compared
from nbcheck.execution.directives import Directives
from nbcheck.execution.fixtures import check_fixture
from nbcheck.execution.foreign_markers import PathRule
from nbcheck.execution.options import RunOptions
from nbcheck.execution.parameters import parametrize
from nbcheck.execution.plan import NotebookPlan, PlannedCell, plan_notebook
from nbcheck.report.terminal import escape
from nbcheck.results import CellResult, Outcome
from pytest_nbcheck.failure import FailureText, describe_broken, describe_failure, find_line, join_failures
from pytest_nbcheck.fixture_item import FixtureItem
from pytest_nbcheck.marks import marks_of_notebook, to_marker
from pytest_nbcheck.nodes import NotebookFile, item_name, printable_path
from pytest_nbcheck.summary import tell_differences


class CellsFailed(Exception):
    """Tells pytest that an item failed; the item has the text."""


def make_items(file: NotebookFile, options: RunOptions, *, is_whole: bool) -> list[pytest.Item]:
    """Read a notebook and make its items.

    Args:
        file: the notebook.
        options: of the run.
        is_whole: one item for all cells.

    Returns:
        Items in file order; for a file that cannot be read as a notebook one that fails.
    """
    try:
        plans = parametrize(read_plan(file.path, options, file.outer_directives()))
        for mark in plans[0].marks:
            file.add_marker(to_marker(mark))
        items = [item for plan in plans for item in _make_items(file, plan, is_whole=is_whole)]
        for item in items:
            item.find_plan_fixtures()
    except (DocumentError, UsageError) as error:
        return [BrokenNotebook.from_parent(file, name="notebook", error=error)]
    return [*items]


def _make_items(file: NotebookFile, plan: NotebookPlan, *, is_whole: bool) -> list[NotebookItem]:
    if is_whole or not plan.cells:
        return [WholeNotebook.from_parent(file, name=item_name(plan), plan=plan)]
    return [
        CellItem.from_parent(file, name=item_name(plan, cell.number), plan=plan, cell=cell)
        for cell in plan.cells
    ]


def read_plan(
    path: Path, options: RunOptions, outer: Sequence[Directives], rules: Sequence[PathRule] = ()
) -> NotebookPlan:
    """Read a notebook, and what is said of it.

    Args:
        path: of the notebook, which may be one that is kept as text.
        options: of the run.
        outer: what is said outside of the notebook, the nearest first.
        rules: what a test says in pytest-notebook's words.

    Raises:
        DocumentError: it cannot be read.
        UsageError: what is said of it makes no sense.
    """
    return plan_notebook(read_any_document(path), options, outer, rules)


class NotebookItem(FixtureItem):
    """What items of notebooks have in common."""

    parent: NotebookFile
    cell: PlannedCell | None = None
    """The cell; None for a whole notebook."""

    def __init__(self, *, plan: NotebookPlan, **kwargs: Any) -> None:  # Any: pytest's own arguments
        """Take the plan of the notebook, and pytest's arguments."""
        super().__init__(**kwargs)
        self.plan = plan
        self.seconds_of_others = 0.0
        """Seconds of this item's call in which cells of other items ran; below 0 when its own ran in another's."""
        self._results: list[CellResult] = []
        self._failure: FailureText | None = None
        self._was_set_up = False

    @property
    def notebook(self) -> NotebookNode:
        """The notebook as its file has it."""
        return self.plan.document.notebook

    def find_plan_fixtures(self) -> None:
        """Find out which fixtures this item has.

        Raises:
            UsageError: the notebook names one that it cannot be given.
        """
        scopes = self.find_fixtures(*self.plan.fixtures)
        for name in self.plan.fixtures:
            check_fixture(self.plan, name, scopes.get(name))

    def setup(self) -> None:
        """Begin; when this item is run once more, with a new kernel."""
        super().setup()
        try:
            self.parent.give({name: self.funcargs[name] for name in self.plan.fixtures})
        except UsageError as error:
            pytest.fail(f"{_shown_name(self)}: {error}", pytrace=False)
        if self._was_set_up:
            self.parent.restart(self.plan)
        self._was_set_up = True
        self._results = []
        self._failure = None

    def teardown(self) -> None:
        """End; what was reported is not kept, outputs can be large."""
        self._results = []
        self._failure = None
        self.parent.finish(self)

    @property
    def results(self) -> Sequence[CellResult]:
        """The verdicts that it reports, from the end of its run to its teardown."""
        return self._results

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, the line in it from 0, and the name in headlines."""
        return printable_path(self.path), self._line - 1, _headline(self)

    def describe_report(self) -> dict[str, Any]:
        """Return facts for the summary, in simple values: they travel between processes."""
        uncompared = [
            why_not_compared(self.plan.cells[result.number - 1], result) for result in self._results
        ]
        return {
            "uncompared": [reason for reason in uncompared if reason],
            "notes": self._notes(),
            "notebook_notes": self.parent.notes(self.plan),
            "failure": self._failure.to_json() if self._failure is not None else None,
            "report": self.parent.make_records(self, self._results),
            **tell_differences(self.parent.nodeid, self.plan, self._results),
        }

    def describe_place(self) -> dict[str, str]:
        """Return where this item is and what came of it, for JUnit."""
        facts = {
            "notebook": self.parent.nodeid,
            "line": str(self._line),
            "kernel": self.parent.kernel_name(self.plan),
        }
        failed = next(filter(self._is_failure, self._results), None)
        if failed is not None:
            facts |= {"outcome": str(failed.outcome), "line": str(find_line(self.plan, failed))}
        elif self._results:
            # Of several cells none failed; that some were skipped is no outcome of the whole.
            (first, *others) = self._results
            facts["outcome"] = str(Outcome.PASSED if others else first.outcome)
        return facts

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> Any:  # Any: pytest does not export the types of style and result
        """Return the text of a failure."""
        if isinstance(excinfo.value, CellsFailed) and self._failure is not None:
            return self._failure
        return super().repr_failure(excinfo, style)

    @property
    def _line(self) -> int:
        return 1

    def _describe(self, failed: list[CellResult]) -> FailureText:
        """Write the text on failed cells."""
        name = _shown_name(self)
        return join_failures({result.number: describe_failure(name, self.plan, result) for result in failed})

    def _notes(self) -> list[str]:
        return [note for result in self._results for note in result.notes]

    def _is_failure(self, result: CellResult) -> bool:
        is_excused = bool(result.excused) or self.parent.accepting.will_accept(self, result)
        return result.outcome.is_failure and not is_excused

    def _conclude(self) -> None:
        """Turn what is in the results into pytest's outcome."""
        # What is shown and sent from here on holds no secrets.
        self._results = self.parent.accepting.keep(self, self._results)
        if self.parent.baselines is not None:
            self._results = self.parent.baselines.judge(self, self._results)
        notes = self._notes()
        if notes:
            self.add_report_section("call", "nbcheck notes", "\n".join(notes))
        failed = [result for result in self._results if self._is_failure(result)]
        if failed:
            self.parent.told.update((self.plan.parameters, result.number) for result in failed)
            told = self.parent.accepting.redact(self._describe(failed).to_json())
            self._failure = FailureText.from_json(told)
            raise CellsFailed
        excused = [result for result in self._results if result.excused]
        excused = [result for result in excused if not self.parent.accepting.will_accept(self, result)]
        if excused:
            self.parent.told.update((self.plan.parameters, result.number) for result in excused)
            more = f" (and {len(excused) - 1} more)" if len(excused) > 1 else ""
            pytest.xfail(f"{excused[0].excused}{more}")


class CellItem(NotebookItem):
    """One code cell."""

    def __init__(self, *, cell: PlannedCell, **kwargs: Any) -> None:  # Any: pytest's own arguments
        """Take the cell; see :class:`NotebookItem` for the rest."""
        super().__init__(**kwargs)
        self.cell: PlannedCell = cell
        if cell.xfail is not None:
            self.add_marker(pytest.mark.xfail(reason=cell.xfail))
        for mark in cell.marks:
            self.add_marker(to_marker(mark))
        if cell.name:
            self.extra_keyword_matches.add(cell.name)

    def __repr__(self) -> str:
        shown = " ".join(filter(None, [self.name, self.cell.name]))
        return f"<{type(self).__name__} {shown}>"

    def setup(self) -> None:
        """Run the cells before this one, where that has not been done: it is not charged to this cell."""
        super().setup()
        self.parent.run(self.plan).prepare(self.cell.number)

    def runtest(self) -> None:
        """Run the cell and judge it."""
        run = self.parent.run(self.plan)
        seconds = run.seconds
        result = run.result(self.cell.number)
        self.seconds_of_others = run.seconds - seconds - result.duration
        stopped_by = run.stopped_by(self.cell.number) if result.outcome is Outcome.NOT_RUN else None
        if stopped_by is not None and not self.parent.is_reported(self.plan, stopped_by):
            # Nobody asked for the cell that failed, but this one needs it: to skip in silence would look fine.
            result = run.result(stopped_by)
        self._results = [result]
        if result.outcome in (Outcome.SKIPPED, Outcome.NOT_RUN):
            pytest.skip(result.message)
        self._conclude()
        self.parent.passed.add((self.plan.parameters, self.cell.number))

    def describe_place(self) -> dict[str, str]:
        """Return where this item is and what came of it, for JUnit."""
        facts = super().describe_place()
        facts |= {"cell": str(self.cell.number), "cell_id": self.cell.cell_id}
        counts = [result.execution_count for result in self._results if result.number == self.cell.number]
        if counts and counts[0] is not None:
            facts["execution_count"] = str(counts[0])
        return facts

    @cached_property
    def _line(self) -> int:
        return self.plan.document.source_line(self.cell.cell_index)

    def _describe(self, failed: list[CellResult]) -> FailureText:
        (result,) = failed
        needed_by = self.cell.number if result.number != self.cell.number else None
        return describe_failure(_shown_name(self), self.plan, result, needed_by)


class WholeNotebook(NotebookItem):
    """All cells of a notebook, or a notebook that has no code cells."""

    def __init__(self, **kwargs: Any) -> None:  # Any: pytest's own arguments
        """Take what :class:`NotebookItem` takes."""
        super().__init__(**kwargs)
        for mark in marks_of_notebook(self.plan):
            self.add_marker(to_marker(mark))

    def runtest(self) -> None:
        """Run the notebook and judge its cells."""
        run = self.parent.run(self.plan)
        # Who wants to look at the kernel wants it as the cell has left it.
        is_looked_at: bool = self.config.option.usepdb
        result = run.notebook_result(ends_with=lambda result: is_looked_at and self._is_failure(result))
        self._results = list(result.cells)
        self._conclude()
        skipped = [result for result in self._results if result.outcome is Outcome.SKIPPED]
        asked = next((result for result in skipped if result.error), None)
        if asked is not None:
            pytest.skip(f"cell {asked.number}: {asked.message}")
        if skipped and len(skipped) == len(self._results):
            pytest.skip(skipped[0].message)

    def _notes(self) -> list[str]:
        notes = [f"cell {result.number}: {note}" for result in self._results for note in result.notes]
        for result in self._results:
            reason = self.plan.cells[result.number - 1].xfail
            if result.outcome.is_failure and reason is not None:
                notes.append(f"cell {result.number}: failed as expected{f' ({reason})' if reason else ''}")
        return notes

    def _is_failure(self, result: CellResult) -> bool:
        # A marker for the item would excuse the other cells as well.
        return super()._is_failure(result) and self.plan.cells[result.number - 1].xfail is None


class BrokenNotebook(pytest.Item):
    """A file that cannot be read as a notebook: one item that fails."""

    parent: NotebookFile
    cell = None
    notebook = None

    def __init__(self, *, error: NbcheckError, **kwargs: Any) -> None:  # Any: pytest's own arguments
        """Take what is wrong with the file, and pytest's arguments."""
        super().__init__(**kwargs)
        self._error = error

    def runtest(self) -> None:
        """Fail."""
        excuse = self.parent.baselines.excuse(self) if self.parent.baselines is not None else ""
        if excuse:
            pytest.xfail(excuse)
        raise self._error

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, the line of the fault in it from 0, and the name in headlines."""
        line = getattr(self._error, "line", None) or 1
        return printable_path(self.path), line - 1, _headline(self)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> Any:  # Any: pytest does not export the types of style and result
        """Return the error's own text."""
        if excinfo.value is not self._error:
            return super().repr_failure(excinfo, style)
        return describe_broken(_shown_name(self), self.path, self._error)

    def describe_report(self) -> dict[str, Any]:
        """Return facts for the summary, in simple values."""
        failure = describe_broken(_shown_name(self), self.path, self._error).to_json()
        line = getattr(self._error, "line", None)
        return {
            "uncompared": [],
            "notes": [],
            "notebook_notes": [],
            "failure": failure,
            "report": self.parent.make_fault(failure["plain"], line),
        }

    def describe_place(self) -> dict[str, str]:
        """Return where this item is, for JUnit."""
        line = getattr(self._error, "line", None) or 1
        return {"notebook": self.parent.nodeid, "line": str(line), "outcome": "unreadable"}


def _shown_name(item: pytest.Item) -> str:
    return escape(os.path.relpath(item.path, item.config.invocation_params.dir))


def _headline(item: pytest.Item) -> str:
    # With the bare node id pytest would take it for a dotted name and print it with colons for points.
    return escape(f"[nbcheck] {item.parent.nodeid if item.parent else ''}::{item.name}")
