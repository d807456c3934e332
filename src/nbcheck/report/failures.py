"""The failures of a run as a list, for pages that show each one at its line: annotations, code quality, summaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nbcheck.compare.normalise import strip_ansi
from nbcheck.report.base import FaultRecord, ItemOutcome, ItemRecord, NotebookEntry, ResultRecord, RunReport
from nbcheck.report.terminal import escape, render_difference
from nbcheck.report.traceback import last_lines, without_kernel_frames
from nbcheck.results import Outcome

UNREADABLE = "unreadable"
"""Kind of a file that cannot be tested at all."""
OTHER = "test"
"""Kind of an item that failed for a reason of pytest's: a fixture, a hook, a worker that crashed."""

_MAX_MESSAGE = 500
_MAX_DIFFERENCES = 5
_MAX_TAIL = 15
_MAX_TEXT = 40
_MAX_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure: where it is, what it is."""

    path: str
    """Of the notebook, with slashes, from the folder that was asked for."""
    line: int
    """In that file, from 1."""
    name: str
    """The test item or cell: ``cell-3``, ``notebook``."""
    key: str
    """What of it stays the same when the notebook is edited elsewhere: the id of the cell, else its name."""
    kind: str
    """An outcome of a cell that is a failure, :data:`UNREADABLE` or :data:`OTHER`."""
    message: str
    """One line."""
    text: tuple[str, ...] = ()
    """Differences, or the end of a traceback, a line each; without escape sequences and not long."""
    advice: tuple[str, ...] = ()
    """What to do next, a sentence each."""

    @property
    def title(self) -> str:
        """The cell, for people: ``cell 3``."""
        number = self.name.removeprefix("cell-")
        return f"cell {number}" if number.isdecimal() else self.name


def list_failures(run: RunReport, root: str) -> list[Failure]:
    """Return every failure.

    Args:
        run: what happened.
        root: absolute folder that paths start from.

    Returns:
        By path and line: workers report in any order, and which failures find room on a page should not hang on that.
    """
    found = (
        replace(failure, name=f"{failure.name}{entry.suffix}", key=f"{failure.key}{entry.suffix}")
        for entry in run.notebooks
        if entry.has_failed
        for failure in _list_entry(entry, run.path_from(root, entry.name))
    )
    return sorted(found, key=lambda failure: (failure.path, failure.line))


def _list_entry(entry: NotebookEntry, path: str) -> Iterator[Failure]:
    items = {item.name: item for item in entry.items}
    told: set[str] = set()
    if entry.fault is not None:
        told = set(items)
        yield _of_fault(entry.fault, path)
    for record in entry.results:
        name = f"cell-{record.result.number}"
        if record.result.outcome.is_failure and not _is_excused(record, items.get(name)):
            told.add(name)
            yield _of_cell(record, path, name)
    failed = [item for item in entry.items if item.outcome.is_failure]
    # A notebook as one item, or a cell that fails for the sake of an earlier one, is told by the cells themselves.
    rest = [item for item in failed if item.name not in told and (item.text or not told)]
    yield from (_of_item(item, path) for item in rest)


def _is_excused(record: ResultRecord, item: ItemRecord | None) -> bool:
    if record.is_updated or record.result.excused:
        return True
    return record.xfail is not None if item is None else item.outcome is ItemOutcome.XFAILED


def _of_fault(fault: FaultRecord, path: str) -> Failure:
    first, *rest = fault.text or ("cannot be read",)
    return Failure(path, fault.line or 1, "notebook", UNREADABLE, UNREADABLE, _one_line(first), tuple(rest))


def _of_cell(record: ResultRecord, path: str, name: str) -> Failure:
    result = record.result
    lines: list[str] = []
    for difference in result.differences[:_MAX_DIFFERENCES]:
        lines += [*([""] if lines else []), *render_difference(difference, color=False)]
    surplus = len(result.differences) - _MAX_DIFFERENCES
    if surplus > 0:
        lines.append(f"... and {surplus} more differences")
    message = _one_line(result.message)
    if lines[:1] == [message]:
        del lines[0]
    if result.outcome in (Outcome.DIED, Outcome.TIMEOUT):
        lines += _tail(without_kernel_frames(last_lines(result.outputs)[0]))
    if result.error is not None and result.outcome in (Outcome.ERROR, Outcome.TIMEOUT):
        lines += _tail([line for entry in result.error.traceback for line in entry.splitlines()])
    return Failure(
        path,
        record.line,
        name,
        record.cell_id or name,
        str(result.outcome),
        message,
        _cut(lines),
        (*(escape(str(one)) for one in record.unstable), *record.advice),
    )


def _of_item(item: ItemRecord, path: str) -> Failure:
    lines = [escape(line.expandtabs()) for line in item.text.splitlines()]
    said = next((line for line in reversed(lines) if line.strip()), "")
    message = f"{item.outcome}: {said}" if said else f"{item.outcome}; see the log of the run"
    return Failure(path, item.line or 1, item.name, item.name, OTHER, _one_line(message), _cut(lines))


def _tail(lines: Sequence[str]) -> list[str]:
    """Return the end of a traceback, or of what was printed."""
    left_out = len(lines) - _MAX_TAIL
    head = [f"... {left_out} lines left out ..."] if left_out > 0 else []
    return [*head, *(escape(strip_ansi(line).expandtabs()) for line in lines[-_MAX_TAIL:])]


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    shown = [line if len(line) <= _MAX_WIDTH else f"{line[:_MAX_WIDTH]} ..." for line in lines[:_MAX_TEXT]]
    left_out = len(lines) - len(shown)
    return (*shown, *([f"... {left_out} more lines"] if left_out else []))


def _one_line(text: str) -> str:
    line = escape(strip_ansi(text))
    return line if len(line) <= _MAX_MESSAGE else f"{line[:_MAX_MESSAGE]} ..."
