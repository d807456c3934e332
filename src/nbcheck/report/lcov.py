"""Lines of notebooks that were run, as LCOV: the format that editors and services for coverage read."""

from __future__ import annotations

import re
from collections.abc import Mapping

BEGINS = re.compile(rb"TN:nbcheck\n")
"""What the file of such a report begins with."""

Lines = Mapping[int, bool]
"""By number of the line in the notebook's file, from 1: whether it was run."""


def render_lcov(notebooks: Mapping[str, Lines]) -> bytes:
    """Write lines as LCOV.

    Args:
        notebooks: lines, by the path of the notebook.

    Returns:
        UTF-8.

    Source: geninfo(1), "Tracefile format".
    """
    written = ["TN:nbcheck"]
    for path, lines in sorted(notebooks.items()):
        written.append(f"SF:{path}")
        written += [f"DA:{line},{int(was_run)}" for line, was_run in sorted(lines.items())]
        written += [f"LF:{len(lines)}", f"LH:{sum(lines.values())}", "end_of_record"]
    return "\n".join([*written, ""]).encode("utf-8", "replace")
