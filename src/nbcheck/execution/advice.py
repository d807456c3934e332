"""What to do about a verdict, in a sentence or two."""

from __future__ import annotations

import re

from nbcheck.execution.plan import PlannedCell
from nbcheck.results import CellResult, Outcome

_ADVICE = {
    Outcome.DIFFERENT: (
        "If the new output is right, accept it: nbcheck review.",
        "If it changes from run to run, tag the cell nbcheck-ignore-output.",
    ),
    Outcome.ERROR: ("If the error is meant, tag the cell raises-exception.",),
}
# What the message on a dead kernel contains, and what is to be said of it; the first that fits. Other deaths explain
# themselves.
_DEATHS = (
    (
        re.compile(r"SIGKILL"),
        "Somebody killed the process: mostly the system, when memory runs out; see its log (dmesg).",
    ),
    (re.compile(r"exit code \d+$"), "The code ended the process itself, as os._exit() does."),
    (
        re.compile(r"signal SIG(?:ABRT|BUS|FPE|ILL|SEGV)|unknown exit status"),
        "Native code that the cell calls is the usual suspect.",
    ),
)
_MUST_RAISE = ("If the cell is meant to work now, remove its tag and save the notebook.",)
_MUST_RAISE_OTHER = ("If this error is right, name it in the directive raises-exception.",)
_OVERRUN = re.compile(r"more than its max-(seconds|memory)=\S+$")
_TOO_MUCH = {
    "seconds": ("Make it faster, or raise max-seconds.",),
    "memory": ("Hold less in memory at a time, or raise max-memory.",),
}
_OTHER_ERROR = ("If the new error is right, run the notebook and save it.",)
_INPUT = ("A test has nobody to ask: write the answer into the cell, or tag the cell nbcheck-skip.",)
# What input() raises where no client answers, in our kernel and in ipykernel.
_INPUT_ERROR = "StdinNotImplementedError"
_FAULTS = ("Correct the directive, or remove it.",)


def advise(cell: PlannedCell, result: CellResult) -> tuple[str, ...]:
    """Say what to do next.

    Args:
        cell: what was planned.
        result: what it came to.

    Returns:
        Sentences; none where there is nothing to do, or the message itself says it.
    """
    if cell.faults:
        return _FAULTS
    if (
        result.outcome is Outcome.DIFFERENT
        and not result.differences
        and cell.must_raise
        and result.error is None
    ):
        return _MUST_RAISE
    overrun = _OVERRUN.search(result.message)
    if result.outcome is Outcome.DIFFERENT and not result.differences and overrun:
        return _TOO_MUCH[overrun[1]]
    if result.outcome is Outcome.ERROR and result.error is not None and cell.must_raise:
        return _MUST_RAISE_OTHER
    if result.outcome is Outcome.DIED:
        return next(((advice,) for pattern, advice in _DEATHS if pattern.search(result.message)), ())
    if result.outcome is Outcome.ERROR:
        if result.error is None:
            return ()  # no error of the cell's own; the message says what to do
        if result.error.ename == _INPUT_ERROR:
            return _INPUT
        if result.differences:
            return _OTHER_ERROR
    return _ADVICE.get(result.outcome, ())
