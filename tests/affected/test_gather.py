"""From what a kernel says it used to a record, and the doubts that keep it from being made."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nbcheck.affected.gather import Doubt, Subject, make_record
from nbcheck.affected.look import Looker
from nbcheck.affected.record import ABSENT, Record, why_run
from nbcheck.transport.usage import Usage, signature

GIVEN = {"notebook": "n"}
LATER = 10**18
"""Nanoseconds by which the run begins after everything was made."""


class Project:
    """A folder with a notebook in ``docs``, and what a kernel would say of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.began = time.time_ns() + LATER
        for folder in ("docs/data", "lib"):
            (root / folder).mkdir(parents=True)
        self.write("docs/data/a.csv", "1")
        self.write("lib/helper.py", "x = 1")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def path(self, name: str) -> str:
        return str(self.root / name)

    def seen(self, *names: str) -> dict[str, Any]:
        return {self.path(name): signature(self.path(name)) for name in names}

    def record(self, patterns: tuple[str, ...] | None = None, **usage: Any) -> Record:
        subject = Subject(self.root / "docs", GIVEN, patterns)
        said = Usage(**{"began": self.began, **usage})
        return make_record(subject, said, Looker(self.root), root=self.root, passed="then")

    def why(self, record: Record, given: Mapping[str, str] = GIVEN) -> str:
        looker = Looker(self.root)
        return why_run(record, given, lambda fact: looker.value(fact, record.names.get(fact, ())))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_notebook_that_uses_nothing(project: Project) -> None:
    record = project.record()
    assert record.facts == {**GIVEN, "file:conftest.py": ABSENT, "file:docs/conftest.py": ABSENT}
    assert project.why(record) == ""
    assert project.why(record, {"notebook": "x"}) != ""
    project.write("docs/conftest.py", "")
    assert project.why(record) == "docs/conftest.py is new"


def test_files_by_their_content(project: Project) -> None:
    record = project.record(inputs=project.seen("docs/data/a.csv", "docs/missing.csv"))
    os.utime(project.path("docs/data/a.csv"), (1, 1))
    assert project.why(record) == ""
    project.write("docs/missing.csv", "")
    assert project.why(record) == "docs/missing.csv is new"
    os.remove(project.path("docs/missing.csv"))
    project.write("docs/data/a.csv", "2")
    assert project.why(record) == "docs/data/a.csv changed"
    os.remove(project.path("docs/data/a.csv"))
    assert project.why(record) == "docs/data/a.csv is gone"


def test_a_file_elsewhere_and_one_behind_a_link(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "b.csv"
    other.write_text("1")
    link = project.root / "docs/link.csv"
    link.symlink_to(other)
    project.began = time.time_ns() + LATER
    record = project.record(inputs=project.seen("docs/link.csv", str(other)))
    assert {f"file:{other}", "file:docs/link.csv"} <= record.facts.keys()
    link.unlink()
    link.symlink_to(project.path("docs/data/a.csv"))
    assert project.why(record) == ""  # the same content
    project.write("docs/data/a.csv", "2")
    assert project.why(record) == "docs/link.csv changed"


def test_a_pipe_is_not_waited_for(project: Project) -> None:
    os.mkfifo(project.path("docs/pipe"))
    with pytest.raises(Doubt, match=r"reads from docs/pipe, which is no file"):
        project.record(inputs=project.seen("docs/pipe"))


def test_names_in_folders(project: Project) -> None:
    record = project.record(folders=project.seen("docs/data"))
    (project.root / "docs/data/__pycache__").mkdir()
    project.write("docs/data/a.csv", "2")
    assert project.why(record) == ""
    project.write("docs/data/b.csv", "")
    assert project.why(record) == "there are other names in docs/data"


def test_modules_that_were_looked_for(project: Project) -> None:
    record = project.record(searched={project.path("lib"): ["helper", "numpy", "data"]})
    project.write("lib/other.py", "")
    project.write("lib/numpy.txt", "")
    assert project.why(record) == ""
    for name in ("numpy.py", "numpy.cpython-313-x86_64-linux-gnu.so"):
        project.write(f"lib/{name}", "")
        assert project.why(record) == "there are other modules in lib"
        os.remove(project.path(f"lib/{name}"))
    (project.root / "lib/data").mkdir()
    assert project.why(record) == "there are other modules in lib"


def test_files_that_its_author_names(project: Project) -> None:
    record = project.record(("data/*.csv",), programs=["make"])
    assert project.why(record) == ""
    project.write("docs/data/b.csv", "")
    assert project.why(record) == "files of uses-files=docs/data/*.csv changed"


def test_a_file_that_it_writes_in_each_run(project: Project) -> None:
    project.write("docs/out.csv", "1")
    record = project.record(
        products={project.path("docs/out.csv"): True, project.path("docs/temporary"): False}
    )
    assert project.why(record) == ""
    os.remove(project.path("docs/out.csv"))
    assert project.why(record) == "docs/out.csv is gone"


def test_a_file_that_native_code_opened(project: Project) -> None:
    record = project.record(opened=[project.path("docs/data/a.csv")])
    project.write("docs/data/a.csv", "2")
    assert project.why(record) == "docs/data/a.csv changed"


@pytest.mark.parametrize(
    ("usage", "doubt"),
    [
        ({"doubts": ["connected to example.org:80", "forked"]}, "connected to example.org:80"),
        (
            {"programs": ["curl x"]},
            "started a program, and does not say by uses-files what that reads: curl x",
        ),
        ({"inputs": {"docs/data/a.csv": (1, 1, 1, 1)}}, "uses what changed while it ran: docs/data/a.csv"),
        ({"inputs": {"docs/data/a.csv": None}}, "uses what changed while it ran: docs/data/a.csv"),
        ({"inputs": {"docs/gone.csv": (1, 1, 1, 1)}}, "uses what changed while it ran: docs/gone.csv"),
        ({"folders": {"docs/data": (1, 1, 1, 1)}}, "uses what changed while it ran: docs/data"),
        ({"opened": ["docs/gone.csv"]}, "may use what changed while it ran: docs/gone.csv"),
        ({"opened": ["docs/data/a.csv"], "began": 0}, "may use what changed while it ran: docs/data/a.csv"),
        (
            {"products": {"docs/data/a.csv": False}},
            "made docs/data/a.csv, which may matter when it runs again",
        ),
        ({"products": {"docs/gone.csv": True}}, "removed docs/gone.csv, which may matter when it runs again"),
    ],
)
def test_when_in_doubt_there_is_no_record(project: Project, usage: dict[str, Any], doubt: str) -> None:
    absolute: dict[str, Any] = {}
    for key, value in usage.items():
        if isinstance(value, dict):
            absolute[key] = {project.path(name): what for name, what in value.items()}
        else:
            absolute[key] = [project.path(name) for name in value] if key == "opened" else value
    with pytest.raises(Doubt) as caught:
        project.record(**absolute)
    assert str(caught.value) == doubt


def test_a_file_made_since_the_run_began_may_be_its_own(project: Project) -> None:
    with pytest.raises(Doubt, match=r"uses what changed while it ran: docs/data/a\.csv"):
        project.record(inputs=project.seen("docs/data/a.csv"), began=0)


def test_a_pattern_that_matches_nothing_is_said(project: Project) -> None:
    with pytest.raises(Doubt, match=r"names files that are not there: uses-files=dta/\*\.csv"):
        project.record(("dta/*.csv",))
