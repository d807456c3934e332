"""Check notebooks as pytest-notebook does and say which cells differ, which its test items do not.

Run by ``verdicts.py`` in its environment: prints for each path a JSON list of indices into the cells.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from pytest_notebook.nb_regression import NBRegressionFixture


def changed_cells(diff: list[dict[str, Any]]) -> Iterator[int]:
    """Yield the cells that a diff of a notebook changes, removes or adds to."""
    for entry in diff:
        if entry["key"] == "cells":
            for change in entry["diff"]:
                length = change.get("length", len(change.get("valuelist", "x")))
                yield from range(change["key"], change["key"] + length)


for name in sys.argv[1:]:
    outcome = NBRegressionFixture(exec_timeout=120).check(name, raise_errors=False)
    print(json.dumps(sorted(set(changed_cells(outcome.diff_filtered)))), flush=True)
