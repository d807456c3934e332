"""Kernels are started alike, whoever opens a notebook: a run, a test in Python, an explanation."""

from __future__ import annotations

from pathlib import Path

from helpers.example import FakeKernels
from helpers.nb import code, document
from nbcheck.execution.kernels import start_for
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook
from nbcheck.manager.discovery import Choice

OPTIONS = RunOptions(
    startup_timeout=5,
    is_cold=True,
    max_memory=1 << 30,
    instruments={"network": "--no", "seeds": 0},
    environment={"PYTHONHASHSEED": "0"},
)


def start(kernels: FakeKernels, **nbcheck: object) -> None:
    plan = plan_notebook(document(code("a"), nbcheck=nbcheck), OPTIONS)
    start_for(
        kernels, plan, OPTIONS, Choice(), cwd=Path("/f"), env_changes={"A": None, "PYTHONHASHSEED": "7"}
    )


def test_options_and_notebook_decide() -> None:
    kernels = FakeKernels({})
    start(kernels)
    start(kernels, network=True, **{"max-memory": "100M"})
    start(kernels, **{"max-memory": "none"})
    assert kernels.limits == [1 << 30, 100 << 20, None]
    assert kernels.instruments == [
        {"network": "--no", "seeds": 0},
        {"seeds": 0},
        {"network": "--no", "seeds": 0},
    ]
    assert kernels.env_changes == [{"A": None, "PYTHONHASHSEED": "0"}] * 3
    assert (kernels.timeouts, kernels.were_cold, kernels.folders) == ([5] * 3, [True] * 3, [Path("/f")] * 3)
