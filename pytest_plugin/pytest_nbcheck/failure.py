"""The text of a failure: where, what came, what was expected, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

from nbcheck.compare.base import Output
from nbcheck.compare.normalise import strip_ansi
from nbcheck.errors import DocumentError, NbcheckError
from nbcheck.execution.advice import advise
from nbcheck.execution.directives import Fault
from nbcheck.execution.plan import NotebookPlan, PlannedCell
from nbcheck.report.terminal import escape, render_difference
from nbcheck.report.traceback import failing_line, last_lines, without_kernel_frames
from nbcheck.results import CellResult, Outcome

_MAX_SOURCE_LINES = 12
_MAX_TRACEBACK_LINES = 60
_MAX_LAST_WORDS = 30
_MAX_WIDTH = 200
_MAX_FAULTS = 10
_MAX_DIFFERENCES = 10
# A directive may be as long as its cell. The beginning says where it stands, the end what to do.
_MAX_MESSAGE, _MESSAGE_TAIL = 1000, 300
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


@dataclass(frozen=True, slots=True)
class Crash:
    """Where it happened and what, in one line; pytest's summary and its plugins look for this."""

    path: str
    """The file."""
    lineno: int
    """Line in it, from 1."""
    message: str
    """One line."""

    def __str__(self) -> str:
        return f"{self.path}:{self.lineno}: {self.message}"


class FailureText(TerminalRepr):
    """The text, once plain and once for terminals with colours."""

    def __init__(self, crash: Crash, plain: Sequence[str], coloured: Sequence[str]) -> None:
        """Take the text.

        Args:
            crash: where and what.
            plain: lines without escape sequences.
            coloured: the same lines with them.
        """
        self.reprcrash = crash
        self._plain = tuple(plain)
        self._coloured = tuple(coloured)

    # Any: pytest calls it with its own TerminalWriter, which has no public name
    def toterminal(self, tw: TerminalWriter) -> None:
        """Write it; ``str()`` of this object comes here too, with a writer that has no colours."""
        for line in self._coloured if tw.hasmarkup else self._plain:
            tw.line(line)

    def with_lines(self, lines: Sequence[str]) -> FailureText:
        """Return the text with some lines after it."""
        more = ["", *(_shorten(escape(line)) for line in lines)]
        return FailureText(self.reprcrash, (*self._plain, *more), (*self._coloured, *more))

    def to_json(self) -> dict[str, Any]:
        """Return it in simple values, for the way between processes."""
        crash = self.reprcrash
        return {
            "crash": [crash.path, crash.lineno, crash.message],
            "plain": list(self._plain),
            "coloured": list(self._coloured),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FailureText:
        """Undo :meth:`to_json`."""
        return cls(Crash(*values["crash"]), values["plain"], values["coloured"])


def describe_failure(
    name: str, plan: NotebookPlan, result: CellResult, needed_by: int | None = None
) -> FailureText:
    """Describe a failed cell.

    Args:
        name: the notebook, as the user should see it.
        plan: of the notebook.
        result: of the cell.
        needed_by: number of the cell for whose sake this one was run, if it was not asked for itself.

    Returns:
        The text.
    """
    cell = plan.cells[result.number - 1]
    failing = _failing_line(cell, result)
    line = find_line(plan, result)
    needed = f" (run because cell {needed_by} needs it)" if needed_by else ""
    message = _shorten(escape(result.message))
    told = f"cell {result.number}{needed}: {message}"
    # pytest's summary names the cell already, unless this is another one.
    crash = Crash(name, line, told if needed else message)
    plain, coloured = (
        _strip_end(
            [
                _bold(f"{name}:{line}: {told}", color=color),
                "",
                *_excerpt(cell.source, failing),
                *_body(plan, cell, result, color=color),
                *advise(cell, result),
            ]
        )
        for color in (False, True)
    )
    return FailureText(crash, plain, coloured)


def find_line(plan: NotebookPlan, result: CellResult) -> int:
    """Return the line of the file, from 1, where to look: the one that failed, else the first of the cell's source."""
    cell = plan.cells[result.number - 1]
    return plan.document.source_line(cell.cell_index, _failing_line(cell, result) or 1)


def describe_broken(name: str, path: Path, error: NbcheckError) -> FailureText:
    """Describe a file that cannot be read as a notebook.

    Args:
        name: the file, as the user should see it.
        path: the file, as the error names it.
        error: what is wrong with it.

    Returns:
        The text.
    """
    # What is wrong with a file is one line, unless its name has several.
    said = [str(error)] if isinstance(error, DocumentError) else str(error).splitlines()
    lines = [_shorten(_spell_out(_rename(line, path, name))) for line in said[:_MAX_FAULTS]]
    lines += _rest(said)
    # pytest's summary names the file already.
    problem = error.problem if isinstance(error, DocumentError) else said[0].removeprefix(f"{path}: ")
    crash = Crash(name, getattr(error, "line", None) or 1, _shorten(_spell_out(problem)))
    return FailureText(crash, lines, lines)


def join_failures(texts: Mapping[int, FailureText]) -> FailureText:
    """Join the texts of several cells, by number; the first one stands for all in the summary."""
    (number, text), *others = texts.items()
    values = [text.to_json() for text in texts.values()]
    count = f"{len(texts)} cells failed, the first: " if others else ""
    first = text.reprcrash
    crash = Crash(first.path, first.lineno, f"{count}cell {number}: {first.message}")
    return FailureText(crash, _paragraphs(values, "plain"), _paragraphs(values, "coloured"))


def _paragraphs(values: Sequence[dict[str, Any]], key: str) -> list[str]:
    lines: list[str] = []
    for value in values:
        lines += [*([""] if lines else []), *value[key]]
    return lines


def _rename(line: str, path: Path, name: str) -> str:
    rest = line.removeprefix(str(path))
    return line if rest == line else name + rest


def _strip_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _failing_line(cell: PlannedCell, result: CellResult) -> int | None:
    return cell.faults[0].source_line if cell.faults else failing_line(result)


def _excerpt(source: str, marked: int | None) -> list[str]:
    lines = source.splitlines()
    first = max(0, min((marked or 1) - _MAX_SOURCE_LINES // 2, len(lines) - _MAX_SOURCE_LINES))
    shown = lines[first : first + _MAX_SOURCE_LINES]
    width = len(str(first + len(shown)))
    excerpt = [
        f"{'>' if number == marked else ' '} {number:>{width}} | {_spell_out(_cut(text))}".rstrip()
        for number, text in enumerate(shown, first + 1)
    ]
    if first:
        excerpt.insert(0, f"  ... {first} lines before")
    rest = len(lines) - first - len(shown)
    if rest:
        excerpt.append(f"  ... {rest} lines more")
    return [*excerpt, ""]


def _describe_fault(plan: NotebookPlan, cell: PlannedCell, fault: Fault) -> str:
    if fault.source_line is None:
        return fault.problem
    return f"line {plan.document.source_line(cell.cell_index, fault.source_line)}: {fault.problem}"


def _last_words(outputs: Sequence[Output]) -> list[str]:
    """Return the end of what was printed, for cells that did not come to theirs."""
    printed, before = last_lines(outputs)
    lines = without_kernel_frames(printed)
    if not lines:
        return []
    shown = lines[-_MAX_LAST_WORDS:]
    count = before + len(lines)
    head = "printed:" if len(shown) == count else f"printed, the last {len(shown)} of {count} lines:"
    return [head, *(f"  {_spell_out(strip_ansi(line)[:_MAX_WIDTH])}".rstrip() for line in shown), ""]


def _body(plan: NotebookPlan, cell: PlannedCell, result: CellResult, *, color: bool) -> list[str]:
    lines: list[str] = []
    if len(cell.faults) > 1:  # of a single one the headline tells everything
        lines += [
            _shorten(_spell_out(_describe_fault(plan, cell, fault))) for fault in cell.faults[:_MAX_FAULTS]
        ]
        lines += [*_rest(cell.faults), ""]
    for difference in result.differences[:_MAX_DIFFERENCES]:
        lines += [*render_difference(difference, color=color), ""]
    if len(result.differences) > _MAX_DIFFERENCES:
        lines += [f"... and {len(result.differences) - _MAX_DIFFERENCES} more differences", ""]
    if result.outcome in (Outcome.DIED, Outcome.TIMEOUT):
        lines += _last_words(result.outputs)
    if result.error is not None and result.outcome in (Outcome.ERROR, Outcome.TIMEOUT):
        traceback = _traceback(result.error.traceback, color=color)
        lines += [*traceback, *([""] if traceback else [])]
    return lines


def _traceback(entries: Sequence[str], *, color: bool) -> list[str]:
    lines = [line for entry in entries for line in entry.splitlines()]
    # An exception's message may be the whole data that was wrong. Cut without colours: it may be cut inside one.
    lines = [line if len(line) <= _MAX_MESSAGE else _shorten(strip_ansi(line)) for line in lines]
    surplus = len(lines) - _MAX_TRACEBACK_LINES
    if surplus > 0:
        # The beginning names the cell's own line, the end the cause.
        third = _MAX_TRACEBACK_LINES // 3
        lines[third : third + surplus] = [f"... {surplus} lines left out ..."]
    if not color:
        return [_spell_out(strip_ansi(line)) for line in lines]
    # Colours may pass, anything else that could steer the reader's terminal may not.
    return ["".join(map(_pass_colour, _COLOUR.split(line))) for line in lines]


def _pass_colour(piece: str) -> str:
    return piece if _COLOUR.fullmatch(piece) else _spell_out(piece)


def _rest(faults: Sequence[object]) -> list[str]:
    surplus = len(faults) - _MAX_FAULTS
    return [f"... and {surplus} more"] if surplus > 0 else []


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_WIDTH else f"{text[:_MAX_WIDTH]} ..."


def _shorten(message: str) -> str:
    if len(message) <= _MAX_MESSAGE:
        return message
    return f"{message[: _MAX_MESSAGE - _MESSAGE_TAIL]} ... {message[-_MESSAGE_TAIL:]}"


def _spell_out(text: str) -> str:
    return escape(text.expandtabs())


def _bold(text: str, *, color: bool) -> str:
    return f"\x1b[1;31m{text}\x1b[0m" if color else text
