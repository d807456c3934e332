"""A cell that stops the process that hosts all kernels: its notebook fails, the next one gets another host."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, verdicts
from helpers.nb import code, notebook, stdout

STOP = """
# nbcheck: timeout=0.5
import os, signal
pid = os.getpid()
while b"nbcheck.kernel.host" not in open(f"/proc/{pid}/cmdline", "rb").read():
    pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
os.kill(pid, signal.SIGSTOP)
"""


@pytest.mark.slow
def test_the_next_notebook_gets_another_host(
    example: Callable[..., Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbcheck.manager.host._START_TIMEOUT", 5.0)
    good = notebook(code("print(6 * 7)", stdout("42\n")))
    run = example({"a.ipynb": notebook(code(STOP.strip(), count=1)), "b.ipynb": good, "c.ipynb": good}).run(
        "-rA"
    )
    assert verdicts(run) == {
        "a.ipynb::cell-1": "failed",
        "b.ipynb::cell-1": "passed",
        "c.ipynb::cell-1": "passed",
    }
