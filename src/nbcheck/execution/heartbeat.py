"""A sign of life of a notebook that runs long, so that nobody takes the run for dead.

It is given from the loop that waits for the kernel's messages, which has to wake up for deadlines anyway: no thread, so
nothing that could outlive the run or write while something else does.
"""

from __future__ import annotations

from collections.abc import Callable


class Heartbeat:
    """Of one notebook. What comes between its cells does not put it off."""

    def __init__(self, every: float, tell: Callable[[int, float], None]) -> None:
        """Begin; the time counts from the first question.

        Args:
            every: seconds from one sign to the next.
            tell: is given the number of the cell that runs, and for how many seconds it has.
        """
        self._every = every
        self._tell = tell
        self._due: float | None = None

    def due(self, now: float) -> float:
        """Return when the next sign is due.

        Args:
            now: monotonic seconds, as in all that is given and returned here.
        """
        if self._due is None:
            self._due = now + self._every
        return self._due

    def beat(self, number: int, ran: float, now: float) -> None:
        """Give a sign.

        Args:
            number: of the code cell that runs.
            ran: seconds that it has.
            now: what time it is.
        """
        self._due = now + self._every
        self._tell(number, ran)
