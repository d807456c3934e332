"""What was printed and what was sent comes out in the order in which it happened."""

from hypothesis import given
from hypothesis import strategies as st

from nbcheck.kernel.link import Frame, MarkKind, MarkWriter, Op
from nbcheck.kernel.ordering import STREAMS, OutputOrder, Printed

TOKEN = "0123456789abcdef" * 2


class Executor:
    """Writes to three byte queues as an executor does, and knows what it did in which order."""

    def __init__(self) -> None:
        self.pipes = dict.fromkeys(STREAMS, b"")
        self.frames: list[Frame] = []
        self.history: list[tuple[str, bytes] | int] = []
        self._marks = MarkWriter(TOKEN)
        self._last = "stdout"

    def print(self, stream: str, data: bytes) -> None:
        if stream != self._last:
            self._mark(MarkKind.SWITCH)
            self._last = stream
        self.pipes[stream] += data
        self.history.append((stream, data))

    def send(self) -> None:
        self._mark(MarkKind.FRAME)
        self.frames.append(Frame(Op.PUBLISH, seq=self._marks.seq))
        self.history.append(self._marks.seq)

    def _mark(self, kind: MarkKind) -> None:
        mark = self._marks.next(kind)
        for name in STREAMS:
            self.pipes[name] += mark


def joined(history: list[tuple[str, bytes] | int]) -> list[tuple[str, bytes] | int]:
    result: list[tuple[str, bytes] | int] = []
    for item in history:
        last = result[-1] if result else None
        if isinstance(item, tuple) and isinstance(last, tuple) and last[0] == item[0]:
            result[-1] = (item[0], last[1] + item[1])
        else:
            result.append(item)
    return result


def drained(order: OutputOrder) -> list[tuple[str, bytes] | int]:
    return [(item.stream, item.data) if isinstance(item, Printed) else item.seq for item in order.drain()]


actions = st.lists(
    st.one_of(st.none(), st.tuples(st.sampled_from(STREAMS), st.binary(min_size=1, max_size=9))), max_size=12
)
readings = st.lists(st.tuples(st.sampled_from([*STREAMS, "link"]), st.integers(1, 200)), max_size=30)


@given(actions=actions, readings=readings)
def test_order_is_kept_whatever_is_read_first(
    actions: list[tuple[str, bytes] | None], readings: list[tuple[str, int]]
) -> None:
    executor = Executor()
    for action in actions:
        if action is None:
            executor.send()
        else:
            executor.print(*action)
    order = OutputOrder(TOKEN)
    seen = []
    pipes, frames = dict(executor.pipes), list(executor.frames)
    for source, amount in readings:
        if source == "link":
            for frame in frames[:amount]:
                order.framed(frame)
            del frames[:amount]
        else:
            order.printed(source, pipes[source][:amount])
            pipes[source] = pipes[source][amount:]
        seen += drained(order)
    for name in STREAMS:
        order.printed(name, pipes[name])
    for frame in frames:
        order.framed(frame)
    seen += drained(order)
    assert not order.is_waiting
    order.ended()
    seen += drained(order)
    assert joined(seen) == joined(executor.history)


def test_text_goes_out_before_the_next_mark_has_come() -> None:
    order = OutputOrder(TOKEN)
    order.printed("stdout", b"so far")
    assert drained(order) == [("stdout", b"so far")]


def test_a_frame_waits_for_its_place_in_both_pipes() -> None:
    mark = MarkWriter(TOKEN).next(MarkKind.FRAME)
    order = OutputOrder(TOKEN)
    order.framed(Frame(Op.PUBLISH, seq=1))
    order.printed("stdout", b"before" + mark + b"after")
    assert drained(order) == [("stdout", b"before")]
    order.printed("stderr", mark)
    assert drained(order) == [1, ("stdout", b"after")]


def test_after_the_end_nothing_is_kept_back() -> None:
    marks = MarkWriter(TOKEN)
    first, second = marks.next(MarkKind.FRAME), marks.next(MarkKind.FRAME)
    order = OutputOrder(TOKEN)
    order.printed("stdout", b"a" + first + b"b" + second[:10])
    order.framed(Frame(Op.PUBLISH, seq=1))
    order.framed(Frame(Op.PUBLISH, seq=2))
    assert drained(order) == [("stdout", b"a")]
    order.ended()
    assert drained(order) == [1, ("stdout", b"b"), ("stdout", second[:10]), 2]
