"""``nbcheck run``."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Test notebooks: ``pytest --nbcheck`` with the arguments, which are pytest's."""
    # As ``python -m pytest`` in this process: the library itself is no client of pytest.
    sys.argv[1:] = ["--nbcheck", *arguments]
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0
