"""The judge: from what running a cell came to, to the verdict on it. Pure.

A cell is judged by the kernel's reply as well as by its outputs: a failing magic replies with an error and
shows none, and some kernels show an error and reply ok. Both are errors.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from nbcheck.compare import compare_outputs
from nbcheck.compare.base import CompareMode, CompareOptions, Difference, Output
from nbcheck.errors import CompareError, spell_size
from nbcheck.execution.plan import PlannedCell
from nbcheck.results import CellError, CellResult, Outcome


class Ending(StrEnum):
    """How running a cell ended."""

    REPLIED = "replied"
    """With a reply and an idle kernel."""
    SKIPPED = "skipped"
    """Not begun: a directive says so."""
    FAULTY = "faulty"
    """Not begun: a directive cannot be followed."""
    NO_KERNEL = "no-kernel"
    """Not begun: the kernel could not be started."""
    TIMEOUT = "timeout"
    """Stopped after its time."""
    DIED = "died"
    """The kernel's process ended."""
    AFTERMATH = "aftermath"
    """With a reply, but what was to be run after it failed."""
    LOST = "lost"
    """The kernel is there, but did not do what the protocol demands; outputs may be lost."""


_OUTCOMES = {
    Ending.SKIPPED: Outcome.SKIPPED,
    Ending.FAULTY: Outcome.ERROR,
    Ending.NO_KERNEL: Outcome.ERROR,
    Ending.TIMEOUT: Outcome.TIMEOUT,
    Ending.DIED: Outcome.DIED,
    Ending.AFTERMATH: Outcome.ERROR,
    Ending.LOST: Outcome.ERROR,
}


@dataclass(frozen=True, slots=True)
class Execution:
    """What running a cell came to, before it is judged."""

    ending: Ending
    """How it ended."""
    detail: str = ""
    """One line on an ending other than replied."""
    error: CellError | None = None
    """The error that the kernel replied with, else the last one among the outputs."""
    execution_count: int | None = None
    """The kernel's number of this execution."""
    duration: float = 0.0
    """Seconds from the kernel's busy to its idle."""
    notes: tuple[str, ...] = ()
    """Remarks, a line each."""
    has_quit: bool = False
    """Whether the cell asked the kernel to leave when it is done: ``quit()``."""
    memory_peak: int | None = None
    """Bytes that the kernel used at most while it ran; None when nobody wanted to know."""
    overrun: str = ""
    """What it exceeded of what is allowed to the whole notebook, in one line."""


# What can go wrong with the machine, the installation or the network rather than with the notebook: stored once
# by accident, it is not what the author wants to see again.
_ACCIDENTS = (ImportError, KeyboardInterrupt, SystemExit, MemoryError, ConnectionError, TimeoutError)
_ACCIDENT_NAMES = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, _ACCIDENTS)
) | {"RemoteDisconnected", "PackageNotFoundError", "ConnectTimeout", "ReadTimeout"}
_VAIN_PERMISSION = (
    "execution.allow_errors excuses no error here: tag the cell raises-exception if it is meant"
)
# Only names come from the kernel; by convention they end like that of the class they are derived from.
_ACCIDENT_ENDINGS = ("ImportError", "MemoryError", "ConnectionError", "TimeoutError")


def judge(cell: PlannedCell, execution: Execution, outputs: Sequence[Output]) -> CellResult:
    """Judge a cell.

    Args:
        cell: what was planned.
        execution: what running it came to.
        outputs: fresh outputs, nbformat 4.

    Returns:
        The verdict with everything needed to explain it.
    """
    result = CellResult(
        cell_index=cell.cell_index,
        number=cell.number,
        outcome=_OUTCOMES.get(execution.ending, Outcome.PASSED),
        message=execution.detail,
        error=execution.error,
        outputs=tuple(outputs),
        notes=execution.notes,
        compared=False,
        execution_count=execution.execution_count,
        duration=execution.duration,
    )
    if execution.ending is not Ending.REPLIED:
        return result
    unexpected = explain_unexpected(cell, execution.error)
    if execution.error is not None and unexpected:
        if has_skipped(execution.error):
            reason = f" ({execution.error.evalue})" if execution.error.evalue else ""
            return replace(
                result, outcome=Outcome.SKIPPED, message=f"skipped by pytest.skip in the cell{reason}"
            )
        differences = _compare_errors(cell, execution.error)[0] if _stored_errors(cell) else ()
        return replace(result, outcome=Outcome.ERROR, message=unexpected, differences=differences)
    return _judge_outputs(cell, result, _describe_overrun(cell, execution))


def not_run(cell: PlannedCell, reason: str) -> CellResult:
    """Return the result of a cell that an earlier one kept from running; ``reason`` names that cell."""
    return CellResult(cell.cell_index, cell.number, Outcome.NOT_RUN, f"not run: {reason}", compared=False)


def has_skipped(error: CellError) -> bool:
    """Whether an error is the way in which ``pytest.skip()`` leaves: it is for the rest of the notebook, too."""
    return error.ename == "Skipped"


def explain_unexpected(cell: PlannedCell, error: CellError | None) -> str:
    """Return in one line why an error stops the notebook; empty when there is none or it was expected.

    An error is expected from a cell that is tagged to raise one, and from a cell whose stored outputs hold the
    very same one, unless that is an accident.
    """
    if error is None:
        return ""
    told = describe_error(error)
    if cell.must_raise:
        meant = cell.must_raise_error
        is_meant = meant is None or meant.matches(error.ename, error.evalue)
        return "" if is_meant else f"{told}; it must raise {meant}"
    if cell.may_raise:
        return ""
    if not _stored_errors(cell):
        return f"{told}; {_VAIN_PERMISSION}" if cell.has_vain_permission else told
    differences, crash = _compare_errors(cell, error)
    if crash:
        return f"{told}; {crash}"
    if differences:
        stored = _stored_errors(cell)[-1]
        return f"{told}; stored is another error, {stored['ename']}"
    if cell.errors_need_tag:
        return f"{told}; the same is stored, but errors-need-tag holds: tag the cell raises-exception if it is meant"
    if _is_accident(error.ename):
        return f"{told}; the same is stored, but may be an accident: tag the cell raises-exception if it is meant"
    return ""


def why_not_compared(cell: PlannedCell, result: CellResult) -> str:
    """Return why the outputs of a cell that passed were not compared; empty when they were, or it did not pass."""
    if result.compared or result.outcome is not Outcome.PASSED:
        return ""
    if cell.compare.mode is CompareMode.RUN:
        return "run only"
    if not cell.was_run:
        return "no stored outputs"
    return cell.uncompared_by or "all outputs ignored"


def describe_error(error: CellError) -> str:
    """Return class and message of an error in one line."""
    first, _, rest = error.evalue.strip().partition("\n")
    return f"{error.ename}: {first}{' ...' if rest else ''}" if first else error.ename


def _describe_overrun(cell: PlannedCell, execution: Execution) -> str:
    """Say in one line what a cell took more of than it may; empty when it did not."""
    seconds, size = execution.duration, execution.memory_peak
    if cell.max_seconds is not None and seconds > cell.max_seconds:
        return f"took {seconds:.3g} s, more than its max-seconds={cell.max_seconds:g}"
    if cell.max_memory is not None and size is not None and size > cell.max_memory:
        told, limit = spell_size(size), spell_size(cell.max_memory)
        return f"the kernel used {told} of memory while it ran, more than its max-memory={limit}"
    return execution.overrun


def _judge_outputs(cell: PlannedCell, result: CellResult, overrun: str) -> CellResult:
    """Judge a cell that ran to its end and raised nothing unexpected."""
    if cell.must_raise and result.error is None:
        stored = [CellError(output["ename"], output["evalue"]) for output in _stored_errors(cell)[-1:]]
        known = "".join(f"; stored is {describe_error(error)}" for error in stored)
        return replace(
            result,
            outcome=Outcome.DIFFERENT,
            message=f"raised no exception, though it {_demand(cell)}{known}",
        )
    notes = list(result.notes)
    if result.error is not None and cell.may_raise and not cell.must_raise:
        notes.append(
            f"raised {describe_error(result.error)}, which the notebook's execution.allow_errors permits"
        )
    elif result.error is not None and not cell.must_raise:
        notes.append(
            f"raised the stored error again ({describe_error(result.error)}); "
            "tag the cell raises-exception to say that it is meant"
        )
    ignored = _ignored_kinds(cell, result.outputs)
    if ignored:
        notes.append(f"ignored outputs: {', '.join(ignored)}")
    result = replace(result, notes=tuple(notes))
    if overrun:
        return replace(result, outcome=Outcome.DIFFERENT, message=overrun)
    is_incomparable = not cell.was_run or cell.uncompared_by or cell.compare.mode is CompareMode.RUN
    if is_incomparable or _is_all_ignored(cell, result.outputs):
        return result
    differences, crash = _compare(cell.expected, result.outputs, cell.compare)
    if crash:
        return replace(result, outcome=Outcome.DIFFERENT, message=crash)
    result = replace(result, compared=True, differences=differences)
    if not differences:
        return result
    return replace(result, outcome=Outcome.DIFFERENT, message=_summarise(differences))


def _demand(cell: PlannedCell) -> str:
    meant = cell.must_raise_error
    return "is tagged raises-exception" if meant is None else f"must raise {meant}"


def _compare(
    expected: Sequence[Output], actual: Sequence[Output], options: CompareOptions
) -> tuple[tuple[Difference, ...], str]:
    """Return the differences, and what went wrong in finding them; empty when nothing did."""
    try:
        return compare_outputs(expected, actual, options), ""
    except CompareError as error:
        return (), f"the outputs could not be compared: {error}"
    # A comparer may be anybody's code. Whatever it raises, the outputs were not found equal.
    except Exception as error:
        return (), f"the outputs could not be compared: {type(error).__name__}: {error}"


def _summarise(differences: Sequence[Difference]) -> str:
    first = differences[0]
    more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
    return f"{first.place}: {first.summary}{more}"


def _stored_errors(cell: PlannedCell) -> list[Output]:
    return [output for output in cell.expected if output["output_type"] == "error"]


def _compare_errors(cell: PlannedCell, error: CellError) -> tuple[tuple[Difference, ...], str]:
    """Compare the stored error with a fresh one, whatever else is compared or ignored in this cell."""
    actual = {
        "output_type": "error",
        "ename": error.ename,
        "evalue": error.evalue,
        "traceback": list(error.traceback),
    }
    mode = CompareMode.EXACT if cell.compare.mode is CompareMode.EXACT else CompareMode.SEMANTIC
    options = replace(cell.compare, mode=mode, ignored=frozenset())
    return _compare(_stored_errors(cell)[-1:], [actual], options)


def _is_accident(ename: str) -> bool:
    name = ename.rpartition(".")[2]
    return name in _ACCIDENT_NAMES or name.endswith(_ACCIDENT_ENDINGS)


def _kinds(output: Output) -> set[str]:
    """Return the names under which an output can be ignored."""
    if output["output_type"] == "stream":
        return {output["name"]}
    if output["output_type"] == "error":
        return {"error"}
    data = output.get("data")  # an output of a type that is not known yet may have none
    return set(data) if isinstance(data, dict) else set()


def _ignored_kinds(cell: PlannedCell, outputs: Sequence[Output]) -> list[str]:
    """Return the kinds of stored and fresh outputs that are left out of the comparison, sorted."""
    present: set[str] = set().union(*(_kinds(output) for output in (*cell.expected, *outputs)))
    return sorted(present if "all" in cell.compare.ignored else present & cell.compare.ignored)


def _is_all_ignored(cell: PlannedCell, outputs: Sequence[Output]) -> bool:
    both = (*cell.expected, *outputs)
    ignored = cell.compare.ignored
    return bool(both and ignored) and ("all" in ignored or all(_kinds(output) <= ignored for output in both))
