"""Signs of life of a notebook that runs long, by a clock that only the fake kernel moves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from helpers.fake_kernel import Dies, FakeClock, FakeKernel, Hangs, Step, Takes, prints
from helpers.nb import code, document
from nbcheck.execution.heartbeat import Heartbeat
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook
from nbcheck.execution.run import NotebookRun
from nbcheck.results import NotebookResult

TICK = (Takes(25), prints("."))


def run(*cells: Sequence[Step], every: float = 60) -> tuple[list[tuple[float, int, float]], NotebookResult]:
    """Run cells; return when which cell was told to run and for how long, and what came of them."""
    clock = FakeClock(0)
    sources = [chr(ord("a") + index) for index in range(len(cells))]
    told: list[tuple[float, int, float]] = []
    with NotebookRun(
        plan_notebook(document(*map(code, sources)), RunOptions()),
        lambda: FakeKernel(dict(zip(sources, cells, strict=True)), clock),
        heartbeat=Heartbeat(every, lambda number, ran: told.append((clock.now, number, ran))),
        clock=clock,
    ) as notebook:
        return told, notebook.notebook_result()


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([[Takes(59)]], []),
        ([[Takes(200)]], [(60, 1, 60), (120, 1, 120), (180, 1, 180)]),
        # many short cells are a long notebook as well
        ([[Takes(50)]] * 4, [(60, 2, 10), (120, 3, 20), (180, 4, 30)]),
        # a cell that prints all the time
        ([[*TICK] * 6], [(60, 1, 60), (120, 1, 120)]),
        ([[Takes(60), Dies(1)], []], [(60, 1, 60)]),
    ],
)
def test_table(cells: list[list[Step]], told: list[tuple[float, int, float]]) -> None:
    assert run(*cells)[0] == told


def test_deadlines_stay_as_they_are() -> None:
    told, result = run([Hangs()])
    assert [when for when, _, _ in told] == [60.0 * n for n in range(1, 11)]
    assert result.cells[0].message.startswith("did not finish within 600 s")
    assert result.duration == 600


def test_the_verdict_is_the_same() -> None:
    assert run([*TICK] * 6)[1] == run([*TICK] * 6, every=1)[1]
