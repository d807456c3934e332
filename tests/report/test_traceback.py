"""Where a cell stopped."""

from __future__ import annotations

import pytest

from helpers.nb import stdout
from nbcheck.report.traceback import failing_line, without_kernel_frames
from nbcheck.results import CellError, CellResult, Outcome

CRASH = """\
before
Fatal Python error: Aborted

Current thread 0x00007f196847db80 (most recent call first):
  File "/lib/native.py", line 7 in crash
  File "<ipython-input-1-0123456789ab>", line 5 in call
  File "<ipython-input-2-7741f2d52b1b>", line 2 in again
  File "<ipython-input-2-7741f2d52b1b>", line 3 in <module>
  File "/env/IPython/core/interactiveshell.py", line 3823 in run_code
  File "<frozen runpy>", line 198 in _run_module_as_main

Extension modules: native (total: 1)
"""


@pytest.mark.parametrize(
    ("traceback", "count", "line"),
    [
        (("Cell In[1], line 3",), 1, 3),
        (("Cell In[1], line 3", "Cell In[1], line 1"), 1, 1),
        (("Cell \x1b[32mIn[1]\x1b[39m, line 3",), 1, 3),
        (("Cell In[2], line 3",), 1, None),
        ((), 1, None),
    ],
)
def test_the_line_that_failed(traceback: tuple[str, ...], count: int, line: int | None) -> None:
    result = CellResult(0, 1, Outcome.ERROR, error=CellError("E", "v", traceback), execution_count=count)
    assert failing_line(result) == line


@pytest.mark.parametrize(("printed", "line"), [(CRASH, 2), ("nothing of the kind", None), ("", None)])
def test_the_line_that_crashed(printed: str, line: int | None) -> None:
    assert failing_line(CellResult(0, 1, Outcome.DIED, outputs=(stdout(printed),))) == line


def test_frames_of_the_kernel_are_counted_only() -> None:
    shown = without_kernel_frames(CRASH.splitlines())
    assert shown[7:] == [
        '  File "<ipython-input-2-7741f2d52b1b>", line 3 in <module>',
        "  ... 2 frames of the kernel left out ...",
        "",
        "Extension modules: native (total: 1)",
    ]
    assert without_kernel_frames(["a", "b"]) == ["a", "b"]
