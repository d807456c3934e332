"""How long kernels that outlive their owner are served."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from nbcheck.kernel.kept import serve_until_left


class FakeHost:
    """A host that lets time pass instead of waiting; at given times clients come and go, and kernels end."""

    wait = None

    def __init__(
        self, kept: Mapping[str, float], events: Mapping[float, Callable[[FakeHost], object]]
    ) -> None:
        self.kept = dict(kept)
        self.clients: set[str] = set()
        self.ended: set[str] = set()
        self.stopped: list[tuple[float, str]] = []
        self.is_over = False
        self.poll = FakePoll(self, events)

    def has_clients(self, kernel_id: str) -> bool:
        return kernel_id in self.clients

    def has_ended(self, kernel_id: str) -> bool:
        return kernel_id in self.ended

    def step(self, ready: object) -> None:
        pass

    def stop(self, kernel_id: str, grace: float) -> None:
        self.stopped.append((self.poll.now, kernel_id))
        del self.kept[kernel_id]


class FakePoll:
    def __init__(self, host: FakeHost, events: Mapping[float, Callable[[FakeHost], object]]) -> None:
        self.now = 0.0
        self._host = host
        self._events = sorted(events.items(), key=lambda event: event[0])

    def wait(self, seconds: float | None) -> dict[int, bool]:
        until = float("inf") if seconds is None else self.now + seconds
        if self._events and self._events[0][0] <= until:
            self.now, happens = self._events.pop(0)
            happens(self._host)
        else:
            assert seconds is not None, "would wait for ever"
            self.now = until
        return {}


@pytest.mark.parametrize(
    ("kept", "events", "stopped"),
    [
        ({"a": 60.0}, {}, [(60.0, "a")]),
        ({"a": 60.0, "b": 30.0}, {}, [(30.0, "b"), (60.0, "a")]),
        (
            {"a": 60.0},
            {50.0: lambda host: host.clients.add("a"), 500.0: lambda host: host.clients.clear()},
            [(560.0, "a")],
        ),
        ({"a": 60.0}, {20.0: lambda host: host.ended.add("a")}, [(20.0, "a")]),
        (
            {"a": 60.0, "b": 60.0},
            {20.0: lambda host: setattr(host, "is_over", True)},
            [(20.0, "a"), (20.0, "b")],
        ),
    ],
    ids=["left alone", "each by its own limit", "from the last client on", "ended by itself", "told to end"],
)
def test_each_kernel_ends(
    kept: dict[str, float],
    events: dict[float, Callable[[FakeHost], object]],
    stopped: list[tuple[float, str]],
) -> None:
    host = FakeHost(kept, events)
    serve_until_left(host, lambda: host.is_over, lambda: host.poll.now)
    assert host.stopped == stopped
