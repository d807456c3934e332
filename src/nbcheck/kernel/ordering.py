"""Puts what an executor printed and what it sent back into the order in which it happened.

Input comes from three places that the operating system does not order against each other: two pipes and a
socketpair. The marks in the pipes (see :mod:`nbcheck.kernel.link`) tell where each frame belongs:

- Bytes at the head of a pipe, before the next mark, may go out at once.
- A mark is passed when both pipes have come to it and, where a frame belongs to it, the frame is here.
- Once the executor has ended nothing more will come: a mark that one pipe never got is passed as well.

Between two marks the order of stdout against stderr is unknown; the executor writes a mark whenever it turns from
one to the other, so only bytes of child processes and native code are concerned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from nbcheck.kernel.link import Frame, Mark, MarkKind, MarkReader

STREAMS = ("stdout", "stderr")
"""Names of the two pipes, those of Jupyter's stream messages."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Bytes that came out of one of the pipes."""

    stream: str
    """``stdout`` or ``stderr``."""
    data: bytes
    """Never empty; may begin or end inside a character."""


class OutputOrder:
    """Fed with pipe bytes and frames, drained of both in order."""

    def __init__(self, token: str) -> None:
        """Take the token of the kernel's marks: 32 hexadecimal digits."""
        self._readers = {name: MarkReader(token) for name in STREAMS}
        self._queues: dict[str, deque[bytes | Mark]] = {name: deque() for name in STREAMS}
        self._frames: dict[int, Frame] = {}
        self._has_ended = False

    def printed(self, stream: str, data: bytes) -> None:
        """Take bytes read from a pipe."""
        self._queues[stream].extend(self._readers[stream].feed(data))

    def framed(self, frame: Frame) -> None:
        """Take a frame read from the socketpair."""
        self._frames[frame.seq] = frame

    def ended(self) -> None:
        """Take note that the executor is gone and everything it left has been fed."""
        self._has_ended = True
        for stream, reader in self._readers.items():
            if rest := reader.rest():
                self._queues[stream].append(rest)

    @property
    def is_waiting(self) -> bool:
        """Whether a frame is here whose place in the pipes has not been reached."""
        return bool(self._frames)

    def drain(self) -> Iterator[Printed | Frame]:
        """Yield what can go out now, in order."""
        while True:
            for stream, queue in self._queues.items():
                while queue and isinstance(queue[0], bytes):
                    yield Printed(stream, queue.popleft())  # type: ignore[arg-type]  # the line above checked it
            mark = self._next_mark()
            if mark is None:
                break
            if mark.kind is MarkKind.FRAME:
                frame = self._frames.pop(mark.seq, None)
                if frame is None and not self._has_ended:
                    break
                self._pass(mark)
                if frame is not None:
                    yield frame
            else:
                self._pass(mark)
        if self._has_ended:
            for seq in sorted(self._frames):
                yield self._frames.pop(seq)

    def _next_mark(self) -> Mark | None:
        """The mark that may be passed now as far as the pipes are concerned."""
        heads = [queue[0] for queue in self._queues.values() if queue]
        marks = [head for head in heads if isinstance(head, Mark)]
        if len(marks) == len(self._queues) or (self._has_ended and marks):
            return min(marks, key=lambda mark: mark.seq)
        return None

    def _pass(self, mark: Mark) -> None:
        for queue in self._queues.values():
            if queue and queue[0] == mark:
                queue.popleft()
