"""GitLab's code quality report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from nbcheck.report.failures import Failure
from nbcheck.report.gitlab import BEGINS, fingerprint, render_code_quality
from nbcheck.results import Outcome

FAILURE = Failure(
    "docs/a.ipynb", 159, "cell-6", "c6", "different", "stdout: a became b", ("- a", "+ b"), ("Do.",)
)


def test_an_issue_has_what_gitlab_asks_for() -> None:
    assert json.loads(render_code_quality([FAILURE])) == [
        {
            "check_name": "nbcheck-different",
            "description": "cell 6: stdout: a became b",
            "fingerprint": fingerprint("docs/a.ipynb", "c6", "different"),
            "severity": "major",
            "location": {"path": "docs/a.ipynb", "lines": {"begin": 159}},
        }
    ]


def test_a_run_without_failures_is_an_empty_list() -> None:
    assert render_code_quality([]) == b"[]\n"


@pytest.mark.parametrize(
    "kind", [*(outcome for outcome in Outcome if outcome.is_failure), "unreadable", "test"]
)
def test_every_kind_has_a_severity_that_gitlab_knows(kind: str) -> None:
    (issue,) = json.loads(render_code_quality([replace(FAILURE, kind=kind)]))
    assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")


def fingerprints(*failures: Failure) -> list[str]:
    return [issue["fingerprint"] for issue in json.loads(render_code_quality(failures))]


@pytest.mark.parametrize(
    "other",
    [
        replace(FAILURE, line=7),
        replace(FAILURE, message="x"),
        replace(FAILURE, text=()),
        replace(FAILURE, name="cell-9"),
    ],
)
def test_a_fingerprint_stays_when_a_failure_moves_or_reads_otherwise(other: Failure) -> None:
    assert fingerprints(other) == fingerprints(FAILURE)


@pytest.mark.parametrize(
    "other",
    [replace(FAILURE, path="b.ipynb"), replace(FAILURE, key="c7"), replace(FAILURE, kind="error"), FAILURE],
)
def test_fingerprints_of_other_failures_differ(other: Failure) -> None:
    assert len(set(fingerprints(FAILURE, other))) == 2


def test_fingerprints_are_the_same_in_every_release() -> None:
    # GitLab compares those of a branch with those of the main branch, which another release may have written.
    assert fingerprint("docs/a.ipynb", "c6", "different") == (
        "8b0a93ab6091e93cc5f595f0f84b08010fb7425393343f673cbc6af33023c2c9"
    )


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (render_code_quality([]), True),
        (render_code_quality([FAILURE]), True),
        (b'[\n {"check_name": "eslint"}]', False),
        (b"{}", False),
    ],
)
def test_it_is_known_again(head: bytes, is_ours: bool) -> None:
    assert bool(BEGINS.match(head)) is is_ours
