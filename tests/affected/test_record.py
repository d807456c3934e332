"""Why a notebook has to be run in spite of a record."""

from __future__ import annotations

import pytest

from nbcheck.affected.record import ABSENT, FORMAT, NEVER, Record, name_fact, split_fact, why_run

GIVEN = {
    "notebook": "n",
    "options": "o",
    "plugins": "conftest.py 1\nrules.py 2",
    "python": "3.13",
    "packages": "a 1\nb 2\nc 3\nd 4\ne 5",
    "variables": "LANG x\nTZ y",
}
THINGS = {
    "file:data/a.csv": "1",
    "file:missing.csv": ABSENT,
    "folder:data": "2",
    "modules:lib": "3",
    "pattern:data/*.parquet": "4",
}
RECORD = Record(passed="2026-11-24 13:05", facts={**GIVEN, **THINGS})


def why(record: Record | None = RECORD, **changes: str) -> str:
    now = {**GIVEN, **THINGS, **changes}
    return why_run(record, {name: now[name] for name in GIVEN}, now.__getitem__)


def test_when_nothing_has_changed_there_is_no_reason() -> None:
    assert why() == ""


@pytest.mark.parametrize(
    ("fact", "now", "reason"),
    [
        ("notebook", "x", "its code, stored outputs or directives changed"),
        ("options", "x", "options changed"),
        ("plugins", "conftest.py 1\nrules.py 3", "what conftest.py loads changed: rules.py"),
        ("python", "3.14", "Python changed"),
        ("packages", "a 1\nb 2\nc 3\nd 4\ne 6", "installed packages changed: e 5 became 6"),
        (
            "packages",
            "b 3\nc 4\nd 4\nf 1",
            "installed packages changed: a 1 became none, b 2 became 3, c 3 became 4, 2 more",
        ),
        ("variables", "LANG x\nTZ z", "environment variables changed: TZ"),
        ("variables", "LANG x", "environment variables changed: TZ"),
        ("file:data/a.csv", "x", "data/a.csv changed"),
        ("file:data/a.csv", ABSENT, "data/a.csv is gone"),
        ("file:missing.csv", "x", "missing.csv is new"),
        ("folder:data", "x", "there are other names in data"),
        ("folder:data", ABSENT, "data is gone"),
        ("modules:lib", "x", "there are other modules in lib"),
        ("pattern:data/*.parquet", "x", "files of uses-files=data/*.parquet changed"),
    ],
)
def test_every_change_is_a_reason(fact: str, now: str, reason: str) -> None:
    assert why(**{fact: now}) == reason


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (None, NEVER),
        (Record(format=FORMAT + 1, passed="", facts=RECORD.facts), NEVER),
        (Record(passed="", facts={"notebook": "n"}), NEVER),
        (Record(passed="", doubt="forked"), "it forked"),
    ],
)
def test_a_record_that_does_not_serve(record: Record | None, reason: str) -> None:
    assert why(record) == reason


def test_files_are_not_looked_at_when_the_notebook_has_changed() -> None:
    assert why_run(RECORD, {**GIVEN, "notebook": "x"}, {}.__getitem__) != ""


def test_names_of_facts() -> None:
    for fact in THINGS:
        assert name_fact(*split_fact(fact)) == fact
    assert split_fact("file:a:b") == ("file", "a:b")
    with pytest.raises(ValueError, match="'x' is not a valid Kind"):
        split_fact("x:y")
