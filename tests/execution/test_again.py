"""Which notebooks are run a second time, and what keeps that within bounds."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from helpers.fake_kernel import Dies, FakeClock, FakeKernel, Raises, Step, prints
from helpers.nb import code, document
from nbcheck.execution.again import SecondRuns, run_again
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook
from nbcheck.results import CellResult


def test_what_is_quick_is_run_again_as_long_as_that_takes_not_much_of_the_session() -> None:
    clock = FakeClock(100.0)
    runs = SecondRuns(clock)
    assert runs.limit("auto", 2.0) == 16.0
    assert runs.limit("auto", 9.9) == pytest.approx(39.7)
    assert runs.limit("auto", 10.0) is None
    assert runs.limit("always", 1000.0) == math.inf
    assert runs.limit("never", 0.1) is None
    clock.now += 55.0
    runs.spend(55.0)
    # Of the 60 s five are left, less than a second run may take.
    assert runs.limit("auto", 2.0) == 5.0
    assert runs.limit("auto", 5.0) is None
    # A long session has more: a fifth of what it took without second runs.
    clock.now += 600.0
    assert runs.limit("auto", 9.0) == 37.0
    assert runs.limit("auto", 2.0) == 16.0
    runs.spend(65.0)
    clock.now += 65.0
    assert runs.limit("auto", 0.1) is None


class Starts:
    """Starts fake kernels and notes how."""

    def __init__(self, script: Mapping[str, list[Step]], refused: str = "") -> None:
        self.script = script
        self.refused = refused
        self.options: list[RunOptions] = []
        self.bounds: list[Mapping[str, Any]] = []

    def __call__(self, options: RunOptions, instruments: Mapping[str, Any]) -> FakeKernel:
        self.options.append(options)
        self.bounds.append(instruments["bounds"])
        if self.refused:
            Path(instruments["bounds"]["path"]).write_text(self.refused)
        return FakeKernel(self.script, FakeClock(time.monotonic()))


def again(
    starts: Starts, *sources: str, environ: Mapping[str, str] | None = None
) -> dict[int, CellResult] | str:
    plan = plan_notebook(document(*(code(source, count=1) for source in sources)), RunOptions())
    numbers = range(1, len(sources) + 1)
    return run_again(
        plan, numbers, starts, RunOptions(), folder=Path("/project"), limit=5.0, environ=environ or {}
    )


def test_the_second_run_is_cold_and_has_another_seed() -> None:
    starts = Starts({"a": [prints("x")]})
    found = again(starts, "a")
    assert isinstance(found, dict)
    assert found[1].outputs[0]["text"] == "x"
    assert starts.options[0].is_cold
    assert starts.options[0].environment == {"PYTHONHASHSEED": "1"}
    assert starts.bounds[0]["folder"] == "/project"
    assert starts.bounds[0]["programs"] is False
    again(starts, "a", environ={"PYTHONHASHSEED": "1"})
    assert starts.options[1].environment == {"PYTHONHASHSEED": "2"}
    # The note lies in a folder that is gone by now.
    assert not Path(starts.bounds[0]["path"]).parent.exists()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"a": [Raises("ValueError", "no")]}, "did not come as far the second time: ValueError: no"),
        ({"a": [Dies(-9)]}, "did not come as far the second time: "),
    ],
)
def test_a_run_that_does_not_come_as_far_says_nothing(script: dict[str, list[Step]], reason: str) -> None:
    found = again(Starts(script), "a", "b")
    assert isinstance(found, str)
    assert found.startswith(reason)


def test_a_run_that_went_out_of_bounds_says_nothing() -> None:
    found = again(Starts({"a": [prints("x")]}, refused="wrote /etc/passwd\nstarted git\n"), "a")
    assert found == "wrote /etc/passwd"
