"""What to do about a verdict, in a sentence or two."""

from __future__ import annotations

import re

from nbcheck.execution.plan import PlannedCell
from nbcheck.results import CellResult, Outcome

_ADVICE = {
    Outcome.DIFFERENT: (
        "If the new output is right, run the notebook and save it.",
        "If it changes from run to run, tag the cell nbcheck-ignore-output.",
    ),
    Outcome.ERROR: ("If the error is meant, tag the cell raises-exception.",),
}
# Ends that Python code does not come to by itself.
_CRASH = re.compile(r"signal SIG(ABRT|BUS|FPE|ILL|SEGV)")
_AFTER_CRASH = (
    "The outputs above are the last it sent. Native code that the cell calls is the usual suspect.",
)
_MUST_RAISE = ("If the cell is meant to work now, remove its tag and save the notebook.",)
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
    if result.outcome is Outcome.DIFFERENT and not result.differences and cell.must_raise:
        return _MUST_RAISE
    if result.outcome is Outcome.DIED and _CRASH.search(result.message):
        return _AFTER_CRASH
    if result.outcome is Outcome.ERROR and result.error is None:
        return ()  # no error of the cell's own; the message says what to do
    return _ADVICE.get(result.outcome, ())
