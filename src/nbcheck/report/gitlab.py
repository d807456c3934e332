"""The failures of a run as GitLab's code quality report.

Source: docs.gitlab.com, "Code Quality", section "Code Quality report format".
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from nbcheck.compare.serial import to_simple
from nbcheck.report.failures import OTHER, UNREADABLE, Failure
from nbcheck.results import Outcome

BEGINS = re.compile(rb'\[(?:\]|\s*\{\s*"check_name": "nbcheck-)')
"""What the file of such a report begins with."""

_SEVERITIES = {
    Outcome.DIFFERENT: "major",
    OTHER: "major",
    Outcome.ERROR: "critical",
    Outcome.TIMEOUT: "critical",
    Outcome.DIED: "blocker",
    UNREADABLE: "blocker",
}
"""By kind of failure; GitLab knows info, minor, major, critical and blocker."""


def render_code_quality(failures: Sequence[Failure]) -> bytes:
    """Write a code quality report.

    Args:
        failures: of the run, their paths from the repository's folder.

    Returns:
        A JSON array, UTF-8; an empty one when nothing failed.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    issues = []
    for failure in failures:
        identity = (failure.path, failure.key, failure.kind)
        seen[identity] += 1
        issues.append(
            {
                "check_name": f"nbcheck-{failure.kind}",
                "description": f"{failure.title}: {failure.message}",
                "fingerprint": fingerprint(*identity, seen[identity]),
                "severity": _SEVERITIES[failure.kind],
                "location": {"path": failure.path, "lines": {"begin": failure.line}},
            }
        )
    return msgspec.json.format(msgspec.json.encode(to_simple(issues)), indent=1) + b"\n"


def fingerprint(path: str, key: str, kind: str, occurrence: int = 1) -> str:
    """Return what GitLab knows an issue by in the reports of two branches.

    Neither line nor values go into it: a failure that has only moved, or fails with another number, is no new one.

    Args:
        path: of the notebook.
        key: of the cell.
        kind: of the failure.
        occurrence: from 1, among those with the same path, key and kind.
    """
    named = "\0".join((path, key, kind, str(occurrence)))
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()
